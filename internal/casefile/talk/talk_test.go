package talk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/death"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/law"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rig is a small world whose runs are drained by hand.
type rig struct {
	*casetest.World
	t   testing.TB
	s   *talk.Service
	law *casetest.SmallLaw
	now *hands
}

type hands struct{ now time.Time }

func (h *hands) Now() time.Time { return h.now }

func each(t *testing.T, fn func(t *testing.T, r *rig)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		small := &casetest.SmallLaw{Name: "law-1"}
		fn(t, rigOf(t, casetest.New(t, d, small), small))
	})
}

func rigOf(t testing.TB, w *casetest.World, small *casetest.SmallLaw) *rig {
	t.Helper()
	r := &rig{World: w, t: t, law: small, now: &hands{dbtest.Clock().Now()}}
	w.Service = w.At(r.now)
	var err error
	r.s, err = talk.New(w.Service, law.Files)
	must(t, err)
	return r
}

// tell says that people were told.
func (r *rig) tell(people ...core.ID) {
	r.t.Helper()
	must(r.t, r.s.TellAll(r.Claire, people, talk.TellInput{How: talk.Aloud}))
}

// drain runs every job that is due.
func (r *rig) drain() {
	r.t.Helper()
	jobs := db.NewRunner(r.DB)
	jobs.Handle(talk.Job, func(ctx context.Context, j db.Job) error {
		err := r.s.Run(ctx, j)
		if err != nil {
			r.t.Errorf("run: %v", err)
		}
		return err
	})
	must(r.t, jobs.Drain(context.Background()))
}

// night lets the night come, with its run.
func (r *rig) night() {
	r.t.Helper()
	must(r.t, r.s.Start(context.Background()))
	r.now.now = r.now.now.Add(24 * time.Hour)
	// The job waits for its hour by the database's clock: it is run by hand.
	var runs []core.ID
	must(r.t, r.DB.Read(context.Background(), func(q db.Querier) error {
		rows, err := q.Query(`SELECT id FROM talk_run WHERE org_id = $1 AND ended_at = 0 ORDER BY id`, core.ActorFrom(r.Claire).Org)
		return db.Each(rows, err, func(row *db.Rows) error {
			var id core.ID
			err := row.Scan(&id)
			runs = append(runs, id)
			return err
		})
	}))
	for _, id := range runs {
		must(r.t, r.s.Run(context.Background(), db.Job{Kind: talk.Job, Org: core.ActorFrom(r.Claire).Org, Args: []core.ID{id}}))
	}
}

// demand runs over the files of Claire's team.
func (r *rig) demand() {
	r.t.Helper()
	_, err := r.s.Demand(r.Claire, talk.Over{Team: r.TeamA})
	must(r.t, err)
	r.drain()
}

func (r *rig) list(ctx context.Context, f talk.Filter) []talk.Person {
	r.t.Helper()
	page, err := r.s.List(ctx, f, "", 100)
	must(r.t, err)
	return page.Items
}

// brief is a list in one line: « Haddad: af unclaimed, aide_logement missing ».
func brief(list []talk.Person) string {
	out := ""
	for _, p := range list {
		out += p.Name + ":"
		for _, r := range p.Rights {
			out += " " + r.Name + "/" + string(r.Kind)
		}
		out += ". "
	}
	return out
}

func (r *rig) family(given, usual string) core.ID {
	r.t.Helper()
	id := r.Person(given, usual, "1990-02-03")
	for i, name := range []string{"Yanis", "Lina"} {
		_, err := r.AddToHousehold(r.Claire, id, casefile.HouseholdInput{
			Identity: casefile.Identity{GivenNames: name, UsualName: usual, Birth: core.PartialDate{Year: 2012 + i, Month: 5, Day: 2}}, LivesIn: true, Relation: casefile.RelationChild,
		})
		must(r.t, err)
	}
	return id
}

func (r *rig) rent(id core.ID, value, from string) {
	r.t.Helper()
	home, err := r.Household(r.Claire, id, casetest.Today())
	must(r.t, err)
	at, err := core.ParsePartialDate(from)
	must(r.t, err)
	_, err = r.SaveFacts(r.Claire, id, []casefile.FactInput{{Variable: "loyer", Value: value, From: at, State: casefile.Known, Source: casefile.SourceSaid,
		Subject: casefile.Subject{Kind: casefile.AboutDwelling, ID: home.ID}}})
	must(r.t, err)
}

