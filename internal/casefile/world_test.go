package casefile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/rights"
)

// world is an organisation with two teams and a worker in each.
type world struct {
	*casefile.Service
	t        testing.TB
	db       *db.DB
	journal  *journal.Journal
	law      casefile.Engine
	engine   *engine // the law, when it is the small one
	teamA    core.ID
	teamB    core.ID
	claire   context.Context // works in team A
	karim    context.Context // works in team B
	nobody   context.Context
	claireID core.ID
	// colleague adds a worker to a team.
	colleague func(login, name string, team core.ID) context.Context
}

// each runs fn on both databases.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newWorld(t, d)) })
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	small := &engine{digest: "law-1"}
	w := worldOf(t, d, small)
	w.engine = small
	return w
}

// worldOf is a world under a given law.
func worldOf(t testing.TB, d *db.DB, law casefile.Engine) *world {
	t.Helper()
	ring, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	fields, err := secret.NewFields(rand.NewChaCha8([32]byte{5}), ring)
	must(t, err)
	w := &world{t: t, db: d, journal: journal.New(d, nil), law: law}
	acc, err := access.New(d, w.journal, fields, bytes.Repeat([]byte{1}, 32), access.Options{})
	must(t, err)
	system := core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test"})
	org, err := acc.CreateOrganisation(system, access.Organisation{Name: "CCAS d'essai", Place: "Europe/Paris"})
	must(t, err)
	system = core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: org})
	w.teamA, err = acc.CreateTeam(system, "Polyvalence")
	must(t, err)
	w.teamB, err = acc.CreateTeam(system, "Insertion")
	must(t, err)
	worker := func(login, name string, team core.ID) (context.Context, core.ID) {
		id, err := acc.AddWorker(system, access.Worker{Login: login, Name: name, Works: true, Teams: []core.ID{team}})
		must(t, err)
		return core.WithActor(context.Background(), core.Actor{Kind: core.ActorWorker, ID: id, Org: org, Teams: []core.ID{team}, AAL: 2}), id
	}
	w.claire, w.claireID = worker("claire", "Claire Maurel", w.teamA)
	w.karim, _ = worker("karim", "Karim Sissoko", w.teamB)
	w.nobody = context.Background()
	w.colleague = func(login, name string, team core.ID) context.Context {
		ctx, _ := worker(login, name, team)
		return ctx
	}
	w.Service = w.service(dbtest.Clock())
	return w
}

func (w *world) service(clk clock.Clock) *casefile.Service {
	w.t.Helper()
	ring, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	must(w.t, err)
	fields, err := secret.NewFields(rand.NewChaCha8([32]byte{5}), ring)
	must(w.t, err)
	acc, err := access.New(w.db, w.journal, fields, bytes.Repeat([]byte{1}, 32), access.Options{})
	must(w.t, err)
	s, err := casefile.New(casefile.Deps{
		DB: w.db, Access: acc, Journal: w.journal, Fields: fields, Engine: w.law, Clock: clk,
		PhoneKey: func(n string) string { return ring.HMAC("phone", n) },
		Random:   rand.NewChaCha8([32]byte{9}),
	})
	must(w.t, err)
	return s
}

func today() core.Date { return core.Date{Year: 2026, Month: 6, Day: 11} }

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
	return w.personIn(w.claire, w.teamA, given, usual, birth)
}

func (w *world) personIn(ctx context.Context, team core.ID, given, usual, birth string) core.ID {
	w.t.Helper()
	b, err := core.ParsePartialDate(birth)
	must(w.t, err)
	id, err := w.CreatePerson(ctx, casefile.NewPerson{
		Identity: casefile.Identity{UsualName: usual, GivenNames: given, Birth: b}, Team: team, SeenDuplicates: true,
	})
	must(w.t, err)
	return id
}

// lines counts the journal's lines about a person, by reading them back.
func (w *world) lines(person core.ID) int {
	w.t.Helper()
	n := 0
	must(w.t, w.db.Read(context.Background(), func(q db.Querier) error {
		entries, err := journal.ForPerson(q, core.ActorFrom(w.claire).Org, person, today(), today())
		n = len(entries)
		return err
	}))
	return n
}

// engine is a small law of its own: af is 100 € for each child from the second
// on, aide_logement is half the rent and waits for it.
type engine struct {
	digest string
	runs   int
	fail   error
}

func (e *engine) Digest() string         { return e.digest }
func (e *engine) Program() ([]byte, int) { return []byte("program of " + e.digest), 1 }
func (e *engine) Rights() []string       { return []string{"af", "aide_logement"} }

func (e *engine) Inputs() []casefile.Variable {
	return []casefile.Variable{
		{Name: "nationalite", Entity: casefile.EntityPerson, Type: casefile.TypeText, Period: casefile.PeriodMonth},
		{Name: "loyer", Entity: casefile.EntityDwelling, Type: casefile.TypeAmount, Unit: "€/mois", Period: casefile.PeriodMonth},
		{Name: "salaire_net", Entity: casefile.EntityPerson, Type: casefile.TypeAmount, Unit: "€/mois", Period: casefile.PeriodMonth},
		{Name: "salaire_imposable", Entity: casefile.EntityPerson, Type: casefile.TypeAmount, Unit: "€/mois", Period: casefile.PeriodMonth},
		{Name: "enceinte", Entity: casefile.EntityPerson, Type: casefile.TypeBool, Period: casefile.PeriodMonth},
		{Name: "statut_occupation_logement", Entity: casefile.EntityDwelling, Type: casefile.TypeChoice, Period: casefile.PeriodMonth,
			Choices: []string{"locataire_vide", "proprietaire", "loge_gratuitement"}},
	}
}

func (e *engine) Evaluate(_ context.Context, p *casefile.Picture) ([]casefile.Outcome, error) {
	if e.fail != nil {
		return nil, e.fail
	}
	e.runs++
	af := casefile.Outcome{Right: "af", Status: casefile.NotDue}
	if n := len(p.Families[0].Children); n > 1 {
		af.Status, af.Amount = casefile.Probable, core.Cents(10_000*(n-1))
	}
	home := casefile.Subject{Kind: casefile.AboutDwelling, ID: p.Dwelling.ID}
	al := casefile.Outcome{Right: "aide_logement", Status: casefile.ToVerify, Max: 40_000, Missing: []casefile.Missing{
		{Variable: "nationalite", Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: p.Claimant}},
		{Variable: "loyer", Subject: home},
		{Variable: "salaire_net", Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: p.Claimant}},
	}}
	for _, c := range p.Cells {
		if c.Variable == "loyer" && c.State == casefile.Known && c.Until == p.Month {
			rent, err := strconv.ParseFloat(c.Value, 64)
			if err != nil {
				return nil, err
			}
			al = casefile.Outcome{Right: "aide_logement", Status: casefile.Probable, Amount: core.Cents(rent * 50)}
		}
	}
	list := []casefile.Outcome{af, al}
	for i := range list {
		d, err := json.Marshal(rights.Result{Right: list[i].Right, Law: e.digest, Month: p.Month.String()})
		if err != nil {
			return nil, fmt.Errorf("detail: %w", err)
		}
		list[i].Detail = d
	}
	return list, nil
}
