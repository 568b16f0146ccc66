package access

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// TestScopeAgreesWithCan: on random organisations, teams, persons and actors, the
// rows that a list shows with Scope are exactly those that Can allows one by one.
func TestScopeAgreesWithCan(t *testing.T) {
	rules := testEngine(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			for _, ddl := range []string{
				`CREATE TABLE p (org_id TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (org_id, id))`,
				`CREATE TABLE a (org_id TEXT NOT NULL, person TEXT NOT NULL, team TEXT NOT NULL, since TEXT NOT NULL, until TEXT NOT NULL, revoked BIGINT NOT NULL)`,
				`CREATE TABLE c (org_id TEXT NOT NULL, person TEXT NOT NULL, team TEXT NOT NULL)`,
			} {
				if _, err := tx.Exec(ddl); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(rt *rapid.T) {
			undo := errors.New("undo")
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				agree(rt, rules, tx)
				return undo
			})
			if !errors.Is(err, undo) {
				rt.Fatal(err)
			}
		})
	})
}

func agree(t *rapid.T, rules *engine, tx *db.Tx) {
	ids := func(prefix string, n int) *rapid.Generator[core.ID] {
		return rapid.Custom(func(t *rapid.T) core.ID { return core.ID(fmt.Sprint(prefix, rapid.IntRange(0, n).Draw(t, prefix))) })
	}
	orgs, teams, persons := ids("org", 1), ids("team", 3), ids("person", 5)
	all := map[rowKey]*Resource{}
	agreed := map[rowKey][]Invoked{}
	day := func(label string) core.Date {
		return core.Date{Year: 2026, Month: 6, Day: rapid.IntRange(9, 13).Draw(t, label)}
	}
	today := core.Date{Year: 2026, Month: 6, Day: 11}
	for range rapid.IntRange(0, 12).Draw(t, "persons") {
		k := rowKey{orgs.Draw(t, "org"), persons.Draw(t, "person")}
		if all[k] == nil {
			all[k] = &Resource{Org: k.org, Person: k.person}
			exec(t, tx, `INSERT INTO p (org_id, id) VALUES ($1, $2)`, k.org, k.person)
		}
		for range rapid.IntRange(0, 3).Draw(t, "teams of the person") {
			team := teams.Draw(t, "team")
			all[k].Teams = append(all[k].Teams, team)
			exec(t, tx, `INSERT INTO c (org_id, person, team) VALUES ($1, $2, $3)`, k.org, k.person, team)
		}
	}
	for k := range sorted(all) {
		for range rapid.IntRange(0, 2).Draw(t, "agreements") {
			c := Invoked{Kind: InvokedConsent, Person: k.person, Teams: []core.ID{teams.Draw(t, "agreed team")}, From: day("from"), Until: day("until"), Today: today,
				Revoked: rapid.IntRange(0, 3).Draw(t, "revoked") == 0, Categories: []Category{Rights}, Category: Rights, Gestures: []Gesture{See, Take, Deposit}}
			agreed[k] = append(agreed[k], c)
			revoked := int64(0)
			if c.Revoked {
				revoked = 1
			}
			exec(t, tx, `INSERT INTO a (org_id, person, team, since, until, revoked) VALUES ($1, $2, $3, $4, $5, $6)`, k.org, k.person, c.Teams[0], c.From.String(), c.Until.String(), revoked)
		}
	}
	w := who{
		Actor: core.Actor{
			Kind:    rapid.SampledFrom([]core.ActorKind{"", core.ActorWorker, core.ActorOrgAdmin, core.ActorPerson, core.ActorOperator, core.ActorSystem, core.ActorAuditor, core.ActorClerk}).Draw(t, "kind"),
			ID:      rapid.OneOf(persons, rapid.Just(core.ID("worker"))).Draw(t, "actor"),
			Org:     rapid.OneOf(orgs, rapid.Just(core.ID(""))).Draw(t, "actor's org"),
			Teams:   rapid.SliceOfN(teams, 0, 3).Draw(t, "actor's teams"),
			Program: rapid.IntRange(0, 4).Draw(t, "program") == 0,
			AAL:     rapid.IntRange(0, 2).Draw(t, "aal"),
		},
		administers: rapid.Bool().Draw(t, "administers"),
		inactive:    rapid.IntRange(0, 9).Draw(t, "inactive") == 0,
	}
	columns := Columns{Org: "p.org_id", Person: "p.id",
		Teams:  "EXISTS (SELECT 1 FROM c WHERE c.org_id = p.org_id AND c.person = p.id AND c.team IN ({teams}))",
		Shared: "EXISTS (SELECT 1 FROM a WHERE a.org_id = p.org_id AND a.person = p.id AND a.team IN ({teams}) AND a.since <= {today} AND a.until >= {today} AND a.revoked = 0)",
		Today:  today}
	for _, action := range Actions() {
		first := rapid.IntRange(1, 3).Draw(t, "first parameter")
		cond, args := rules.scope(w, action, noon).Where(columns, first)
		before := make([]any, first-1)
		lead := ""
		for i := range before {
			before[i] = int64(1)
			lead += fmt.Sprintf("CAST($%d AS BIGINT) = 1 AND ", i+1)
		}
		shown := map[rowKey]bool{}
		rows, err := tx.Query(`SELECT p.org_id, p.id FROM p WHERE `+lead+cond, append(before, args...)...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var k rowKey
			err := r.Scan(&k.org, &k.person)
			shown[k] = true
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v\n%s", action, err, cond)
		}
		for k, res := range all {
			may := rules.decide(w, action, *res, noon).Allowed
			for _, c := range agreed[k] {
				invoking := *res
				invoking.Invoked = &c
				may = may || rules.decide(w, action, invoking, noon).Allowed
			}
			if may != shown[k] {
				t.Fatalf("%s by %+v on %+v: Can says %v, the list shows it: %v\n%s", action, w, *res, may, shown[k], cond)
			}
		}
	}
}

// sorted walks the persons in an order that a seed repeats.
func sorted(all map[rowKey]*Resource) iter.Seq[rowKey] {
	return slices.Values(slices.SortedFunc(maps.Keys(all), func(a, b rowKey) int {
		return strings.Compare(string(a.org)+" "+string(a.person), string(b.org)+" "+string(b.person))
	}))
}

// rowKey is the key of a person's row.
type rowKey struct{ org, person core.ID }

func exec(t *rapid.T, tx *db.Tx, sql string, args ...any) {
	if _, err := tx.Exec(sql, args...); err != nil {
		t.Fatal(err)
	}
}
