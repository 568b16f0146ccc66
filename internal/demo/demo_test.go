package demo_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/demo"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

type made struct {
	db     *db.DB
	rooms  demo.Rooms
	cases  *casefile.Service
	claire context.Context
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func prepare(t testing.TB) made {
	t.Helper()
	d := dbtest.OpenSQLite(t, db.Config{})
	ring, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	fields, err := secret.NewFields(rand.NewChaCha8([32]byte{5}), ring)
	must(t, err)
	j := journal.New(d, nil)
	acc, err := access.New(d, j, fields, bytes.Repeat([]byte{1}, 32), access.Options{Demo: true})
	must(t, err)
	l, err := rights.Load(law.Files)
	must(t, err)
	engine, err := casefile.NewLawEngine(l)
	must(t, err)
	m := made{db: d, rooms: demo.Rooms{Access: acc, Agreements: bytes.Repeat([]byte{2}, 32), Cases: casefile.Deps{
		DB: d, Access: acc, Journal: j, Fields: fields, Engine: engine, Clock: clock.Fixed(time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)),
		PhoneKey: func(n string) string { return ring.HMAC("phone", n) },
	}}}
	m.cases, err = casefile.New(m.rooms.Cases)
	must(t, err)
	return m
}

func TestSeed(t *testing.T) {
	m := prepare(t)
	ctx := context.Background()
	done, err := demo.Done(ctx, m.rooms.Access)
	must(t, err)
	if done {
		t.Fatal("done before it began")
	}
	begun := time.Now()
	last := 0
	must(t, demo.Seed(ctx, m.rooms, func(n, all int) { last = all - n }))
	t.Logf("seeded in %v", time.Since(begun).Round(time.Millisecond))
	if last != 0 {
		t.Errorf("progress ends %d short", last)
	}
	done, err = demo.Done(ctx, m.rooms.Access)
	must(t, err)
	if !done {
		t.Error("not done after it ended")
	}
	count := func(sql string) (n int) {
		must(t, m.db.Read(ctx, func(q db.Querier) error { return q.QueryRow(sql).Scan(&n) }))
		return n
	}
	for what, c := range map[string]struct {
		sql   string
		least int
	}{
		"persons":              {`SELECT COUNT(*) FROM person`, 120},
		"households":           {`SELECT COUNT(*) FROM household`, 60},
		"files":                {`SELECT COUNT(*) FROM casefile`, 60},
		"replaced facts":       {`SELECT COUNT(*) FROM fact WHERE superseded_by <> ''`, 1},
		"waiting facts":        {`SELECT COUNT(*) FROM fact WHERE conflict_with <> ''`, 1},
		"unknown facts":        {`SELECT COUNT(*) FROM fact WHERE state = 'unknown'`, 3},
		"refused facts":        {`SELECT COUNT(*) FROM fact WHERE state = 'refused'`, 3},
		"kinds of decisions":   {`SELECT COUNT(DISTINCT kind) FROM right_decision`, 6},
		"sources":              {`SELECT COUNT(DISTINCT source) FROM fact`, 4},
		"probable results":     {`SELECT COUNT(*) FROM right_result WHERE status = 'probable'`, 20},
		"results not due":      {`SELECT COUNT(*) FROM right_result WHERE status = 'not_due'`, 20},
		"results to verify":    {`SELECT COUNT(*) FROM right_result WHERE status = 'to_verify'`, 20},
		"teams with files":     {`SELECT COUNT(DISTINCT team_id) FROM casefile`, 2},
		"workers":              {`SELECT COUNT(*) FROM worker`, 6},
		"forms of couple":      {`SELECT COUNT(DISTINCT couple) FROM kinship WHERE kind = 'couple'`, 3},
		"expectations":         {`SELECT COUNT(*) FROM expectation`, 6},
		"steps":                {`SELECT COUNT(*) FROM step`, 7},
		"states of steps":      {`SELECT COUNT(DISTINCT state) FROM step`, 3},
		"ended accompaniments": {`SELECT COUNT(*) FROM casefile WHERE phase = 'archive'`, 1},
		"transfers waiting":    {`SELECT COUNT(*) FROM case_transfer WHERE state = 'proposed'`, 1},
		"deaths":               {`SELECT COUNT(*) FROM person WHERE died_on <> ''`, 1},
		"covers":               {`SELECT COUNT(*) FROM absence_cover`, 1},
		"addresses protected":  {`SELECT COUNT(*) FROM person WHERE protected = 1`, 1},
	} {
		if n := count(c.sql); n < c.least {
			t.Errorf("%s: %d, want at least %d", what, n, c.least)
		}
	}

	if testing.Verbose() {
		must(t, m.db.Read(ctx, func(q db.Querier) error {
			rows, err := q.Query(`SELECT right_name, status, COUNT(*), MIN(amount), MAX(amount) FROM right_result GROUP BY right_name, status ORDER BY 1, 2`)
			return db.Each(rows, err, func(r *db.Rows) error {
				var right, status string
				var n, low, high int
				err := r.Scan(&right, &status, &n, &low, &high)
				t.Logf("%-14s %-10s %3d  %d to %d cents", right, status, n, low, high)
				return err
			})
		}))
	}

	worker := core.Actor{Kind: core.ActorWorker, Org: demo.Person().Org, AAL: 2}
	must(t, m.db.Read(ctx, func(q db.Querier) error {
		team := core.ID("")
		if err := q.QueryRow(`SELECT id FROM worker WHERE login = $1`, demo.Worker().Login).Scan(&worker.ID); err != nil {
			return err
		}
		err := q.QueryRow(`SELECT team FROM worker_team WHERE worker = $1`, worker.ID).Scan(&team)
		worker.Teams = []core.ID{team}
		return err
	}))
	m.claire = core.WithActor(ctx, worker)
	f, err := m.cases.OpenFile(m.claire, demo.Person().Person, 0)
	must(t, err)
	if f.Person.DisplayName() != "Samira Haddad" || f.Stale != casefile.Fresh || len(f.Household.Groups.Occupants) != 4 || len(f.Household.Groups.Family.Children) != 2 {
		t.Errorf("Mme Haddad: %s, stale %q, %+v", f.Person.DisplayName(), f.Stale, f.Household.Groups)
	}
	for _, l := range f.Rights {
		if l.Right == "af" && (l.Result == nil || l.Result.Status != casefile.Probable || l.Result.Amount < 15_220 || l.Result.Amount > 15_230 || l.Decision == nil) {
			t.Errorf("allocations familiales of Mme Haddad: %+v, %+v", l.Result, l.Decision)
		}
		if l.Right == "aide_logement" && l.Result.Status != casefile.ToVerify {
			t.Errorf("aide au logement of Mme Haddad, whose mother's resources are not known here: %+v", l.Result)
		}
	}
}

