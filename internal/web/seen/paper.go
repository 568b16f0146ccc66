package seen

import (
	"net/http"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	journal "codeberg.org/parvis/parvis/internal/casefile/seen"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

func (h *Handler) ownPaper(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.ownDoc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, doc)
}

func (h *Handler) ownPDF(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.ownDoc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, doc, printed.FileName("document", ""))
}

// paper is the same made by a worker, for the person beside them or by post.
func (h *Handler) paper(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.workerDoc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, doc)
}

func (h *Handler) pdf(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.workerDoc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, doc, printed.FileName("document", ""))
}

func (h *Handler) ownDoc(r *http.Request) (printed.Doc, error) {
	v := kit.From(r.Context())
	doc, m, err := h.doc(r, v.Actor.ID)
	doc.Back, doc.BackName, doc.Here = "/moi/vu/"+m.Month.String(), v.P.T("seen.title"), "/moi/vu/"+m.Month.String()+"/papier"
	return doc, err
}

func (h *Handler) workerDoc(r *http.Request) (printed.Doc, error) {
	id := r.PathValue("id")
	doc, m, err := h.doc(r, core.ID(id))
	doc.Back, doc.BackName, doc.Here = "/personnes/"+id, doc.Who, "/personnes/"+id+"/vu/"+m.Month.String()
	return doc, err
}

// doc is a month of the journal as a paper in the language asked, else the page's.
func (h *Handler) doc(r *http.Request, person core.ID) (printed.Doc, journal.Month, error) {
	month, err := askedMonth(r)
	if err != nil {
		return printed.Doc{}, journal.Month{}, err
	}
	m, paper, err := h.journal.Print(r.Context(), person, month)
	if err != nil {
		return printed.Doc{}, m, err
	}
	tag := r.URL.Query().Get("langue")
	if !i18n.Known(tag) {
		tag = kit.From(r.Context()).P.Tag()
	}
	_, large := printed.Asked(r)
	p := i18n.For(tag)
	doc := printed.Doc{
		Title: p.T("seen.title"), Who: m.Person.DisplayName(), Lead: p.T("seen.paper_lead", "name", m.Person.DisplayName(), "month", p.Month(m.Month)),
		Tag: tag, Large: large || tag == i18n.EasyFrench, At: firstDay(m).Time(), House: h.kit.HouseOf(r),
	}
	for _, d := range m.Days {
		day := dayOf(p, doc.House, d)
		doc.Blocks = append(doc.Blocks, printed.Heading(2, day.Date))
		var rows []pdf.Row
		for _, l := range day.Lines {
			who := printed.Foreign(p, l.Who)
			if l.as != "" {
				who = p.T("seen.who_and", "who", who, "what", printed.Foreign(p, l.as))
			}
			rows = append(rows, pdf.Row{Label: who, Text: l.did, Note: l.Why})
		}
		if len(day.Glimpses) > 0 {
			rows = append(rows, pdf.Row{Label: p.T("seen.glimpses"), Text: p.List(day.Glimpses)})
		}
		doc.Blocks = append(doc.Blocks, printed.Rows(rows))
	}
	if len(m.Days) == 0 {
		doc.Blocks = append(doc.Blocks, printed.Text(p.T("seen.none")))
	}
	doc.Blocks = append(doc.Blocks, printed.Soft(p.T("seen.rule."+string(m.Rule))), printed.Soft(p.T("seen.honest")))
	doc.Blocks = append(doc.Blocks, printed.Where(p, doc.House)...)
	if paper.Mark != "" {
		doc.Blocks = append(doc.Blocks, printed.Soft(p.T("seen.paper_mark", "code", printed.Foreign(p, casefile.ShowCode(paper.Code)),
			"mark", printed.Foreign(p, paper.Mark), "address", printed.Foreign(p, h.kit.Address(r, "/verifier")))))
	}
	doc.Receipt, err = printed.ReceiptOf(r.Context(), h.papers, paper.Code, paper.Mark)
	return doc, m, err
}

// firstDay dates the document: what it says is of this month.
func firstDay(m journal.Month) core.Date {
	if len(m.Days) > 0 {
		return m.Days[0].Date
	}
	return core.Date{Year: m.Month.Year(), Month: time.Month(m.Month.Month()), Day: 1}
}
