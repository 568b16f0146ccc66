package desk

import (
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// registerView is the register of who asked to be called, or one of them.
type registerView struct {
	Form    *kit.Form
	ID      core.ID // "" for somebody new
	Grounds []option
	Askers  []option
	Items   []entryLine
	Empty   bool
	Next    string
	Before  bool
	Adding  bool // the form was refused
}

type entryLine struct {
	ID          core.ID
	Name, Birth string
	Address     string
	Phone, Safe string
	Contact     string
}

func lineOfEntry(e desk.Entry) entryLine {
	return entryLine{ID: e.ID, Name: e.Name, Birth: e.Birth, Address: e.Address, Phone: e.Phone, Safe: e.Safe, Contact: e.Contact}
}

func (h *Handler) register(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("asked_by", "self")
	return h.renderRegister(w, r, form, http.StatusOK)
}

func (h *Handler) renderRegister(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	page := 0
	if s := r.URL.Query().Get("page"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 1000 {
			return errs.New(errs.NotFound, "")
		}
		page = n
	}
	list, err := h.desks.ListRegister(r.Context(), page)
	if err != nil {
		return err
	}
	p := printer(r)
	v := registerView{Form: form, Grounds: options(p, "desk.register.ground.", desk.Grounds()), Askers: options(p, "desk.register.by.", desk.Askers()), Empty: list.Empty, Before: page > 0, Adding: form.Bad()}
	for _, e := range list.Items {
		v.Items = append(v.Items, lineOfEntry(e))
	}
	if list.More {
		v.Next = "/accueil/registre?page=" + strconv.Itoa(page+1)
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/register", Title: p.T("desk.register.title"), Sheet: "counter.css", Nav: "desk", View: v, Status: status, Script: true})
}

func readEntry(r *http.Request) desk.Entry {
	f := r.PostForm
	return desk.Entry{Name: f.Get("name"), Birth: f.Get("birth"), Ground: f.Get("ground"), Address: f.Get("address"), Phone: f.Get("phone"), Safe: f.Get("safe"),
		Contact: f.Get("contact"), HomeHelp: f.Get("homehelp"), AskedBy: f.Get("asked_by"), Asker: f.Get("asker")}
}

func (h *Handler) addEntry(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.desks.AddEntry(r.Context(), readEntry(r), r.PostForm.Get("agreed") == "oui"); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderRegister(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "desk.register.added", Rest: "desk.register.added_how"})
	h.kit.Redirect(w, r, "/accueil/registre")
	return nil
}

func (h *Handler) showEntry(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderEntry(w, r, form, http.StatusOK)
}

func (h *Handler) renderEntry(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	e, err := h.desks.Entry(r.Context(), id)
	if err != nil {
		return err
	}
	if form.Bad() {
		form.Values.Set("version", strconv.FormatInt(e.Version, 10)) // read again, it may be sent again
	}
	for name, value := range map[string]string{"version": strconv.FormatInt(e.Version, 10), "name": e.Name, "birth": e.Birth, "ground": e.Ground, "address": e.Address, "phone": e.Phone,
		"safe": e.Safe, "contact": e.Contact, "homehelp": e.HomeHelp, "asked_by": e.AskedBy, "asker": e.Asker} {
		form.Default(name, value)
	}
	p := printer(r)
	v := registerView{Form: form, ID: id, Grounds: options(p, "desk.register.ground.", desk.Grounds()), Askers: options(p, "desk.register.by.", desk.Askers()), Items: []entryLine{lineOfEntry(e)}}
	return h.kit.Render(w, r, kit.Page{Template: "desk/entry", Title: e.Name, Sheet: "counter.css", Nav: "desk", View: v, Status: status, Script: true})
}

func (h *Handler) editEntry(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	e := readEntry(r)
	e.ID = id
	if e.Version, err = strconv.ParseInt(r.PostForm.Get("version"), 10, 64); err != nil {
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	err = h.desks.EditEntry(r.Context(), e)
	if errs.Is(err, errs.Conflict) { // what was typed stays on the page, above what is kept now
		err = errs.Fields{errs.New(errs.Invalid, "errs.desk.entry_changed")}
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderEntry(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/accueil/registre")
	return nil
}

func (h *Handler) removeEntry(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if r.PostForm.Get("sure") != "oui" {
		form, err := h.kit.Refused(w, r, errs.Fields{errs.New(errs.Invalid, "errs.desk.sure").On("sure")})
		if err != nil {
			return err
		}
		form.Action = "/accueil/registre/" + string(id)
		return h.renderEntry(w, r, form, http.StatusUnprocessableEntity)
	}
	if err := h.desks.RemoveEntry(r.Context(), id); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "desk.register.removed", Rest: "desk.register.removed_how"})
	h.kit.Redirect(w, r, "/accueil/registre")
	return nil
}
