package agreement

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// listView is the agreements of a file.
type listView struct {
	ID    core.ID
	Name  string
	Call  string
	Lines []line
	Past  []line
	More  bool // somebody to share with exists
	Form  *kit.Form
	House kit.House
	Out   []outsideLine // hours opened outside the team
	Vital bool          // what is vital may be opened in an emergency
	Given []givenLine   // on the person's own page: what others share with them
}

// line is one agreement of a list.
type line struct {
	ID      core.ID
	To      string
	Purpose string
	What    string
	Dates   string
	State   agreement.State
	Tag     string
	Soon    bool
	Proof   bool // it was signed
	By      string
}

// givenLine is what somebody close shares with the person.
type givenLine struct {
	ID   core.ID
	Line string
}

func lines(r *http.Request, p *i18n.Printer, today core.Date, list []agreement.Consent, names agreement.People) (now, past []line) {
	for _, c := range list {
		l := line{ID: c.ID, To: receiver(p, c, names), Purpose: c.Purpose, What: categories(p, c.Categories), State: c.State(today),
			Dates: p.T("agreements.dates", "from", p.Date(c.From), "until", p.Date(c.Until)),
			By:    p.T("agreements.given", "worker", names.Workers[c.GivenBy], "date", p.Date(day(r, c.GivenAt)))}
		l.Tag = p.T("agreements.state_" + string(l.State))
		l.Soon, l.Proof = l.State == agreement.Live && agreement.Soon(c.From, c.Until, today), c.Proven
		if c.EndedAt != 0 {
			l.By = revokedBy(r, p, c, names)
		}
		if l.State == agreement.Live || l.State == agreement.Coming {
			now = append(now, l)
		} else {
			past = append(past, l)
		}
	}
	return now, past
}

func receiver(p *i18n.Printer, c agreement.Consent, names agreement.People) string {
	if c.Team != "" {
		return p.T("agreements.team", "team", names.Teams[c.Team])
	}
	return names.Receiver(c)
}

func revokedBy(r *http.Request, p *i18n.Printer, c agreement.Consent, names agreement.People) string {
	date := p.Date(day(r, c.EndedAt))
	if c.EndedBy == core.ActorPerson {
		return p.T("agreements.revoked_person", "date", date)
	}
	return p.T("agreements.revoked_worker", "date", date, "worker", names.Workers[c.EndedID])
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	all, err := h.agreed.List(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := listView{Form: form, Vital: all.Vital, Out: outsides(r, p, all, true), ID: all.Person, Name: all.Identity.DisplayName(), Call: person.CallName(p, all.Identity), More: len(all.Partners)+len(all.Relatives) > 0}
	view.Lines, view.Past = lines(r, p, all.Today, all.Consents, all.People)
	return h.kit.Render(w, r, kit.Page{Template: "agreement/list", Title: p.T("agreements.title"), Sheet: "file.css", Nav: "people", View: view})
}

// own is the person's list: what they agreed to, each taken back in one gesture.
func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	all, err := h.agreed.List(r.Context(), kit.From(r.Context()).Actor.ID)
	if err != nil {
		return err
	}
	given, err := h.agreed.GivenToMe(r.Context())
	if err != nil {
		return err
	}
	p := printer(r)
	view := listView{Vital: all.Vital, Out: outsides(r, p, all, false), ID: all.Person, Form: form, House: h.kit.HouseOf(r)}
	view.Lines, view.Past = lines(r, p, all.Today, all.Consents, all.People)
	for _, c := range given.Consents {
		view.Given = append(view.Given, givenLine{c.ID, p.T("agreements.given_to_me", "name", given.Persons[c.Person].DisplayName(), "until", p.Date(c.Until))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "agreement/own", Title: p.T("agreements.mine"), Sheet: "file.css", Public: true, View: view})
}

func (h *Handler) revokeOwn(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "agreement")
	if err != nil {
		return err
	}
	if err := h.agreed.Revoke(r.Context(), kit.From(r.Context()).Actor.ID, id); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "agreements.revoked", Rest: "agreements.revoked_rest"})
	h.kit.Redirect(w, r, "/moi/accords")
	return nil
}