// rows counts what is kept about somebody.
func (r *rig) rows(id core.ID) (n int64) {
	r.t.Helper()
	must(r.t, r.DB.Read(context.Background(), func(q db.Querier) error {
		return q.QueryRow(`SELECT COUNT(*) FROM talk_right WHERE file_id = $1`, id).Scan(&n)
	}))
	return n
}

// kinds lists the kinds of lines in a person's journal.
func (r *rig) kinds(id core.ID) (list []string) {
	r.t.Helper()
	must(r.t, r.DB.Read(context.Background(), func(q db.Querier) error {
		entries, err := journal.ForPerson(q, core.ActorFrom(r.Claire).Org, id, casetest.Today(), casetest.Today().AddDays(60))
		for _, e := range entries {
			list = append(list, e.Kind)
		}
		return err
	}))
	return list
}

func person(id, org core.ID) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: id, Org: org, AAL: 2})
}

// Only open accompaniments whose person was told of it.
func TestNobodyIsLookedAtUntold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		told, untold, ended := r.family("Samira", "Haddad"), r.family("Jean", "Morel"), r.family("Awa", "Diallo")
		r.tell(told)
		r.tell(ended)
		must(t, r.DB.Tx(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE casefile SET phase = 'archive' WHERE person_id = $1`, ended)
			return err
		}))
		before := len(r.kinds(untold))
		r.demand()
		if r.rows(told) == 0 || r.rows(untold) != 0 || r.rows(ended) != 0 {
			t.Errorf("rows: %d of who was told, %d of who was not, %d of an ended accompaniment", r.rows(told), r.rows(untold), r.rows(ended))
		}
		if got := brief(r.list(r.Claire, talk.Filter{})); got != "Samira Haddad: af/unclaimed aide_logement/missing. " {
			t.Errorf("the list: %q", got)
		}
		// The person sees the calculation in their journal; nobody else does.
		if lines := r.kinds(told); !slices.Contains(lines, "talk.run") || !slices.Contains(lines, "talk.tell") {
			t.Errorf("journal of who was told: %v", lines)
		}
		if got := len(r.kinds(untold)); got != before {
			t.Errorf("journal of who was not told: %v", r.kinds(untold))
		}
		// Nothing changed: no calculation, no line.
		lines := len(r.kinds(told))
		r.demand()
		if got := len(r.kinds(told)); got != lines+0 {
			t.Errorf("a run that computed nothing leaves %d lines", got-lines)
		}
	})
}

// An objection, on paper or on one's own pages, leaves the person out and forgets.
func TestAnObjectionLeavesOut(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.family("Samira", "Haddad")
		org := core.ActorFrom(r.Claire).Org
		r.tell(id)
		r.demand()
		own := person(id, org)
		must(t, r.s.Object(own, id, talk.TellInput{}))
		n, err := r.s.ReadOwn(own)
		must(t, err)
		if n.Included() || n.ObjectedHow != talk.Portal || n.ObjectedOn != casetest.Today() || n.ObjectedBy != "" || n.Last != 0 {
			t.Errorf("after the person's own objection: %+v", n)
		}
		r.law.Name = "law-2" // something to compute
		r.demand()
		if r.rows(id) != 0 || len(r.list(r.Claire, talk.Filter{})) != 0 {
			t.Error("somebody who objects is looked at")
		}
		must(t, r.s.Lift(own, id))
		r.demand()
		if r.rows(id) == 0 {
			t.Error("somebody who lifted their objection is left out")
		}
		// On paper, by the worker; another team cannot.
		if err := r.s.Object(r.Karim, id, talk.TellInput{How: talk.Letter}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another team objects: %v", err)
		}
		if err := r.s.Object(person("0190b6c0-0000-7000-8000-000000000001", org), id, talk.TellInput{}); err == nil {
			t.Error("another person objects for them")
		}
		must(t, r.s.Object(r.Claire, id, talk.TellInput{How: talk.Letter}))
		must(t, r.s.Object(r.Claire, id, talk.TellInput{How: talk.Letter}))
		if r.rows(id) != 0 {
			t.Error("what was found is kept after an objection")
		}
		if n, err := r.s.ReadNotice(r.Claire, id); err != nil || n.ObjectedHow != talk.Letter || n.Workers[n.ObjectedBy] == "" {
			t.Errorf("the notice: %+v, %v", n, err)
		}
		for _, kind := range []string{"talk.object", "talk.lift", "talk.notice"} {
			if !slices.Contains(r.kinds(id), kind) {
				t.Errorf("no line %s", kind)
			}
		}
	})
}

// Objecting while a run computes: nothing is stored.
func TestAnObjectionDuringARun(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.family("Samira", "Haddad")
		r.tell(id)
		_, err := r.s.Demand(r.Claire, talk.Over{Team: r.TeamA})
		must(t, err)
		must(t, r.DB.Tx(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE talk_person SET objected_on = '2026-06-11', objected_how = 'portal' WHERE person_id = $1`, id)
			return err
		}))
		r.drain()
		if r.rows(id) != 0 {
			t.Error("stored in spite of the objection")
		}
	})
}

