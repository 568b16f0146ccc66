package agreement

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// showView is one agreement, whole.
type showView struct {
	ID   core.ID // of the person
	Name string
	Call string
	Form *kit.Form
	line
	Consent   core.ID
	Live      bool
	Text      string
	Lang, Dir string
	Read      string
	Signed    string
	Path      string // drawn
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	which, err := kit.PathID(r, "agreement")
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	o, err := h.agreed.Open(r.Context(), id, which)
	if err != nil {
		return err
	}
	p := printer(r)
	c := o.Consent
	now, past := lines(r, p, o.Today, []agreement.Consent{c}, o.People)
	say := i18n.For(c.Lang)
	view := showView{ID: id, Consent: which, Name: o.Identity.DisplayName(), Call: person.CallName(p, o.Identity), Form: form, line: append(now, past...)[0],
		Live: len(now) > 0, Text: o.Text, Lang: say.Lang(), Dir: say.Dir(), Read: p.T("agreements.read_" + string(c.Read))}
	view.Signed, view.Proof = signedHow(p, c.Signed, o.Mark), o.Document != ""
	if c.Signed == agreement.SignDrawn {
		view.Path = o.Mark
	}
	return h.kit.Render(w, r, kit.Page{Template: "agreement/show", Title: p.T("agreements.one_title"), Sheet: "file.css", Nav: "people", View: view, Script: true})
}

func (h *Handler) revoke(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	which, err := kit.PathID(r, "agreement")
	if err != nil {
		return err
	}
	if err := h.agreed.Revoke(r.Context(), id, which); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "agreements.revoked", Rest: "agreements.revoked_rest"})
	h.kit.Redirect(w, r, fileOf(id)+"/"+string(which))
	return nil
}
