package talk

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

const pageLines = 8 // people: each has several rights

// filterNames are the names of the filters in an address.
func filterNames() []string {
	return []string{"nom", "qui", "equipe", "droit", "pourquoi", "recours", "depuis", "ordre", "cote", "apres"}
}

// listView is the list. It counts nothing.
type listView struct {
	Form      *kit.Form
	Filters   *kit.Form // as they were chosen
	People    []personView
	Who       []option
	Teams     []option
	Rights    []option
	Kinds     []option
	TakeUps   []option
	Since     []option
	Orders    []option
	Filtered  bool
	Aside     bool
	Mine      bool
	ByContact bool
	Next      string
	First     string
	Here      string // the filters, to come back to
	Running   string // « 12 dossiers regardés sur 40 », "" when nothing goes on
	Last      string // when a run last ended
	Team      string // that the button runs over, "" = one's own list
	CanTry    bool
	Counts    bool // may see the counts of the organisation
}

// personView is one person of the list.
type personView struct {
	ID       core.ID
	Name     string
	Contact  string
	Computed string // the day its rights were looked at
	Rights   []rightView
}

// rightView is one right to talk about.
type rightView struct {
	Name, Label string
	Href        string
	Icon, Class string
	Tag         string
	Say         template.HTML
	TakeUp      string
	News        string
	Why         []Sentence
	Aside       string // why and until when it is set aside, "" when it is not
	Pause       core.ID
	Planned     string // address of the step of the plan
	Plannable   bool
}

// Sentence is a sentence that may be in another language than the page.
type Sentence struct{ Text, Lang string }

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	if kit.From(r.Context()).Actor.Kind == core.ActorOrgAdmin {
		h.kit.Redirect(w, r, "/conversations/ensemble")
		return nil
	}
	q := r.URL.Query()
	p := printer(r)
	v := kit.From(r.Context())
	f, ok := h.filter(r)
	if !ok {
		h.kit.Redirect(w, r, "/conversations")
		return nil
	}
	page, err := h.talks.List(r.Context(), f, q.Get("apres"), pageLines)
	if errs.Is(err, errs.Invalid) {
		h.kit.Redirect(w, r, "/conversations")
		return nil
	}
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	view := listView{Form: form, Filters: &kit.Form{Values: q}, Aside: f.Paused, Mine: f.Referent == v.Actor.ID, ByContact: f.Order == talk.ByContact, CanTry: h.talks.CanTry(), Team: string(f.Team)}
	if view.Team == "" && !view.Mine && len(v.Actor.Teams) > 0 {
		view.Team = string(v.Actor.Teams[0])
	}
	kept := url.Values{}
	for _, name := range filterNames() {
		if value := q.Get(name); value != "" {
			kept.Set(name, value)
			view.Filtered = view.Filtered || name != "apres" && name != "ordre" && name != "qui"
		}
	}
	view.Here = kept.Encode()
	if err := h.choices(r, &view, f, page); err != nil {
		return err
	}
	for _, one := range page.Items {
		view.People = append(view.People, h.viewPerson(r, one, page.Workers))
	}
	address := func(after string) string {
		kept.Del("apres")
		if after != "" {
			kept.Set("apres", after)
		}
		if len(kept) == 0 {
			return "/conversations"
		}
		return "/conversations?" + kept.Encode()
	}
	if page.Next != "" {
		view.Next = address(page.Next)
	}
	if q.Get("apres") != "" {
		view.First = address("")
	}
	run, err := h.talks.ReadProgress(r.Context())
	if err != nil {
		return err
	}
	if run.Run != "" && run.Ended == 0 {
		view.Running = p.T("conversations.running", "seen", p.Number(int64(min(run.Seen, run.Of))), "of", p.Number(int64(run.Of)))
	}
	if run.LastEnded != 0 {
		view.Last = p.T("conversations.last", "date", p.Date(dayOf(r, run.LastEnded)))
	}
	return h.kit.Render(w, r, kit.Page{Template: "talk/list", Title: p.T("conversations.title"), Sheet: "file.css", Nav: "today", View: view, Script: true})
}

