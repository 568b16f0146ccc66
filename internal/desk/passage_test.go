package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// fixed is a clock that stands at noon of a day.
type fixed struct{ day core.Date }

func (f fixed) Now() time.Time { return f.day.Time().Add(12 * time.Hour) }

// TestNameless: nobody's name, no file; what was written is read back, and corrected.
func TestNameless(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.note(desk.Input{Reasons: []desk.Reason{desk.Digital, desk.Letter}, Language: "ar", Done: []desk.Did{desk.Phoned}, SentTo: "caf", SentName: "accueil de Valsèvre",
			Answer: "week", Words: "  Guichet\tfermé  à la préfecture "})
		p, err := w.s.Passage(w.Claire, id)
		must(t, err)
		if p.State != desk.Finished || p.Words != "Guichet fermé à la préfecture" || p.People != 1 || p.Attached || p.Channel != desk.Came || p.SentName != "accueil de Valsèvre" {
			t.Errorf("read back %+v", p)
		}
		if !slices.Equal(p.Reasons, []desk.Reason{desk.Letter, desk.Digital}) {
			t.Errorf("reasons %v", p.Reasons)
		}
		in := p.Input
		in.Words = "Rendez-vous obtenu."
		must(t, w.s.Finish(w.clerk, id, in))
		kind(t, w.s.Finish(w.clerk, id, in), errs.Conflict) // the form was shown before
		if p, err = w.s.Passage(w.clerk, id); err != nil || p.Words != "Rendez-vous obtenu." {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// TestBadPassages: what a form cannot say is refused on its field, nothing is written.
func TestBadPassages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, in := range map[string]desk.Input{
			"reason":    {},
			"reason ":   {Reasons: []desk.Reason{"gold"}},
			"language":  {Reasons: []desk.Reason{desk.Paper}, Language: "elvish"},
			"sent_to":   {Reasons: []desk.Reason{desk.Paper}, SentTo: "nowhere"},
			"answer":    {Reasons: []desk.Reason{desk.Paper}, Answer: "never"},
			"people":    {Reasons: []desk.Reason{desk.Paper}, People: 21},
			"channel":   {Reasons: []desk.Reason{desk.Paper}, Channel: "pigeon"},
			"done":      {Reasons: []desk.Reason{desk.Paper}, Done: []desk.Did{desk.WentAway}},
			"words":     {Reasons: []desk.Reason{desk.Paper}, Words: strings.Repeat("é", desk.MaxWords+1)},
			"words ":    {Reasons: []desk.Reason{desk.Paper}, Words: "a\x00b"},
			"words  ":   {Reasons: []desk.Reason{desk.Paper}, Words: "\xff"},
			"sent_name": {Reasons: []desk.Reason{desk.Paper}, SentName: strings.Repeat("a", 81)},
		} {
			_, err := w.s.Note(w.clerk, in)
			f, _ := err.(errs.Fields)
			if len(f) != 1 || f[0].Field != strings.TrimSpace(name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		b, err := w.s.Board(w.clerk, "")
		must(t, err)
		if len(b.Done) != 0 {
			t.Errorf("%d passages were written", len(b.Done))
		}
		for _, bad := range []string{"x", strings.Repeat("z", 400)} {
			_, err := w.s.Board(w.clerk, bad)
			kind(t, err, errs.Invalid)
			_, err = w.s.Search(w.clerk, desk.Filter{}, bad)
			kind(t, err, errs.Invalid)
		}
		_, err = w.s.Passage(w.clerk, "00000000-0000-7000-8000-000000000000")
		kind(t, err, errs.NotFound)
	})
}

// TestWaitingInOrderOfArrival: whatever is said of urgency, and whoever was put back.
func TestWaitingInOrderOfArrival(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		arrive := func(token, urgent string) core.ID {
			id, err := w.s.Arrive(w.clerk, desk.Input{Token: token, Urgent: urgent})
			must(t, err)
			return id
		}
		blue, green, white := arrive("Jeton bleu", ""), arrive("Jeton vert", "un bébé qui pleure"), arrive("Jeton blanc", "")
		order := func(want ...string) {
			t.Helper()
			b, err := w.s.Board(w.clerk, "")
			must(t, err)
			var got []string
			for _, p := range b.Waiting {
				got = append(got, p.Token)
			}
			if !slices.Equal(got, want) {
				t.Errorf("waiting %v, want %v", got, want)
			}
		}
		order("Jeton bleu", "Jeton vert", "Jeton blanc")
		must(t, w.s.Move(w.clerk, blue, desk.Received))
		must(t, w.s.Move(w.clerk, blue, desk.Received)) // twice is once
		order("Jeton vert", "Jeton blanc")
		must(t, w.s.Move(w.clerk, blue, desk.Waiting)) // put back where they were
		order("Jeton bleu", "Jeton vert", "Jeton blanc")
		must(t, w.s.Move(w.clerk, white, desk.Left))
		must(t, w.s.Move(w.clerk, white, desk.Waiting))
		must(t, w.s.Move(w.clerk, white, desk.Left))
		must(t, w.s.Move(w.clerk, green, desk.Received))
		kind(t, w.s.Move(w.clerk, green, desk.Finished), errs.Conflict) // not without saying what was done
		p, err := w.s.Passage(w.clerk, green)
		must(t, err)
		must(t, w.s.Finish(w.clerk, green, desk.Input{Reasons: []desk.Reason{desk.Somebody}, Version: p.Version}))
		order("Jeton bleu")
		kind(t, w.s.Move(w.clerk, green, desk.Waiting), errs.Conflict)
		must(t, w.s.Move(w.clerk, green, desk.Void))
		must(t, w.s.Move(w.clerk, green, desk.Finished))
		kind(t, w.s.Move(w.clerk, green, "queen"), errs.Conflict)
	})
}

