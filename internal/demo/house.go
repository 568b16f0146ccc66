package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
)

// story is one household: in which team, whose worker, and what is told of it.
type story struct {
	name   string // its seed
	team   string
	worker int // place in the team
	tell   func(h *house)
}

// house is a household being told. Its methods do nothing once one has failed;
// the first failure is err.
type house struct {
	ctx   context.Context
	cases *casefile.Service
	plans *plan.Service
	team  core.ID
	teams map[string]teamOf // all of them, by name
	rng   *rand.Rand
	err   error

	file  core.ID // of the person last opened
	facts []casefile.FactInput
	last  map[string]casefile.Fact // variable.subject -> the fact last saved
	made  core.ID                  // the step last written
}

func tell(ctx context.Context, rooms Rooms, teams map[string]teamOf, st story) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	s, err := service(rooms, st.name)
	if err != nil {
		return err
	}
	team := teams[st.team]
	h := &house{
		ctx: core.WithActor(casefile.ComputeLater(ctx), team.workers[st.worker%len(team.workers)]), cases: s, plans: plan.New(s), team: team.id, teams: teams,
		rng: rand.New(rand.NewChaCha8(seedOf("choices " + st.name))), last: map[string]casefile.Fact{}, // #nosec G404 -- made-up people, the same each time
	}
	st.tell(h)
	h.compute()
	h.told(st.name)
	h.duties(st.name)
	return h.err
}

// someone is a person in one line: « Samira Leïla », « Haddad », "1992-02-03".
func someone(given, usual, birth string) casefile.NewPerson {
	b, err := core.ParsePartialDate(birth)
	if err != nil {
		panic(fmt.Sprintf("demo: birth of %s %s: %v", given, usual, err)) // a slip in this package, met by its test
	}
	return casefile.NewPerson{Identity: casefile.Identity{GivenNames: given, UsualName: usual, Birth: b}}
}

func madame(p casefile.NewPerson) casefile.NewPerson {
	p.Title = casefile.TitleMadame
	return p
}

func monsieur(p casefile.NewPerson) casefile.NewPerson {
	p.Title = casefile.TitleMonsieur
	return p
}

// lives gives an address of Valsèvre and a French-speaking person's languages.
func lives(p casefile.NewPerson, street string, languages ...string) casefile.NewPerson {
	p.Address = casefile.Address{Lines: []string{street}, Postcode: "79000", City: "Valsèvre", Commune: commune}
	p.Languages = languages
	if len(languages) == 0 {
		p.Languages = []string{"fr"}
	}
	return p
}

// reach says how the person is reached safely.
func reach(p casefile.NewPerson, phone string, by casefile.Channel, hours string) casefile.NewPerson {
	p.Phone, p.Channel, p.Hours = phone, by, hours
	return p
}

// commune is the INSEE code that gives Valsèvre its housing-benefit zone (III):
// a made-up town needs a real one, and this is a real one of the same size.
const commune = "79191"

// open makes a person's file; what follows is told in it.
func (h *house) open(p casefile.NewPerson) core.ID {
	if h.err != nil {
		return ""
	}
	if h.file != "" {
		h.compute()
	}
	p.Team, p.SeenDuplicates = h.team, true
	h.file, h.err = h.cases.CreatePerson(h.ctx, p)
	return h.file
}

// join adds somebody to the household of the file.
func (h *house) join(in casefile.HouseholdInput) core.ID {
	if h.err != nil {
		return ""
	}
	var id core.ID
	id, h.err = h.cases.AddToHousehold(h.ctx, h.file, in)
	return id
}

func (h *house) child(p casefile.NewPerson) core.ID {
	return h.join(casefile.HouseholdInput{Identity: p.Identity, LivesIn: true, Relation: casefile.RelationChild})
}

// partner is a couple under one roof, with the children they both have.
func (h *house) partner(p casefile.NewPerson, kind casefile.CoupleKind, since core.Date, children ...core.ID) core.ID {
	return h.join(casefile.HouseholdInput{Identity: p.Identity, LivesIn: true, Relation: casefile.RelationPartner, Couple: kind, Since: since, ParentOf: children})
}

// roof is somebody under the same roof, without kinship: flat sharers, guests.
func (h *house) roof(p casefile.NewPerson, housed bool, from core.Date) core.ID {
	return h.join(casefile.HouseholdInput{Identity: p.Identity, LivesIn: true, Housed: housed, From: from})
}

func date(y, m, d int) core.Date {
	v, err := core.ParseDate(fmt.Sprintf("%04d-%02d-%02d", y, m, d))
	if err != nil {
		panic(fmt.Sprintf("demo: %v", err)) // a slip in this package
	}
	return v
}

// A source of a fact: how it came, on what paper, when.
type source struct {
	kind   casefile.Source
	detail string
	seen   core.Date
}

func said(m, d int) source { return source{casefile.SourceSaid, "", date(2026, m, d)} }
func seen(paper string, m, d int) source {
	return source{casefile.SourceDocument, paper, date(2026, m, d)}
}
func caf(paper string, m, d int) source {
	return source{casefile.SourceLetter, paper, date(2026, m, d)}
}

// fact notes a known value for somebody ("" the file's person). span is
// "2026-02" (still), "2026-02..2026-04", or "" (always).
func (h *house) fact(about core.ID, variable, value, span string, src source) {
	h.note(about, variable, casefile.Known, value, span, src)
}