// A no silences a right for everybody until the person comes back on it.
func TestANoSilences(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.family("Samira", "Haddad")
		r.tell(id)
		r.demand()
		d, err := r.Decide(r.Claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.NotWanted, NonTakeUp: casefile.NonDemand})
		must(t, err)
		hugo, _ := r.Worker("hugo", "Hugo Lantier", r.TeamA)
		for _, ctx := range []context.Context{r.Claire, hugo} {
			for _, f := range []talk.Filter{{}, {Right: "af"}, {Kind: talk.Changed}, {TakeUp: casefile.NonDemand}, {Paused: true}} {
				for _, p := range r.list(ctx, f) {
					for _, right := range p.Rights {
						if right.Name == "af" {
							t.Errorf("listed in spite of the no, with %+v", f)
						}
					}
				}
			}
		}
		// Neither a run nor a new law brings it back.
		r.law.Name = "law-2"
		r.demand()
		if got := brief(r.list(r.Claire, talk.Filter{})); got != "Samira Haddad: aide_logement/missing. " {
			t.Errorf("after a new law: %q", got)
		}
		_, err = r.Decide(r.Claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.Reopened, After: d.ID})
		must(t, err)
		if got := brief(r.list(r.Claire, talk.Filter{})); got != "Samira Haddad: af/unclaimed aide_logement/missing. " {
			t.Errorf("reopened: %q", got)
		}
	})
}

// The no of somebody merged holds in the file that stands, as their objection does.
func TestANoAndAnObjectionOfSomebodyMerged(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		keptID, other := r.family("Samira", "Haddad"), r.family("Samira", "Hadad")
		r.tell(keptID)
		r.tell(other)
		_, err := r.Decide(r.Claire, other, casefile.DecisionInput{Right: "af", Kind: casefile.NotWanted})
		must(t, err)
		a, err := r.OpenFile(r.Claire, keptID, 0)
		must(t, err)
		b, err := r.OpenFile(r.Claire, other, 0)
		must(t, err)
		must(t, merge.New(r.Service).Merge(r.Claire, merge.Input{Keep: keptID, Other: other, KeepVersion: a.Person.Version, OtherVersion: b.Person.Version}))
		r.demand()
		for _, p := range r.list(r.Claire, talk.Filter{}) {
			for _, right := range p.Rights {
				if right.Name == "af" {
					t.Error("the no of the file that was merged is forgotten")
				}
			}
		}
		must(t, r.s.Object(person(other, core.ActorFrom(r.Claire).Org), other, talk.TellInput{}))
		if r.rows(keptID) != 0 || len(r.list(r.Claire, talk.Filter{})) != 0 {
			t.Error("the objection of the file that was merged is not heard")
		}
	})
}