// filter reads the filters of an address; ok is false when one of them says nothing
// known.
func (h *Handler) filter(r *http.Request) (talk.Filter, bool) {
	q := r.URL.Query()
	v := kit.From(r.Context())
	f := talk.Filter{Team: core.ID(q.Get("equipe")), Name: strings.TrimSpace(q.Get("nom")), Paused: q.Get("cote") == "oui"}
	switch who := q.Get("qui"); who {
	case "", "moi":
		f.Referent = v.Actor.ID
	case "tous":
	case "personne":
		f.Referent = talk.Nobody
	default:
		id, err := core.ParseID(who)
		if err != nil {
			return f, false
		}
		f.Referent = id
	}
	if f.Right = q.Get("droit"); f.Right != "" && !slices.Contains(h.cases.Engine.Rights(), f.Right) {
		return f, false
	}
	if f.Kind = talk.Kind(q.Get("pourquoi")); f.Kind != "" && !slices.Contains(talk.Kinds(), f.Kind) {
		return f, false
	}
	if f.TakeUp = casefile.NonTakeUp(q.Get("recours")); f.TakeUp != "" && !slices.Contains(casefile.NonTakeUps(), f.TakeUp) {
		return f, false
	}
	switch q.Get("ordre") {
	case "":
	case "contact":
		f.Order = talk.ByContact
	default:
		return f, false
	}
	if days, err := strconv.Atoi(q.Get("depuis")); err == nil && days > 0 && days <= 60 {
		f.Since = h.kit.Today(v).AddDays(-days)
	}
	return f, true
}

