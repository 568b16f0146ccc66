package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Expectation is what matters to the person, in their own words. It is never
// changed: what they say later is another one.
type Expectation struct {
	ID       core.ID `json:"id"`
	Words    string  `json:"words"`
	SaidOn   string  `json:"said_on"`
	Reread   string  `json:"reread,omitempty" doc:"aloud, self or interpreter; absent: it was not read again"`
	RereadIn string  `json:"reread_in,omitempty" doc:"BCP 47"`
	At       string  `json:"at"`
	By       core.ID `json:"by"`
}

// NewExpectation is written as the person said it.
type NewExpectation struct {
	Words    string `json:"words" minLength:"1" maxLength:"1000"`
	SaidOn   string `json:"said_on,omitempty" maxLength:"10" doc:"Absent: today"`
	Reread   string `json:"reread,omitempty" enum:"aloud,self,interpreter,"`
	RereadIn string `json:"reread_in,omitempty" maxLength:"35"`
}

// Goal is what the person chose to aim at.
type Goal struct {
	ID       core.ID `json:"id"`
	Version  int64   `json:"version" doc:"To be sent in If-Match as an ETag"`
	Title    string  `json:"title"`
	ChosenOn string  `json:"chosen_on"`
	State    string  `json:"state" doc:"open, reached or set_aside"`
	At       string  `json:"at" doc:"Of the last change"`
	By       core.ID `json:"by"`
}

// GoalInput is the whole of a goal.
type GoalInput struct {
	Title    string `json:"title" minLength:"1" maxLength:"160"`
	ChosenOn string `json:"chosen_on,omitempty" maxLength:"10" doc:"Absent: today"`
	State    string `json:"state,omitempty" enum:"open,reached,set_aside," default:"open"`
}

// StepPaper is a paper that a step needs.
type StepPaper struct {
	Name       string `json:"name" maxLength:"160"`
	RequiredBy string `json:"required_by" maxLength:"300" doc:"The text or the counter that requires it"`
}

// StepInput is the whole of a step but its state and who answers for it, which
// have gestures of their own.
type StepInput struct {
	Goal   core.ID     `json:"goal,omitempty" maxLength:"36"`
	Right  string      `json:"right,omitempty" maxLength:"64" doc:"The right it claims"`
	Title  string      `json:"title" minLength:"1" maxLength:"160" doc:"Begins with a verb"`
	Detail string      `json:"detail,omitempty" maxLength:"1000"`
	Who    string      `json:"who" enum:"person,together,worker"`
	Online string      `json:"online,omitempty" maxLength:"300" doc:"Never alone: desk, phone or letter as well"`
	Desk   string      `json:"desk,omitempty" maxLength:"300"`
	Phone  string      `json:"phone,omitempty" maxLength:"300"`
	Letter string      `json:"letter,omitempty" maxLength:"300"`
	Papers []StepPaper `json:"papers,omitempty" maxItems:"12"`
	DueOn  string      `json:"due_on,omitempty" maxLength:"10"`
}

// Step is one thing to do. Steps have no order but their dates.
type Step struct {
	ID      core.ID `json:"id"`
	Version int64   `json:"version" doc:"Also the ETag"`
	StepInput
	State   string  `json:"state" doc:"todo, waiting, done or given_up"`
	Outcome string  `json:"outcome,omitempty" doc:"What was said at the last change of state"`
	Worker  core.ID `json:"worker" doc:"Who answers for it"`
	At      string  `json:"at" doc:"Of the last change"`
	By      core.ID `json:"by"`
}

// StepStory is a step with what happened to it.
type StepStory struct {
	Step
	Events []StepEvent `json:"events" doc:"The latest first, at most 100"`
}

// StepEvent is one thing that happened to a step.
type StepEvent struct {
	Kind   string  `json:"kind" doc:"made, edited, handed, or the state that it took"`
	Says   string  `json:"says,omitempty"`
	Worker core.ID `json:"worker" doc:"Who answers for the step since then"`
	At     string  `json:"at"`
	By     core.ID `json:"by"`
}

