package agreement

import (
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// registerPapers adds the routes of signed papers: their pictures, and the printed
// agreement with its QR code.
func (h *Handler) registerPapers() {
	h.kit.Handle("GET /personnes/{id}/papiers-signes/{agreement}", kit.Worker, h.papers)
	h.kit.HandleUpload("POST /personnes/{id}/papiers-signes/{agreement}", kit.Worker, agreement.MaxPaper, h.addPaper)
	h.kit.Handle("GET /personnes/{id}/papiers-signes/{agreement}/{paper}", kit.Worker, h.paper)
	h.kit.Handle("GET /personnes/{id}/accords/{agreement}/pdf", kit.Worker, h.consentPDF)
	h.kit.Handle("GET /personnes/{id}/accords/{agreement}/preuve", kit.Worker, h.consentProof)
	h.kit.Handle("GET /moi/accords/{agreement}/pdf", kit.PersonIn, h.consentPDF)
	h.kit.Handle("GET /moi/mandats/{mandate}/pdf", kit.PersonIn, h.mandatePDF)
}

// fileID is whose file a page is about: the address's, or that of the person who is in.
func fileID(r *http.Request) (core.ID, error) {
	if actor := kit.From(r.Context()).Actor; actor.Kind == core.ActorPerson {
		return actor.ID, nil
	}
	return kit.PathID(r, "id")
}

// papersView is the pictures of the paper that was signed.
type papersView struct {
	ID    core.ID
	Call  string
	About core.ID
	Form  *kit.Form
	Lines []paperLine
	Max   int // megabytes
}

type paperLine struct {
	ID   core.ID
	Line string
}

func (h *Handler) papers(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderPapers(w, r, form, http.StatusOK)
}

func (h *Handler) renderPapers(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	about, err := kit.PathID(r, "agreement")
	if err != nil {
		return err
	}
	all, err := h.agreed.Papers(r.Context(), id, about)
	if err != nil {
		return err
	}
	p := printer(r)
	view := papersView{ID: all.Person, Call: person.CallName(p, all.Identity), About: about, Form: form, Max: agreement.MaxPaper >> 20}
	for _, paper := range all.List {
		view.Lines = append(view.Lines, paperLine{paper.ID, p.T("agreements.paper_line", "date", p.Date(day(r, paper.AddedAt)), "worker", all.Workers[paper.AddedBy],
			"format", string(paper.Format), "size", kilobytes(paper.Bytes))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "agreement/papers", Title: p.T("agreements.papers_title"), Sheet: "file.css", Nav: "people", Status: status, View: view})
}

// kilobytes says a size, one at least.
func kilobytes(bytes int64) string { return strconv.FormatInt(max(1, bytes>>10), 10) }

func (h *Handler) addPaper(w http.ResponseWriter, r *http.Request, up kit.Upload) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	about, err := kit.PathID(r, "agreement")
	if err != nil {
		return err
	}
	if up.TooLarge {
		err = errs.Fields{errs.New(errs.Invalid, "errs.agreements.paper_large", "max", agreement.MaxPaper>>20).On("file")}
	} else {
		err = h.agreed.AddPaper(r.Context(), id, about, up.Data)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderPapers(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "agreements.paper_saved"})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/papiers-signes/"+string(about))
	return nil
}

// paper sends a picture as a file to keep or to open elsewhere: never as a page of ours.
func (h *Handler) paper(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	about, err := kit.PathID(r, "agreement")
	if err != nil {
		return err
	}
	which, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	paper, data, err := h.agreed.ReadPaper(r.Context(), id, about, which)
	if err != nil {
		return err
	}
	return sendFile(w, paper.Format.Media(), "papier-signe."+string(paper.Format), data)
}

// sendFile answers with a file that says something of a person.
func sendFile(w http.ResponseWriter, media, name string, data []byte) error {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	// Headers are gone: a client that left is no error of ours.
	_, _ = w.Write(data) // #nosec G705 -- not HTML: sent as a file of its own type, never shown inline
	return nil
}

// openConsent reads the agreement that the address names.
func (h *Handler) openConsent(r *http.Request) (agreement.Opened, error) {
	id, err := fileID(r)
	if err != nil {
		return agreement.Opened{}, err
	}
	which, err := kit.PathID(r, "agreement")
	if err != nil {
		return agreement.Opened{}, err
	}
	o, err := h.agreed.Open(r.Context(), id, which)
	if err == nil && o.Document == "" {
		err = errs.New(errs.NotFound, "errs.agreements.not_found")
	}
	return o, err
}

// consentProof is the signed text with what was read, for « parvis verify ».
func (h *Handler) consentProof(w http.ResponseWriter, r *http.Request) error {
	o, err := h.openConsent(r)
	if err != nil {
		return err
	}
	return sendFile(w, "text/plain; charset=utf-8", "accord.txt", []byte(agreement.WithText(o.Document, o.Text)))
}

// consentPDF is the agreement on paper, with its signed facts in a QR code.
func (h *Handler) consentPDF(w http.ResponseWriter, r *http.Request) error {
	o, err := h.openConsent(r)
	if err != nil {
		return err
	}
	c := o.Consent
	p := i18n.For(c.Lang)
	return h.signedPDF(w, r, "accord", signedPaper{Title: p.T("agreements.one_title"), Lead: o.Identity.DisplayName(), Text: o.Text,
		How: p.T("agreements.read_"+string(c.Read)) + " " + signedHow(p, c.Signed, o.Mark), Document: o.Document, Lang: c.Lang, At: c.GivenAt, State: stateOf(r, p, c, o.People, o.Today)})
}

// stateOf says on paper where an agreement stands the day it is printed.
func stateOf(r *http.Request, p *i18n.Printer, c agreement.Consent, names agreement.People, today core.Date) []pdf.Row {
	says := p.T("agreements.state_" + string(c.State(today)))
	if c.EndedAt != 0 {
		says = revokedBy(r, p, c, names)
	}
	return []pdf.Row{{Label: p.T("agreements.as_of", "date", p.Date(today)), Text: says}}
}

// signedHow says how somebody said yes.
func signedHow(p *i18n.Printer, how agreement.SignHow, mark string) string {
	return p.T("agreements.signed_"+string(how), "mark", mark)
}

// signedPaper is what the paper of something signed says.
type signedPaper struct {
	Title, Lead, Text, How string
	State                  []pdf.Row // as of the day it is printed
	Document               string    // of the QR code
	Lang                   string
	At                     int64 // µs UTC
}

func (h *Handler) signedPDF(w http.ResponseWriter, r *http.Request, name string, s signedPaper) error {
	_, large := printed.Asked(r)
	p := i18n.For(s.Lang)
	house := h.kit.HouseOf(r)
	out, err := pdf.Write(pdf.Options{Title: s.Title, Lang: p.Lang(), At: kit.Instant(kit.From(r.Context()), s.At), Owner: house.Org,
		RTL: p.Dir() == "rtl", Large: large, Page: func(n, of int) string { return p.T("print.page", "n", n, "of", of) }},
		func(d *pdf.Document) {
			d.Brand(house.Org, printed.Foreign(p, house.Address), printed.Foreign(p, house.Phone))
			d.Title(s.Title)
			d.Text(s.Lead, pdf.Lead)
			d.Text(s.Text, pdf.Lead)
			d.Text(s.How, pdf.Small)
			d.Rows(s.State)
			d.Text(p.T("agreements.mandate_qr"), pdf.Small)
			d.Square(s.Document)
		})
	if err != nil {
		return err
	}
	return printed.Send(w, out, printed.FileName(name, ""))
}
