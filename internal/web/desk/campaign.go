package desk

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// campaignsView is what was called, and the form of another round.
type campaignsView struct {
	Form  *kit.Form
	Kinds []option
	Items []campaignLine
}

type campaignLine struct {
	ID          core.ID
	Title, When string
	Says        string // once closed
	Open        bool
}

func lineOfCampaign(p *i18n.Printer, c desk.Campaign) campaignLine {
	l := campaignLine{ID: c.ID, Title: p.T("desk.calls.kind." + c.Kind), When: p.T("desk.calls.since", "date", p.Date(c.Opened)), Open: c.Closed.IsZero()}
	if !l.Open {
		l.When = p.T("desk.calls.between", "from", p.Date(c.Opened), "to", p.Date(c.Closed))
		l.Says = p.T("desk.calls.kept", "reached", c.Reached, "unreached", c.Unreached, "visited", c.Visited)
	}
	return l
}

func (h *Handler) campaigns(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderCampaigns(w, r, form, http.StatusOK)
}

func (h *Handler) renderCampaigns(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	list, err := h.desks.Campaigns(r.Context())
	if err != nil {
		return err
	}
	p := printer(r)
	v := campaignsView{Form: form, Kinds: options(p, "desk.calls.kind.", desk.CampaignKinds())}
	for _, c := range list {
		v.Items = append(v.Items, lineOfCampaign(p, c))
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/campaigns", Title: p.T("desk.calls.title"), Sheet: "counter.css", Nav: "desk", View: v, Status: status})
}

func (h *Handler) openCampaign(w http.ResponseWriter, r *http.Request) error {
	id, err := h.desks.OpenCampaign(r.Context(), r.PostForm.Get("kind"))
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderCampaigns(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.Redirect(w, r, campaignPath(id))
	return nil
}

func campaignPath(id core.ID) string { return "/accueil/appels/" + string(id) }

// roundView is a round of calls: those who need somebody first, then those not
// reached, those not called yet, those who are well.
type roundView struct {
	Line   campaignLine
	Form   *kit.Form
	Parts  []roundPart
	Nobody bool
}

type roundPart struct {
	ID, Title string
	Calls     []callLine
}

type callLine struct {
	Entry entryLine
	State string
	Words string
	Form  *kit.Form
	Bad   string // what is wrong with the words just sent
	Typed string
}

func (h *Handler) round(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderRound(w, r, form, http.StatusOK)
}

func (h *Handler) renderRound(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	round, err := h.desks.Round(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	v := roundView{Line: lineOfCampaign(p, round.Campaign), Form: form, Nobody: len(round.Calls) == 0}
	for _, part := range []struct {
		id    string
		holds []desk.CallState
	}{{"needs", []desk.CallState{desk.Needs}}, {"not_reached", []desk.CallState{desk.NotReached}}, {"to_call", []desk.CallState{desk.NotCalled}}, {"done", []desk.CallState{desk.WasReached, desk.Visited}}} {
		out := roundPart{ID: "h-" + part.id, Title: p.T("desk.calls.part." + part.id)}
		for _, c := range round.Calls {
			for _, s := range part.holds {
				if c.State != s {
					continue
				}
				l := callLine{Entry: lineOfEntry(c.Entry), State: string(c.State), Words: sentence(c.Words), Form: form}
				if form.Bad() && form.Value("entry") == string(c.Entry.ID) {
					l.Bad, l.Typed = form.Error("words"), form.Value("words")
				}
				out.Calls = append(out.Calls, l)
			}
		}
		if len(out.Calls) > 0 {
			v.Parts = append(v.Parts, out)
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/round", Title: v.Line.Title, Sheet: "counter.css", Nav: "desk", View: v, Status: status, Script: true})
}

func (h *Handler) noteCall(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	entry, err := core.ParseID(r.PostForm.Get("entry"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	state := desk.CallState(r.PostForm.Get("geste"))
	if state == "again" {
		state = desk.NotCalled
	}
	if err := h.desks.NoteCall(r.Context(), id, entry, state, r.PostForm.Get("words")); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderRound(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, campaignPath(id))
	return nil
}

func (h *Handler) closeCampaign(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := h.desks.CloseCampaign(r.Context(), id); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "desk.calls.closed", Rest: "desk.calls.closed_how"})
	h.kit.Redirect(w, r, "/accueil/appels")
	return nil
}

// roundDoc is the list on paper, for the day when the network is down: boxes to tick by
// hand. Those who were reached already are left out.
func (h *Handler) roundDoc(r *http.Request) (printed.Doc, error) {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return printed.Doc{}, err
	}
	round, err := h.desks.Round(r.Context(), id)
	if err != nil {
		return printed.Doc{}, err
	}
	tag, large := printed.Asked(r)
	p := tagged(tag)
	today := h.desks.Today(r.Context())
	d := printed.Doc{
		Title: p.T("desk.calls.paper_title"), Who: p.T("desk.calls.kind." + round.Kind), Lead: p.T("desk.calls.paper_lead", "kind", p.T("desk.calls.kind."+round.Kind), "date", p.Date(today)),
		Notice: p.T("desk.calls.paper_keep"), Tag: tag, Large: large, At: today.Time(), House: h.kit.HouseOf(r), Back: campaignPath(id), BackName: printer(r).T("desk.calls.title"), Here: campaignPath(id) + "/liste",
	}
	for _, c := range round.Calls {
		if c.State == desk.WasReached || c.State == desk.Visited {
			continue
		}
		card := pdf.Card{Title: printed.Foreign(p, c.Entry.Name), Boxes: []string{p.T("desk.calls.reached"), p.T("desk.calls.not_reached"), p.T("desk.calls.needs")}}
		for _, s := range []string{c.Entry.Phone, c.Entry.Safe, c.Entry.Address} {
			if s != "" {
				card.Lines = append(card.Lines, printed.Foreign(p, s))
			}
		}
		if c.Entry.Contact != "" {
			card.Small = append(card.Small, p.T("desk.register.contact")+" : "+printed.Foreign(p, c.Entry.Contact))
		}
		d.Blocks = append(d.Blocks, printed.Card(card))
	}
	if len(d.Blocks) == 0 {
		d.Blocks = append(d.Blocks, printed.Text(p.T("desk.calls.paper_none")))
	}
	return d, nil
}

func (h *Handler) roundSheet(w http.ResponseWriter, r *http.Request) error {
	d, err := h.roundDoc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, d)
}

func (h *Handler) roundPDF(w http.ResponseWriter, r *http.Request) error {
	d, err := h.roundDoc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, d, printed.FileName("appels", ""))
}
