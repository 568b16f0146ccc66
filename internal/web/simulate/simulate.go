// Package simulate is the anonymous simulator: which rights may be due, without an
// account and without a name.
//
// Guarantees:
//
//   - Nothing is stored: no row, no line of the journal, no cookie but the
//     language's. What was answered travels in the form from page to page, never in an
//     address, and is gone when the page is closed.
//   - No answer reaches a log line.
//   - Each page works without a script and asks one thing; « Je ne sais pas » and « Je
//     préfère ne pas dire » are answers everywhere; one can go back, stop and read the
//     results at any time.
//   - What a request may cost is bounded: 64 kB, 60 answers, so many pages a minute.
//
// What not to do: suggest a couple, a child or a lost job; say « probable » of a right
// that a fact may still close; keep anything.
package simulate

import (
	"embed"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ask"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Variables tells what may be known of a household and reads what people type;
// *casefile.Service is one.
type Variables interface {
	Variable(name string) (casefile.Variable, bool)
}

// Handler answers the simulator's pages.
type Handler struct {
	kit       *kit.Kit
	words     person.Words
	variables Variables
	asker     *ask.Asker
	place     *time.Location
	brake     *brake
	turns     chan struct{} // who calculates at the same time
}

// path is the only address of the simulator.
const path = "/simulateur"

// margin is how probable it may be, when the pages stop, that one more answer opens a
// right: four cases in a thousand. The rights then stay to verify, and who wants to
// goes on.
const margin = 0.004

// maxForm is what a page may send, in bytes.
const maxForm = 64 << 10

// Register adds the routes.
func Register(k *kit.Kit, words person.Words, variables Variables) error {
	place, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	h := &Handler{
		kit: k, words: words, variables: variables, asker: ask.New(words.Law, ask.Options{Engine: ask.NewColumns(words.Law), Margin: margin}), place: place,
		brake: newBrake(k.Clock), turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)),
	}
	k.HandleOpen("GET "+path, maxForm, h.start)
	k.HandleOpen("POST "+path, maxForm, h.answer)
	return nil
}

// month is the month whose rights are looked at: the present one.
func (h *Handler) month() core.Month { return h.today().CalendarMonth() }

func (h *Handler) today() core.Date { return clock.Today(h.kit.Clock, h.place) }

func (h *Handler) start(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, state{}, nil, http.StatusOK)
}

// The gestures of the buttons, besides answering.
const (
	goBack  = "retour"
	results = "resultats"
	large   = "grand"
	goOn    = "suite"
	precise = "preciser"
)

// answer reads the state and what was just typed, and shows what comes next.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	if !h.brake.lets(kit.Client(r).Address) {
		return errs.New(errs.TooMany, "simulate.error.too_many")
	}
	s, err := h.readState(r.PostForm)
	if err != nil {
		return err
	}
	gesture := r.PostForm.Get("geste")
	if tag := r.PostForm.Get("langue"); tag != "" {
		h.kit.KeepLanguage(w, r, tag)
		if shown := r.PostForm.Get("vue"); shown != "" {
			gesture = shown
		} else {
			return h.show(w, r, s, r.PostForm, http.StatusOK)
		}
	}
	switch gesture {
	case goBack:
		return h.show(w, r, s.back(), nil, http.StatusOK)
	case results, large:
		return h.results(w, r, s, gesture)
	case precise:
		s.Precise, s.Open = true, nil
		return h.show(w, r, s, nil, http.StatusOK)
	case goOn:
		s.Open = nil
		return h.show(w, r, s, nil, http.StatusOK)
	}
	next, err := h.readPage(r.PostForm, s)
	if err != nil {
		return h.refuse(w, r, s, err)
	}
	if len(s.Pages) >= maxPages {
		return h.results(w, r, s, results)
	}
	s.Pages = append(s.Pages, next)
	return h.show(w, r, s, nil, http.StatusOK)
}

