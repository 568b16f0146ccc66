// Package printed is a document made to be printed: the same sentences as a page
// of HTML (the accessible form, which a browser prints too) and as PDF, in normal
// or large print. It knows blocks, not files: the pages of an area bring what they
// say.
//
//	doc := printed.Doc{Title: "Mon plan", Blocks: []printed.Block{printed.Heading(1, "Payer le loyer"), …}}
//	return printed.Page(h.kit, w, r, doc)   // or printed.PDF(w, doc)
package printed

import (
	"embed"
	"net/http"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Doc is one document.
type Doc struct {
	Title  string
	Who    string // whose it is, for the title of the window
	Lead   string
	Notice string // said above everything: the file has changed since; "" = nothing to say
	Tag    string // the catalogue of its language
	Large  bool
	At     time.Time // when what it says was kept: the same content keeps the same date
	House  kit.House
	Code   string // "" when it has none
	Mark   string // the mark of the journal and where to verify it, "" when it has none
	Blocks []Block
	// Receipt is the paper's own receipt, nil when it has none.
	Receipt *Receipt
	// The bar above the page.
	Back, BackName string
	Here           string // this document without its language and size; + "/pdf" is the PDF
}

// Block is one part of a document. The fields that its kind does not use are zero.
type Block struct {
	Kind  Kind
	Level int
	Text  string
	Note  string
	Card  pdf.Card
	List  []string
	Rows  []pdf.Row
	Cells [][]string
	Wide  []float64 // share of each column of a table
}

// Kind is the form of a block.
type Kind string

// The kinds of blocks.
const (
	KindHeading Kind = "heading"
	KindText    Kind = "text"
	KindSoft    Kind = "soft"
	KindQuote   Kind = "quote"
	KindCard    Kind = "card"
	KindItems   Kind = "items"
	KindBoxes   Kind = "boxes"
	KindRows    Kind = "rows"
	KindTable   Kind = "table" // List is the head
	KindLines   Kind = "lines" // Level lines to write on
)

// Heading is the title of a part (1) or of a part of it (2).
func Heading(level int, text string) Block { return Block{Kind: KindHeading, Level: level, Text: text} }

// Text is a paragraph.
func Text(text string) Block { return Block{Kind: KindText, Text: text} }

// Soft is a paragraph that says less.
func Soft(text string) Block { return Block{Kind: KindSoft, Text: text} }

// Quote is somebody's words, and what is said of them.
func Quote(words, note string) Block { return Block{Kind: KindQuote, Text: words, Note: note} }

// Card is a framed part.
func Card(c pdf.Card) Block { return Block{Kind: KindCard, Card: c} }

// Items is a list.
func Items(list []string) Block { return Block{Kind: KindItems, List: list} }

// Boxes is a list to tick.
func Boxes(list []string) Block { return Block{Kind: KindBoxes, List: list} }

// Rows are names and values.
func Rows(rows []pdf.Row) Block { return Block{Kind: KindRows, Rows: rows} }

// Table is rows of figures under a head.
func Table(head []string, wide []float64, rows [][]string) Block {
	return Block{Kind: KindTable, List: head, Wide: wide, Cells: rows}
}

// Lines is room to write n lines by hand.
func Lines(n int) Block { return Block{Kind: KindLines, Level: n} }

// Asked is how a document is wanted: its language (French when none is asked) and
// whether in large print. Easy read is always large.
func Asked(r *http.Request) (tag string, large bool) {
	tag = i18n.French
	if asked := r.URL.Query().Get("langue"); i18n.Known(asked) {
		tag = asked
	}
	return tag, tag == i18n.EasyFrench || r.URL.Query().Get("format") == "grand"
}

// Foreign keeps a French name or a number in its own direction inside a document
// that goes the other way.
func Foreign(p *i18n.Printer, s string) string {
	if s == "" || p.Dir() != "rtl" {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// Where says where to see a human: the last part of a document for a person.
func Where(p *i18n.Printer, house kit.House) []Block {
	rows := []pdf.Row{{Label: Foreign(p, house.Org), Text: Foreign(p, house.Address), Note: Foreign(p, house.Hours)}}
	if house.Phone != "" {
		rows = append(rows, pdf.Row{Label: p.T("web.sheet.by_phone"), Text: Foreign(p, house.Phone), Note: p.T("web.sheet.interpreter")})
	}
	return []Block{Heading(1, p.T("web.sheet.where")), Rows(rows)}
}

// view is what the template reads.
type view struct {
	Doc
	Easy bool
}

// Page shows a document as paper on the screen.
func Page(k *kit.Kit, w http.ResponseWriter, r *http.Request, d Doc) error {
	return k.Render(w, r, kit.Page{
		Template: "printed/doc", Title: d.Title + " · " + d.Who, Sheet: "sheet.css", Layout: kit.Bare, Tag: d.Tag, View: view{d, d.Tag == i18n.EasyFrench}, Script: true,
	})
}

// PDF answers with the same document as a PDF file.
func PDF(w http.ResponseWriter, d Doc, name string) error {
	out, err := d.PDF()
	if err != nil {
		return err
	}
	return Send(w, out, name)
}

// Send answers with a PDF file.
func Send(w http.ResponseWriter, out []byte, name string) error {
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `inline; filename="`+name+`.pdf"`)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(out)))
	// Headers are gone: a client that left is no error of ours.
	_, _ = w.Write(out)
	return nil
}

