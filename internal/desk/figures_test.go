package desk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// TestCountsFollowEveryGesture: whatever is noted, corrected, left, taken back or put
// in a file, what is kept of a month is what its passages say.
func TestCountsFollowEveryGesture(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		samira := w.Person("Samira", "Haddad", "1992-02-03")
		var ids []core.ID
		rapid.Check(t, func(t *rapid.T) {
			draw := func() desk.Input {
				return desk.Input{
					Reasons: rapid.SliceOfNDistinct(rapid.SampledFrom(desk.Reasons()), 1, 3, rapid.ID[desk.Reason]).Draw(t, "reasons"), Language: rapid.SampledFrom(append(desk.Languages(), "")).Draw(t, "language"),
					Done: rapid.SliceOfNDistinct(rapid.SampledFrom(desk.Done()), 0, 2, rapid.ID[desk.Did]).Draw(t, "done"), SentTo: rapid.SampledFrom([]string{"", "caf", "food"}).Draw(t, "sent"),
				}
			}
			for range rapid.IntRange(1, 4).Draw(t, "gestures") {
				if len(ids) == 0 || rapid.IntRange(0, 2).Draw(t, "new") == 0 {
					add := w.s.Note
					if rapid.Bool().Draw(t, "waits") {
						add = w.s.Arrive
					}
					id, err := add(w.clerk, draw())
					if err != nil {
						t.Fatal(err)
					}
					ids = append(ids, id)
					continue
				}
				id := rapid.SampledFrom(ids).Draw(t, "which")
				var err error
				switch rapid.IntRange(0, 3).Draw(t, "gesture") {
				case 0:
					in := draw()
					p, rerr := w.s.Passage(w.clerk, id)
					if rerr != nil {
						t.Fatal(rerr)
					}
					in.Version = p.Version
					err = w.s.Finish(w.clerk, id, in)
				case 1:
					err = w.s.Attach(w.clerk, id, samira, true)
				case 2:
					err = w.s.Detach(w.clerk, id)
				case 3:
					err = w.s.Move(w.clerk, id, rapid.SampledFrom([]desk.State{desk.Waiting, desk.Received, desk.Finished, desk.Left, desk.Void}).Draw(t, "state"))
				}
				if err != nil && !errs.Is(err, errs.Conflict) {
					t.Fatal(err)
				}
			}
		})
		want := map[string]int64{}
		or := func(s, none string) string {
			if s == "" {
				return none
			}
			return s
		}
		for _, id := range ids {
			p, err := w.s.Passage(w.clerk, id)
			must(t, err)
			if p.State != desk.Finished && p.State != desk.Left {
				continue
			}
			want["passage/all"]++
			want["channel/"+string(p.Channel)]++
			want["language/"+or(p.Language, "not_said")]++
			want["sent_to/"+or(p.SentTo, "nobody")]++
			want["answer/"+or(p.Answer, "not_said")]++
			for _, r := range p.Reasons {
				want["reason/"+string(r)]++
			}
			if p.State == desk.Left {
				want["done/left"]++
			} else {
				for _, d := range p.Done {
					want["done/"+string(d)]++
				}
			}
			if p.Attached {
				want["file/attached"]++
			} else {
				want["file/nameless"]++
			}
		}
		if got := w.counts("2026-06"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("kept %v\n want %v", got, want)
		}
	})
}

// TestFigures: a year by quarters; what is small is hidden and cannot be subtracted.
func TestFigures(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 30 {
			in := desk.Input{Reasons: []desk.Reason{desk.Letter}, Language: "fr"}
			if i < 3 {
				in.Language = "ti"
			} else if i < 12 {
				in.Language = "ar"
			}
			w.note(in)
		}
		for range 2 {
			_, err := w.s.NoteHurdle(w.clerk, desk.Hurdle{Service: "caf", Kind: "refused"})
			must(t, err)
		}
		for i := range 12 {
			_, err := w.s.NoteHurdle(w.clerk, desk.Hurdle{Service: "prefecture", Kind: []string{"closed", "delay"}[i%2], Words: "Guichet fermé"})
			must(t, err)
		}
		y, err := w.s.Figures(w.clerk, 2026)
		must(t, err)
		got := map[string]string{}
		for _, table := range y.Tables {
			for _, r := range table.Rows {
				got[string(table.Part)+"/"+r.Value] = r.Numbers[1].String() + "|" + r.Numbers[4].String()
			}
			if len(table.Total) > 0 {
				got[string(table.Part)] = table.Total[4].String()
			}
		}
		for k, want := range map[string]string{"channel/came": "30|30", "language/ti": "|", "language/ar": "|", "language/fr": "18|18", "language": "30", "obstacles/caf": "|"} {
			if got[k] != want {
				t.Errorf("%s: %q, want %q in %v", k, got[k], want, got)
			}
		}
		one, err := w.s.OfService(w.clerk, "prefecture", 2026)
		must(t, err)
		if len(one.Rows) != 2 {
			t.Errorf("of the préfecture: %+v", one)
		}
		for _, bad := range []int{1999, 2027, 9999999} {
			_, err := w.s.Figures(w.clerk, bad)
			kind(t, err, errs.NotFound)
		}
		_, err = w.s.OfService(w.clerk, "nowhere", 2026)
		kind(t, err, errs.NotFound)
		years, err := w.s.Years(w.clerk)
		must(t, err)
		if fmt.Sprint(years) != "[2026]" {
			t.Errorf("years %v", years)
		}
		admin := core.WithActor(context.Background(), core.Actor{Kind: core.ActorOrgAdmin, ID: "a", Org: core.ActorFrom(w.Claire).Org, AAL: 2})
		if _, err := w.s.Figures(admin, 2026); err != nil {
			t.Errorf("the administrator: %v", err)
		}
		if _, err := w.s.ListHurdles(admin, ""); err == nil {
			t.Error("the administrator reads the register")
		}
	})
}

