package person

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/civil"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

func (h *Handler) showEdit(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	fillIdentity(form, person)
	return h.renderEdit(w, r, person, form, nil, http.StatusOK)
}

func fillIdentity(form *kit.Form, p casefile.Person) {
	for name, value := range map[string]string{
		"version": strconv.FormatInt(p.Version, 10), "usual_name": p.UsualName, "given_names": p.GivenNames, "birth_name": p.BirthName,
		"first_name_of_use": p.FirstNameOfUse, "title": string(p.Title), "birth": typedDate(p.Birth), "interpreter": string(p.Interpreter),
		"phone": phone(p.Phone), "channel": string(p.Channel), "hours": p.Hours, "address": strings.Join(p.Address.Lines, "\n"),
		"postcode": p.Address.Postcode, "city": p.Address.City, "commune_code": p.Address.Commune,
		fieldSettled: settled(p.Address.Postcode, p.Address.City),
	} {
		form.Default(name, value)
	}
	if _, typed := form.Values["languages"]; !typed {
		form.Values["languages"] = p.Languages
	}
	if p.Address.NoFixed {
		form.Default("no_fixed", "oui")
	}
	if p.Address.Protected {
		form.Default("protected", "oui")
	}
}

func (h *Handler) renderEdit(w http.ResponseWriter, r *http.Request, person casefile.Person, form *kit.Form, conflict *identityConflict, status int) error {
	p := printer(r)
	former, err := civil.List(r.Context(), h.cases, person.ID)
	if err != nil {
		return err
	}
	form.Default("why", "correction")
	view := identityView{Form: form, Former: formerNames(p, former), Back: path(person.ID), Name: person.DisplayName(), Languages: languageOptions(p), Channels: channelOptions(p), Conflict: conflict,
		City: h.cityField(r, form), Settled: form.Value(fieldSettled)}
	return h.kit.Render(w, r, kit.Page{
		Template: "person/identity", Title: p.T("web.identity.edit_title", "name", view.Name), Nav: "people", Status: status, View: view, Script: true,
	})
}

func (h *Handler) edit(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	var f errs.Fields
	in := casefile.Person{ID: id, Identity: readIdentity(r.PostForm, &f), Contact: readContact(r.PostForm)}
	if in.Version, err = strconv.ParseInt(r.PostForm.Get("version"), 10, 64); err != nil {
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	if err = f.Err(); err == nil {
		err = h.words.settleCity(r.PostForm, &in.Address)
	}
	if err == nil {
		err = h.saveIdentity(r, in)
	}
	if err == nil {
		h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
		h.kit.Redirect(w, r, path(id))
		return nil
	}
	var conflict *casefile.PersonConflict
	if errors.As(err, &conflict) {
		form, err := h.kit.Refused(w, r, errs.New(errs.Invalid, "errs.casefile.person_conflict"))
		if err != nil {
			return err
		}
		// What somebody else wrote is read again, with its line in the journal: the
		// refused change left none.
		now, err := h.cases.Person(r.Context(), id)
		if err != nil {
			return err
		}
		form.Errors = nil
		form.Values.Set("version", strconv.FormatInt(now.Version, 10))
		stored := identityConflict{Stored: now, Birth: printer(r).PartialDate(now.Birth), Phone: phone(now.Phone)}
		return h.renderEdit(w, r, now, form, &stored, http.StatusConflict)
	}
	form, rerr := h.kit.Refused(w, r, err)
	if rerr != nil {
		return rerr
	}
	return h.renderEdit(w, r, in, form, nil, http.StatusUnprocessableEntity)
}

// saveIdentity writes a correction, or a change of civil status with its day.
func (h *Handler) saveIdentity(r *http.Request, in casefile.Person) error {
	if r.PostForm.Get("why") != "change" {
		return h.cases.UpdatePerson(r.Context(), in)
	}
	on, err := readDay(r.PostForm.Get("changed_on"))
	if err != nil {
		return errs.New(errs.Invalid, "web.form.day_shape").On("changed_on")
	}
	return civil.Change(r.Context(), h.cases, in, civil.Input{On: on, Discreet: r.PostForm.Get("discreet") == "oui"})
}

// formerNames says the names borne before, the last first.
func formerNames(p *i18n.Printer, list []civil.Former) []string {
	var out []string
	for _, f := range list {
		out = append(out, p.T("life.former_until", "name", f.Identity.DisplayName(), "date", p.Date(f.Until)))
	}
	return out
}
