package merge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// both is a worker of the two teams.
func (w *world) both() context.Context {
	a := core.ActorFrom(w.Claire)
	a.Teams = []core.ID{w.TeamA, w.TeamB}
	return core.WithActor(context.Background(), a)
}

func (w *world) say(file core.ID, variable, from, value string) {
	w.t.Helper()
	w.sayAs(w.Claire, file, variable, from, value, "")
}

func (w *world) sayAs(ctx context.Context, file core.ID, variable, from, value string, replaces core.ID) {
	w.t.Helper()
	d, err := core.ParsePartialDate(from)
	must(w.t, err)
	_, err = w.SaveFacts(ctx, file, []casefile.FactInput{{Variable: variable, From: d, State: casefile.Known, Value: value, Source: casefile.SourceSaid, Replaces: replaces}})
	if errs.Is(err, errs.Conflict) {
		return // both are kept
	}
	must(w.t, err)
}

// readable is everything that can be read of a file, as text; what is only when it
// was computed is left out.
func (w *world) readable(ctx context.Context, id core.ID) string {
	w.t.Helper()
	f, err := w.OpenFile(ctx, id, 0)
	must(w.t, err)
	f.Computed = 0
	for i := range f.Rights {
		if f.Rights[i].Result != nil {
			f.Rights[i].Result.Evaluation = ""
		}
	}
	f.Case.Version = 0
	slices.SortFunc(f.Household.Members, func(a, b casefile.Member) int { return strings.Compare(string(a.ID), string(b.ID)) })
	history, _, err := w.Timeline(ctx, id, "", 50)
	must(w.t, err)
	var decided []casefile.Decision
	for _, right := range w.Law.Rights() {
		d, err := w.Decisions(ctx, id, right)
		must(w.t, err)
		decided = append(decided, d...)
	}
	list, err := w.ListFiles(ctx, "", 50)
	must(w.t, err)
	found, err := w.Search(ctx, f.Person.UsualName, "", 50)
	must(w.t, err)
	talk := [][]string{w.ToTalk(w.TeamA), w.ToTalk(w.TeamB)}
	b, err := json.MarshalIndent([]any{f, history, decided, list, found, talk}, "", " ")
	must(w.t, err)
	return string(b)
}

func TestMergeReadsAsOneAndUndoGivesBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one := w.Person("Fatou", "Diallo", "1990-05-02")
		two := w.PersonIn(w.Karim, w.TeamB, "Fatoumata", "Dialo", "1990")
		ctx := w.both()
		w.say(one, "salaire_net", "2026-01", "900")
		w.sayAs(w.Karim, two, "salaire_net", "2026-01", "950", "")
		w.sayAs(w.Karim, two, "enceinte", "2026-01", "true", "")
		_, err := w.AddToHousehold(w.Karim, two, casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationChild,
			Identity: casefile.Identity{GivenNames: "Awa", UsualName: "Dialo", Birth: core.PartialDate{Year: 2020}}})
		must(t, err)
		_, err = w.Decide(w.Karim, two, casefile.DecisionInput{Right: "af", Kind: casefile.NotWanted})
		must(t, err)
		before1, before2 := w.readable(ctx, one), w.readable(ctx, two)

		wantKind(t, w.merges.Merge(w.Claire, merge.Input{Keep: one, Other: two}), errs.Forbidden)
		wantKind(t, w.merges.Merge(w.Karim, merge.Input{Keep: one, Other: two}), errs.Forbidden)
		must(t, w.merges.Merge(ctx, merge.Input{Keep: one, Other: two, KeepVersion: 1, OtherVersion: 1, Reason: "Même téléphone"}))
		must(t, w.merges.Merge(ctx, merge.Input{Keep: one, Other: two})) // the other tab
		wantKind(t, w.merges.Merge(ctx, merge.Input{Keep: two, Other: one}), errs.Conflict)

		for _, id := range []core.ID{one, two} {
			f, err := w.OpenFile(w.Karim, id, 0) // either team, either address
			must(t, err)
			if f.Person.ID != one || len(f.Merged) != 1 || f.Merged[0].Person.UsualName != "Dialo" {
				t.Fatalf("opened %s: %+v", id, f.Merged)
			}
			if len(f.Household.Members) != 2 {
				t.Fatalf("household of %d, want Fatou and Awa", len(f.Household.Members))
			}
			waits := 0
			for _, l := range f.Facts {
				waits += len(l.Conflicts)
			}
			if waits != 1 || len(f.Facts) != 2 {
				t.Fatalf("%d facts, %d to choose", len(f.Facts), waits)
			}
			for _, r := range f.Rights {
				if r.Right == "af" && !r.Silenced() {
					t.Fatal("the no of one file is not heard in the other")
				}
			}
		}
		page, err := w.Search(ctx, "fatoumata dialo", "", 10)
		must(t, err)
		if len(page.Items) != 1 || page.Items[0].Person != one || !page.Items[0].Openable {
			t.Fatalf("searched by the other name: %+v", page.Items)
		}
		for _, c := range []context.Context{w.Claire, w.Karim, ctx} {
			list, err := w.ListFiles(c, "", 10)
			must(t, err)
			if len(list.Items) != 1 || list.Items[0].Person != one {
				t.Fatalf("listed %+v", list.Items)
			}
		}
		must(t, w.merges.Undo(ctx, one, two, nil))
		wantKind(t, w.merges.Undo(ctx, one, two, nil), errs.Conflict)
		if d := diffText(before1, w.readable(ctx, one)); d != "" {
			t.Error("kept file changed: ", d)
		}
		if d := diffText(before2, w.readable(ctx, two)); d != "" {
			t.Error("other file changed: ", d)
		}
		if _, err := w.OpenFile(w.Claire, two, 0); !errs.Is(err, errs.Forbidden) {
			t.Errorf("team A still opens team B's file: %v", err)
		}
	})
}