// StepMove is where a step stands from now on.
type StepMove struct {
	State   string `json:"state" enum:"todo,waiting,done,given_up"`
	Outcome string `json:"outcome,omitempty" maxLength:"1000" doc:"How it ended, or what is waited for"`
}

// StepHand names who answers for a step from now on.
type StepHand struct {
	Worker core.ID `json:"worker" minLength:"1" maxLength:"36" doc:"Of a team that accompanies the person"`
}

// Exchange is a call or a letter about a file. It is never changed.
type Exchange struct {
	ID core.ID `json:"id"`
	NewExchange
	At string  `json:"at"`
	By core.ID `json:"by"`
}

// NewExchange is a call or a letter.
type NewExchange struct {
	Kind       string  `json:"kind" enum:"call,letter"`
	Direction  string  `json:"direction" enum:"out,in" doc:"out: by the service"`
	Party      string  `json:"party" minLength:"1" maxLength:"160" doc:"With whom"`
	AnsweredBy string  `json:"answered_by,omitempty" maxLength:"160"`
	Says       string  `json:"says,omitempty" maxLength:"1000" doc:"What was asked and answered"`
	On         string  `json:"on,omitempty" maxLength:"10" doc:"Absent: today"`
	Step       core.ID `json:"step,omitempty" maxLength:"36" doc:"The step it is about"`
}

// ExpectationPage is one page, in the order they were written down.
type ExpectationPage struct {
	Items []Expectation `json:"items"`
	Next  string        `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

// GoalPage is one page, in the order they were written down.
type GoalPage struct {
	Items []Goal `json:"items"`
	Next  string `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

// StepPage is one page, in the order they were written down.
type StepPage struct {
	Items []Step `json:"items"`
	Next  string `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

// ExchangePage is one page, the last written down first.
type ExchangePage struct {
	Items []Exchange `json:"items"`
	Next  string     `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

// ListInput is what every list of a plan takes.
type ListInput struct {
	ID    string `path:"id" maxLength:"64" doc:"The person's id"`
	After string `query:"after" maxLength:"64"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

type stepsInput struct {
	ListInput
	Open string `query:"open" enum:"1,0" doc:"1: only what is still to do or waited for; 0: only what is over"`
}

// The parts of an input that are embedded are exported: the library fills no others.

// GoalPath is a goal and the version that a change is made from.
type GoalPath struct {
	ID      string `path:"id" maxLength:"64" doc:"The person's id"`
	Goal    string `path:"goal" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The goal's version, as an ETag: needed"`
}

// StepPath is one step.
type StepPath struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Step string `path:"step" maxLength:"64"`
}

// StepChange is a step and the version that a change is made from.
type StepChange struct {
	StepPath
	IfMatch string `header:"If-Match" doc:"The step's version, as an ETag: needed"`
}

// read gives the file, the row and the version that a change is made from.
func (in StepChange) read() (file, id core.ID, version int64, err error) {
	return parseChange(in.ID, in.Step, in.IfMatch)
}

func parseChange(file, row, match string) (fileID, rowID core.ID, version int64, err error) {
	if fileID, err = parseID(file); err != nil {
		return "", "", 0, err
	}
	if rowID, err = parseID(row); err != nil {
		return "", "", 0, err
	}
	version, err = parseMatch(match)
	return fileID, rowID, version, err
}

func (h *Handler) registerPlan() {
	versioned := []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/expectations", id: "listExpectations", scope: access.PlanReads, summary: "What matters to the person, in their words"}, h.listExpectations)
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/expectations", id: "addExpectation", scope: access.PlanWrites, status: http.StatusCreated, summary: "Write what the person says matters"}, h.addExpectation)
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/goals", id: "listGoals", scope: access.PlanReads, summary: "Goals that the person chose"}, h.listGoals)
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/goals", id: "addGoal", scope: access.PlanWrites, status: http.StatusCreated, summary: "Write a goal"}, h.addGoal)
	add(h, operation{method: http.MethodPut, path: "/persons/{id}/goals/{goal}", id: "editGoal", scope: access.PlanWrites, summary: "Write a goal whole, from the version read", refusals: versioned}, h.editGoal)
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/steps", id: "listSteps", scope: access.PlanReads, summary: "Steps of the plan"}, h.listSteps)
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/steps", id: "addStep", scope: access.PlanWrites, status: http.StatusCreated, summary: "Write a step; its writer answers for it"}, h.addStep)
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/steps/{step}", id: "readStep", scope: access.PlanReads, summary: "One step with what happened to it"}, h.readStep)
	add(h, operation{method: http.MethodPut, path: "/persons/{id}/steps/{step}", id: "editStep", scope: access.PlanWrites, summary: "Write a step whole, from the version read", refusals: versioned}, h.editStep)
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/steps/{step}/move", id: "moveStep", scope: access.PlanWrites, status: http.StatusNoContent,
		summary: "Say where a step stands and how it ended", refusals: versioned}, h.moveStep)
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/steps/{step}/hand", id: "handStep", scope: access.PlanWrites, status: http.StatusNoContent,
		summary: "Give a step to a colleague", refusals: versioned}, h.handStep)
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/exchanges", id: "listExchanges", scope: access.PlanReads, summary: "Calls and letters"}, h.listExchanges)
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/exchanges", id: "addExchange", scope: access.PlanWrites, status: http.StatusCreated, summary: "Write down a call or a letter"}, h.addExchange)
}

