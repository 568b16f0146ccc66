// Package pdf sets a printed document on A4 pages: headings, paragraphs, framed
// cards, boxes to tick, tables, a running footer with the document's code and its
// page of how many, in normal or large print, from left to right or from right to
// left.
//
// Guarantees: the same content gives the same bytes; every letter comes from a
// font that is embedded here and in the document (Atkinson Hyperlegible Next and
// Noto Naskh Arabic, both SIL OFL 1.1, licences beside them); Arabic letters are
// joined and lines are put in display order; the document says its title, its
// language and its headings (bookmarks). It is not a tagged document: the library
// writes no structure tree, so the HTML of the same document is what somebody who
// listens to a page should be given.
//
// It knows nothing of files, rights or languages: callers bring sentences.
//
//	out, err := pdf.Write(pdf.Options{Title: "Mon plan", Lang: "fr", At: at, Code: "7QF-M2K", Page: page},
//		func(d *pdf.Document) {
//			d.Title("Mon plan")
//			d.Text("Fait le 11 juin 2026.", pdf.Lead)
//		})
package pdf