// silent notes that the answer is not known, or that the person prefers not to say.
func (h *house) silent(about core.ID, variable string, state casefile.State, src source) {
	h.note(about, variable, state, "", "", src)
}

func (h *house) note(about core.ID, variable string, state casefile.State, value, span string, src source) {
	if h.err != nil {
		return
	}
	v, ok := h.cases.Variable(variable)
	if !ok {
		return // the law in force does not read it
	}
	in := casefile.FactInput{
		Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: about}, Variable: variable, State: state, Value: value,
		Source: src.kind, Detail: src.detail, SeenOn: src.seen,
	}
	if v.Entity == casefile.EntityDwelling {
		in.Subject = casefile.Subject{Kind: casefile.AboutDwelling}
	}
	from, until, _ := strings.Cut(span, "..")
	var err error
	if in.From, err = core.ParsePartialDate(from); err == nil {
		in.Until, err = core.ParsePartialDate(until)
	}
	if err != nil {
		h.err = fmt.Errorf("%s: %w", variable, err)
		return
	}
	h.facts = append(h.facts, in)
}

// save writes the facts noted so far, as one form would.
func (h *house) save() {
	for h.err == nil && len(h.facts) > 0 {
		n := min(len(h.facts), 40)
		saved, err := h.cases.SaveFacts(h.ctx, h.file, h.facts[:n])
		h.keep(saved)
		if h.err = err; err != nil {
			return
		}
		h.facts = h.facts[n:]
	}
}

// compute writes what was noted and computes the rights of the file.
func (h *house) compute() {
	h.save()
	if h.err == nil && h.file != "" {
		h.err = h.cases.Recompute(h.ctx, h.file, 0)
	}
}

func (h *house) keep(saved []casefile.Fact) {
	for _, f := range saved {
		h.last[f.Variable+"."+string(f.Subject.ID)] = f
		h.last[f.Variable] = f
	}
}

// correct replaces the fact last saved of a variable, as somebody who finds the
// paper would.
func (h *house) correct(variable, value string, src source) {
	h.save()
	if h.err != nil {
		return
	}
	old := h.last[variable]
	saved, err := h.cases.SaveFacts(h.ctx, h.file, []casefile.FactInput{{
		Subject: old.Subject, Variable: variable, From: old.From, Until: old.Until, State: casefile.Known, Value: value,
		Source: src.kind, Detail: src.detail, SeenOn: src.seen, Replaces: old.ID,
	}})
	h.keep(saved)
	h.err = err
}

// clash saves another value of the same cell as if from a second tab: both are
// kept and wait for a choice.
func (h *house) clash(variable, value string, src source) {
	h.save()
	if h.err != nil {
		return
	}
	old := h.last[variable]
	_, err := h.cases.SaveFacts(h.ctx, h.file, []casefile.FactInput{{
		Subject: old.Subject, Variable: variable, From: old.From, Until: old.Until, State: casefile.Known, Value: value,
		Source: src.kind, Detail: src.detail, SeenOn: src.seen,
	}})
	var conflict *casefile.FactConflict
	if !errors.As(err, &conflict) {
		h.err = errors.Join(fmt.Errorf("%s: no conflict", variable), err)
	}
}

// decide notes what the person decided about a right; a right that the law in
// force does not have is left out.
func (h *house) decide(in casefile.DecisionInput) {
	h.compute()
	if h.err != nil {
		return
	}
	for _, right := range h.cases.Engine.Rights() {
		if right == in.Right {
			_, h.err = h.cases.Decide(h.ctx, h.file, in)
			return
		}
	}
}

// reopen notes that the person wants to talk again of a right they had put
// aside.
func (h *house) reopen(right string) {
	if h.err != nil {
		return
	}
	history, err := h.cases.Decisions(h.ctx, h.file, right)
	if err != nil {
		h.err = err
		return
	}
	if len(history) > 0 {
		h.decide(casefile.DecisionInput{Right: right, Kind: casefile.Reopened, After: history[0].ID})
	}
}

// says notes what matters to the person, in their own words.
func (h *house) says(words string, on core.Date, reread casefile.Reread, in string) {
	if h.err != nil {
		return
	}
	_, h.err = h.plans.AddExpectation(h.ctx, h.file, plan.ExpectationInput{Words: words, SaidOn: on, Reread: reread, RereadIn: in})
}

// goal writes what the person chose to aim at.
func (h *house) goal(title string, on core.Date) core.ID {
	if h.err != nil {
		return ""
	}
	var id core.ID
	id, h.err = h.plans.AddGoal(h.ctx, h.file, plan.GoalInput{Title: title, ChosenOn: on})
	return id
}

// step writes a thing to do; a right that the law in force does not have is left out.
func (h *house) step(in plan.StepInput) {
	if h.err != nil {
		return
	}
	if !slices.Contains(h.cases.Engine.Rights(), in.Right) {
		in.Right = ""
	}
	h.made, h.err = h.plans.AddStep(h.ctx, h.file, in)
}

// moves says where the step last written stands.
func (h *house) moves(m plan.StepMove) {
	if h.err != nil {
		return
	}
	m.Version = 1
	h.err = h.plans.MoveStep(h.ctx, h.file, h.made, m)
}

// calls logs a call or a letter.
func (h *house) calls(in plan.ExchangeInput) {
	if h.err != nil {
		return
	}
	_, h.err = h.plans.LogExchange(h.ctx, h.file, in)
}