// plan reads what the lists are pages of.
func (in ListInput) plan(ctx context.Context, plans *plan.Service) (plan.View, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return plan.View{}, err
	}
	if in.After != "" {
		if _, err := core.ParseID(in.After); err != nil {
			return plan.View{}, errs.Wrap(errs.Invalid, "errs.casefile.page_unknown", err)
		}
	}
	return plans.Read(ctx, id)
}

// cut gives the page of a whole list: by id, which grows with time, so that what
// is written meanwhile neither repeats nor skips a row.
func cut[T any](in ListInput, all []T, id func(T) core.ID) (page []T, next string) {
	slices.SortFunc(all, func(a, b T) int { return strings.Compare(string(id(a)), string(id(b))) })
	from, _ := slices.BinarySearchFunc(all, in.After, func(x T, after string) int {
		if string(id(x)) <= after {
			return -1
		}
		return 1
	})
	rest := all[from:]
	if len(rest) <= in.Limit {
		return rest, ""
	}
	return rest[:in.Limit], string(id(rest[in.Limit-1]))
}

func (h *Handler) listExpectations(ctx context.Context, in *ListInput) (*struct{ Body ExpectationPage }, error) {
	v, err := in.plan(ctx, h.plans)
	if err != nil {
		return nil, err
	}
	page, next := cut(*in, v.Expectations, func(e casefile.Expectation) core.ID { return e.ID })
	out := &struct{ Body ExpectationPage }{ExpectationPage{Items: []Expectation{}, Next: next}}
	for _, e := range page {
		out.Body.Items = append(out.Body.Items, Expectation{ID: e.ID, Words: e.Words, SaidOn: e.SaidOn.String(), Reread: string(e.Reread), RereadIn: e.RereadIn, At: instant(e.At), By: e.By})
	}
	return out, nil
}

func (h *Handler) addExpectation(ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Body NewExpectation
}) (*refOutput, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	var f errs.Fields
	e := plan.ExpectationInput{Words: in.Body.Words, SaidOn: date(&f, "said_on", in.Body.SaidOn), Reread: casefile.Reread(in.Body.Reread), RereadIn: in.Body.RereadIn}
	if err := f.Err(); err != nil {
		return nil, err
	}
	id, err := h.plans.AddExpectation(ctx, file, e)
	if err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(file) + "/expectations", Body: Ref{ID: id}}, nil
}

