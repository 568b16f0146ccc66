package access

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	orgA  core.ID = "org-a"
	orgB  core.ID = "org-b"
	team1 core.ID = "team-1"
	team2 core.ID = "team-2"
	mia   core.ID = "mia"
)

// actors of the table: one per line of people's minds.
func tableActors() []struct {
	name string
	who  who
} {
	worker := core.Actor{Kind: core.ActorWorker, ID: "w", Org: orgA, Teams: []core.ID{team1}, AAL: 2}
	with := func(a core.Actor, change func(*core.Actor)) core.Actor { change(&a); return a }
	return []struct {
		name string
		who  who
	}{
		{"nobody", who{}},
		{"worker of the team", who{Actor: worker}},
		{"worker of another team", who{Actor: with(worker, func(a *core.Actor) { a.Teams = []core.ID{team2} })}},
		{"worker without team", who{Actor: with(worker, func(a *core.Actor) { a.Teams = nil })}},
		{"worker, one factor only", who{Actor: with(worker, func(a *core.Actor) { a.AAL = 1 })}},
		{"worker, inactive", who{Actor: worker, inactive: true}},
		{"worker who administers", who{Actor: worker, administers: true}},
		{"administrator only", who{Actor: with(worker, func(a *core.Actor) { a.Kind = core.ActorOrgAdmin })}},
		{"administrator, inactive", who{Actor: with(worker, func(a *core.Actor) { a.Kind = core.ActorOrgAdmin }), inactive: true}},
		{"worker of another organisation", who{Actor: with(worker, func(a *core.Actor) { a.Org = orgB })}},
		{"the person", who{Actor: core.Actor{Kind: core.ActorPerson, ID: mia, Org: orgA, AAL: 2}}},
		{"the person, one factor only", who{Actor: core.Actor{Kind: core.ActorPerson, ID: mia, Org: orgA, AAL: 1}}},
		{"another person", who{Actor: core.Actor{Kind: core.ActorPerson, ID: "noe", Org: orgA, AAL: 2}}},
		{"the same id elsewhere", who{Actor: core.Actor{Kind: core.ActorPerson, ID: mia, Org: orgB, AAL: 2}}},
		{"operator", who{Actor: core.Actor{Kind: core.ActorOperator, ID: "root", AAL: 2}}},
		{"operator posing in the organisation", who{Actor: core.Actor{Kind: core.ActorOperator, ID: "root", Org: orgA, Teams: []core.ID{team1}, AAL: 2}}},
		{"the program, for the organisation", who{Actor: core.Actor{Kind: core.ActorSystem, ID: "job", Org: orgA}}},
		{"the program, for another one", who{Actor: core.Actor{Kind: core.ActorSystem, ID: "job", Org: orgB}}},
	}
}

func tableResources() []struct {
	name string
	res  Resource
} {
	return []struct {
		name string
		res  Resource
	}{
		{"the organisation", Resource{Org: orgA}},
		{"a person of team 1", Resource{Org: orgA, Person: mia, Teams: []core.ID{team1}}},
		{"a person of both teams", Resource{Org: orgA, Person: mia, Teams: []core.ID{team2, team1}}},
		{"a person of no team", Resource{Org: orgA, Person: mia}},
		{"nothing in particular", Resource{}},
	}
}

// TestPolicyTable holds the whole of actor × resource × action in a golden file:
// a rule that changes shows here, line by line.
func TestPolicyTable(t *testing.T) {
	var b strings.Builder
	for _, a := range tableActors() {
		for _, r := range tableResources() {
			fmt.Fprintf(&b, "%s / %s\n", a.name, r.name)
			for _, action := range Actions() {
				d := decide(a.who, action, r.res)
				word := "not found"
				switch {
				case d.Allowed:
					word = "YES by " + d.Rule
				case d.Weak:
					word = "second factor"
				case d.Seen:
					word = "forbidden"
				}
				fmt.Fprintf(&b, "  %-15s %s\n", action, word)
			}
		}
	}
	const golden = "testdata/policy.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("policy table (-want +got), -update to accept:\n%s", diff)
	}
}

// TestContentIsOnlyForThoseWhoAccompany says in a few lines what the table must
// never say otherwise.
func TestContentIsOnlyForThoseWhoAccompany(t *testing.T) {
	content := []Action{PersonOpen, PersonEdit, HouseholdEdit, FactRead, FactSave, RightCompute, RightDecide, PlanEdit}
	for _, a := range tableActors() {
		for _, r := range tableResources() {
			for _, action := range content {
				if !decide(a.who, action, r.res).Allowed {
					continue
				}
				accompanies := a.who.Kind == core.ActorWorker && a.who.stands(accompanies, r.res) && a.who.AAL >= 2 && !a.who.inactive
				program := a.who.Kind == core.ActorSystem && a.who.Org == r.res.Org
				if !accompanies && !program {
					t.Errorf("%s may %s on %s", a.name, action, r.name)
				}
			}
		}
	}
}

func TestEveryRuleHasItsSentence(t *testing.T) {
	known := map[Action]bool{}
	for _, a := range Actions() {
		known[a] = false
	}
	for _, r := range policy {
		if r.key != "access.rule."+r.id {
			t.Errorf("rule %s has key %s", r.id, r.key)
		}
		for _, tag := range i18n.Tags() {
			if !i18n.For(tag).Has(r.key) {
				t.Errorf("%s: no sentence for rule %s", tag, r.id)
			}
		}
		for _, a := range r.actions {
			if _, ok := known[a]; !ok {
				t.Errorf("rule %s grants %s, which Actions does not list", r.id, a)
			}
			known[a] = true
		}
	}
	for a, granted := range known {
		if !granted {
			t.Errorf("no rule grants %s to anybody", a)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	w := who{Actor: core.Actor{Kind: core.ActorWorker, ID: "w", Org: orgA, Teams: []core.ID{team1, team2}, AAL: 2}}
	res := Resource{Org: orgA, Person: mia, Teams: []core.ID{"team-3", team2}}
	b.ReportAllocs()
	for b.Loop() {
		if !decide(w, RightDecide, res).Allowed {
			b.Fatal("refused")
		}
	}
}
