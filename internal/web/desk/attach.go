package desk

import (
	"net/http"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// attachView is the page that puts a passage in a file.
type attachView struct {
	ID     core.ID
	Form   *kit.Form
	Line   line
	Clerk  bool
	Asked  bool
	Found  []option
	Opened string // address of its file, for who may open it; "" otherwise
}

func (h *Handler) showAttach(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderAttach(w, r, form, http.StatusOK, nil, false)
}

func (h *Handler) renderAttach(w http.ResponseWriter, r *http.Request, form *kit.Form, status int, found []option, asked bool) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	one, err := h.desks.Passage(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	v := attachView{ID: id, Form: form, Line: lineOf(r, p, one, true), Clerk: kit.From(r.Context()).Actor.Kind == core.ActorClerk, Found: found, Asked: asked}
	return h.kit.Render(w, r, kit.Page{Template: "desk/attach", Title: p.T("desk.attach.title"), Sheet: "counter.css", Nav: "desk", View: v, Status: status, Script: true})
}

// attach looks for who came, then puts the passage in the file that was chosen.
func (h *Handler) attach(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	f := r.PostForm
	who := desk.Who{Given: f.Get("given"), Usual: f.Get("usual")}
	var wrong errs.Fields
	if s := strings.TrimSpace(f.Get("birth")); s != "" {
		if who.Birth, err = person.ReadDate(s); err != nil {
			wrong.Add("birth", "errs.desk.birth")
		}
	}
	if chosen := f.Get("person"); chosen != "" && f.Get("geste") == "rattacher" {
		file, err := core.ParseID(chosen)
		if err != nil {
			return errs.Wrap(errs.NotFound, "", err)
		}
		err = h.desks.Attach(r.Context(), id, file, f.Get("wished") == "oui")
		if err == nil {
			h.kit.SetFlash(w, r, kit.Flash{Bold: "desk.attach.done", Rest: "desk.attach.done_how"})
			h.kit.Redirect(w, r, passagePath(id))
			return nil
		}
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		wrong = append(wrong, errs.New(errs.Invalid, "errs.desk.wish").On("wished"))
	}
	var found []option
	if err = wrong.Err(); err == nil || f.Get("person") != "" {
		p := printer(r)
		list, ferr := h.desks.Find(r.Context(), id, who)
		if ferr != nil {
			err = ferr
		}
		for _, one := range list {
			label := p.T("desk.attach.found", "name", one.Name, "year", strconv.Itoa(one.Birth.Year))
			if one.Birth.Year == 0 {
				label = one.Name
			}
			if kit.From(r.Context()).Actor.Kind != core.ActorClerk && one.TeamName != "" {
				label = p.T("desk.attach.team", "who", label, "team", one.TeamName)
			}
			found = append(found, option{string(one.Person), label})
		}
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderAttach(w, r, form, http.StatusUnprocessableEntity, found, len(found) > 0)
	}
	form, err := h.kit.Typed(w, r)
	if err != nil {
		return err
	}
	return h.renderAttach(w, r, form, http.StatusOK, found, true)
}

func (h *Handler) detach(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := h.desks.Detach(r.Context(), id); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "desk.attach.undone"})
	h.kit.Redirect(w, r, passagePath(id))
	return nil
}

// listView is the passages of one person.
type listView struct {
	ID    core.ID
	Items []line
	House kit.House
}

func (h *Handler) ofFile(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	list, err := h.desks.OfFile(r.Context(), id)
	if err != nil {
		return err
	}
	v := listView{ID: id, Items: lines(r, list)}
	return h.kit.Render(w, r, kit.Page{Template: "desk/file", Title: printer(r).T("desk.file_title"), Sheet: "counter.css", Nav: "people", View: v})
}

func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	list, err := h.desks.Own(r.Context())
	if err != nil {
		return err
	}
	v := listView{Items: lines(r, list), House: h.kit.HouseOf(r)}
	return h.kit.Render(w, r, kit.Page{Template: "desk/own", Title: printer(r).T("desk.own.title"), Sheet: "counter.css", Public: true, View: v})
}

func lines(r *http.Request, list []desk.Passage) []line {
	var out []line
	for _, one := range list {
		out = append(out, lineOf(r, printer(r), one, true))
	}
	return out
}