// TestObstaclesAreNobodys: no row of the register can lead to a person, a passage or a
// colleague; a mistake is taken back.
func TestObstaclesAreNobodys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, err := w.s.NoteHurdle(w.clerk, desk.Hurdle{Service: "another", Name: "Régie des eaux", Kind: "online_only", Words: "Pas de guichet"})
		must(t, err)
		for _, bad := range []desk.Hurdle{{Kind: "refused"}, {Service: "caf"}, {Service: "duty", Kind: "refused"}, {Service: "caf", Kind: "x"}, {Service: "caf", Kind: "refused", Words: strings.Repeat("a", 301)}} {
			_, err := w.s.NoteHurdle(w.clerk, bad)
			kind(t, err, errs.Invalid)
		}
		must(t, w.s.VoidHurdle(w.clerk, id, true))
		if n := w.counts("2026-06"); len(n) != 0 {
			t.Errorf("a mistake counts: %v", n)
		}
		must(t, w.s.VoidHurdle(w.clerk, id, false))
		page, err := w.s.ListHurdles(w.Claire, "")
		must(t, err)
		if len(page.Items) != 1 || page.Items[0].Name != "Régie des eaux" || page.Items[0].Void {
			t.Errorf("register %+v", page)
		}
		kind(t, w.s.VoidHurdle(w.clerk, "00000000-0000-7000-8000-000000000000", true), errs.NotFound)
	})
}

// BenchmarkFigures: 200 passages a day for five years, then the page's readings. The
// passages of before are bare rows: no page of these reads them.
func BenchmarkFigures(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{
		"sqlite": func(t testing.TB) *db.DB { return dbtest.OpenSQLite(t, db.Config{Clock: dbtest.Clock()}) },
	} {
		b.Run(name, func(b *testing.B) {
			w := openDesk(b, open(b))
			w.fill(5*365, 200)
			b.Run("figures", func(b *testing.B) {
				for b.Loop() {
					if _, err := w.s.Figures(w.clerk, 2025); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("board", func(b *testing.B) {
				for b.Loop() {
					if _, err := w.s.Board(w.clerk, ""); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("note", func(b *testing.B) {
				for b.Loop() {
					w.note(desk.Input{Reasons: []desk.Reason{desk.Letter}, Language: "ar"})
				}
			})
		})
	}
}

func openDesk(t testing.TB, d *db.DB) *world { return open(t, d) }

// fill writes days of passages with their counts, 500 rows a transaction.
func (w *world) fill(days, each int) {
	w.t.Helper()
	org := core.ActorFrom(w.Claire).Org
	day := core.Date{Year: 2026, Month: 6, Day: 10}
	n := 0
	for range days {
		must(w.t, w.DB.Tx(w.Claire, func(tx *db.Tx) error {
			for range each {
				n++
				id := core.ID(fmt.Sprintf("00000000-0000-7000-8000-%012x", n))
				if _, err := tx.Exec(`INSERT INTO passage (org_id, id, day, arrived_at, state, channel, reasons, language, people, done, sent_to, answer, said, person_id, attached_at, version)
VALUES ($1, $2, $3, 1, 'done', 'came', ',letter,', 'fr', 1, ',answered,', '', '', $4, '', 0, 1)`, org, id, day.String(), []byte{1}); err != nil {
					return err
				}
			}
			for _, c := range [][2]string{{"passage", "all"}, {"channel", "came"}, {"reason", "letter"}, {"language", "fr"}} {
				if _, err := tx.Exec(`INSERT INTO desk_month (org_id, month, part, value, n) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (org_id, month, part, value) DO UPDATE SET n = desk_month.n + excluded.n`, org, day.CalendarMonth().String(), c[0], c[1], each); err != nil {
					return err
				}
			}
			for _, part := range []string{"sent_to", "answer", "done", "obstacle", "obstacles"} {
				for v := range 25 {
					if _, err := tx.Exec(`INSERT INTO desk_month (org_id, month, part, value, n) VALUES ($1, $2, $3, $4, 9) ON CONFLICT DO NOTHING`, org, day.CalendarMonth().String(), part, fmt.Sprint("v", v)); err != nil {
						return err
					}
				}
			}
			return nil
		}))
		day = day.AddDays(-1)
	}
}
