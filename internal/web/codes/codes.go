// Package codes holds the pages of codes sent by SMS or e-mail: asking for one and coming
// in with it, where a worker says with the person where theirs go, and where the person
// stops it.
package codes

import (
	"embed"
	"net/http"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/message"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages.
type Handler struct {
	kit    *kit.Kit
	access *access.Service
	codes  *code.Service
	box    *message.Box
}

// Register adds the routes, where codes can be sent. box is the demonstration's, which
// shows what it would send; nil elsewhere.
func Register(k *kit.Kit, a *access.Service, codes *code.Service, box *message.Box) {
	if len(codes.Kinds()) == 0 {
		return
	}
	h := &Handler{kit: k, access: a, codes: codes, box: box}
	k.Handle("GET /code", kit.Anyone, h.showAsk)
	k.Handle("POST /code", kit.Anyone, h.ask)
	k.Handle("GET /code/saisir", kit.Anyone, h.showType)
	k.Handle("POST /code/saisir", kit.Anyone, h.signIn)
	k.Handle("GET /personnes/{id}/codes", kit.Worker, h.showWays)
	k.Handle("POST /personnes/{id}/codes", kit.Worker, h.add)
	k.Handle("POST /personnes/{id}/codes/arret", kit.Worker, h.stop)
	k.Handle("GET /moi/codes", kit.PersonIn, h.showOwn)
	k.Handle("POST /moi/codes/arret", kit.PersonIn, h.stopOwn)
}

// askView is where somebody asks for a code.
type askView struct {
	Form  *kit.Form
	SMS   bool
	Email bool
	House kit.House
}

func (h *Handler) showAsk(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderAsk(w, r, form, http.StatusOK)
}

func (h *Handler) renderAsk(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	form.Again()
	view := askView{Form: form, House: h.kit.HouseOf(r)}
	for _, k := range h.codes.Kinds() {
		view.SMS, view.Email = view.SMS || k == message.SMS, view.Email || k == message.Email
	}
	return h.kit.Render(w, r, kit.Page{Template: "codes/ask", Title: kit.From(r.Context()).T("codes.title"), Sheet: "gate.css", Layout: kit.Gate, Status: status, View: view})
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	state, err := h.codes.Ask(r.Context(), r.PostForm.Get("adresse"), browser, kit.Client(r))
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderAsk(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetStep(w, r, state)
	h.kit.Redirect(w, r, "/code/saisir")
	return nil
}

// typeView is where the code is typed, with the birth date.
type typeView struct {
	Form  *kit.Form
	House kit.House
	Demo  string // what would have been sent, in the demonstration
}

func (h *Handler) showType(w http.ResponseWriter, r *http.Request) error {
	if h.kit.Step(r) == "" {
		h.kit.Redirect(w, r, "/code")
		return nil
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderType(w, r, form, http.StatusOK)
}

func (h *Handler) renderType(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	form.Again()
	view := typeView{Form: form, House: h.kit.HouseOf(r)}
	if h.box != nil {
		view.Demo = h.box.Last().Text
	}
	return h.kit.Render(w, r, kit.Page{Template: "codes/type", Title: kit.From(r.Context()).T("codes.type_title"), Sheet: "gate.css", Layout: kit.Gate, Status: status, View: view})
}

func (h *Handler) signIn(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	day, err := person.ReadDay(r.PostForm.Get("naissance"))
	var token string
	switch {
	case err != nil || day.IsZero():
		err = errs.Fields{errs.New(errs.Invalid, "errs.codes.birth").On("naissance")}
	case strings.TrimSpace(r.PostForm.Get("code")) == "":
		err = errs.Fields{errs.New(errs.Invalid, "errs.codes.missing").On("code")}
	default:
		birth := core.PartialDate{Year: day.Year, Month: int(day.Month), Day: day.Day}
		token, err = h.codes.SignIn(r.Context(), h.kit.Step(r), browser, r.PostForm.Get("code"), birth, kit.Client(r))
	}
	if errs.Is(err, errs.Unauthenticated) {
		if e := kit.Sentence(err); e != nil {
			err = errs.Wrap(errs.Invalid, e.Key, err)
		}
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		form.Values.Del("code")
		return h.renderType(w, r, form, http.StatusUnprocessableEntity)
	}
	if old := kit.From(r.Context()).SessionToken(); old != "" { // a new entrance never goes on from the one before
		if err := h.access.SignOut(r.Context(), old); err != nil && !errs.Is(err, errs.Unauthenticated) {
			return err
		}
	}
	h.kit.SignIn(w, r, token)
	h.kit.Redirect(w, r, "/moi")
	return nil
}

// waysView is where a person's codes go, for a worker beside them or for themself.
type waysView struct {
	ID    core.ID
	Form  *kit.Form
	Ways  []wayLine
	SMS   bool
	Email bool
	Langs []option
	House kit.House
}

type option struct{ Value, Label string }

// wayLine is one way.
type wayLine struct {
	ID     core.ID
	Shown  string
	Kind   string
	Says   string // since when, used when, at which hours
	Rests  bool   // the person's file stops it
	Shared bool
	Quiet  bool
}

func (h *Handler) lines(r *http.Request, all []code.Way) []wayLine {
	v := kit.From(r.Context())
	var out []wayLine
	for _, w := range all {
		l := wayLine{ID: w.ID, Shown: w.Shown, Kind: v.T("codes.kind_" + string(w.Kind)), Rests: !w.Serves, Shared: w.Shared, Quiet: w.Discreet}
		l.Says = v.T("codes.made", "date", v.P.Date(core.DateOf(w.MadeAt.In(v.Place()))))
		if w.UsedOn.IsZero() {
			l.Says += " " + v.T("signin.keys.used_never")
		} else {
			l.Says += " " + v.T("signin.keys.used", "date", w.UsedOn)
		}
		if w.From != 0 || w.To != 24 {
			l.Says += " " + v.T("codes.between", "from", w.From, "to", w.To)
		}
		out = append(out, l)
	}
	return out
}

func (h *Handler) showWays(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("langue", i18n.French)
	return h.renderWays(w, r, form, http.StatusOK)
}

func (h *Handler) renderWays(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	all, err := h.codes.Read(r.Context(), id)
	if err != nil {
		return err
	}
	v := kit.From(r.Context())
	view := waysView{ID: id, Form: form, Ways: h.lines(r, all)}
	for _, k := range h.codes.Kinds() {
		view.SMS, view.Email = view.SMS || k == message.SMS, view.Email || k == message.Email
	}
	for _, tag := range i18n.Tags() {
		view.Langs = append(view.Langs, option{tag, v.T("agreements.lang_" + strings.ReplaceAll(tag, "-", "_"))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "codes/ways", Title: v.T("codes.ways_title"), Sheet: "gate.css", Nav: "people", Status: status, View: view})
}

func (h *Handler) add(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	f := r.PostForm
	in := code.Input{Address: f.Get("adresse"), Discreet: f.Get("discret") != "", Shared: f.Get("partage") != "", Lang: f.Get("langue")}
	in.From, in.To, err = hours(f.Get("de"), f.Get("a"))
	if err == nil {
		err = h.codes.Add(r.Context(), id, in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderWays(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "codes.added", Rest: "codes.added_rest"})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/codes")
	return nil
}

// hours reads two hours of the day, both empty for always.
func hours(from, to string) (a, b int, err error) {
	from, to = strings.TrimSuffix(strings.TrimSpace(from), "h"), strings.TrimSuffix(strings.TrimSpace(to), "h")
	if strings.TrimSpace(from) == "" && strings.TrimSpace(to) == "" {
		return 0, 0, nil
	}
	a, errA := strconv.Atoi(strings.TrimSpace(from))
	b, errB := strconv.Atoi(strings.TrimSpace(to))
	if errA != nil || errB != nil {
		return 0, 0, errs.Fields{errs.New(errs.Invalid, "errs.codes.hours").On("heures")}
	}
	return a, b, nil
}

func (h *Handler) stop(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	which, err := core.ParseID(r.PostForm.Get("moyen"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	if err := h.codes.Stop(r.Context(), id, which); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "codes.stopped"})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/codes")
	return nil
}

func (h *Handler) showOwn(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	all, err := h.codes.Own(r.Context())
	if err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{Template: "codes/own", Title: kit.From(r.Context()).T("codes.own_title"), Sheet: "gate.css", Public: true,
		View: waysView{Form: form, Ways: h.lines(r, all), House: h.kit.HouseOf(r)}})
}

func (h *Handler) stopOwn(w http.ResponseWriter, r *http.Request) error {
	which, err := core.ParseID(r.PostForm.Get("moyen"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	if err := h.codes.StopOwn(r.Context(), which); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "codes.stopped"})
	h.kit.Redirect(w, r, "/moi/codes")
	return nil
}