// PDF sets the document.
func (d Doc) PDF() ([]byte, error) {
	p := i18n.For(d.Tag)
	return pdf.Write(pdf.Options{
		Title: d.Title, Lang: p.Lang(), At: d.At, Owner: d.House.Org, Code: d.Code, RTL: p.Dir() == "rtl", Large: d.Large,
		Page: func(n, of int) string { return p.T("print.page", "n", n, "of", of) },
	}, func(out *pdf.Document) {
		out.Brand(d.House.Org, Foreign(p, d.House.Address), Foreign(p, d.House.Phone))
		out.Title(d.Title)
		out.Text(d.Lead, pdf.Lead)
		out.Text(d.Notice, pdf.Bold)
		for _, b := range d.Blocks {
			b.set(out)
		}
		if d.Code != "" {
			out.Code(p.T("web.sheet.show_code"), d.Code, strings.TrimSpace(p.T("print.code_means")+" "+d.Mark))
		}
		if d.Receipt != nil {
			out.Square(d.Receipt.Text)
			out.Text(p.T("print.receipt"), pdf.Small)
		}
	})
}

func (b Block) set(out *pdf.Document) {
	switch b.Kind {
	case KindHeading:
		out.Heading(b.Level, b.Text)
	case KindText:
		out.Text(b.Text, pdf.Body)
	case KindSoft:
		out.Text(b.Text, pdf.Small)
	case KindQuote:
		out.Quote(b.Text, b.Note)
	case KindCard:
		out.Card(b.Card)
	case KindItems:
		out.Items(b.List)
	case KindBoxes:
		out.Boxes(b.List)
	case KindRows:
		out.Rows(b.Rows)
	case KindTable:
		out.Table(b.List, b.Wide, b.Cells)
	case KindLines:
		out.Lines(b.Level)
	}
}

// Blank lists the lines to write on, for the template.
func (b Block) Blank() []struct{} { return make([]struct{}, b.Level) }

// Frame is the card's class.
func (b Block) Frame() string {
	return map[pdf.Frame]string{pdf.Plain: "off", pdf.Proposed: "", pdf.ToVerify: "open", pdf.Certain: "yes"}[b.Card.Frame]
}

// FileName is a name for a document that names nobody: it lies in a folder of
// downloads.
func FileName(kind, code string) string {
	if code == "" {
		return kind
	}
	return kind + "-" + strings.ToLower(code)
}
