package note_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// world is an organisation with two teams: Claire, Hugo and Inès in one, Karim in
// the other.
type world struct {
	*note.Service
	t                         testing.TB
	db                        *db.DB
	cases                     *casefile.Service
	teamA, teamB              core.ID
	claire, hugo, ines, karim context.Context
	both                      context.Context // Claire, were she in both teams
	access                    *access.Service
	system                    context.Context
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newWorld(t, d)) })
}

// noLaw computes nothing: notes need no right.
type noLaw struct{}

func (noLaw) Digest() string              { return "none" }
func (noLaw) Program() ([]byte, int)      { return []byte("none"), 1 }
func (noLaw) Rights() []string            { return nil }
func (noLaw) Inputs() []casefile.Variable { return nil }
func (noLaw) Evaluate(context.Context, *casefile.Picture) ([]casefile.Outcome, error) {
	return nil, nil
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	ring, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	fields, err := secret.NewFields(rand.NewChaCha8([32]byte{5}), ring)
	must(t, err)
	j := journal.New(d, nil)
	w := &world{t: t, db: d}
	w.access, err = access.New(d, j, fields, bytes.Repeat([]byte{1}, 32), access.Options{})
	must(t, err)
	org, err := w.access.CreateOrganisation(core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test"}), access.Organisation{Name: "CCAS d'essai", Place: "Europe/Paris"})
	must(t, err)
	w.system = core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: org})
	w.teamA, err = w.access.CreateTeam(w.system, "Polyvalence")
	must(t, err)
	w.teamB, err = w.access.CreateTeam(w.system, "Insertion")
	must(t, err)
	worker := func(login, name string, teams ...core.ID) context.Context {
		id, err := w.access.AddWorker(w.system, access.Worker{Login: login, Name: name, Works: true, Active: true, Teams: teams})
		must(t, err)
		return core.WithActor(context.Background(), core.Actor{Kind: core.ActorWorker, ID: id, Org: org, Teams: teams, AAL: 2})
	}
	w.claire = worker("claire", "Claire Maurel", w.teamA)
	w.hugo = worker("hugo", "Hugo Lantier", w.teamA)
	w.ines = worker("ines", "Inès Roy", w.teamA)
	w.karim = worker("karim", "Karim Sissoko", w.teamB)
	_, err = w.access.AddWorker(w.system, access.Worker{Login: "solange", Name: "Solange Péri", Administers: true, Active: true})
	must(t, err)
	a := core.ActorFrom(w.claire)
	a.Teams = []core.ID{w.teamA, w.teamB}
	w.both = core.WithActor(context.Background(), a)
	w.cases, err = casefile.New(casefile.Deps{
		DB: d, Access: w.access, Journal: j, Fields: fields, Engine: noLaw{}, Clock: dbtest.Clock(), Random: rand.NewChaCha8([32]byte{9}),
		PhoneKey: func(n string) string { return ring.HMAC("phone", n) },
	})
	must(t, err)
	w.Service, err = note.New(w.cases)
	must(t, err)
	return w
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

func wantField(t testing.TB, err error, field, key string) {
	t.Helper()
	fields, ok := errors.AsType[errs.Fields](err)
	if !ok {
		t.Fatalf("error %v, want %s on %s", err, key, field)
	}
	for _, f := range fields {
		if f.Field == field && f.Key == key {
			return
		}
	}
	t.Fatalf("error %v, want %s on %s", err, key, field)
}

func id(ctx context.Context) core.ID { return core.ActorFrom(ctx).ID }

func (w *world) file(ctx context.Context, team core.ID, given, usual string) core.ID {
	w.t.Helper()
	f, err := w.cases.CreatePerson(ctx, casefile.NewPerson{Identity: casefile.Identity{UsualName: usual, GivenNames: given}, Team: team, SeenDuplicates: true})
	must(w.t, err)
	return f
}

// as is the person of a file, signed in.
func (w *world) as(file core.ID) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: file, Org: core.ActorFrom(w.claire).Org, AAL: 2})
}

func (w *world) write(ctx context.Context, file core.ID, v note.Visibility, text string) core.ID {
	w.t.Helper()
	n, err := w.Write(ctx, file, note.Input{Kind: note.Counter, Visibility: v, Text: text})
	must(w.t, err)
	return n
}

// texts are what somebody reads in a file, the latest first.
func (w *world) texts(ctx context.Context, file core.ID) []string {
	w.t.Helper()
	p, err := w.List(ctx, file, note.Filter{}, "", 50)
	must(w.t, err)
	out := []string{}
	for _, n := range p.Notes {
		out = append(out, n.Text)
	}
	return out
}

// lines counts the journal's lines about a person.
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
