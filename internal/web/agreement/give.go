package agreement

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/dossier"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// giveView is one more agreement: what it says, then what it shows and the mark under it.
type giveView struct {
	ID       core.ID
	Name     string
	Call     string
	Form     *kit.Form
	Teams    []option
	Near     []option
	What     []option
	Langs    []option
	Reads    []option
	Sections []dossier.Section // of the preview
	Text     string            // that is read to the person, in their language
	Lang     string            // of the text, for HTML
	Dir      string
	Hidden   []option // what was chosen, carried by the preview
	Ways     []option // by which the person may receive a code to sign with
	Sent     bool     // one was just sent
}

// waysToSign are those by which a person may receive a code to sign with.
func (h *Handler) waysToSign(r *http.Request, id core.ID) ([]option, error) {
	if len(h.codes.Kinds()) == 0 {
		return nil, nil
	}
	all, err := h.codes.ToSign(r.Context(), id)
	if err != nil {
		return nil, err
	}
	var out []option
	for _, w := range all {
		out = append(out, option{string(w.ID), w.Shown})
	}
	return out, nil
}

// sendCode sends the code that a button of the form asks for; asked is false when none did.
func (h *Handler) sendCode(r *http.Request, id core.ID) (asked bool, err error) {
	way := r.PostForm.Get("envoyer")
	if way == "" {
		return false, nil
	}
	which, err := core.ParseID(way)
	if err != nil {
		return true, errs.Wrap(errs.NotFound, "", err)
	}
	return true, h.codes.AskToSign(r.Context(), id, which)
}

// carried are the fields of the first page.
func carried() []string {
	return []string{"to", "purpose", "what", "copy", "insiste", "from", "until", "lang", "read"}
}

func (h *Handler) showGive(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("lang", kit.From(r.Context()).P.Tag())
	form.Default("read", string(agreement.ReadAloud))
	form.Default("from", person.TypedDay(h.agreed.Today(r.Context())))
	return h.renderGive(w, r, form, http.StatusOK)
}

func (h *Handler) renderGive(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	view, _, err := h.giveView(r, form)
	if err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{Template: "agreement/give", Title: printer(r).T("agreements.new_title"), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

func (h *Handler) giveView(r *http.Request, form *kit.Form) (giveView, agreement.List, error) {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return giveView{}, agreement.List{}, err
	}
	all, err := h.agreed.List(r.Context(), id)
	if err != nil {
		return giveView{}, all, err
	}
	p := printer(r)
	view := giveView{ID: all.Person, Name: all.Identity.DisplayName(), Call: person.CallName(p, all.Identity), Form: form}
	for _, t := range all.Partners {
		view.Teams = append(view.Teams, option{"team:" + string(t.ID), p.T("agreements.team", "team", t.Name)})
	}
	for _, n := range all.Relatives {
		view.Near = append(view.Near, option{"near:" + string(n.ID), n.Name})
	}
	for _, c := range agreement.Categories() {
		view.What = append(view.What, option{string(c), kit.Capital(p.T("agreements.category_" + string(c)))})
	}
	for _, tag := range i18n.Tags() {
		view.Langs = append(view.Langs, option{tag, p.T("agreements.lang_" + strings.ReplaceAll(tag, "-", "_"))})
	}
	for _, how := range agreement.ReadHows() {
		view.Reads = append(view.Reads, option{string(how), p.T("agreements.read_" + string(how))})
	}
	return view, all, nil
}

// readInput is what both pages send.
func readInput(r *http.Request) (agreement.Input, error) {
	v := r.PostForm
	in := agreement.Input{Purpose: v.Get("purpose"), Copy: v.Get("copy") != "", Insists: v.Get("insiste") != "", Lang: v.Get("lang"), Read: agreement.ReadHow(v.Get("read")),
		Signed: agreement.SignHow(v.Get("signed")), Mark: markOf(v), Card: v.Get("carte"), PIN: secret.String(v.Get("pin")), Code: v.Get("code"), Client: kit.Client(r)}
	kind, id, _ := strings.Cut(v.Get("to"), ":")
	switch kind {
	case "team":
		in.Team = core.ID(id)
	case "near":
		in.Relative = core.ID(id)
	}
	for _, c := range v["what"] {
		in.Categories = append(in.Categories, access.Category(c))
	}
	in.Trim()
	var f errs.Fields
	var err error
	for field, to := range map[string]*core.Date{"from": &in.From, "until": &in.Until} {
		if *to, err = person.ReadDay(v.Get(field)); err != nil {
			f.Add(field, "web.form.day_shape")
		}
	}
	return in, f.Err()
}

// markOf is the mark under what is signed: drawn, or written.
func markOf(v url.Values) string {
	if agreement.SignHow(v.Get("signed")) == agreement.SignDrawn {
		return v.Get("drawn")
	}
	return v.Get("mark")
}

// give shows the preview once the terms hold, then writes the agreement down once it is
// signed.
func (h *Handler) give(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	in, err := readInput(r)
	if err == nil {
		err = in.ValidateTerms(h.agreed.Today(r.Context()))
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderGive(w, r, form, http.StatusUnprocessableEntity)
	}
	if sent, err := h.sendCode(r, id); err != nil {
		return err
	} else if sent {
		form, err := h.kit.Typed(w, r)
		if err != nil {
			return err
		}
		form.Values.Set("signed", string(agreement.SignCode))
		return h.preview(w, r, form, in, http.StatusOK)
	}
	if r.PostForm.Get("etape") != "signer" {
		form, err := h.kit.Typed(w, r)
		if err != nil {
			return err
		}
		return h.preview(w, r, form, in, http.StatusOK)
	}
	made, err := h.agreed.Give(r.Context(), id, in)
	if err != nil {
		form, ferr := h.kit.Refused(w, r, err)
		if ferr != nil {
			return ferr
		}
		if slices.ContainsFunc(form.Errors, func(e kit.FieldError) bool {
			return !slices.Contains([]string{"mark", "signed", "carte", "pin", "code"}, e.Field)
		}) {
			return h.renderGive(w, r, form, http.StatusUnprocessableEntity)
		}
		return h.preview(w, r, form, in, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "agreements.saved", Rest: "agreements.saved_rest"})
	h.kit.Redirect(w, r, fileOf(id)+"/"+string(made))
	return nil
}

func (h *Handler) preview(w http.ResponseWriter, r *http.Request, form *kit.Form, in agreement.Input, status int) error {
	view, all, err := h.giveView(r, form)
	if err != nil {
		return err
	}
	shared, err := h.agreed.Preview(r.Context(), view.ID, in.Categories)
	if err != nil {
		return err
	}
	p := printer(r)
	view.Sections = h.sections(r, p, shared)
	to := all.Teams[in.Team]
	for _, n := range all.Relatives {
		if n.ID == in.Relative {
			to = n.Name
		}
	}
	say := i18n.For(in.Lang)
	view.Text, view.Lang, view.Dir = agreement.Text(in.Lang, in, to), say.Lang(), say.Dir()
	for _, name := range carried() {
		for _, value := range form.Values[name] {
			view.Hidden = append(view.Hidden, option{name, value})
		}
	}
	form.Default("signed", string(agreement.SignTyped))
	view.Sent = r.PostForm.Get("envoyer") != ""
	if view.Ways, err = h.waysToSign(r, view.ID); err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{Template: "agreement/preview", Title: p.T("agreements.preview_title"), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}