func TestDecisionsGiveTheKind(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.family("Samira", "Haddad")
		r.tell(id)
		r.demand()
		var after core.ID
		for _, c := range []struct {
			kind casefile.DecisionKind
			days int
			want string
		}{
			{casefile.ToClaim, 0, "af/to_claim"},
			{casefile.Claimed, 0, ""},
			{casefile.Claimed, 61, "af/not_received"},
			{casefile.Contested, 0, "af/contested"},
			{casefile.Receives, 0, ""},
		} {
			in := casefile.DecisionInput{Right: "af", Kind: c.kind, After: after, Detail: fmt.Sprint(c.days)}
			d, err := r.Decide(r.Claire, id, in)
			must(t, err)
			after = d.ID
			r.now.now = r.now.now.Add(time.Duration(c.days) * 24 * time.Hour)
			must(t, r.DB.Tx(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE right_decision SET at = $1 WHERE id = $2`, r.now.now.Add(-time.Duration(c.days)*24*time.Hour).UnixMicro(), d.ID)
				return err
			}))
			r.demand() // of the month that it is
			want := "Samira Haddad: " + c.want + " aide_logement/missing. "
			if c.want == "" {
				want = "Samira Haddad: aide_logement/missing. "
			}
			if got := brief(r.list(r.Claire, talk.Filter{})); got != want {
				t.Errorf("%s after %d days: %q", c.kind, c.days, got)
			}
		}
	})
}

func TestSetAside(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.family("Samira", "Haddad")
		r.tell(id)
		r.demand()
		today := casetest.Today()
		listed := func() string { return brief(r.list(r.Claire, talk.Filter{})) }
		_, err := r.s.SetAside(r.Claire, id, talk.PauseInput{Right: "af", Reason: talk.NotNow, Until: today.AddDays(10), TakeUp: casefile.NonProposal})
		must(t, err)
		if got := listed(); got != "Samira Haddad: aide_logement/missing. " {
			t.Errorf("set aside until a day: %q", got)
		}
		aside := r.list(r.Claire, talk.Filter{Paused: true})
		if len(aside) != 1 || len(aside[0].Rights) != 1 || aside[0].Rights[0].Pause == nil || aside[0].Rights[0].TakeUp != casefile.NonProposal {
			t.Fatalf("what is set aside: %+v", aside)
		}
		pause := aside[0].Rights[0].Pause.ID
		if err := r.s.TakeBack(r.Karim, id, pause); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another team takes it back: %v", err)
		}
		hugo, _ := r.Worker("hugo", "Hugo Lantier", r.TeamA) // any colleague may
		must(t, r.s.TakeBack(hugo, id, pause))
		must(t, r.s.TakeBack(hugo, id, pause))
		if got := listed(); got != "Samira Haddad: af/unclaimed aide_logement/missing. " {
			t.Errorf("taken back: %q", got)
		}
		// Until its day, and no longer.
		_, err = r.s.SetAside(r.Claire, id, talk.PauseInput{Right: "af", Reason: talk.Spoken, Until: today.AddDays(10)})
		must(t, err)
		r.now.now = r.now.now.Add(10 * 24 * time.Hour)
		if got := listed(); got != "Samira Haddad: af/unclaimed aide_logement/missing. " {
			t.Errorf("on the day: %q", got)
		}
		// Until something else can be said of the right: a fact, or the law.
		_, err = r.s.SetAside(r.Claire, id, talk.PauseInput{Right: "aide_logement", Reason: talk.Paper})
		must(t, err)
		r.law.Name = "law-2" // says the same
		r.demand()
		if got := listed(); got != "Samira Haddad: af/unclaimed. " {
			t.Errorf("set aside until something else can be said: %q", got)
		}
		r.rent(id, "500", "2026-01")
		r.demand()
		if got := listed(); got != "Samira Haddad: af/unclaimed aide_logement/unclaimed. " {
			t.Errorf("a fact says something else: %q", got)
		}
		for name, in := range map[string]talk.PauseInput{
			"reason": {Right: "af"}, "detail": {Right: "af", Reason: talk.Other}, "until": {Right: "af", Reason: talk.NotNow, Until: today},
			"take_up": {Right: "af", Reason: talk.NotNow, TakeUp: "x"},
		} {
			_, err := r.s.SetAside(r.Claire, id, in)
			var f errs.Fields
			if !errors.As(err, &f) || f[0].Field != name {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := r.s.SetAside(r.Claire, id, talk.PauseInput{Right: "rsa", Reason: talk.NotNow}); !errs.Is(err, errs.NotFound) {
			t.Errorf("a right that no run knows: %v", err)
		}
	})
}

// A run says what changed and why, by computing without each thing that changed.
func TestWhatChangedAndWhy(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.family("Samira", "Haddad")
		r.rent(id, "500", "2026-01")
		r.tell(id)
		r.demand()
		if got := r.list(r.Claire, talk.Filter{Kind: talk.Changed}); len(got) != 0 {
			t.Errorf("a first run has nothing to compare with: %s", brief(got))
		}
		r.rent(id, "600", "2026-06")
		_, err := r.AddToHousehold(r.Claire, id, casefile.HouseholdInput{
			Identity: casefile.Identity{GivenNames: "Adam", UsualName: "Haddad", Birth: core.PartialDate{Year: 2026, Month: 6, Day: 1}}, LivesIn: true, Relation: casefile.RelationChild,
		})
		must(t, err)
		r.demand()
		got := r.list(r.Claire, talk.Filter{Kind: talk.Changed})
		if len(got) != 1 || len(got[0].Rights) != 2 {
			t.Fatalf("changed: %s", brief(got))
		}
		af, al := got[0].Rights[0], got[0].Rights[1]
		if af.News.Was.Amount != 10_000 || af.Amount != 20_000 || len(af.News.Why) != 1 || af.News.Why[0].Kind != talk.Household {
			t.Errorf("af: %+v, %+v", af, af.News)
		}
		if al.News.Was.Amount != 25_000 || al.Amount != 30_000 || len(al.News.Why) != 1 || al.News.Why[0].Kind != talk.Facts || !slices.Equal(al.News.Why[0].Variables, []string{"loyer"}) {
			t.Errorf("aide_logement: %+v, %+v", al, al.News)
		}
		// News grow old.
		r.now.now = r.now.now.Add(70 * 24 * time.Hour)
		if got := r.list(r.Claire, talk.Filter{Kind: talk.Changed}); len(got) != 0 {
			t.Errorf("ten weeks later: %s", brief(got))
		}
	})
}

func TestOtherTeamsAndTheDead(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.family("Samira", "Haddad")
		r.tell(id)
		r.demand()
		if got := r.list(r.Karim, talk.Filter{}); len(got) != 0 {
			t.Errorf("another team lists %s", brief(got))
		}
		if got := r.list(r.Karim, talk.Filter{Team: r.TeamA}); len(got) != 0 {
			t.Errorf("another team lists %s", brief(got))
		}
		if _, err := r.s.Demand(r.Karim, talk.Over{Team: r.TeamA}); !errs.Is(err, errs.NotFound) {
			t.Errorf("another team runs over it: %v", err)
		}
		if _, err := r.s.ReadNotice(r.Karim, id); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another team reads the notice: %v", err)
		}
		if _, err := r.s.Counts(r.Claire); err == nil {
			t.Error("a worker counts the organisation")
		}
		gone, err := death.New(r.Service, nil)
		must(t, err)
		must(t, gone.Record(r.Claire, id, id, death.Input{On: core.PartialDate{Year: 2026, Month: 6, Day: 1}, Source: casefile.SourceSaid}))
		if got := r.list(r.Claire, talk.Filter{}); len(got) != 0 {
			t.Errorf("somebody who died is listed: %s", brief(got))
		}
		r.law.Name = "law-2"
		r.demand()
	})
}

// A run that is killed goes on after the last file it stored; one of the same files is
// not started twice.
func TestARunGoesOn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var people []core.ID
		for i := range 23 {
			people = append(people, r.family("Anne", fmt.Sprintf("Essai%c", 'A'+i)))
		}
		r.tell(people...)
		run, err := r.s.Demand(r.Claire, talk.Over{Team: r.TeamA})
		must(t, err)
		again, err := r.s.Demand(r.Claire, talk.Over{Team: r.TeamA})
		must(t, err)
		if again != run {
			t.Error("two runs over the same files")
		}
		p, err := r.s.ReadProgress(r.Claire)
		must(t, err)
		if p.Run != run || p.Of != 23 || p.Seen != 0 || p.Ended != 0 {
			t.Errorf("before it begins: %+v", p)
		}
		stopped, cancel := context.WithCancel(context.Background())
		cancel()
		job := db.Job{Kind: talk.Job, Org: core.ActorFrom(r.Claire).Org, Args: []core.ID{run}}
		if err := r.s.Run(stopped, job); err == nil {
			t.Error("a run that was stopped says that it went well")
		}
		// Killed after the tenth file: the row says where it stands.
		ids := slices.Sorted(slices.Values(people))
		must(t, r.DB.Tx(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE talk_run SET after_id = $1, seen = 9 WHERE id = $2`, ids[9], run)
			return err
		}))
		runs := r.law.Runs
		r.drain()
		if got := r.law.Runs - runs; got != 13 {
			t.Errorf("%d files computed after the kill, want 13", got)
		}
		p, err = r.s.ReadProgress(r.Claire)
		must(t, err)
		if p.Seen != 23 || p.Of != 23 || p.Ended == 0 || p.LastEnded != p.Ended {
			t.Errorf("at the end: %+v", p)
		}
		must(t, r.s.Run(context.Background(), job)) // delivered twice
	})
}