func diffText(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d\n%s\nwas\n%s", i, strings.Join(y[max(0, i-6):min(len(y), i+4)], "\n"), strings.Join(x[max(0, i-6):min(len(x), i+4)], "\n"))
		}
	}
	if len(x) != len(y) {
		return fmt.Sprintf("%d lines, were %d", len(y), len(x))
	}
	return ""
}

func TestMergeRefusesChainsAndKin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b, c := w.Person("Ana", "Costa", "1980"), w.Person("Anna", "Costa", "1980"), w.Person("Hanna", "Costa", "1980")
		join := func(keep, other core.ID) error {
			return w.merges.Merge(w.Claire, merge.Input{Keep: keep, Other: other})
		}
		wantKind(t, join(a, a), errs.Invalid)
		must(t, join(a, b))
		wantKind(t, join(c, a), errs.Conflict) // a gathers b
		wantKind(t, join(c, b), errs.Conflict) // b is a
		wantKind(t, join(b, c), errs.Conflict)
		wantKind(t, join(b, a), errs.Conflict)
		must(t, join(a, c)) // a star is no chain
		must(t, w.merges.Undo(w.Claire, a, b, nil))
		f, err := w.OpenFile(w.Claire, a, 0)
		must(t, err)
		if len(f.Merged) != 1 || f.Merged[0].Person.ID != c {
			t.Fatalf("gathered %+v", f.Merged)
		}
		_, err = w.AddToHousehold(w.Claire, b, casefile.HouseholdInput{Person: c, Relation: casefile.RelationPartner, Couple: casefile.Married})
		must(t, err) // c is a: a couple of b and a
		wantKind(t, join(a, b), errs.Invalid)
		wantKind(t, w.merges.Merge(w.Claire, merge.Input{Keep: a, Other: b, KeepVersion: 9}), errs.Invalid)
	})
}

func TestUnmergeAsksWhoseEachRowIs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.Person("Ana", "Costa", "1980-01-01"), w.Person("Anna", "Costa", "1980-01-01")
		w.say(a, "salaire_net", "2026-01", "900")
		w.say(b, "salaire_net", "2026-01", "950")
		must(t, w.merges.Merge(w.Claire, merge.Input{Keep: a, Other: b}))
		f, err := w.OpenFile(w.Claire, a, 0)
		must(t, err)
		pair := f.Facts[0].Conflicts[0]
		must(t, w.ChooseFact(w.Claire, a, pair.Yours.ID, pair.Theirs.ID)) // b's 950 counts
		w.sayAs(w.Claire, a, "salaire_net", "2026-01", "1000", pair.Yours.ID)
		w.say(a, "enceinte", "2026-02", "true")
		p, err := w.Service.Person(w.Claire, a)
		must(t, err)
		p.UsualName = "Costa Silva"
		must(t, w.UpdatePerson(w.Claire, p))
		_, err = w.Decide(w.Claire, a, casefile.DecisionInput{Right: "af", Kind: casefile.ToClaim})
		must(t, err)

		u, err := w.merges.PreviewUndo(w.Claire, a, b)
		must(t, err)
		if len(u.Since) != 4 {
			t.Fatalf("%d rows since, want two facts, a decision and the names: %+v", len(u.Since), u.Since)
		}
		wantKind(t, w.merges.Undo(w.Claire, a, b, nil), errs.Invalid)
		whose := map[core.ID]core.ID{}
		for _, r := range u.Since {
			whose[r.ID] = b
		}
		must(t, w.merges.Undo(w.Claire, a, b, whose))
		value := func(id core.ID) string {
			f, err := w.OpenFile(w.Claire, id, 0)
			must(t, err)
			s := f.Person.UsualName
			for _, l := range f.Facts {
				s += " " + l.Variable + "=" + l.Value + fmt.Sprint(len(l.Waiting))
			}
			for _, r := range f.Rights {
				if r.Decision != nil {
					s += " " + string(r.Decision.Kind)
				}
			}
			return s
		}
		if got, want := value(a), "Costa salaire_net=9000"; got != want {
			t.Errorf("kept: %q, want %q", got, want)
		}
		if got, want := value(b), "Costa Silva salaire_net=10000 enceinte=true0 to_claim"; got != want {
			t.Errorf("other: %q, want %q", got, want)
		}
	})
}

