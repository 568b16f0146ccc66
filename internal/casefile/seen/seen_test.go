package seen_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/seen"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func each(t *testing.T, fn func(t *testing.T, w *casetest.World, s *seen.Service)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		fn(t, w, seen.New(w.Service, w.Journal))
	})
}

// self is the person signed in to their own space.
func self(w *casetest.World, person core.ID) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: person, Org: core.ActorFrom(w.Claire).Org, AAL: 2})
}

// admin may change the organisation.
func admin(w *casetest.World) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: core.ActorFrom(w.Claire).Org, AAL: 2})
}

func find(days []seen.Day, who seen.Who) []seen.Line {
	var out []seen.Line
	for _, d := range days {
		for _, l := range d.Lines {
			if l.Who == who {
				out = append(out, l)
			}
		}
	}
	return out
}

// TestReadOwnJournal: a day holds one line for each of those who did something,
// with what they did; who only met a name in a list is apart.
func TestReadOwnJournal(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, s *seen.Service) {
		id := w.Person("Samira", "Haddad", "1975-02-03")
		for range 3 {
			_, err := w.OpenFile(w.Claire, id, 0)
			must(t, err)
		}
		_, err := w.Search(w.Karim, "haddad", "", 10)
		must(t, err)
		_, err = w.OpenOwn(self(w, id), 0)
		must(t, err)

		m, err := s.Read(self(w, id), id, 0)
		must(t, err)
		if len(m.Days) != 1 || m.Days[0].Date != casetest.Today() || m.Month != casetest.Today().CalendarMonth() || m.Last != m.Month {
			t.Fatalf("month %+v", m)
		}
		named := find(m.Days, seen.Named)
		if len(named) != 1 || named[0].Name != "Claire Maurel" || !named[0].Ours || named[0].Team != "Polyvalence" ||
			!slices.Contains(named[0].Kinds, "file.open") || !slices.Contains(named[0].Kinds, "person.create") || len(named[0].At) < 4 {
			t.Errorf("Claire's line: %+v", named)
		}
		if own := find(m.Days, seen.Self); len(own) != 1 || !slices.Equal(own[0].Kinds, []string{"file.own"}) {
			t.Errorf("own line: %+v", own)
		}
		if g := m.Days[0].Glimpses; len(g) != 1 || g[0].Who != seen.Worker || g[0].Name != "" || g[0].Team != "Insertion" || g[0].Ours {
			t.Errorf("glimpses: %+v", g)
		}
		last, err := s.Last(self(w, id))
		must(t, err)
		if last.Line.Name != "Claire Maurel" || last.Date != casetest.Today() {
			t.Errorf("last %+v", last)
		}
	})
}

// TestWhoMayReadTheJournal: the person, and a worker of a team that accompanies them.
func TestWhoMayReadTheJournal(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, s *seen.Service) {
		id := w.Person("Samira", "Haddad", "1975-02-03")
		other := w.Person("Fatou", "Diallo", "1984")
		for name, ctx := range map[string]context.Context{"another team": w.Karim, "another person": self(w, other), "nobody": w.Nobody} {
			if _, err := s.Read(ctx, id, 0); err == nil {
				t.Errorf("%s reads the journal of a person", name)
			}
		}
		before := w.Lines(id)
		m, err := s.Read(w.Claire, id, 0)
		must(t, err)
		if m.Person.UsualName != "Haddad" || w.Lines(id) != before+1 {
			t.Errorf("a worker beside the person: %+v, %d lines before and %d after", m.Person, before, w.Lines(id))
		}
		for _, month := range []core.Month{m.Last + 1, m.First - 1, 1} {
			if _, err := s.Read(self(w, id), id, month); !errs.Is(err, errs.NotFound) {
				t.Errorf("month %s: %v, want NotFound", month, err)
			}
		}
	})
}