// show shows the next page of a state; typed is what a form had, to be shown
// again.
func (h *Handler) show(w http.ResponseWriter, r *http.Request, s state, typed map[string][]string, status int) error {
	p := kit.From(r.Context()).P
	form := newForm(typed)
	if v, ok := h.fixedPage(p, s, form); ok {
		return h.render(w, r, s, v, status)
	}
	step, err := h.next(r, s, s.Open...)
	if err != nil {
		return err
	}
	q, more := s.question(step)
	if !more || len(s.Pages) >= maxPages {
		return h.results(w, r, s, results)
	}
	s.Open = s.open(step)
	v, err := h.lawPage(p, s, q, form)
	if err != nil {
		return err
	}
	v.Progress = p.T("simulate.progress.last")
	if n := len(step.Questions); n == 0 {
		v.Progress = p.T("simulate.progress.precise")
	} else if n > 1 {
		v.Progress = p.T("simulate.progress.some")
		if n > fewLeft {
			v.Progress = p.T("simulate.progress.lots")
		}
	}
	return h.render(w, r, s, v, status)
}

// question is the page to show: one that may change a verdict, unless what it could
// open is very improbable; for who goes on, also such a one, or one that only makes an
// amount surer.
func (s state) question(step ask.Step) (ask.Question, bool) {
	if len(step.Questions) > 0 && (s.Precise || !step.Unlikely()) {
		return step.Questions[0], true
	}
	if s.Precise && len(step.Amounts) > 0 {
		return step.Amounts[0], true
	}
	return ask.Question{}, false
}

// open are the rights that the next page still has to look at: what is sure stays so
// whatever is answered next. Nil, which is every right, for who wants surer amounts.
func (s state) open(step ask.Step) []string {
	if s.Precise {
		return nil
	}
	var names []string
	for _, r := range step.Results {
		if r.Verdict == rights.ToVerify || r.Elsewhere {
			names = append(names, r.Right)
		}
	}
	return names
}

// fewLeft is how many questions left are « a few ».
const fewLeft = 4

// next evaluates rights of the state, all when none is named, one at a time for each processor but one: the
// simulator never takes the machine from the workers.
func (h *Handler) next(r *http.Request, s state, names ...string) (ask.Step, error) {
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-r.Context().Done():
		return ask.Step{}, errs.Wrap(errs.Unavailable, "simulate.error.busy", r.Context().Err())
	}
	sit, me, err := h.situation(s)
	if err != nil {
		return ask.Step{}, err
	}
	step, err := h.asker.Next(r.Context(), sit.Close(rights.Dossier), h.month(), me, names...)
	if err != nil {
		// The cause may quote what was answered: it stays out of the log.
		return step, errs.New(errs.Internal, "simulate.error.failed")
	}
	return step, nil
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, s state, v pageView, status int) error {
	hidden, err := s.encode()
	if err != nil {
		return err
	}
	v.State, v.First, v.Path, v.Precise, v.Open = hidden, len(s.Pages) == 0, path, s.Precise, strings.Join(s.Open, " ")
	if len(s.Pages) > 0 { // the first page has nothing to lose: links do
		v.Tag = kit.From(r.Context()).P.Tag()
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "simulate/question", Title: v.Title + " · " + kit.From(r.Context()).T("simulate.title"), Sheet: "question.css", Public: true, Status: status, View: v,
		OwnLang: len(s.Pages) > 0,
	})
}

// refuse shows the page again with what was typed and what is wrong.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, s state, wrong error) error {
	var fields errs.Fields
	if f, ok := wrong.(errs.Fields); ok {
		fields = f
	} else {
		return wrong
	}
	p := kit.From(r.Context()).P
	form := newForm(r.PostForm)
	for _, e := range fields {
		form.Errors = append(form.Errors, kit.FieldError{Field: e.Field, Text: p.Error(e)})
	}
	v, ok := h.fixedPage(p, s, form)
	if !ok {
		step, err := h.next(r, s, s.Open...)
		if err != nil {
			return err
		}
		q, more := s.question(step)
		if !more {
			return h.results(w, r, s, results)
		}
		if v, err = h.lawPage(p, s, q, form); err != nil {
			return err
		}
	}
	return h.render(w, r, s, v, http.StatusUnprocessableEntity)
}

func newForm(typed map[string][]string) *kit.Form {
	if typed == nil {
		typed = map[string][]string{}
	}
	return &kit.Form{Action: path, Values: typed}
}

// say is the text of a key when the catalogue has it, else a text of the law.
func say(p *i18n.Printer, key, french string) person.Sentence {
	if p.Has(key) {
		return person.Sentence{Text: p.T(key)}
	}
	s := person.Sentence{Text: i18n.Typeset(french)}
	if p.Lang() != i18n.French {
		s.Lang = i18n.French
	}
	return s
}
