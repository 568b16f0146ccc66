package caseload

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

const (
	pageLines = 40
	maxSilent = 24 // months
)

// silences are the months that the filter « no contact noted since » offers.
func silences() []int { return []int{3, 6, 12} }

// listView is the list of a worker and of their teams. It counts nothing.
type listView struct {
	Form      *kit.Form // the filters, as they were chosen
	Lines     []lineView
	Referents []option
	Teams     []option
	Silences  []option
	Filtered  bool
	Ended     bool
	Next      string
	First     string
}

// lineView is one accompaniment.
type lineView struct {
	Href string
	Name string
	Says []string
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := printer(r)
	v := kit.From(r.Context())
	today := h.kit.Today(v)
	f := caseload.Filter{Team: core.ID(q.Get("equipe")), Ended: q.Get("etat") == "fini", Due: q.Get("echeance") == "oui", ToVerify: q.Get("droit") == "oui",
		Name: strings.TrimSpace(q.Get("nom"))}
	switch who := q.Get("qui"); who {
	case "moi":
		f.Referent = v.Actor.ID
	case "", "tous":
	case "personne":
		f.Referent = caseload.Nobody
	default:
		id, err := core.ParseID(who)
		if err != nil {
			return h.forget(w, r)
		}
		f.Referent = id
	}
	if months, err := strconv.Atoi(q.Get("contact")); err == nil && months > 0 && months <= maxSilent {
		f.SilentSince = core.DateOf(today.Time().AddDate(0, -months, 0))
	}
	team, err := h.load.MyCovers(r.Context()) // the colleagues of the worker's teams
	if err != nil {
		return err
	}
	page, err := h.load.List(r.Context(), f, q.Get("apres"), pageLines)
	if err != nil {
		return err
	}
	view := listView{Form: &kit.Form{Values: q}, Ended: f.Ended, Filtered: f != caseload.Filter{Ended: f.Ended, Referent: f.Referent} || f.Referent != ""}
	view.Referents = []option{{"", p.T("caseload.filter_anybody")}, {"moi", p.T("caseload.filter_me")}, {"personne", p.T("caseload.filter_nobody")}}
	for _, c := range team.Colleagues {
		view.Referents = append(view.Referents, option{string(c.Worker), c.Name})
	}
	if len(v.Actor.Teams) > 1 {
		for _, id := range v.Actor.Teams {
			if name := page.TeamNames[id]; name != "" {
				view.Teams = append(view.Teams, option{string(id), name})
			}
		}
		slices.SortFunc(view.Teams, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	}
	for _, n := range silences() {
		view.Silences = append(view.Silences, option{strconv.Itoa(n), p.N("caseload.filter_silent", n)})
	}
	for _, l := range page.Items {
		line := lineView{Href: fileOf(l.Person), Name: l.Name}
		say := func(s string) { line.Says = append(line.Says, s) }
		if name := page.Names[l.Referent]; name != "" {
			say(p.T("caseload.line_referent", "worker", name))
		} else {
			say(p.T("caseload.line_nobody"))
		}
		if len(view.Teams) > 0 {
			say(page.TeamNames[l.Team])
		}
		switch {
		case f.Ended:
			line.Href = followOf(l.Person)
			if !l.Ended.IsZero() {
				say(p.T("caseload.line_ended", "date", p.Date(l.Ended)))
			}
		case !l.NextDue.IsZero() && l.NextDue.Before(today):
			say(p.T("caseload.line_overdue", "date", p.Date(l.NextDue)))
		case !l.NextDue.IsZero():
			say(p.T("caseload.line_due", "date", p.Date(l.NextDue)))
		}
		if l.Contact > 0 {
			say(p.T("caseload.line_contact", "date", p.Date(instant(r, l.Contact))))
		}
		view.Lines = append(view.Lines, line)
	}
	address := func(after string) string {
		next := url.Values{}
		for name, values := range q {
			if name != "apres" && values[0] != "" {
				next.Set(name, values[0])
			}
		}
		if after != "" {
			next.Set("apres", after)
		}
		if len(next) == 0 {
			return "/suivis"
		}
		return "/suivis?" + next.Encode()
	}
	if page.Next != "" {
		view.Next = address(page.Next)
	}
	if q.Get("apres") != "" {
		view.First = address("")
	}
	return h.kit.Render(w, r, kit.Page{Template: "caseload/list", Title: p.T("caseload.list_title"), Sheet: "file.css", Nav: "people", View: view, Script: true})
}

// forget leads to the whole list when a filter says nothing known.
func (h *Handler) forget(w http.ResponseWriter, r *http.Request) error {
	h.kit.Redirect(w, r, "/suivis")
	return nil
}
