package outlook_test

import (
	"errors"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/rights"
)

// amounts are those of one right of a comparison, in cents.
func amounts(t *testing.T, c *outlook.Compared, right string) (now, then []core.Cents) {
	t.Helper()
	for _, r := range c.Rights {
		if r.Name == right {
			for i := range r.Now {
				now, then = append(now, r.Now[i].Amount), append(then, r.Then[i].Amount)
			}
			return now, then
		}
	}
	t.Fatalf("no %s", right)
	return nil, nil
}

func TestAChangeIsTriedAndNothingKept(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, law *casetest.SmallLaw, s *outlook.Service) {
		id := family(t, w)
		december := rights.MonthOf(2026, 12)
		rows := func() (n int) {
			must(t, w.DB.Read(w.Claire, func(q db.Querier) error {
				return q.QueryRow(`SELECT (SELECT count(*) FROM fact) + (SELECT count(*) FROM person) + (SELECT count(*) FROM outlook)`).Scan(&n)
			}))
			return n
		}
		before, lines := rows(), w.Lines(id)

		ready, err := s.Ready(w.Claire, id)
		must(t, err)
		if len(ready.Members) != 4 || ready.Members[0].ID != id || ready.First != rights.MonthOf(2026, 6) || len(ready.Rights) != 0 {
			t.Errorf("before a trial: %+v", ready)
		}

		// A new home in December: the rent of September, 600, gives way to 300.
		c, err := s.Try(w.Claire, id, outlook.Trial{Dwelling: outlook.Dwelling{From: december, Rent: "300"}})
		must(t, err)
		now, then := amounts(t, c, "aide_logement")
		if now[5] != 30_000 || then[5] != 30_000 || now[6] != 30_000 || then[6] != 15_000 || then[12] != 15_000 {
			t.Errorf("the rent: %v, then %v", now, then)
		}
		for _, r := range c.Rights {
			if want := map[string]int{"aide_logement": 6, "af": -1}[r.Name]; r.Differs() != want || !r.Ever() {
				t.Errorf("%s differs from %d, want %d", r.Name, r.Differs(), want)
			}
		}

		// A rent in July: what is announced for September still holds then.
		c, err = s.Try(w.Claire, id, outlook.Trial{Dwelling: outlook.Dwelling{From: rights.MonthOf(2026, 7), Rent: "200"}})
		must(t, err)
		if _, then = amounts(t, c, "aide_logement"); then[0] != 25_000 || then[1] != 10_000 || then[2] != 10_000 || then[3] != 30_000 {
			t.Errorf("an announced rent gives way to a trial: %v", then)
		}

		// A birth in January, and a child who leaves in March.
		lina := ready.Members[2].ID
		c, err = s.Try(w.Claire, id, outlook.Trial{Birth: rights.MonthOf(2027, 1), Leaves: lina, LeavesFrom: rights.MonthOf(2027, 3)})
		must(t, err)
		now, then = amounts(t, c, "af")
		if now[7] != 10_000 || then[6] != 10_000 || then[7] != 20_000 || then[8] != 20_000 || then[9] != 10_000 {
			t.Errorf("the household: %v, then %v", now, then)
		}

		if rows() != before {
			t.Error("a trial left rows")
		}
		// What is stored and fresh is not computed again.
		must(t, s.Compute(w.Claire, id))
		runs := law.Runs
		_, err = s.Try(w.Claire, id, outlook.Trial{Birth: rights.MonthOf(2027, 6)})
		must(t, err)
		if n := law.Runs - runs; n != 1 {
			t.Errorf("%d evaluations for one month of a trial", n)
		}
		if lines := w.Lines(id) - lines; lines != 6 {
			t.Errorf("%d lines of the journal for a form, a calculation and four trials", lines)
		}
	})
}

func TestATrialIsChecked(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, _ *casetest.SmallLaw, s *outlook.Service) {
		id := family(t, w)
		july := rights.MonthOf(2026, 7)
		stranger := w.Person("Anne", "Autre", "1980-01-01")
		for field, trial := range map[string]outlook.Trial{
			"":                    {},
			"work.of":             {Work: outlook.Work{Of: stranger, From: july, Wage: "900"}},
			"work.from":           {Work: outlook.Work{Of: id, From: rights.MonthOf(2026, 5), Wage: "900"}},
			"work.wage":           {Work: outlook.Work{Of: id, From: july, Wage: "beaucoup"}},
			"dwelling.from":       {Dwelling: outlook.Dwelling{From: rights.MonthOf(2027, 7), Rent: "1"}},
			"dwelling.rent":       {Dwelling: outlook.Dwelling{From: july, Rent: "-4"}},
			"dwelling.occupation": {Dwelling: outlook.Dwelling{From: july, Occupation: "palais"}},
			"birth":               {Birth: rights.MonthOf(2030, 1)},
			"leaves":              {Leaves: id, LeavesFrom: july},
			"leaves_from":         {Leaves: mustChild(t, w, id)},
		} {
			_, err := s.Try(w.Claire, id, trial)
			var fields errs.Fields
			if !errors.As(err, &fields) || len(fields) != 1 || fields[0].Field != field {
				t.Errorf("%q: %v", field, err)
			}
		}
		if _, err := s.Try(w.Karim, id, outlook.Trial{Birth: july}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another team tries: %v", err)
		}
		if _, err := s.Ready(w.Karim, id); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another team opens the page: %v", err)
		}
	})
}

func mustChild(t *testing.T, w *casetest.World, id core.ID) core.ID {
	t.Helper()
	home, err := w.Household(w.Claire, id, casetest.Today())
	must(t, err)
	for _, m := range home.Members {
		if m.Person != id {
			return m.Person
		}
	}
	t.Fatal("nobody else lives there")
	return ""
}
