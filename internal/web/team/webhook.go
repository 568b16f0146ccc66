package team

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/webhook"
)

const programsPath = "/equipe/logiciels"

// programsView is the list of the addresses that are told what happens.
type programsView struct {
	Form      *kit.Form
	Fresh     *freshSecret
	Endpoints []endpointLine
	Kinds     []kindChoice
}

// freshSecret is a secret just made: shown once.
type freshSecret struct{ Name, Secret string }

// endpointLine is one address.
type endpointLine struct {
	Href  string
	Name  string
	URL   string
	Kinds string // in words
	State webhook.State
}

// kindChoice is one box to tick.
type kindChoice struct{ Value, Label string }

// programView is one address and what was sent there.
type programView struct {
	Form     *kit.Form
	Endpoint webhook.Endpoint
	Fresh    *freshSecret
	Conflict *endpointLine // what somebody else wrote meanwhile
	Kinds    []kindChoice
	Since    core.Date // first failure since the last success, zero = none
	OldUntil core.Date // until when the secret of before signs
	Sent     []sentLine
	Dead     bool // the list shows those given up only
	HasDead  bool
	Next     string // address of the next page
}

// sentLine is one message.
type sentLine struct {
	ID    string
	Kind  string
	Day   core.Date // of the event
	Hour  int
	State webhook.DeliveryState
	How   string // in words: how the last try went, or when the next one is
	Tries int
	Code  string // of the last answer, "HTTP 500"
}

func kindKey(k webhook.Kind) string {
	return "webhooks.kind." + strings.ReplaceAll(string(k), ".", "_")
}

func kindChoices(v *kit.Visit) []kindChoice {
	var out []kindChoice
	for _, k := range webhook.Kinds() {
		out = append(out, kindChoice{Value: string(k), Label: v.T(kindKey(k))})
	}
	return out
}

func lineOf(v *kit.Visit, e webhook.Endpoint) endpointLine {
	var words []string
	for _, k := range e.Kinds {
		words = append(words, v.T(kindKey(k)))
	}
	return endpointLine{Href: programsPath + "/adresse?id=" + string(e.ID), Name: e.Name, URL: e.URL, Kinds: strings.Join(words, " · "), State: e.State}
}

func (h *Handler) showPrograms(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderPrograms(w, r, form, nil, http.StatusOK)
}

func (h *Handler) renderPrograms(w http.ResponseWriter, r *http.Request, form *kit.Form, fresh *freshSecret, status int) error {
	list, err := h.webhooks.Endpoints(r.Context())
	if err != nil {
		return err
	}
	v := kit.From(r.Context())
	page := programsView{Form: form, Fresh: fresh, Kinds: kindChoices(v)}
	for _, e := range list {
		page.Endpoints = append(page.Endpoints, lineOf(v, e))
	}
	return h.kit.Render(w, r, kit.Page{Template: "team/programs", Title: v.T("webhooks.page.title"), Nav: "team", Status: status, View: page, Script: true})
}

// readEndpoint reads what the two forms have in common.
func readEndpoint(form url.Values) webhook.EndpointInput {
	in := webhook.EndpointInput{Name: form.Get("name"), URL: form.Get("url"), Paused: form.Get("state") == string(webhook.Paused)}
	for _, k := range form["kinds"] {
		in.Kinds = append(in.Kinds, webhook.Kind(k))
	}
	return in
}