// TestMergeAndUndoLoseNothing plays random gestures on two files, makes them one,
// plays on, parts them at random, and asks that each row is still in one of the two
// and that a merge without gestures changes nothing.
func TestMergeAndUndoLoseNothing(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, dbtest.OpenSQLite(t, db.Config{Clock: dbtest.Clock()}))
			r := rand.New(rand.NewPCG(seed, 3))
			a, b := w.Person("Ana", "Costa", "1980-01-01"), w.PersonIn(w.Karim, w.TeamB, "Anna", "Costa", "1980-01-01")
			ctx := w.both()
			gesture := func(id core.ID) {
				switch r.IntN(6) {
				case 0, 1:
					replaces := core.ID("")
					f, err := w.OpenFile(ctx, id, 0)
					must(t, err)
					if len(f.Facts) > 0 && r.IntN(2) == 0 {
						replaces = f.Facts[r.IntN(len(f.Facts))].ID
					}
					v := []string{"salaire_net", "loyer", "salaire_imposable"}[r.IntN(3)]
					for _, l := range f.Facts {
						if l.ID == replaces {
							v = l.Variable
						}
					}
					w.sayAs(ctx, id, v, []string{"2026-01", "2026-03"}[r.IntN(2)], fmt.Sprint(100*r.IntN(4)), replaces)
				case 2:
					f, err := w.OpenFile(ctx, id, 0)
					must(t, err)
					var open []casefile.ConflictPair
					for _, l := range f.Facts {
						open = append(open, l.Conflicts...)
					}
					if len(open) == 0 {
						return
					}
					keep, drop := open[0].Yours.ID, open[0].Theirs.ID
					if r.IntN(2) == 0 {
						keep, drop = drop, keep
					}
					must(t, w.ChooseFact(ctx, id, keep, drop))
				case 3:
					in := casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationChild, Identity: casefile.Identity{GivenNames: "Awa", UsualName: "Costa", Birth: core.PartialDate{Year: 2018}}}
					_, err := w.AddToHousehold(ctx, id, in)
					must(t, err)
				case 4:
					p, err := w.Service.Person(ctx, id)
					must(t, err)
					p.Hours = fmt.Sprint("après ", r.IntN(20), " h")
					must(t, w.UpdatePerson(ctx, p))
				case 5:
					history, err := w.Decisions(ctx, id, "af")
					must(t, err)
					in := casefile.DecisionInput{Right: "af", Kind: casefile.ToClaim}
					if len(history) > 0 {
						in.After = history[0].ID
					}
					if _, err := w.Decide(ctx, id, in); err != nil && !errs.Is(err, errs.Invalid) {
						t.Fatal(err)
					}
				}
			}
			rows := func() (list []string) {
				must(t, w.DB.Read(ctx, func(q db.Querier) error {
					for _, sql := range []string{`SELECT id FROM fact`, `SELECT id FROM right_decision`, `SELECT id FROM kinship`, `SELECT id FROM household_member`} {
						found, err := q.Query(sql + ` ORDER BY id`)
						if err := db.Each(found, err, func(r *db.Rows) error {
							var id string
							err := r.Scan(&id)
							list = append(list, id)
							return err
						}); err != nil {
							return err
						}
					}
					return nil
				}))
				return list
			}
			for range 12 {
				gesture([]core.ID{a, b}[r.IntN(2)])
			}
			before1, before2 := w.readable(ctx, a), w.readable(ctx, b)
			must(t, w.merges.Merge(ctx, merge.Input{Keep: a, Other: b}))
			must(t, w.merges.Undo(ctx, a, b, nil))
			if d := diffText(before1+before2, w.readable(ctx, a)+w.readable(ctx, b)); d != "" {
				t.Fatal("merge and undo changed a file: ", d)
			}
			must(t, w.merges.Merge(ctx, merge.Input{Keep: a, Other: b}))
			for range 15 {
				gesture([]core.ID{a, b}[r.IntN(2)])
			}
			all := rows()
			u, err := w.merges.PreviewUndo(ctx, a, b)
			must(t, err)
			whose := map[core.ID]core.ID{}
			for _, s := range u.Since {
				whose[s.ID] = []core.ID{a, b}[r.IntN(2)]
			}
			must(t, w.merges.Undo(ctx, a, b, whose))
			if got := rows(); !slices.Equal(got, all) {
				t.Fatalf("rows lost: %d, were %d", len(got), len(all))
			}
			for _, id := range []core.ID{a, b} {
				f, err := w.OpenFile(ctx, id, 0)
				must(t, err)
				if f.Stale != casefile.Fresh {
					t.Errorf("stale after the undo: %v", f.Stale)
				}
				history, _, err := w.Timeline(ctx, id, "", 50)
				must(t, err)
				in := map[core.ID]bool{}
				for _, h := range history {
					in[h.ID] = true
				}
				for _, h := range history {
					if h.File != id || (h.SupersededBy != "" && !in[h.SupersededBy]) || (h.ConflictWith != "" && !in[h.ConflictWith]) {
						t.Errorf("a fact of %s still hangs on the other file: %+v", id, h)
					}
				}
				for _, s := range u.Since {
					if s.Kind == merge.WroteFact && whose[s.ID] == id && !in[s.ID] {
						t.Errorf("fact given to %s is not there", id)
					}
				}
			}
		})
	}
}

