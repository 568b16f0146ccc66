package me

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

func (h *Handler) planPaper(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.planDoc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, doc)
}

func (h *Handler) planPDF(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.planDoc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, doc, printed.FileName("document", ""))
}

// planDoc is the person's own plan of today as a paper: it has no code.
func (h *Handler) planDoc(r *http.Request) (printed.Doc, error) {
	v, err := h.plans.ReadOwn(r.Context())
	if err != nil {
		return printed.Doc{}, err
	}
	tag := tagOf(r)
	_, large := printed.Asked(r)
	p := i18n.For(tag)
	name := v.Person.DisplayName()
	doc := printed.Doc{
		Title: p.T("print.plan_title"), Who: name, Lead: p.T("print.made", "name", name, "date", p.Date(v.Today)), Tag: tag, Large: large || tag == i18n.EasyFrench,
		At: v.Today.Time(), House: h.kit.HouseOf(r), Back: "/moi/plan", BackName: p.T("steps.my_plan"), Here: "/moi/plan/papier",
	}
	doc.Blocks = append(person.OwnPlanBlocks(r, p, v), printed.Where(p, doc.House)...)
	return doc, nil
}
