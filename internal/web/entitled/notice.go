package entitled

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// doc is what must be said with a copy (GDPR art. 15, 1 and 2): what for, which data, from
// whom, who receives them, how long, which rights, what a machine decides.
func (h *Handler) doc(r *http.Request) (printed.Doc, error) {
	file, back := core.ActorFrom(r.Context()).ID, "/moi/donnees"
	if r.PathValue("id") != "" {
		var err error
		if file, err = kit.PathID(r, "id"); err != nil {
			return printed.Doc{}, err
		}
		back = "/personnes/" + string(file) + "/donnees"
	}
	terms, err := h.demands.Terms(r.Context(), file)
	if err != nil {
		return printed.Doc{}, err
	}
	tag, large := printed.Asked(r)
	p := i18n.For(tag)
	house := h.kit.HouseOf(r)
	kept := p.T("entitled.paper_keep_none")
	if terms.Chosen() {
		kept = p.T("entitled.paper_keep", "active", terms.ActiveMonths, "archive", terms.ArchiveMonths, "basis", printed.Foreign(p, terms.Basis))
	}
	d := printed.Doc{Title: p.T("entitled.paper_title"), Who: house.Org, Lead: p.T("entitled.paper_lead", "org", printed.Foreign(p, house.Org)), Tag: tag, Large: large, At: h.cases.Clock.Now(), House: house,
		Back: back, BackName: p.T("entitled.own_title"), Here: back + "/notice"}
	for _, part := range [][2]string{
		{p.T("entitled.paper_why_h"), p.T("entitled.paper_why")},
		{p.T("entitled.paper_what_h"), p.T("entitled.paper_what")},
		{p.T("entitled.paper_from_h"), p.T("entitled.paper_from")},
		{p.T("entitled.paper_to_h"), p.T("entitled.paper_to")},
		{p.T("entitled.paper_keep_h"), kept},
		{p.T("entitled.paper_machine_h"), p.T("entitled.paper_machine")},
		{p.T("entitled.paper_others_h"), p.T("entitled.paper_others")},
		{p.T("entitled.paper_rights_h"), p.T("entitled.paper_rights")},
		{p.T("entitled.paper_cnil_h"), p.T("entitled.cnil")},
	} {
		d.Blocks = append(d.Blocks, printed.Heading(1, part[0]), printed.Text(part[1]))
	}
	d.Blocks = append(d.Blocks, printed.Where(p, house)...)
	return d, nil
}

func (h *Handler) notice(w http.ResponseWriter, r *http.Request) error {
	d, err := h.doc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, d)
}

func (h *Handler) noticePDF(w http.ResponseWriter, r *http.Request) error {
	d, err := h.doc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, d, "donnees")
}
