package agreement

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/dossier"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// sharedView is what an agreement shows, for a partner or for somebody close.
type sharedView struct {
	ID       core.ID // of the agreement
	Name     string
	Why      string
	Purpose  string
	Until    string
	Ask      string // whom to ask for more
	Copy     bool
	Sections []dossier.Section
	House    kit.House
	Back     string
	BackName string
	Own      bool
}

func (h *Handler) shared(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "agreement")
	if err != nil {
		return err
	}
	s, err := h.agreed.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := h.viewShared(r, p, s)
	view.Back, view.BackName, view.Copy = "/partages", p.T("agreements.ours"), s.Copy
	return h.kit.Render(w, r, kit.Page{Template: "agreement/shared", Title: view.Name, Sheet: "file.css", Nav: "people", View: view})
}

func (h *Handler) viewShared(r *http.Request, p *i18n.Printer, s agreement.Shared) sharedView {
	return sharedView{ID: s.Consent.ID, Name: s.Dossier.Person.DisplayName(), Purpose: s.Consent.Purpose, Until: p.Date(s.Consent.Until),
		Why: p.T("access.rule.consented"), Ask: p.T("agreements.ask", "team", s.Dossier.TeamName), Sections: h.sections(r, p, s), House: h.kit.HouseOf(r)}
}

// sharedWithMe is the same page for somebody close, from their own home.
func (h *Handler) sharedWithMe(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "agreement")
	if err != nil {
		return err
	}
	s, err := h.agreed.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := h.viewShared(r, p, s)
	view.Back, view.BackName, view.Own, view.Why = "/moi/accords", p.T("agreements.mine"), true, p.T("access.rule.relative")
	return h.kit.Render(w, r, kit.Page{Template: "agreement/shared", Title: view.Name, Sheet: "file.css", Public: true, View: view})
}

// oursView lists what is shared with the worker's teams today.
type oursView struct {
	Lines []line
	Next  string
}

const oursPage = 50

func (h *Handler) ours(w http.ResponseWriter, r *http.Request) error {
	var after core.ID
	if asked := r.URL.Query().Get("apres"); asked != "" {
		id, err := core.ParseID(asked)
		if err != nil {
			return errs.Wrap(errs.NotFound, "", err)
		}
		after = id
	}
	all, err := h.agreed.Ours(r.Context(), after)
	if err != nil {
		return err
	}
	p := printer(r)
	var view oursView
	for _, c := range all.Consents {
		view.Lines = append(view.Lines, line{ID: c.ID, To: all.Persons[c.Person].DisplayName(), Purpose: c.Purpose, What: categories(p, c.Categories),
			Dates: p.T("agreements.until", "until", p.Date(c.Until))})
	}
	if len(all.Consents) == oursPage {
		view.Next = "/partages?apres=" + string(all.Consents[oursPage-1].ID)
	}
	return h.kit.Render(w, r, kit.Page{Template: "agreement/ours", Title: p.T("agreements.ours"), Sheet: "file.css", Nav: "people", View: view})
}

func (h *Handler) copy(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.doc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, doc)
}

func (h *Handler) copyPDF(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.doc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, doc, printed.FileName("document", ""))
}

// doc is what is shared as a document, where the person agreed to a copy.
func (h *Handler) doc(r *http.Request) (printed.Doc, error) {
	id, err := kit.PathID(r, "agreement")
	if err != nil {
		return printed.Doc{}, err
	}
	s, err := h.agreed.Copy(r.Context(), id)
	if err != nil {
		return printed.Doc{}, err
	}
	tag, large := printed.Asked(r)
	p := i18n.For(tag)
	name := s.Dossier.Person.DisplayName()
	doc := printed.Doc{Title: p.T("agreements.copy_title"), Who: name, Tag: tag, Large: large, At: kit.Instant(kit.From(r.Context()), s.Dossier.Made), House: h.kit.HouseOf(r),
		Lead: p.T("agreements.copy_lead", "name", name, "purpose", s.Consent.Purpose, "until", p.Date(s.Consent.Until)),
		Back: "/partages/" + string(id), BackName: name, Here: "/partages/" + string(id) + "/copie"}
	for _, sec := range h.sections(r, p, s) {
		level := 1
		if sec.Sub {
			level = 2
		}
		doc.Blocks = append(doc.Blocks, printed.Heading(level, sec.Title))
		if sec.Note != "" {
			doc.Blocks = append(doc.Blocks, printed.Soft(sec.Note))
		}
		var rows []pdf.Row
		for _, row := range sec.Rows {
			rows = append(rows, pdf.Row{Label: printed.Foreign(p, row.Label), Text: printed.Foreign(p, row.Text), Note: printed.Foreign(p, row.Note)})
		}
		if len(rows) > 0 {
			doc.Blocks = append(doc.Blocks, printed.Rows(rows))
		}
	}
	return doc, nil
}
