package casefile_test

import (
	"context"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// world is casetest's, under the short names of this package's tests.
type world struct {
	*casefile.Service
	made     *casetest.World
	t        testing.TB
	db       *db.DB
	journal  *journal.Journal
	plans    *plan.Service
	law      casefile.Engine
	engine   *casetest.SmallLaw // the law, when it is the small one
	teamA    core.ID
	teamB    core.ID
	claire   context.Context // works in team A
	karim    context.Context // works in team B
	nobody   context.Context
	claireID core.ID
}

// each runs fn on both databases.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newWorld(t, d)) })
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	small := &casetest.SmallLaw{Name: "law-1"}
	w := worldOf(t, d, small)
	w.engine = small
	return w
}

// worldOf is a world under a given law.
func worldOf(t testing.TB, d *db.DB, law casefile.Engine) *world {
	t.Helper()
	m := casetest.New(t, d, law)
	return &world{Service: m.Service, made: m, t: t, db: d, journal: m.Journal, plans: plan.New(m.Service), law: law, teamA: m.TeamA, teamB: m.TeamB,
		claire: m.Claire, karim: m.Karim, nobody: m.Nobody, claireID: m.ClaireID}
}

func today() core.Date { return casetest.Today() }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Fatalf("error %v, want kind %d", err, kind)
	}
}

// person makes a file in Claire's team.
func (w *world) person(given, usual, birth string) core.ID {
	w.t.Helper()
	return w.made.Person(given, usual, birth)
}

func (w *world) personIn(ctx context.Context, team core.ID, given, usual, birth string) core.ID {
	w.t.Helper()
	return w.made.PersonIn(ctx, team, given, usual, birth)
}

// lines counts the journal's lines about a person, by reading them back.
func (w *world) lines(person core.ID) int {
	w.t.Helper()
	return w.made.Lines(person)
}

// both is a worker of the two teams.
func (w *world) both() context.Context {
	a := core.ActorFrom(w.claire)
	a.Teams = []core.ID{w.teamA, w.teamB}
	return core.WithActor(context.Background(), a)
}

// merge makes two files one.
func (w *world) merge(ctx context.Context, keep, other core.ID) {
	w.t.Helper()
	must(w.t, merge.New(w.Service).Merge(ctx, merge.Input{Keep: keep, Other: other}))
}

func (w *world) say(file core.ID, variable, from, value string) {
	w.t.Helper()
	d, err := core.ParsePartialDate(from)
	must(w.t, err)
	_, err = w.SaveFacts(w.claire, file, []casefile.FactInput{{Variable: variable, From: d, State: casefile.Known, Value: value, Source: casefile.SourceSaid}})
	must(w.t, err)
}