// A third file that shows one of the two, or both, shows the one who stands.
func TestMergeIsSeenFromTheHouseholdsAround(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.Person("Ana", "Costa", "1980-01-01"), w.Person("Anna", "Costa", "1980-01-01")
		son := w.Person("Rui", "Costa", "2009-01-01")
		for _, parent := range []core.ID{a, b} {
			_, err := w.AddToHousehold(w.Claire, son, casefile.HouseholdInput{Person: parent, LivesIn: true, Relation: casefile.RelationParent})
			must(t, err)
		}
		about := func(of core.ID, value string, replaces core.ID) core.ID {
			saved, err := w.SaveFacts(w.Claire, son, []casefile.FactInput{{Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: of}, Variable: "salaire_net",
				From: core.PartialDate{Year: 2026, Month: 1}, State: casefile.Known, Value: value, Source: casefile.SourceSaid, Replaces: replaces}})
			must(t, err)
			return saved[0].ID
		}
		theirs := about(b, "700", "")
		must(t, w.Recompute(w.Claire, a, 0))
		must(t, w.Recompute(w.Claire, b, 0))
		before := w.readable(w.Claire, son)
		must(t, w.merges.Merge(w.Claire, merge.Input{Keep: a, Other: b}))
		f, err := w.OpenFile(w.Claire, son, 0)
		must(t, err)
		if len(f.Household.Members) != 2 || len(f.Household.Kin) != 1 || len(f.Household.Humans) != 2 {
			t.Fatalf("household %+v", f.Household)
		}
		if len(f.Facts) != 1 || f.Facts[0].Subject.ID != a {
			t.Fatalf("facts %+v", f.Facts)
		}
		must(t, w.merges.Undo(w.Claire, a, b, nil))
		must(t, w.Recompute(w.Claire, son, 0))
		if d := diffText(before, w.readable(w.Claire, son)); d != "" {
			t.Error("the son's file changed: ", d)
		}
		must(t, w.merges.Merge(w.Claire, merge.Input{Keep: a, Other: b}))
		about(a, "800", theirs) // replaces what was said of b
		must(t, w.merges.Undo(w.Claire, a, b, nil))
		f, err = w.OpenFile(w.Claire, son, 0)
		must(t, err)
		got := map[core.ID]string{}
		for _, l := range f.Facts {
			got[l.Subject.ID] = l.Value
		}
		if got[a] != "800" || got[b] != "700" {
			t.Errorf("said of each: %v", got)
		}
	})
}

// A list by name gives a merged person once, whatever the page they fall on.
func TestMergedPersonIsListedOnceOverPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var all []core.ID
		for i := range 4 {
			all = append(all, w.Person("Ana", "Costa", fmt.Sprint(1980+i)))
			all = append(all, w.PersonIn(w.Karim, w.TeamB, "Ana", "Costa", fmt.Sprint(1960+i)))
		}
		ctx := w.both()
		must(t, w.merges.Merge(ctx, merge.Input{Keep: all[0], Other: all[7]}))
		must(t, w.merges.Merge(ctx, merge.Input{Keep: all[5], Other: all[2]}))
		must(t, w.merges.Merge(ctx, merge.Input{Keep: all[5], Other: all[4]}))
		for limit := 1; limit < 6; limit++ {
			var got []core.ID
			after := ""
			for range 10 {
				page, err := w.ListFiles(ctx, after, limit)
				must(t, err)
				for _, f := range page.Items {
					got = append(got, f.Person)
				}
				if after = page.Next; after == "" {
					break
				}
			}
			slices.Sort(got)
			want := []core.ID{all[0], all[1], all[3], all[5], all[6]}
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("pages of %d: %v, want %v", limit, got, want)
			}
		}
	})
}
