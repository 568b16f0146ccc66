// Package today is the first page of a worker: whom they saw last, and the
// rights worth talking about. Alphabetical, never ranked, nothing counted.
package today

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/contest"
	"codeberg.org/parvis/parvis/internal/casefile/draft"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	conversations "codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/duty/demand"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/internal/webhook"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the first page.
type Handler struct {
	kit      *kit.Kit
	cases    *casefile.Service
	plans    *plan.Service
	drafts   *draft.Service
	talks    *conversations.Service
	load     *caseload.Service
	contests *contest.Service
	webhooks *webhook.Service
	words    person.Words
	agreed   *agreement.Service
	notes    *note.Service
	demands  *demand.Service
}

// Register adds the page's route; a person is led to their own home.
func Register(k *kit.Kit, cases *casefile.Service, talks *conversations.Service, load *caseload.Service, contests *contest.Service, hooks *webhook.Service, words person.Words, agreed *agreement.Service, notes *note.Service, demands *demand.Service) {
	h := &Handler{kit: k, cases: cases, plans: plan.New(cases), drafts: draft.New(cases), talks: talks, load: load, contests: contests, webhooks: hooks, words: words, agreed: agreed, notes: notes, demands: demands}
	k.Handle("GET /{$}", kit.Signed, h.show)
}

const talkLines, dueLines = 12, 12

// view is the page.
type view struct {
	Title  string
	Lead   string
	Talk   []talk
	Next   string
	First  string
	Recent []casefile.Found
	Drafts int
	Due    []dueLine // steps of the worker that are due, by date
	Later  string    // address of the next ones
	Broken int       // programs that are told no more, for who manages them
	Admin  bool      // administers without accompanying anybody
	Hands  []hand    // accompaniments proposed to the worker or to their teams
	Urgent bool      // an emergency waits for a second person
	Ending []ending  // agreements that the worker wrote down and that end soon
	Covers []cover   // colleagues away, whom the worker covers
	Wrong  []wrong   // who says that a fact of their file is not right
	Asked  []wrong   // who asked something about their data, and until when to answer
	Wrote  []wrong   // who wrote words that nobody has read yet
}

// wrong is somebody who waits for an answer.
type wrong struct{ Href, Name, Since string }

// dueLine is one step that is due.
type dueLine struct {
	Href, Title, Name string
	Day, Month        string
	Past              bool
}

// talk is what to talk about with one person.
type talk struct {
	Person   core.ID
	Name     string
	Maybe    []string // rights with a question left
	Proposed []string // rights that nobody answered
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	v := kit.From(r.Context())
	switch v.Actor.Kind {
	case core.ActorPerson:
		h.kit.Redirect(w, r, "/moi")
		return nil
	case core.ActorClerk:
		h.kit.Redirect(w, r, "/accueil")
		return nil
	case core.ActorOrgAdmin:
		h.kit.Redirect(w, r, "/equipe")
		return nil
	}
	after := r.URL.Query().Get("apres")
	page, err := h.talks.List(r.Context(), conversations.Filter{}, after, talkLines)
	if err != nil {
		return err
	}
	recent, err := h.cases.RecentFiles(r.Context(), 6)
	if err != nil {
		return err
	}
	drafts, err := h.drafts.List(r.Context())
	if err != nil {
		return err
	}
	due, err := h.plans.Mine(r.Context(), r.URL.Query().Get("echeances"), dueLines)
	if err != nil {
		return err
	}
	today := h.kit.Today(v)
	out := view{Title: kit.Capital(v.P.WeekDay(today)), Recent: recent, Drafts: len(drafts), Talk: h.group(v, page.Items)}
	out.Lead = v.T("web.today.lead_none")
	if len(out.Talk) > 0 {
		out.Lead = v.T("web.today.lead_talk")
	}
	if out.Broken, err = h.webhooks.BrokenHere(r.Context()); err != nil {
		return err
	}
	for _, d := range due.Items {
		out.Due = append(out.Due, dueLine{
			Href: "/personnes/" + string(d.Person) + "/demarches/" + string(d.Step), Title: d.Title, Name: d.Name,
			Day: strconv.Itoa(d.DueOn.Day), Month: v.P.MonthName(d.DueOn.CalendarMonth()), Past: d.Past})
	}
	if due.Next != "" {
		out.Later = "/?echeances=" + url.QueryEscape(due.Next) + "#h-due"
	}
	if page.Next != "" {
		out.Next = "/?apres=" + url.QueryEscape(page.Next)
	}
	if after != "" {
		out.First = "/"
	}
	waiting, err := h.contests.Waiting(r.Context())
	if err != nil {
		return err
	}
	for _, one := range waiting {
		out.Wrong = append(out.Wrong, wrong{Href: "/personnes/" + string(one.Person) + "/contestations", Name: one.Name, Since: v.T("contest.today_since", "date", v.P.DayMonth(one.Since))})
	}
	asked, err := h.demands.Waiting(r.Context())
	if err != nil {
		return err
	}
	for _, one := range asked {
		out.Asked = append(out.Asked, wrong{Href: "/personnes/" + string(one.Person) + "/donnees", Name: one.Name, Since: v.T("entitled.today_due", "date", v.P.DayMonth(one.Due))})
	}
	wrote, err := h.notes.Waiting(r.Context())
	if err != nil {
		return err
	}
	for _, one := range wrote {
		out.Wrote = append(out.Wrote, wrong{Href: "/personnes/" + string(one.Person) + "/notes/mots#h-before", Name: one.Name, Since: v.T("contest.today_since", "date", v.P.DayMonth(one.Since))})
	}
	if err := h.relief(r, &out); err != nil {
		return err
	}
	if err := h.ending(r, &out); err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{Template: "today/today", Title: v.T("web.frame.today"), Sheet: "file.css", Nav: "today", View: out})
}

// group says what to talk about with each person.
func (h *Handler) group(v *kit.Visit, people []conversations.Person) []talk {
	var out []talk
	for _, p := range people {
		one := talk{Person: p.ID, Name: p.Name}
		for _, right := range p.Rights {
			name := h.words.Name(v.P, right.Name)
			if right.Status == casefile.ToVerify {
				one.Maybe = append(one.Maybe, name)
			} else {
				one.Proposed = append(one.Proposed, name)
			}
		}
		one.Maybe, one.Proposed = few(v, one.Maybe), few(v, one.Proposed)
		out = append(out, one)
	}
	return out
}

// few keeps three names of a long list and says how many more there are.
func few(v *kit.Visit, names []string) []string {
	if len(names) <= 3 {
		return names
	}
	return append(names[:3:3], v.P.N("web.today.more", len(names)-3))
}