// addProgram answers with the page and the secret in it: it exists nowhere else, so
// there is no redirect to lose it in.
func (h *Handler) addProgram(w http.ResponseWriter, r *http.Request) error {
	made, secret, err := h.webhooks.Add(r.Context(), readEndpoint(r.PostForm))
	if errs.Is(err, errs.Invalid) {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderPrograms(w, r, form, nil, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Action = programsPath
	return h.renderPrograms(w, r, form, &freshSecret{Name: made.Name, Secret: secret.Reveal()}, http.StatusOK)
}

func (h *Handler) showProgram(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.URL.Query().Get("id"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderProgram(w, r, form, id, programView{}, http.StatusOK)
}

func (h *Handler) renderProgram(w http.ResponseWriter, r *http.Request, form *kit.Form, id core.ID, page programView, status int) error {
	e, err := h.webhooks.Endpoint(r.Context(), id)
	if err != nil {
		return err
	}
	v := kit.From(r.Context())
	page.Form, page.Endpoint, page.Kinds = form, e, kindChoices(v)
	form.Default("version", strconv.FormatInt(e.Version, 10))
	form.Default("name", e.Name)
	form.Default("url", e.URL)
	if !form.Bad() {
		for _, k := range e.Kinds {
			form.Values.Add("kinds", string(k))
		}
		if e.State != webhook.On {
			form.Values.Set("state", string(webhook.Paused))
		}
	} else {
		form.Values.Set("version", strconv.FormatInt(e.Version, 10)) // read again, it may be sent again
	}
	if !e.FailingSince.IsZero() {
		page.Since = core.DateOf(e.FailingSince.In(v.Place()))
	}
	if h.kit.Clock.Now().Before(e.OldUntil) {
		page.OldUntil = core.DateOf(e.OldUntil.In(v.Place()))
	}
	query := r.URL.Query()
	var state webhook.DeliveryState
	if page.Dead = query.Get("etat") == "echec"; page.Dead {
		state = webhook.Dead
	}
	sent, next, err := h.webhooks.Deliveries(r.Context(), id, state, query.Get("apres"), 20)
	if err != nil {
		return err
	}
	for _, d := range sent {
		page.Sent = append(page.Sent, sentOf(v, d))
		page.HasDead = page.HasDead || d.State == webhook.Dead
	}
	if next != "" {
		page.Next = programsPath + "/adresse?id=" + string(id) + "&apres=" + url.QueryEscape(next)
		if page.Dead {
			page.Next += "&etat=echec"
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "team/program", Title: e.Name, Nav: "team", Status: status, View: page, Script: true})
}

// sentOf says a message in words.
func sentOf(v *kit.Visit, d webhook.Delivery) sentLine {
	at := d.At.In(v.Place())
	out := sentLine{ID: d.ID, Kind: v.T(kindKey(d.Kind)), Day: core.DateOf(at), Hour: minutes(at), State: d.State, Tries: d.Attempts}
	if d.Status > 0 {
		out.Code = "HTTP " + strconv.Itoa(d.Status)
	}
	if d.Fault != "" {
		out.How = v.T("webhooks.fault."+string(d.Fault), "status", d.Status)
	}
	return out
}

func minutes(at time.Time) int { return at.Hour()*60 + at.Minute() }

// programID reads which address a form is about.
func programID(r *http.Request) (core.ID, error) {
	id, err := core.ParseID(r.PostForm.Get("id"))
	if err != nil {
		return "", errs.Wrap(errs.NotFound, "", err)
	}
	return id, nil
}

func (h *Handler) editProgram(w http.ResponseWriter, r *http.Request) error {
	id, err := programID(r)
	if err != nil {
		return err
	}
	in := readEndpoint(r.PostForm)
	if in.Version, err = strconv.ParseInt(r.PostForm.Get("version"), 10, 64); err != nil {
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	err = h.webhooks.Edit(r.Context(), id, in)
	var page programView
	var conflict *webhook.Conflict
	if errors.As(err, &conflict) {
		line := lineOf(kit.From(r.Context()), conflict.Current)
		page.Conflict = &line
		err = errs.Fields{errs.New(errs.Invalid, "webhooks.error.conflict")}
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderProgram(w, r, form, id, page, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, programsPath+"/adresse?id="+string(id))
	return nil
}

// changeProgram makes one of the small gestures about an address.
func (h *Handler) changeProgram(w http.ResponseWriter, r *http.Request) error {
	id, err := programID(r)
	if err != nil {
		return err
	}
	back := programsPath + "/adresse?id=" + string(id)
	switch r.PostForm.Get("geste") {
	case "essai":
		d, err := h.webhooks.Try(r.Context(), id)
		if err != nil {
			return err
		}
		flash := kit.Flash{Bold: "webhooks.page.tried"}
		if d.State != webhook.Done {
			flash = kit.Flash{Kind: "calm", Bold: "webhooks.page.tried_not"}
		}
		h.kit.SetFlash(w, r, flash)
		back += "#h-log"
	case "secret":
		secret, err := h.webhooks.Rotate(r.Context(), id)
		if err != nil {
			return err
		}
		form, err := h.kit.NewForm(w, r)
		if err != nil {
			return err
		}
		form.Action = back
		form.Values = url.Values{}
		return h.renderProgram(w, r, form, id, programView{Fresh: &freshSecret{Secret: secret.Reveal()}}, http.StatusOK)
	case "encore":
		if err := h.webhooks.Retry(r.Context(), id, r.PostForm.Get("message")); err != nil {
			return err
		}
		h.kit.SetFlash(w, r, kit.Flash{Bold: "webhooks.page.again_bold"})
		back += "#h-log"
	case "oubli":
		if r.PostForm.Get("sur") != "oui" {
			form, err := h.kit.Refused(w, r, errs.Fields{errs.New(errs.Invalid, "webhooks.error.sure").On("sur")})
			if err != nil {
				return err
			}
			return h.renderProgram(w, r, form, id, programView{}, http.StatusUnprocessableEntity)
		}
		if err := h.webhooks.Remove(r.Context(), id); err != nil {
			return err
		}
		h.kit.SetFlash(w, r, kit.Flash{Bold: "webhooks.page.removed"})
		back = programsPath
	default:
		return errs.New(errs.Invalid, "web.error.form_broken")
	}
	h.kit.Redirect(w, r, back)
	return nil
}
