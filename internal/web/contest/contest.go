// Package contest holds the pages where a person reads the facts of their file and
// says that one is not right, and the page where the team answers.
package contest

import (
	"embed"
	"html/template"
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	contests "codeberg.org/parvis/parvis/internal/casefile/contest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages.
type Handler struct {
	kit      *kit.Kit
	cases    *casefile.Service
	contests *contests.Service
	words    person.Words
}

// Register adds the routes.
func Register(k *kit.Kit, cases *casefile.Service, c *contests.Service, words person.Words) {
	h := &Handler{kit: k, cases: cases, contests: c, words: words}
	k.Handle("GET /moi/situation", kit.PersonIn, h.own)
	k.Handle("GET /moi/situation/{fact}", kit.PersonIn, h.showFact)
	k.Handle("POST /moi/situation/{fact}", kit.PersonIn, h.say)
	k.Handle("GET /personnes/{id}/contestations", kit.Worker, h.show)
	k.Handle("POST /personnes/{id}/contestations", kit.Worker, h.answer)
}

// saidView is a contest as the person, or the team, reads it.
type saidView struct {
	ID     core.ID
	About  string // « Loyer : 548 € par mois »
	Words  string
	On     string
	State  string
	Answer string
	Open   bool
	Href   string // of the page that corrects the fact
}

// view reads a contest; say gives what its fact is, "" when it is no longer there.
func viewOf(p *i18n.Printer, c contests.Contest, about string) saidView {
	v := saidView{ID: c.ID, About: about, Words: c.Words, On: p.T("contest.said_on", "date", p.Date(c.SaidOn)), Answer: c.Answer, Open: c.State == contests.Open}
	if v.About == "" {
		v.About = p.T("contest.replaced")
	}
	v.State = p.T("contest.state." + string(c.State))
	if !v.Open {
		v.State = p.T("contest.state_on", "state", v.State, "date", p.Date(c.AnsweredOn))
	}
	return v
}

// ownView is the person's situation.
type ownView struct {
	Lines template.HTML // "" when nothing is written
	More  bool          // some facts are about other adults
	Said  []saidView
	House kit.House
}

func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	file, more, err := h.cases.OwnSituation(r.Context())
	if err != nil {
		return err
	}
	list, err := h.contests.Own(r.Context())
	if err != nil {
		return err
	}
	p := kit.From(r.Context()).P
	view := ownView{Lines: h.words.ReadOwn(p, file, func(fact core.ID) string { return "/moi/situation/" + string(fact) }), More: more, House: h.kit.HouseOf(r)}
	for _, c := range list {
		view.Said = append(view.Said, viewOf(p, c, h.about(p, file, c.Fact)))
	}
	return h.kit.Render(w, r, kit.Page{Template: "contest/own", Title: p.T("contest.title"), Sheet: "file.css", Public: true, View: view})
}

// about says a fact in a line; "" when the file no longer holds it.
func (h *Handler) about(p *i18n.Printer, file *casefile.File, fact core.ID) string {
	l, ok := lineOf(file, fact)
	if !ok {
		return ""
	}
	label, value, _, _ := h.words.SayFact(p, file, l)
	return p.T("contest.about", "label", label, "value", value)
}

func lineOf(f *casefile.File, fact core.ID) (casefile.FactLine, bool) {
	for _, l := range f.Facts {
		if l.ID == fact {
			return l, true
		}
		for _, u := range l.Upcoming {
			if u.ID == fact {
				l.Fact = u
				return l, true
			}
		}
	}
	return casefile.FactLine{}, false
}

// factView is one fact, and the form that says it is not right.
type factView struct {
	Form                        *kit.Form
	Label, Value, Since, Source string
	Said                        *saidView // the one that waits
	House                       kit.House
}

func (h *Handler) showFact(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderFact(w, r, form, http.StatusOK)
}

func (h *Handler) renderFact(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	file, _, err := h.cases.OwnSituation(r.Context())
	if err != nil {
		return err
	}
	fact := core.ID(r.PathValue("fact"))
	l, ok := lineOf(file, fact)
	if !ok {
		return errs.New(errs.NotFound, "contest.error.fact")
	}
	list, err := h.contests.Own(r.Context())
	if err != nil {
		return err
	}
	p := kit.From(r.Context()).P
	view := factView{Form: form, House: h.kit.HouseOf(r)}
	view.Label, view.Value, view.Since, view.Source = h.words.SayFact(p, file, l)
	for _, c := range list {
		if c.Fact == fact && c.State == contests.Open {
			said := viewOf(p, c, "")
			view.Said = &said
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "contest/fact", Title: view.Label, Sheet: "file.css", Public: true, View: view, Status: status, Script: true})
}

func (h *Handler) say(w http.ResponseWriter, r *http.Request) error {
	if id := r.PostForm.Get("retirer"); id != "" {
		if err := h.contests.TakeBack(r.Context(), core.ID(id)); err != nil {
			return h.refused(w, r, err)
		}
		h.kit.SetFlash(w, r, kit.Flash{Bold: "contest.taken_back"})
		h.kit.Redirect(w, r, "/moi/situation")
		return nil
	}
	if _, err := h.contests.Say(r.Context(), core.ID(r.PathValue("fact")), r.PostForm.Get("words")); err != nil {
		return h.refused(w, r, err)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "contest.sent", Rest: "contest.sent_how"})
	h.kit.Redirect(w, r, "/moi/situation")
	return nil
}

func (h *Handler) refused(w http.ResponseWriter, r *http.Request, err error) error {
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	return h.renderFact(w, r, form, http.StatusUnprocessableEntity)
}