func (h *Handler) listGoals(ctx context.Context, in *ListInput) (*struct{ Body GoalPage }, error) {
	v, err := in.plan(ctx, h.plans)
	if err != nil {
		return nil, err
	}
	page, next := cut(*in, v.Goals, func(g casefile.GoalLine) core.ID { return g.ID })
	out := &struct{ Body GoalPage }{GoalPage{Items: []Goal{}, Next: next}}
	for _, g := range page {
		out.Body.Items = append(out.Body.Items, Goal{ID: g.ID, Version: g.Version, Title: g.Title, ChosenOn: g.ChosenOn.String(), State: string(g.State), At: instant(g.At), By: g.By})
	}
	return out, nil
}

func (g GoalInput) read(version int64) (plan.GoalInput, error) {
	var f errs.Fields
	in := plan.GoalInput{Title: g.Title, ChosenOn: date(&f, "chosen_on", g.ChosenOn), State: casefile.GoalState(g.State), Version: version}
	return in, f.Err()
}

func (h *Handler) addGoal(ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Body GoalInput
}) (*refOutput, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	g, err := in.Body.read(0)
	if err != nil {
		return nil, err
	}
	id, err := h.plans.AddGoal(ctx, file, g)
	if err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(file) + "/goals", ETag: etag(1), Body: Ref{ID: id, Version: 1}}, nil
}

func (h *Handler) editGoal(ctx context.Context, in *struct {
	GoalPath
	Body GoalInput
}) (*refOutput, error) {
	file, id, version, err := parseChange(in.ID, in.Goal, in.IfMatch)
	if err != nil {
		return nil, err
	}
	g, err := in.Body.read(version)
	if err != nil {
		return nil, err
	}
	if err := h.plans.EditGoal(ctx, file, id, g); err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(file) + "/goals", ETag: etag(version + 1), Body: Ref{ID: id, Version: version + 1}}, nil
}

func (h *Handler) listSteps(ctx context.Context, in *stepsInput) (*struct{ Body StepPage }, error) {
	v, err := in.plan(ctx, h.plans)
	if err != nil {
		return nil, err
	}
	var all []casefile.Step
	keep := func(list []casefile.Step) {
		for _, s := range list {
			if in.Open == "" || s.State.Open() == (in.Open == "1") {
				all = append(all, s)
			}
		}
	}
	for _, g := range v.Goals {
		keep(g.Steps)
	}
	keep(v.Loose)
	page, next := cut(in.ListInput, all, func(s casefile.Step) core.ID { return s.ID })
	out := &struct{ Body StepPage }{StepPage{Items: []Step{}, Next: next}}
	for _, s := range page {
		out.Body.Items = append(out.Body.Items, stepOf(s))
	}
	return out, nil
}

func (h *Handler) readStep(ctx context.Context, in *StepPath) (*struct {
	ETag string `header:"ETag"`
	Body StepStory
}, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	id, err := parseID(in.Step)
	if err != nil {
		return nil, err
	}
	s, events, _, err := h.plans.ReadStep(ctx, file, id)
	if err != nil {
		return nil, err
	}
	out := &struct {
		ETag string `header:"ETag"`
		Body StepStory
	}{ETag: etag(s.Version), Body: StepStory{Step: stepOf(s), Events: []StepEvent{}}}
	for _, e := range events {
		out.Body.Events = append(out.Body.Events, StepEvent{Kind: string(e.Kind), Says: e.Says, Worker: e.Worker, At: instant(e.At), By: e.By})
	}
	return out, nil
}