func TestTheNight(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.family("Samira", "Haddad")
		r.tell(id)
		must(t, r.s.Start(context.Background()))
		must(t, r.s.Start(context.Background())) // a second process
		jobs := func() (n int64) {
			must(t, r.DB.Read(context.Background(), func(q db.Querier) error {
				return q.QueryRow(`SELECT COUNT(*) FROM job WHERE kind = $1`, talk.Job).Scan(&n)
			}))
			return n
		}
		if jobs() != 1 {
			t.Errorf("%d jobs for one night", jobs())
		}
		if r.rows(id) != 0 {
			t.Error("the night came early")
		}
		r.night()
		if r.rows(id) == 0 || jobs() != 2 {
			t.Errorf("after the night: %d rows, %d jobs with the next night's", r.rows(id), jobs())
		}
	})
}

func TestOneFileThatFailsStopsNobody(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.family("Samira", "Haddad")
		r.tell(id)
		r.law.Fail = errors.New("broken")
		r.demand()
		if r.rows(id) != 0 {
			t.Error("stored in spite of the failure")
		}
		r.law.Fail = nil
		r.demand()
		if r.rows(id) == 0 {
			t.Error("the next run leaves it out")
		}
	})
}

// People are listed by name or by last contact: nothing else, and pages lose nobody.
func TestPagesAndOrders(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var people []core.ID
		for i := range 17 {
			id := r.family("Anne", fmt.Sprintf("Essai%c", 'Q'-i))
			people = append(people, id)
			if i%3 == 0 {
				r.rent(id, fmt.Sprint(900-10*i), "2026-01") // amounts of every height
			}
		}
		r.tell(people...)
		r.demand()
		must(t, r.DB.Tx(context.Background(), func(tx *db.Tx) error {
			for i, id := range people {
				if _, err := tx.Exec(`UPDATE casefile SET last_contact_from_person_at = $1 WHERE person_id = $2`, int64((i*7)%17)*1_000_000, id); err != nil {
					return err
				}
			}
			return nil
		}))
		walk := func(f talk.Filter) (names []string, contacts []int64) {
			after := ""
			for range 20 {
				page, err := r.s.List(r.Claire, f, after, 4)
				must(t, err)
				if len(page.Items) > 4 {
					t.Fatalf("%d on a page", len(page.Items))
				}
				for _, p := range page.Items {
					names, contacts = append(names, p.Name), append(contacts, p.Contact)
				}
				if after = page.Next; after == "" {
					return names, contacts
				}
			}
			t.Fatal("the pages do not end")
			return nil, nil
		}
		byName, _ := walk(talk.Filter{})
		if len(byName) != 17 || !slices.IsSorted(byName) {
			t.Errorf("by name: %v", byName)
		}
		_, contacts := walk(talk.Filter{Order: talk.ByContact})
		if len(contacts) != 17 || !slices.IsSorted(contacts) {
			t.Errorf("by contact: %v", contacts)
		}
		if some, _ := walk(talk.Filter{Right: "aide_logement", Kind: talk.Unclaimed}); len(some) != 6 || !slices.IsSorted(some) {
			t.Errorf("a right that is probable: %v", some)
		}
		if some, _ := walk(talk.Filter{Name: "essaic"}); !slices.Equal(some, []string{"Anne EssaiC"}) {
			t.Errorf("by a name: %v", some)
		}
		if some, _ := walk(talk.Filter{Referent: talk.Nobody}); len(some) != 0 {
			t.Errorf("of nobody: %v", some)
		}
		if some, _ := walk(talk.Filter{Referent: r.ClaireID, Team: r.TeamA}); len(some) != 17 {
			t.Errorf("mine: %v", some)
		}
		for _, after := range []string{"x", "YQ", "%", "AAAA"} {
			if _, err := r.s.List(r.Claire, talk.Filter{}, after, 4); !errs.Is(err, errs.Invalid) {
				t.Errorf("page %q: %v", after, err)
			}
		}
	})
}