// TestNaming: whom the journal names is the organisation's choice, and somebody
// under threat is never named.
func TestNaming(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, s *seen.Service) {
		id := w.Person("Samira", "Haddad", "1975-02-03")
		sees := func() string {
			t.Helper()
			m, err := s.Read(self(w, id), id, 0)
			must(t, err)
			for _, l := range append(find(m.Days, seen.Named), find(m.Days, seen.Worker)...) {
				if slices.Contains(l.Kinds, "person.create") {
					return l.Name
				}
			}
			t.Fatal("no line of who made the file")
			return ""
		}
		if got := sees(); got != "Claire Maurel" {
			t.Errorf("by default %q", got)
		}
		set := func(n seen.Naming) error {
			now, err := s.Naming(admin(w))
			must(t, err)
			n.Version = now.Version
			return s.SetNaming(admin(w), n)
		}
		must(t, set(seen.Naming{Rule: seen.Functions}))
		if got := sees(); got != "" {
			t.Errorf("functions alone: %q", got)
		}
		must(t, set(seen.Naming{Rule: seen.Names, Unnamed: []core.ID{w.ClaireID, "nobody"}}))
		if got := sees(); got != "" {
			t.Errorf("never named: %q", got)
		}
		n, err := s.Naming(admin(w))
		must(t, err)
		if n.Rule != seen.Names || !slices.Equal(n.Unnamed, []core.ID{w.ClaireID}) {
			t.Errorf("naming %+v", n)
		}
		if err := s.SetNaming(admin(w), seen.Naming{Rule: seen.Names, Version: n.Version - 1}); !errs.Is(err, errs.Conflict) {
			t.Errorf("an old version: %v, want Conflict", err)
		}
		if err := set(seen.Naming{Rule: "all"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("an unknown rule: %v, want Invalid", err)
		}
		if err := s.SetNaming(w.Claire, seen.Naming{Rule: seen.Names, Version: n.Version}); err == nil {
			t.Error("a worker changes whom the journal names")
		}
	})
}

// TestJournalOfOneHousehold: what is done in the file of one never shows in the
// journal of the other who lives there.
func TestJournalOfOneHousehold(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, s *seen.Service) {
		a := w.Person("Samira", "Haddad", "1975-02-03")
		b := w.Person("Karim", "Haddad", "1974-05-09")
		_, err := w.AddToHousehold(w.Claire, a, casefile.HouseholdInput{Person: b, LivesIn: true, Relation: casefile.RelationPartner, Couple: casefile.Married})
		must(t, err)
		before, err := s.Read(self(w, b), b, 0)
		must(t, err)
		for range 2 {
			_, err = w.OpenFile(w.Claire, a, 0)
			must(t, err)
		}
		after, err := s.Read(self(w, b), b, 0)
		must(t, err)
		count := func(m seen.Month) (n int) {
			for _, l := range find(m.Days, seen.Named) {
				n += len(l.At)
			}
			return n
		}
		if count(after) != count(before) {
			t.Errorf("opening one file left %d lines in the journal of the other", count(after)-count(before))
		}
	})
}

// TestVerifyOwnLines: each line of the person's month holds, a line kept as a file
// verifies anywhere, and nobody takes the proof of another's line.
func TestVerifyOwnLines(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, s *seen.Service) {
		key, err := journal.NewKey("0123456789abcdef0123456789abcdef", []byte(strings.Repeat("k", 32)))
		must(t, err)
		w.Journal.SignWith(key)
		id := w.Person("Samira", "Haddad", "1975-02-03")
		other := w.Person("Fatou", "Diallo", "1984")
		_, err = w.OpenFile(w.Claire, id, 0)
		must(t, err)
		v, err := s.Verify(self(w, id), 0)
		must(t, err)
		var at seen.Place
		lines := 0
		for _, l := range append(find(v.Month.Days, seen.Named), find(v.Month.Days, seen.Self)...) {
			lines += len(l.At)
			at = l.At[0]
		}
		if v.Held < lines || lines == 0 || len(v.Bad) != 0 || v.Erased != 0 || v.More {
			t.Errorf("verified %d of %d lines, %d bad, %d erased", v.Held, lines, len(v.Bad), v.Erased)
		}
		text, err := s.Proof(self(w, id), at)
		must(t, err)
		p, err := journal.ParseProof(text)
		must(t, err)
		if proven, err := p.Verify(w.Journal.PublicKey()); err != nil || proven.Seq != at.Seq || !proven.Person {
			t.Errorf("the file says %+v, %v", proven, err)
		}
		if _, err := s.Proof(self(w, other), at); !errs.Is(err, errs.NotFound) {
			t.Errorf("another's line: %v, want NotFound", err)
		}
		for _, bad := range []seen.Place{{}, {Tree: at.Tree, Seq: -1}, {Tree: at.Tree, Seq: 1 << 40}, {Tree: "x", Seq: 0}} {
			if _, err := s.Proof(self(w, id), bad); !errs.Is(err, errs.NotFound) {
				t.Errorf("%+v: %v, want NotFound", bad, err)
			}
		}
	})
}
