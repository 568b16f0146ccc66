// Package casetest is a small world for the tests of the files of persons and of
// what stands on them: an organisation with two teams, a worker in each, and a law
// of two rights.
//
//	dbtest.Each(t, func(t *testing.T, d *db.DB) { w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"}) … })
package casetest

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
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/rights"
)

// World is an organisation with two teams and a worker in each.
type World struct {
	*casefile.Service
	T        testing.TB
	DB       *db.DB
	Journal  *journal.Journal
	Law      casefile.Engine
	TeamA    core.ID
	TeamB    core.ID
	Claire   context.Context // works in team A
	Karim    context.Context // works in team B
	Nobody   context.Context
	ClaireID core.ID

	accounts *access.Service
	system   context.Context
}

// New is a world under a given law.
func New(t testing.TB, d *db.DB, law casefile.Engine) *World {
	t.Helper()
	ring, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	fields, err := secret.NewFields(rand.NewChaCha8([32]byte{5}), ring)
	must(t, err)
	w := &World{T: t, DB: d, Journal: journal.New(d, nil), Law: law, Nobody: context.Background()}
	w.accounts, err = access.New(d, w.Journal, fields, bytes.Repeat([]byte{1}, 32), access.Options{})
	must(t, err)
	system := core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test"})
	org, err := w.accounts.CreateOrganisation(system, access.Organisation{Name: "CCAS d'essai", Place: "Europe/Paris"})
	must(t, err)
	w.system = core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: org})
	w.TeamA, err = w.accounts.CreateTeam(w.system, "Polyvalence")
	must(t, err)
	w.TeamB, err = w.accounts.CreateTeam(w.system, "Insertion")
	must(t, err)
	w.Claire, w.ClaireID = w.Worker("claire", "Claire Maurel", w.TeamA)
	w.Karim, _ = w.Worker("karim", "Karim Sissoko", w.TeamB)
	w.Service = w.At(dbtest.Clock())
	return w
}

// Worker adds a worker to a team: the context of what they do, and who they are.
func (w *World) Worker(login, name string, team core.ID) (context.Context, core.ID) {
	w.T.Helper()
	id, err := w.accounts.AddWorker(w.system, access.Worker{Login: login, Name: name, Works: true, Teams: []core.ID{team}})
	must(w.T, err)
	org := core.ActorFrom(w.system).Org
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorWorker, ID: id, Org: org, Teams: []core.ID{team}, AAL: 2}), id
}

// At is the service of the same world under another clock.
func (w *World) At(clk clock.Clock) *casefile.Service {
	w.T.Helper()
	ring, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	must(w.T, err)
	fields, err := secret.NewFields(rand.NewChaCha8([32]byte{5}), ring)
	must(w.T, err)
	acc, err := access.New(w.DB, w.Journal, fields, bytes.Repeat([]byte{1}, 32), access.Options{})
	must(w.T, err)
	s, err := casefile.New(casefile.Deps{
		DB: w.DB, Access: acc, Journal: w.Journal, Fields: fields, Engine: w.Law, Clock: clk,
		PhoneKey: func(n string) string { return ring.HMAC("phone", n) },
		Random:   rand.NewChaCha8([32]byte{9}),
	})
	must(w.T, err)
	return s
}

// Today is the day of dbtest.Clock.
func Today() core.Date { return core.Date{Year: 2026, Month: 6, Day: 11} }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Person makes a file in Claire's team.
func (w *World) Person(given, usual, birth string) core.ID {
	w.T.Helper()
	return w.PersonIn(w.Claire, w.TeamA, given, usual, birth)
}

// PersonIn makes a file in a team, by one of its workers.
func (w *World) PersonIn(ctx context.Context, team core.ID, given, usual, birth string) core.ID {
	w.T.Helper()
	b, err := core.ParsePartialDate(birth)
	must(w.T, err)
	id, err := w.CreatePerson(ctx, casefile.NewPerson{
		Identity: casefile.Identity{UsualName: usual, GivenNames: given, Birth: b}, Team: team, SeenDuplicates: true,
	})
	must(w.T, err)
	return id
}