// choices fills the lists of the filters.
func (h *Handler) choices(r *http.Request, view *listView, f talk.Filter, page talk.Page) error {
	p := printer(r)
	v := kit.From(r.Context())
	team, err := h.load.MyCovers(r.Context())
	if err != nil {
		return err
	}
	view.Who = []option{{"", p.T("conversations.who_me")}, {"tous", p.T("conversations.who_all")}, {"personne", p.T("caseload.filter_nobody")}}
	away := map[core.ID]bool{}
	for _, c := range team.List {
		if c.By == v.Actor.ID && !team.Today.Before(c.From) && !c.To.Before(team.Today) {
			away[c.Worker] = true
		}
	}
	for _, c := range team.Colleagues {
		label := c.Name
		if away[c.Worker] {
			label = p.T("conversations.who_away", "worker", c.Name)
		}
		view.Who = append(view.Who, option{string(c.Worker), label})
	}
	if len(v.Actor.Teams) > 1 {
		for _, id := range v.Actor.Teams {
			if name := page.TeamNames[id]; name != "" {
				view.Teams = append(view.Teams, option{string(id), name})
			}
		}
		slices.SortFunc(view.Teams, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	}
	for _, right := range h.cases.Engine.Rights() {
		view.Rights = append(view.Rights, option{right, h.words.Name(p, right)})
	}
	slices.SortFunc(view.Rights, func(a, b option) int { return strings.Compare(casefile.Fold(a.Label), casefile.Fold(b.Label)) })
	for _, kind := range talk.Kinds() {
		view.Kinds = append(view.Kinds, option{string(kind), p.T("conversations.kind." + string(kind))})
	}
	for _, kind := range casefile.NonTakeUps() {
		view.TakeUps = append(view.TakeUps, option{string(kind), p.T("conversations.take_up." + string(kind))})
	}
	for _, days := range []int{7, 30, 60} {
		view.Since = append(view.Since, option{strconv.Itoa(days), p.N("conversations.since", days)})
	}
	view.Orders = []option{{"", p.T("conversations.order_name")}, {"contact", p.T("conversations.order_contact")}}
	view.Counts = v.Info.Administers
	return nil
}

func (h *Handler) viewPerson(r *http.Request, one talk.Person, workers map[core.ID]string) personView {
	p := printer(r)
	v := personView{ID: one.ID, Name: one.Name, Contact: p.T("conversations.contact_never"),
		Computed: p.T("conversations.computed", "date", p.Date(dayOf(r, one.Computed)))}
	if one.Contact > 0 {
		v.Contact = p.T("conversations.contact", "date", p.Date(dayOf(r, one.Contact)))
	}
	for _, right := range one.Rights {
		v.Rights = append(v.Rights, h.viewRight(r, one, right, workers))
	}
	return v
}

func (h *Handler) viewRight(r *http.Request, one talk.Person, right talk.Right, workers map[core.ID]string) rightView {
	p := printer(r)
	name := h.words.Name(p, right.Name)
	v := rightView{Name: right.Name, Label: name, Href: "/personnes/" + string(one.ID) + "/droits/" + right.Name, Icon: "calc", Tag: p.T("conversations.kind." + string(right.Kind)), Plannable: right.Kind != talk.Changed}
	amount := h.said(p, right.Name, right.Said)
	switch right.Kind {
	case talk.Missing:
		v.Icon, v.Class = "ask", "open"
		if len(right.Missing) > 0 {
			v.Say = p.HTML("conversations.say.missing", "right", name, "what", person.MissingList(p, right.Missing))
		} else {
			v.Say = p.HTML("conversations.say.verify", "right", name)
		}
		if right.Max > 0 {
			v.Say += " " + p.HTML("conversations.say.up_to", "amounts", p.MoneyRange(max(right.Min, 0), right.Max), "per", h.words.Per(p, right.Name))
		}
	case talk.Unclaimed:
		v.Say = p.HTML("conversations.say.unclaimed", "right", name, "amount", amount)
	default:
		v.Say = p.HTML("conversations.say."+string(right.Kind), "right", name, "amount", amount)
	}
	if right.TakeUp != "" {
		v.TakeUp = p.T("conversations.take_up." + string(right.TakeUp))
	}
	if right.News != nil {
		v.News = p.T("conversations.news", "date", p.Date(dayOf(r, right.News.At)), "before", h.said(p, right.Name, right.News.Was), "after", amount)
		v.Why = why(p, right.News, one.Humans)
	}
	if right.Pause != nil {
		v.Pause = right.Pause.ID
		v.Aside = h.aside(r, *right.Pause, workers)
	}
	if right.Planned != "" {
		v.Planned = "/personnes/" + string(one.ID) + "/demarches/" + string(right.Planned)
	}
	return v
}

// said says what can be said of a right.
func (h *Handler) said(p *i18n.Printer, right string, s talk.Said) string {
	switch {
	case s.Status == "":
		return p.T("conversations.said.new")
	case s.Status == casefile.NotDue:
		return p.T("conversations.said.not_due")
	case s.Status == casefile.ToVerify && s.Max > 0:
		return p.T("conversations.said.range", "amounts", p.MoneyRange(max(s.Min, 0), s.Max), "per", h.words.Per(p, right))
	case s.Status == casefile.ToVerify:
		return p.T("conversations.said.verify")
	}
	sum, note := h.words.Sum(p, right, s.Amount)
	if sum == "" {
		return note
	}
	return p.T("conversations.said.amount", "amount", sum, "per", note)
}

// aside says why and until when a right is set aside.
func (h *Handler) aside(r *http.Request, pause talk.Pause, workers map[core.ID]string) string {
	p := printer(r)
	until := p.T("conversations.until_change")
	if !pause.Until.IsZero() {
		until = p.T("conversations.until_day", "date", p.Date(pause.Until))
	}
	reason := p.T("conversations.reason_" + string(pause.Reason))
	if pause.Detail != "" {
		reason = p.T("conversations.reason_detail", "reason", reason, "detail", pause.Detail)
	}
	return p.T("conversations.aside_line", "reason", reason, "date", p.Date(dayOf(r, pause.At)), "worker", workers[pause.By], "until", until)
}

func (h *Handler) run(w http.ResponseWriter, r *http.Request) error {
	over := talk.Over{Team: core.ID(r.PostForm.Get("equipe"))}
	if _, err := h.talks.Demand(r.Context(), over); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "conversations.run_started", Rest: "conversations.run_started_rest"})
	h.kit.Redirect(w, r, back(r))
	return nil
}

// plan adds « en parler » to the plan of the person, in one gesture.
func (h *Handler) plan(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	right := r.PathValue("right")
	if !slices.Contains(h.cases.Engine.Rights(), right) {
		return errs.New(errs.NotFound, "")
	}
	p := printer(r)
	step, err := h.plans.AddStep(r.Context(), id, plan.StepInput{Title: p.T("conversations.step_title", "right", h.words.Name(p, right)), Right: right, Who: casefile.Together})
	if err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "conversations.planned", Href: "/personnes/" + string(id) + "/demarches/" + string(step), Link: "conversations.planned_see"})
	h.kit.Redirect(w, r, back(r))
	return nil
}