// The same seed gives the same people under the same identifiers.
func TestSeedIsDeterministic(t *testing.T) {
	var before string
	for range 2 {
		m := prepare(t)
		must(t, demo.Seed(context.Background(), m.rooms, nil))
		var text bytes.Buffer
		must(t, m.db.Read(context.Background(), func(q db.Querier) error {
			for _, sql := range []string{
				`SELECT id || given_names || usual_name || birth || hours FROM person ORDER BY id`,
				`SELECT id || variable || subject_id || value || valid_from || detail FROM fact ORDER BY id`,
				`SELECT id || words FROM expectation ORDER BY id`,
				`SELECT id || title || due_on || state FROM step ORDER BY id`,
				`SELECT file_id || right_name || kind || amount FROM right_decision ORDER BY file_id, id`,
				`SELECT r.file_id || r.right_name || r.status || r.amount FROM right_result r ORDER BY r.file_id, r.evaluation_id, r.right_name`,
			} {
				rows, err := q.Query(sql)
				if err := db.Each(rows, err, func(r *db.Rows) error {
					var s string
					err := r.Scan(&s)
					text.WriteString(s + "\n")
					return err
				}); err != nil {
					return err
				}
			}
			return nil
		}))
		if before != "" && before != text.String() {
			t.Error("two seedings differ")
		}
		before = text.String()
	}
}

func TestSeedCutShortIsNoticed(t *testing.T) {
	m := prepare(t)
	ctx, stop := context.WithCancel(context.Background())
	err := demo.Seed(ctx, m.rooms, func(n, _ int) {
		if n == 3 {
			stop()
		}
	})
	if err == nil {
		t.Fatal("a seeding cut short says nothing")
	}
	if _, err := demo.Done(context.Background(), m.rooms.Access); !errors.Is(err, demo.ErrPartial) {
		t.Errorf("then: %v, want ErrPartial", err)
	}
}
