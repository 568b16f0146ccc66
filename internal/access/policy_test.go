package access

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// noon is when the decisions of these tests are taken.
var noon = time.Date(2026, 6, 11, 10, 0, 0, 0, time.UTC)

func testEngine(t testing.TB) *engine {
	t.Helper()
	e, err := ownEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

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
		{"clerk of the desk", who{Actor: with(worker, func(a *core.Actor) { a.Kind, a.Teams = core.ActorClerk, nil })}},
		{"clerk who administers", who{Actor: with(worker, func(a *core.Actor) { a.Kind, a.Teams = core.ActorClerk, nil }), administers: true}},
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
	rules := testEngine(t)
	for _, a := range tableActors() {
		for _, r := range tableResources() {
			fmt.Fprintf(&b, "%s / %s\n", a.name, r.name)
			for _, action := range Actions() {
				d := rules.decide(a.who, action, r.res, noon)
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

// tableAgreements are the agreements that a request about Mia's file may name.
func tableAgreements() []struct {
	name string
	in   *Invoked
} {
	today := core.Date{Year: 2026, Month: 6, Day: 11}
	with := func(base Invoked, change func(*Invoked)) *Invoked { change(&base); return &base }
	consent := Invoked{Kind: InvokedConsent, Person: mia, Teams: []core.ID{team1}, Categories: []Category{Rights, Plan}, Gestures: []Gesture{See},
		From: today.AddDays(-1), Until: today.AddDays(30), Today: today, Category: Rights}
	reason := Invoked{Kind: InvokedReason, Person: mia, To: "w", Categories: []Category{Rights}, Ends: noon.Add(time.Minute), Granted: true, Today: today, Category: Rights}
	grant := Invoked{Kind: InvokedGrant, Person: mia, Teams: []core.ID{team1}, Gestures: []Gesture{See}, From: today.AddDays(-1), Until: today.AddDays(30), Today: today}
	relative := Invoked{Kind: InvokedRelative, Person: mia, To: "noe", Categories: []Category{Plan}, From: today, Until: today, Today: today, Category: Plan}
	return []struct {
		name string
		in   *Invoked
	}{
		{"none", nil},
		{"consent to see rights and plan", &consent},
		{"consent, another category", with(consent, func(i *Invoked) { i.Category = Situation })},
		{"consent, from tomorrow", with(consent, func(i *Invoked) { i.From = today.AddDays(1) })},
		{"consent, its last day", with(consent, func(i *Invoked) { i.Until = today })},
		{"consent, until yesterday", with(consent, func(i *Invoked) { i.Until = today.AddDays(-1) })},
		{"consent, taken back", with(consent, func(i *Invoked) { i.Revoked = true })},
		{"consent to another team", with(consent, func(i *Invoked) { i.Teams = []core.ID{team2} })},
		{"consent of somebody else", with(consent, func(i *Invoked) { i.Person = "noe" })},
		{"consent to see, take and deposit", with(consent, func(i *Invoked) { i.Gestures = []Gesture{See, Take, Deposit} })},
		{"consent to deposit alone", with(consent, func(i *Invoked) { i.Gestures = []Gesture{Deposit} })},
		{"reason of this worker", &reason},
		{"reason, another category", with(reason, func(i *Invoked) { i.Category = Plan })},
		{"reason, the hour is over", with(reason, func(i *Invoked) { i.Ends = noon })},
		{"reason, nobody answered for it", with(reason, func(i *Invoked) { i.Granted = false })},
		{"reason of a colleague", with(reason, func(i *Invoked) { i.To = "v" })},
		{"grant of a paper", &grant},
		{"grant, to take a copy", with(grant, func(i *Invoked) { i.Gestures = []Gesture{See, Take} })},
		{"grant, until yesterday", with(grant, func(i *Invoked) { i.Until = today.AddDays(-1) })},
		{"grant, from tomorrow", with(grant, func(i *Invoked) { i.From = today.AddDays(1) })},
		{"grant, taken back", with(grant, func(i *Invoked) { i.Revoked = true })},
		{"grant of somebody else's paper", with(grant, func(i *Invoked) { i.Person = "noe" })},
		{"relative", &relative},
		{"relative, taken back", with(relative, func(i *Invoked) { i.Revoked = true })},
	}
}

// TestAgreementTable holds what agreements open: actor × relation × agreement × the
// gestures that read one.
func TestAgreementTable(t *testing.T) {
	rules := testEngine(t)
	var b strings.Builder
	for _, a := range tableActors() {
		for _, r := range tableResources() {
			if r.res.Person == "" {
				continue
			}
			for _, g := range tableAgreements() {
				fmt.Fprintf(&b, "%s / %s / %s:", a.name, r.name, g.name)
				for _, action := range []Action{PersonOpen, FactRead, SharedRead, SharedTake, SharedDeposit, PaperRead, PaperTake} {
					res := r.res
					res.Invoked = g.in
					word := "no"
					if d := rules.decide(a.who, action, res, noon); d.Allowed {
						word = d.Rule
					}
					fmt.Fprintf(&b, " %s=%s", action, word)
				}
				b.WriteByte('\n')
			}
		}
	}
	const golden = "testdata/agreement.golden"
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
		t.Errorf("agreement table (-want +got), -update to accept:\n%s", diff)
	}
}

// TestContentIsOnlyForThoseWhoAccompany says in a few lines what the table must
// never say otherwise.
func TestContentIsOnlyForThoseWhoAccompany(t *testing.T) {
	rules := testEngine(t)
	content := []Action{PersonOpen, PersonEdit, HouseholdEdit, FactRead, FactSave, RightCompute, RightDecide, PlanEdit}
	for _, a := range tableActors() {
		for _, r := range tableResources() {
			for _, action := range content {
				if !rules.decide(a.who, action, r.res, noon).Allowed {
					continue
				}
				accompanies := a.who.Kind == core.ActorWorker && r.res.Org == a.who.Org && slices.ContainsFunc(r.res.Teams, a.who.InTeam) && a.who.AAL >= 2 && !a.who.inactive
				program := a.who.Kind == core.ActorSystem && a.who.Org == r.res.Org
				if !accompanies && !program {
					t.Errorf("%s may %s on %s", a.name, action, r.name)
				}
			}
		}
	}
}

func TestEveryPolicyHasItsSentence(t *testing.T) {
	rules := testEngine(t)
	for _, id := range rules.ids() {
		for _, tag := range i18n.Tags() {
			if !i18n.For(tag).Has(rules.sentences[id]) {
				t.Errorf("%s: no sentence %s for policy %s", tag, rules.sentences[id], id)
			}
		}
	}
}

// BenchmarkDecide is one decision; cpu-us/op is processor time.
func BenchmarkDecide(b *testing.B) {
	w := who{Actor: core.Actor{Kind: core.ActorWorker, ID: "w", Org: orgA, Teams: []core.ID{team1, team2}, AAL: 2}}
	res := Resource{Org: orgA, Person: mia, Teams: []core.ID{"team-3", team2}}
	rules := testEngine(b)
	var asking principals
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		w.made = nil
		asking.fill(&w)
		if !rules.decide(w, RightDecide, res, noon).Allowed {
			b.Fatal("refused")
		}
	}
	b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/1000/float64(b.N), "cpu-us/op")
}

// processorTime is what this process has used of the processor.
func processorTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