func (s StepInput) read(version int64) (plan.StepInput, error) {
	var f errs.Fields
	in := plan.StepInput{Goal: s.Goal, Right: s.Right, Title: s.Title, Detail: s.Detail, Who: casefile.StepWho(s.Who),
		Ways:  casefile.Ways{Online: s.Online, Desk: s.Desk, Phone: s.Phone, Letter: s.Letter},
		DueOn: date(&f, "due_on", s.DueOn), Version: version}
	for _, p := range s.Papers {
		in.Papers = append(in.Papers, casefile.StepPaper{Name: p.Name, RequiredBy: p.RequiredBy})
	}
	return in, f.Err()
}

func stepOf(s casefile.Step) Step {
	out := Step{ID: s.ID, Version: s.Version, State: string(s.State), Outcome: s.Outcome, Worker: s.Worker, At: instant(s.At), By: s.By,
		StepInput: StepInput{Goal: s.Goal, Right: s.Right, Title: s.Title, Detail: s.Detail, Who: string(s.Who),
			Online: s.Online, Desk: s.Desk, Phone: s.Phone, Letter: s.Letter, DueOn: s.DueOn.String()}}
	for _, p := range s.Papers {
		out.Papers = append(out.Papers, StepPaper{Name: p.Name, RequiredBy: p.RequiredBy})
	}
	return out
}

func (h *Handler) addStep(ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Body StepInput
}) (*refOutput, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	s, err := in.Body.read(0)
	if err != nil {
		return nil, err
	}
	id, err := h.plans.AddStep(ctx, file, s)
	if err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(file) + "/steps/" + string(id), ETag: etag(1), Body: Ref{ID: id, Version: 1}}, nil
}

func (h *Handler) editStep(ctx context.Context, in *struct {
	StepChange
	Body StepInput
}) (*refOutput, error) {
	file, id, version, err := in.StepChange.read()
	if err != nil {
		return nil, err
	}
	s, err := in.Body.read(version)
	if err != nil {
		return nil, err
	}
	if err := h.plans.EditStep(ctx, file, id, s); err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(file) + "/steps/" + string(id), ETag: etag(version + 1), Body: Ref{ID: id, Version: version + 1}}, nil
}

func (h *Handler) moveStep(ctx context.Context, in *struct {
	StepChange
	Body StepMove
}) (*struct{}, error) {
	file, id, version, err := in.StepChange.read()
	if err != nil {
		return nil, err
	}
	return nil, h.plans.MoveStep(ctx, file, id, plan.StepMove{State: casefile.StepState(in.Body.State), Outcome: in.Body.Outcome, Version: version})
}

func (h *Handler) handStep(ctx context.Context, in *struct {
	StepChange
	Body StepHand
}) (*struct{}, error) {
	file, id, version, err := in.StepChange.read()
	if err != nil {
		return nil, err
	}
	return nil, h.plans.HandStep(ctx, file, id, in.Body.Worker, version)
}

func (h *Handler) listExchanges(ctx context.Context, in *ListInput) (*struct{ Body ExchangePage }, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	list, next, err := h.plans.Exchanges(ctx, file, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body ExchangePage }{ExchangePage{Items: []Exchange{}, Next: next}}
	for _, x := range list {
		out.Body.Items = append(out.Body.Items, Exchange{ID: x.ID, At: instant(x.At), By: x.By, NewExchange: NewExchange{Kind: string(x.Kind), Direction: string(x.Direction),
			Party: x.Party, AnsweredBy: x.AnsweredBy, Says: x.Says, On: x.On.String(), Step: x.Step}})
	}
	return out, nil
}

func (h *Handler) addExchange(ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Body NewExchange
}) (*refOutput, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	var f errs.Fields
	x := plan.ExchangeInput{Kind: casefile.ExchangeKind(b.Kind), Direction: casefile.Direction(b.Direction), Party: b.Party, AnsweredBy: b.AnsweredBy, Says: b.Says, On: date(&f, "on", b.On), Step: b.Step}
	if err := f.Err(); err != nil {
		return nil, err
	}
	id, err := h.plans.LogExchange(ctx, file, x)
	if err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(file) + "/exchanges", Body: Ref{ID: id}}, nil
}