// TestAttachedAWeekLater: a passage without a name enters a file as the person wishes;
// the person reads it and who did it; their last contact is the day they came.
func TestAttachedAWeekLater(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		samira := w.Person("Samira", "Haddad", "1992-02-03")
		other := w.Person("Samia", "Haddade", "1970")
		id := w.note(desk.Input{Reasons: []desk.Reason{desk.Letter}, Words: "Lettre de la CAF lue ensemble"})
		later := w.at(core.Date{Year: 2026, Month: 6, Day: 18})

		found, err := later.Find(w.clerk, id, desk.Who{Given: "samira", Usual: "HADDAD", Birth: core.PartialDate{Year: 1992}})
		must(t, err)
		if len(found) != 1 || found[0].Person != samira || found[0].Openable {
			t.Fatalf("the clerk found %+v", found)
		}
		// A clerk learns nothing by guessing.
		for _, who := range []desk.Who{{Given: "Samira", Usual: "Hadad", Birth: core.PartialDate{Year: 1992}}, {Given: "Samira", Usual: "Haddad", Birth: core.PartialDate{Year: 1991}}} {
			if found, err := later.Find(w.clerk, id, who); err != nil || len(found) != 0 {
				t.Errorf("%+v: found %v, %v", who, found, err)
			}
		}
		_, err = later.Find(w.clerk, id, desk.Who{Usual: "Haddad"})
		kind(t, err, errs.Invalid)
		if found, err := later.Find(w.Claire, id, desk.Who{Given: "Samira", Usual: "Hadad"}); err != nil || len(found) == 0 {
			t.Errorf("the worker found %v, %v", found, err)
		}

		before := w.Lines(samira)
		kind(t, later.Attach(w.clerk, id, samira, false), errs.Invalid)
		must(t, later.Attach(w.clerk, id, samira, true))
		must(t, later.Attach(w.clerk, id, samira, true))
		kind(t, later.Attach(w.clerk, id, other, true), errs.Conflict)
		if n := w.Lines(samira); n < before {
			t.Errorf("lines %d, then %d", before, n)
		}
		list, err := w.s.OfFile(w.Claire, samira)
		must(t, err)
		if len(list) != 1 || list[0].Words != "Lettre de la CAF lue ensemble" || !list[0].Attached {
			t.Errorf("the file reads %+v", list)
		}
		own, err := w.s.Own(w.person(samira))
		must(t, err)
		if len(own) != 1 {
			t.Errorf("the person reads %d", len(own))
		}
		if own, err := w.s.Own(w.person(other)); err != nil || len(own) != 0 {
			t.Errorf("somebody else reads %d, %v", len(own), err)
		}
		_, err = w.s.OfFile(w.Karim, samira) // another team
		if err == nil {
			t.Error("another team reads the passages of the file")
		}
		_, err = w.s.OfFile(w.clerk, samira)
		if err == nil {
			t.Error("the clerk reads the passages of a file")
		}
		kind(t, w.s.Move(w.clerk, id, desk.Void), errs.Conflict)
		must(t, w.s.Detach(w.clerk, id))
		must(t, w.s.Detach(w.clerk, id))
		if list, err := w.s.OfFile(w.Claire, samira); err != nil || len(list) != 0 {
			t.Errorf("still in the file: %v, %v", list, err)
		}
	})
}

// TestAMergeKeepsPassages: those of somebody merged are read with the person who stands,
// and stay theirs when it is undone.
func TestAMergeKeepsPassages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		kept, merged := w.Person("Samira", "Haddad", "1992-02-03"), w.Person("Samira", "Hadad", "1992-02-03")
		id := w.note(desk.Input{Reasons: []desk.Reason{desk.Paper}})
		must(t, w.s.Attach(w.clerk, id, merged, true))
		must(t, merge.New(w.Service).Merge(w.Claire, merge.Input{Keep: kept, Other: merged}))
		list, err := w.s.OfFile(w.Claire, kept)
		must(t, err)
		if len(list) != 1 || list[0].ID != id {
			t.Errorf("after the merge %v", list)
		}
	})
}

