package access_test

import (
	"crypto/rand"
	"testing"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// BenchmarkResume is what every page pays to know who asks.
func BenchmarkResume(b *testing.B) {
	d := dbtest.OpenSQLite(b, db.Config{})
	s, org := benchService(b, d, access.Options{Demo: true})
	token, err := s.DemoEnter(b.Context(), access.DemoVisitor{Login: "claire"}, access.Client{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		a, _, err := s.Resume(b.Context(), token)
		if err != nil || a.Org != org {
			b.Fatal(a, err)
		}
	}
}

// BenchmarkPassword is one check at the cost of an installation.
func BenchmarkPassword(b *testing.B) {
	d := dbtest.OpenSQLite(b, db.Config{Clock: &watch{now: dbtest.Clock().Now()}})
	s, _ := benchService(b, d, access.Options{})
	w := d.Clock().(*watch)
	for b.Loop() {
		w.advance(1 << 50) // the brake forgets
		if _, err := s.SignIn(b.Context(), access.Credentials{Login: "nobody", Password: "not the password"}, access.Client{}); err == nil {
			b.Fatal("let in")
		}
	}
}

func benchService(b *testing.B, d *db.DB, opt access.Options) (*access.Service, core.ID) {
	ring, err := secret.NewKeyring(dbtest.Key())
	if err != nil {
		b.Fatal(err)
	}
	fields, err := secret.NewFields(rand.Reader, ring)
	if err != nil {
		b.Fatal(err)
	}
	s, err := access.New(d, journal.New(d, rand.Reader), fields, ring.Derive("session"), opt)
	if err != nil {
		b.Fatal(err)
	}
	system := core.WithActor(b.Context(), core.Actor{Kind: core.ActorSystem, ID: "seed"})
	org, err := s.CreateOrganisation(system, access.Organisation{Name: "CCAS", Place: "Europe/Paris"})
	if err != nil {
		b.Fatal(err)
	}
	system = core.WithActor(b.Context(), core.Actor{Kind: core.ActorSystem, ID: "seed", Org: org})
	var teams []core.ID
	for _, name := range []string{"Polyvalence", "Logement"} {
		t, err := s.CreateTeam(system, name)
		if err != nil {
			b.Fatal(err)
		}
		teams = append(teams, t)
	}
	if _, err := s.AddWorker(system, access.Worker{Login: "claire", Name: "Claire", Works: true, Teams: teams}); err != nil {
		b.Fatal(err)
	}
	return s, org
}