// Above a caseload: counts without names, small ones hidden, whatever is asked.
func TestCountsHideSmallNumbers(t *testing.T) {
	for _, n := range []int{3, 10, 11, 14, 23} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			small := &casetest.SmallLaw{Name: "law-1"}
			r := rigOf(t, casetest.New(t, d, small), small)
			var people []core.ID
			for i := range n {
				people = append(people, r.family("Anne", fmt.Sprintf("Essai%c", 'A'+i)))
			}
			r.tell(people...)
			r.demand()
			admin := core.WithActor(context.Background(), core.Actor{Kind: core.ActorOrgAdmin, ID: r.ClaireID, Org: core.ActorFrom(r.Claire).Org, AAL: 2})
			counts, err := r.s.Counts(admin)
			must(t, err)
			af := counts[0]
			want := map[int]int{3: 0, 10: 0, 11: 11, 14: 11, 23: 20}[n]
			if af.Right != "af" || af.Probable != want || af.Hidden.Probable != (n < talk.Fewest) || !af.Hidden.Changed {
				t.Errorf("%d files: %+v", n, af)
			}
		})
	}
}

func TestTellChecksWhatIsSaid(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id, elsewhere := r.Person("Samira", "Haddad", "1990-02-03"), r.PersonIn(r.Karim, r.TeamB, "Awa", "Diallo", "1980-01-01")
		for field, in := range map[string]talk.TellInput{
			"how": {}, "on": {How: talk.Aloud, On: casetest.Today().AddDays(1)},
		} {
			var f errs.Fields
			if err := r.s.Tell(r.Claire, id, in); !errors.As(err, &f) || f[0].Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if err := r.s.Tell(r.Claire, id, talk.TellInput{How: talk.Portal}); err == nil {
			t.Error("a worker tells through the person's own pages")
		}
		if err := r.s.TellAll(r.Claire, []core.ID{id, elsewhere}, talk.TellInput{How: talk.Letter}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("somebody of another team: %v", err)
		}
		if n, err := r.s.ReadNotice(r.Claire, id); err != nil || !n.InformedOn.IsZero() {
			t.Errorf("one failed, the others were told: %+v, %v", n, err)
		}
		if err := r.s.TellAll(r.Claire, nil, talk.TellInput{How: talk.Letter}); err == nil {
			t.Error("nobody was chosen")
		}
		must(t, r.s.Tell(r.Claire, id, talk.TellInput{How: talk.Letter, On: casetest.Today().AddDays(-3)}))
		n, err := r.s.ReadNotice(r.Claire, id)
		must(t, err)
		if diff := cmp.Diff([]any{talk.Letter, casetest.Today().AddDays(-3), "Claire Maurel"}, []any{n.InformedHow, n.InformedOn, n.Workers[n.InformedBy]}); diff != "" {
			t.Error(diff)
		}
	})
}