// TestSearch: by dates and codes, page after page, mistakes left out.
func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		days := map[int]*desk.Service{}
		for i := range 45 {
			if days[i%9] == nil {
				days[i%9] = w.at(core.Date{Year: 2026, Month: 6, Day: 1 + i%9})
			}
			s := days[i%9]
			in := desk.Input{Reasons: []desk.Reason{desk.Letter}, Language: "ar"}
			if i%3 == 0 {
				in = desk.Input{Reasons: []desk.Reason{desk.Housing, desk.Paper}, Channel: desk.Called}
			}
			id, err := s.Note(w.clerk, in)
			must(t, err)
			if i == 7 {
				must(t, s.Move(w.clerk, id, desk.Void))
			}
		}
		walk := func(f desk.Filter) int {
			t.Helper()
			n, after, last := 0, "", ""
			for {
				page, err := w.s.Search(w.clerk, f, after)
				must(t, err)
				for _, p := range page.Items {
					place := p.Day.String() + string(p.ID)
					if last != "" && place >= last {
						t.Errorf("%s after %s", place, last)
					}
					last = place
				}
				n += len(page.Items)
				if after = page.Next; after == "" {
					return n
				}
			}
		}
		for _, c := range []struct {
			f    desk.Filter
			want int
		}{
			{desk.Filter{}, 44}, {desk.Filter{Reason: desk.Paper}, 15}, {desk.Filter{Language: "ar"}, 29}, {desk.Filter{Channel: desk.Called, Reason: desk.Letter}, 0},
			{desk.Filter{State: desk.Void}, 1}, {desk.Filter{From: core.Date{Year: 2026, Month: 6, Day: 9}, To: core.Date{Year: 2026, Month: 6, Day: 9}}, 5}, {desk.Filter{Nameless: true}, 44},
		} {
			if n := walk(c.f); n != c.want {
				t.Errorf("%+v: %d, want %d", c.f, n, c.want)
			}
		}
		_, err := w.s.Search(w.clerk, desk.Filter{From: core.Date{Year: 2026, Month: 6, Day: 9}, To: core.Date{Year: 2026, Month: 6, Day: 1}, Reason: "x"}, "")
		kind(t, err, errs.Invalid)
	})
}

// TestWhoMayAtTheDesk: a person reads nothing of it, another organisation neither, and
// nobody who is not signed in.
func TestWhoMayAtTheDesk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		samira := w.Person("Samira", "Haddad", "1992-02-03")
		id := w.note(desk.Input{Reasons: []desk.Reason{desk.Paper}})
		elsewhere := core.WithActor(t.Context(), core.Actor{Kind: core.ActorClerk, ID: "x", Org: "elsewhere", AAL: 2})
		if _, err := w.s.Passage(elsewhere, id); err == nil {
			t.Error("another organisation reads a passage")
		}
		for name, ctx := range map[string]func() error{
			"person": func() error { _, err := w.s.Board(w.person(samira), ""); return err },
			"nobody": func() error { _, err := w.s.Board(w.Nobody, ""); return err },
			"writes": func() error {
				_, err := w.s.Note(w.person(samira), desk.Input{Reasons: []desk.Reason{desk.Paper}})
				return err
			},
		} {
			if ctx() == nil {
				t.Errorf("%s may", name)
			}
		}
		_, err := w.OpenFile(w.clerk, samira, 0)
		if err == nil {
			t.Error("a clerk opens a file")
		}
	})
}

// TestGroups: heads are counted, never named; a mistake is taken back.
func TestGroups(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, err := w.s.NoteGroup(w.clerk, desk.Group{Kind: "workshop", People: 9})
		must(t, err)
		for _, g := range []desk.Group{{Kind: "x", People: 3}, {Kind: "meal"}, {Kind: "meal", People: 501}, {Kind: "meal", People: 3, Day: core.Date{Year: 2027, Month: 1, Day: 1}}} {
			_, err := w.s.NoteGroup(w.clerk, g)
			kind(t, err, errs.Invalid)
		}
		must(t, w.s.VoidGroup(w.clerk, id, true))
		must(t, w.s.VoidGroup(w.clerk, id, false))
		kind(t, w.s.VoidGroup(w.clerk, "00000000-0000-7000-8000-000000000000", true), errs.NotFound)
		list, err := w.s.RecentGroups(w.Claire)
		must(t, err)
		if len(list) != 1 || list[0].People != 9 || list[0].Void {
			t.Errorf("groups %+v", list)
		}
	})
}

// counts reads what is kept of a month, but the zeros.
func (w *world) counts(month string) map[string]int64 {
	w.t.Helper()
	out := map[string]int64{}
	must(w.t, w.DB.Read(w.Claire, func(q db.Querier) error {
		rows, err := q.Query(`SELECT part, value, n FROM desk_month WHERE org_id = $1 AND month = $2`, core.ActorFrom(w.Claire).Org, month)
		return db.Each(rows, err, func(r *db.Rows) error {
			var part, value string
			var n int64
			err := r.Scan(&part, &value, &n)
			if n != 0 {
				out[part+"/"+value] = n
			}
			return err
		})
	}))
	return out
}