// Lines counts the journal's lines about a person, by reading them back.
func (w *World) Lines(person core.ID) int {
	w.T.Helper()
	n := 0
	must(w.T, w.DB.Read(context.Background(), func(q db.Querier) error {
		entries, err := journal.ForPerson(q, core.ActorFrom(w.Claire).Org, person, Today(), Today())
		n = len(entries)
		return err
	}))
	return n
}

const toTalk = `SELECT k.person_id, k.right_name, r.status FROM right_to_talk k
JOIN right_result r ON r.org_id = k.org_id AND r.file_id = k.person_id AND r.evaluation_id = k.evaluation_id AND r.right_name = k.right_name
WHERE k.org_id = $1 AND k.team_id = $2 ORDER BY k.sort_name, k.person_id, k.right_name`

// ToTalk lists what a team's list of files finds under « a right to talk about »:
// the person, the right and its status on each line.
func (w *World) ToTalk(team core.ID) (list []string) {
	w.T.Helper()
	must(w.T, w.DB.Read(context.Background(), func(q db.Querier) error {
		rows, err := q.Query(toTalk, core.ActorFrom(w.Claire).Org, team)
		return db.Each(rows, err, func(r *db.Rows) error {
			var person, right, status string
			err := r.Scan(&person, &right, &status)
			list = append(list, person+" "+right+" "+status)
			return err
		})
	}))
	return list
}

// SmallLaw is a law of its own: af is 100 € for each child from the second
// on, aide_logement is half the rent and waits for it.
type SmallLaw struct {
	Name string // its digest
	Runs int    // evaluations so far
	Fail error  // what an evaluation gives instead, nil for none
}

// Digest is its name.
func (e *SmallLaw) Digest() string { return e.Name }

// Program is a text that stands for it.
func (e *SmallLaw) Program() ([]byte, int) { return []byte("program of " + e.Name), 1 }

// Rights are its two.
func (e *SmallLaw) Rights() []string { return []string{"af", "aide_logement"} }

// Inputs are what it reads.
func (e *SmallLaw) Inputs() []casefile.Variable {
	return []casefile.Variable{
		{Name: "nationalite", Entity: casefile.EntityPerson, Type: casefile.TypeText, Period: casefile.PeriodMonth},
		{Name: "loyer", Entity: casefile.EntityDwelling, Type: casefile.TypeAmount, Unit: "€/mois", Period: casefile.PeriodMonth},
		{Name: "salaire_net", Entity: casefile.EntityPerson, Type: casefile.TypeAmount, Unit: "€/mois", Period: casefile.PeriodMonth, Page: "salaire", Place: 1},
		{Name: "salaire_imposable", Entity: casefile.EntityPerson, Type: casefile.TypeAmount, Unit: "€/mois", Period: casefile.PeriodMonth, Page: "salaire", Place: 2},
		{Name: "enceinte", Entity: casefile.EntityPerson, Type: casefile.TypeBool, Period: casefile.PeriodMonth},
		{Name: "statut_occupation_logement", Entity: casefile.EntityDwelling, Type: casefile.TypeChoice, Period: casefile.PeriodMonth,
			Choices: []string{"locataire_vide", "proprietaire", "loge_gratuitement"}},
	}
}

// Evaluate computes both rights.
func (e *SmallLaw) Evaluate(_ context.Context, p *casefile.Picture) ([]casefile.Outcome, error) {
	if e.Fail != nil {
		return nil, e.Fail
	}
	e.Runs++
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
		d, err := json.Marshal(rights.Result{Right: list[i].Right, Law: e.Name, Month: p.Month.String()})
		if err != nil {
			return nil, fmt.Errorf("detail: %w", err)
		}
		list[i].Detail = d
	}
	return list, nil
}
