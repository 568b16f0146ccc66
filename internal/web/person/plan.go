package person

import (
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// PlanPage is a plan as a page shows it: the person's words, then goals with
// their steps.
type PlanPage struct {
	ID      core.ID // the file's; "" on the person's own page: no link then
	Matters string  // « Ce qui compte pour elle »
	Name    string  // « Mme Haddad »
	Said    []saidView
	Goals   []goalView
	Loose   []stepView
	Closed  []stepView // steps without a goal that are finished
}

// Empty tells whether nothing is planned.
func (p PlanPage) Empty() bool { return len(p.Goals) == 0 && len(p.Loose) == 0 && len(p.Closed) == 0 }

// saidView is what the person said, as written, and when.
type saidView struct{ Words, Note string }

// goalView is a goal, its open steps, and its finished ones folded.
type goalView struct {
	ID     core.ID
	Title  string
	Note   string // « Choisi par Mme Haddad le 4 juin. »
	Tag    tagView
	Steps  []stepView
	Closed []stepView
}

// stepView is a row of the plan.
type stepView struct {
	Href       string // "" = no link
	Title      string
	Day, Month string // « 11 », « juin »; Day is "" without a date
	Past       bool
	Line       string // who does it, who follows it
	Detail     string
	Outcome    string
	Tag        tagView
	Ways       []wayView
	Papers     []string
}

// wayView is one way to do a step: all have the same size.
type wayView struct{ Icon, Label, Says string }

// planner turns a plan into what pages show.
type planner struct {
	p     *i18n.Printer
	file  core.ID // "" for the person's own page
	call  string
	today core.Date
	names map[core.ID]string
	day   func(µs int64) core.Date
}

func newPlanner(r *http.Request, file core.ID, who casefile.Person, today core.Date, names map[core.ID]string) planner {
	p := printer(r)
	return planner{p: p, file: file, call: callName(p, who.Title, who.Identity), today: today, names: names,
		day: func(µs int64) core.Date { return instant(r, µs) }}
}

// OwnPlan is the page of the person's own plan.
func OwnPlan(r *http.Request, v plan.View) PlanPage {
	pl := newPlanner(r, "", v.Person, v.Today, v.Names)
	page := pl.page(v.Plan, v.Person.Title)
	page.Matters = pl.p.T("steps.matters_you")
	return page
}

func (pl planner) page(plan casefile.Plan, title casefile.Title) PlanPage {
	page := PlanPage{ID: pl.file, Name: pl.call, Matters: pl.p.T(mattersKey(title))}
	for _, e := range plan.Expectations {
		page.Said = append(page.Said, pl.said(e))
	}
	for _, g := range plan.Goals {
		page.Goals = append(page.Goals, pl.goal(g))
	}
	page.Loose, page.Closed = pl.steps(plan.Loose)
	return page
}

func mattersKey(title casefile.Title) string {
	switch title {
	case casefile.TitleMadame:
		return "steps.matters_her"
	case casefile.TitleMonsieur:
		return "steps.matters_him"
	}
	return "steps.matters"
}

func (pl planner) said(e casefile.Expectation) saidView {
	note := pl.p.T("steps.said_on", "date", pl.p.DayMonth(e.SaidOn))
	if e.SaidOn.Year != pl.today.Year {
		note = pl.p.T("steps.said_on", "date", pl.p.Date(e.SaidOn))
	}
	switch {
	case e.Reread == casefile.RereadNot:
		note += " " + pl.p.T("steps.reread_not")
	case e.RereadIn == "":
		note += " " + pl.p.T("steps.reread_"+string(e.Reread))
	default:
		note += " " + pl.p.T("steps.reread_"+string(e.Reread)+"_in", "language", languageName(pl.p, e.RereadIn))
	}
	return saidView{pl.p.T("steps.quote", "words", e.Words), note}
}

func (pl planner) goal(g casefile.GoalLine) goalView {
	v := goalView{ID: g.ID, Title: g.Title}
	if pl.file == "" {
		v.Note = pl.p.T("steps.chosen_you", "date", g.ChosenOn)
	} else {
		v.Note = pl.p.T("steps.chosen", "name", pl.call, "date", g.ChosenOn)
	}
	switch g.State {
	case casefile.GoalReached:
		v.Tag = tagView{"yes", "check", pl.p.T("steps.goal_state_reached")}
	case casefile.SetAside:
		v.Tag = tagView{"was", "stop", pl.p.T("steps.goal_state_set_aside")}
	}
	v.Steps, v.Closed = pl.steps(g.Steps)
	return v
}

func (pl planner) steps(list []casefile.Step) (open, closed []stepView) {
	for _, s := range list {
		if s.State.Open() {
			open = append(open, pl.step(s))
		} else {
			closed = append(closed, pl.step(s))
		}
	}
	return open, closed
}

func (pl planner) step(s casefile.Step) stepView {
	v := stepView{Title: s.Title, Detail: s.Detail, Outcome: s.Outcome}
	if pl.file != "" {
		v.Href = stepPath(pl.file, s.ID)
	}
	if !s.DueOn.IsZero() {
		v.Day, v.Month = strconv.Itoa(s.DueOn.Day), pl.p.MonthName(s.DueOn.CalendarMonth())
		if s.DueOn.Year != pl.today.Year {
			v.Month = pl.p.Month(s.DueOn.CalendarMonth())
		}
		v.Past = s.State.Open() && s.DueOn.Before(pl.today)
	}
	worker := pl.names[s.Worker]
	switch s.Who {
	case casefile.ByPerson:
		v.Line = pl.p.T("steps.does_you")
		if pl.file != "" {
			v.Line = pl.p.T("steps.does_person", "name", pl.call)
		}
	case casefile.Together:
		v.Line = pl.p.T("steps.does_together")
	case casefile.ByWorker:
		v.Line = pl.p.T("steps.does_worker", "worker", worker)
	}
	if s.Who != casefile.ByWorker {
		v.Line += " " + pl.p.T("steps.followed", "worker", worker)
	}
	if s.State != casefile.StepToDo {
		by := pl.p.T("steps.moved_by", "worker", pl.names[s.By], "date", pl.p.DayMonth(pl.day(s.At)))
		v.Tag = tagView{Text: pl.p.T("steps.state_"+string(s.State)) + " · " + by}
		switch s.State {
		case casefile.StepWaiting:
			v.Tag.Class, v.Tag.Icon = "was", "clock"
		case casefile.StepDone:
			v.Tag.Class, v.Tag.Icon = "yes", "check"
		default:
			v.Tag.Class, v.Tag.Icon = "was", "stop"
		}
	}
	for _, w := range []wayView{{"screen", "online", s.Online}, {"desk", "desk", s.Desk}, {"phone", "phone", s.Phone}, {"letter", "letter", s.Letter}} {
		if w.Says != "" {
			v.Ways = append(v.Ways, wayView{w.Icon, pl.p.T("steps.way_" + w.Label), w.Says})
		}
	}
	for _, paper := range s.Papers {
		v.Papers = append(v.Papers, pl.p.T("steps.required_by", "paper", paper.Name, "by", paper.RequiredBy))
	}
	return v
}

func stepPath(file, step core.ID) string { return path(file) + "/demarches/" + string(step) }

// registerPlan adds the routes of the plan.
func (h *Handler) registerPlan() {
	h.kit.Handle("GET /personnes/{id}/paroles", kit.Worker, h.showWords)
	h.kit.Handle("POST /personnes/{id}/paroles", kit.Worker, h.saveWords)
	h.kit.Handle("GET /personnes/{id}/appels", kit.Worker, h.showExchanges)
	h.kit.Handle("POST /personnes/{id}/appels", kit.Worker, h.logExchange)
	h.kit.Handle("GET /personnes/{id}/buts/nouveau", kit.Worker, h.showNewGoal)
	h.kit.Handle("POST /personnes/{id}/buts/nouveau", kit.Worker, h.saveNewGoal)
	h.kit.Handle("GET /personnes/{id}/buts/{goal}", kit.Worker, h.showGoal)
	h.kit.Handle("POST /personnes/{id}/buts/{goal}", kit.Worker, h.saveGoal)
	h.kit.Handle("GET /personnes/{id}/demarches/nouvelle", kit.Worker, h.showNewStep)
	h.kit.Handle("POST /personnes/{id}/demarches/nouvelle", kit.Worker, h.saveNewStep)
	h.kit.Handle("GET /personnes/{id}/demarches/{step}", kit.Worker, h.showStep)
	h.kit.Handle("POST /personnes/{id}/demarches/{step}", kit.Worker, h.saveStep)
	h.kit.Handle("POST /personnes/{id}/demarches/{step}/etat", kit.Worker, h.moveStep)
	h.kit.Handle("POST /personnes/{id}/demarches/{step}/relais", kit.Worker, h.handStep)
}

// planSaved leads back to the plan of the file.
func (h *Handler) planSaved(w http.ResponseWriter, r *http.Request, id core.ID, anchor string) error {
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved", Rest: "steps.saved_rest"})
	h.kit.Redirect(w, r, path(id)+anchor)
	return nil
}

// TypedDay writes a day back into a field: 12/03/1984.
func TypedDay(d core.Date) string { return typedDay(d) }

// typedDay writes a day back into a field: 12/03/1984.
func typedDay(d core.Date) string {
	return typedDate(core.PartialDate{Year: d.Year, Month: int(d.Month), Day: d.Day})
}
