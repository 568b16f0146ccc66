package person

import (
	"net/http"
	"net/url"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// lodgingView is the page of somebody put up by others: a guest who comes under the
// person's roof, or the person who goes under another's.
type lodgingView struct {
	ID    core.ID
	Name  string
	Call  string
	Goes  bool // the person is the guest
	Form  *kit.Form
	Query string
	Found []foundView
	With  []humanLine // who may go along
}

func (h *Handler) showGuest(w http.ResponseWriter, r *http.Request) error {
	return h.showLodging(w, r, false)
}
func (h *Handler) showHost(w http.ResponseWriter, r *http.Request) error {
	return h.showLodging(w, r, true)
}

func (h *Handler) showLodging(w http.ResponseWriter, r *http.Request, goes bool) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	if !form.Has("relation", "") && form.Value("relation") == "" {
		form.Values.Set("relation", "") // nothing said is an answer
	}
	return h.renderLodging(w, r, form, goes, http.StatusOK)
}

func (h *Handler) renderLodging(w http.ResponseWriter, r *http.Request, form *kit.Form, goes bool, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	hv, err := h.cases.Household(r.Context(), id, core.Date{})
	if err != nil {
		return err
	}
	p := printer(r)
	view := lodgingView{ID: id, Name: person.DisplayName(), Call: callName(p, person.Title, person.Identity), Goes: goes, Form: form}
	title := "home.guest_title"
	if goes {
		title = "home.host_title"
		members := map[core.ID]bool{}
		for _, m := range hv.Members {
			members[m.Person] = true
		}
		for _, l := range listHumans(p, id, hv) {
			if members[l.ID] && !l.Self {
				view.With = append(view.With, l)
			}
		}
	}
	view.Query = strings.TrimSpace(r.URL.Query().Get("q"))
	if view.Found, err = h.findKnown(r, view.Query, func(found core.ID) bool {
		_, here := hv.Humans[found]
		return found != id && (goes || !here)
	}); err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/lodging", Title: p.T(title, "name", view.Name), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

// findKnown lists the people already known here whom a household may take in.
func (h *Handler) findKnown(r *http.Request, query string, fits func(core.ID) bool) ([]foundView, error) {
	if query == "" {
		return nil, nil
	}
	found, err := h.cases.Search(r.Context(), query, "", 8)
	if err != nil {
		return nil, err
	}
	var list []foundView
	for _, x := range found.Items {
		if !x.Openable || !fits(x.Person) {
			continue
		}
		line := foundView{Found: x}
		if !x.Birth.IsZero() {
			line.Born = printer(r).T("web.search.born", "date", x.Birth)
		}
		list = append(list, line)
	}
	return list, nil
}

// addGuest adds somebody under the person's roof who is not at home there.
func (h *Handler) addGuest(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	l, err := readLodging(r.PostForm)
	if err == nil && l.From.IsZero() {
		err = errs.New(errs.Invalid, "web.form.day_shape").On("from")
	}
	if err == nil {
		_, err = h.cases.AddToHousehold(r.Context(), id, casefile.HouseholdInput{Person: l.Host, Identity: l.Identity, LivesIn: true, Housed: true,
			From: l.From, Until: l.Until, Relation: casefile.Relation(r.PostForm.Get("relation"))})
	}
	return h.afterLodging(w, r, id, err, false)
}

// goToHost takes the person, and who goes along, under another's roof.
func (h *Handler) goToHost(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	l, err := readLodging(r.PostForm)
	if err == nil {
		err = h.cases.Lodge(r.Context(), id, l)
	}
	return h.afterLodging(w, r, id, err, true)
}

func (h *Handler) afterLodging(w http.ResponseWriter, r *http.Request, id core.ID, err error, goes bool) error {
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		form.Action = ""
		return h.renderLodging(w, r, form, goes, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved", Rest: "web.file.rights_recomputed"})
	h.kit.Redirect(w, r, path(id)+"/foyer")
	return nil
}

// readLodging reads the fields that both directions share: Host is whoever is not
// the file's person.
func readLodging(v url.Values) (casefile.Lodging, error) {
	var f errs.Fields
	l := casefile.Lodging{Host: core.ID(v.Get("person"))}
	if l.Host == "" {
		l.Identity = readIdentity(v, &f)
	}
	for _, with := range v["with"] {
		id, err := core.ParseID(with)
		if err != nil {
			return l, errs.Wrap(errs.NotFound, "", err)
		}
		l.With = append(l.With, id)
	}
	for field, to := range map[string]*core.Date{"from": &l.From, "until": &l.Until} {
		var err error
		if *to, err = readDay(v.Get(field)); err != nil {
			f.Add(field, "web.form.day_shape")
		}
	}
	return l, f.Err()
}