// Two people taken for one, then parted: nothing found about the two as one stays, an
// objection said meanwhile holds for both, and nobody is looked at untold.
func TestTwoWhoWereTakenForOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		org := core.ActorFrom(r.Claire).Org
		join := func(keep, other core.ID) {
			r.now.now = r.now.now.Add(time.Minute)
			must(t, merge.New(r.Service).Merge(r.Claire, merge.Input{Keep: keep, Other: other}))
		}
		part := func(keep, other core.ID) {
			r.now.now = r.now.now.Add(time.Minute)
			must(t, merge.New(r.Service, r.s).Undo(r.Claire, keep, other, nil))
		}
		untold, told := r.family("Samira", "Haddad"), r.family("Samira", "Hadad")
		r.tell(told)
		join(untold, told)
		r.demand()
		if r.rows(untold) == 0 {
			t.Fatal("one of two who are one was told: nothing was looked at")
		}
		part(untold, told)
		if r.rows(untold)+r.rows(told) != 0 {
			t.Error("what was found about the two as one is kept")
		}
		r.demand()
		if got := brief(r.list(r.Claire, talk.Filter{})); got != "Samira Hadad: af/unclaimed aide_logement/missing. " || r.rows(untold) != 0 {
			t.Errorf("after the two were parted: %q", got)
		}

		// Rows of before do not make up for a notice.
		must(t, r.DB.Tx(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE talk_person SET informed_on = '' WHERE person_id = $1`, told)
			return err
		}))
		if got := brief(r.list(r.Claire, talk.Filter{})); got != "" {
			t.Errorf("listed untold: %q", got)
		}
		r.tell(told, untold)

		join(untold, told)
		must(t, r.s.Object(r.Claire, untold, talk.TellInput{How: talk.Aloud}))
		part(untold, told)
		for _, id := range []core.ID{untold, told} {
			if n, err := r.s.ReadNotice(r.Claire, id); err != nil || n.ObjectedHow != talk.Aloud || n.Included() {
				t.Errorf("an objection that may be either's: %+v, %v", n, err)
			}
		}

		// One's own objection is theirs alone, to lift as well.
		must(t, r.s.Lift(r.Claire, untold))
		must(t, r.s.Lift(r.Claire, told))
		must(t, r.s.Object(person(told, org), told, talk.TellInput{}))
		join(untold, told)
		must(t, r.s.Lift(person(untold, org), untold))
		if n, err := r.s.ReadNotice(r.Claire, untold); err != nil || n.Included() {
			t.Errorf("lifted by another: %+v, %v", n, err)
		}
		// Lifted by a worker while they were one: the other is told again first.
		must(t, r.s.Lift(r.Claire, untold))
		part(untold, told)
		if n, err := r.s.ReadNotice(r.Claire, told); err != nil || n.Included() {
			t.Errorf("an objection that somebody else's word lifted: %+v, %v", n, err)
		}
		if n, err := r.s.ReadNotice(r.Claire, untold); err != nil || !n.Included() {
			t.Errorf("the kept file: %+v, %v", n, err)
		}
	})
}

// What was found in a month that is over is shown as nothing of today's.
func TestLastMonthsFindingsAreNotTodays(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var people []core.ID
		for i := range talk.Fewest {
			people = append(people, r.family("Anne", fmt.Sprintf("Essai%c", 'A'+i)))
		}
		r.tell(people...)
		r.demand()
		list := r.list(r.Claire, talk.Filter{})
		if len(list) != len(people) || list[0].Computed == 0 {
			t.Fatalf("this month: %+v", list)
		}
		admin := core.WithActor(context.Background(), core.Actor{Kind: core.ActorOrgAdmin, ID: r.ClaireID, Org: core.ActorFrom(r.Claire).Org, AAL: 2})
		counted := func() int {
			counts, err := r.s.Counts(admin)
			must(t, err)
			return counts[0].Probable
		}
		if counted() != len(people) {
			t.Errorf("counted %d", counted())
		}
		r.now.now = r.now.now.AddDate(0, 1, 0)
		if list := r.list(r.Claire, talk.Filter{}); len(list) != 0 || counted() != 0 {
			t.Errorf("a month later: %s, %d counted", brief(list), counted())
		}
		r.demand()
		if list := r.list(r.Claire, talk.Filter{}); len(list) != len(people) || counted() != len(people) {
			t.Errorf("looked at again: %s, %d counted", brief(list), counted())
		}
	})
}
