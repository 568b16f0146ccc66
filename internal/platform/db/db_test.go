package db_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

const insertInstall = `INSERT INTO install (name, value) VALUES ($1, $2)`

func put(name, value string) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		_, err := tx.Exec(insertInstall, name, value)
		return err
	}
}

func value(t testing.TB, d *db.DB, name string) (string, error) {
	t.Helper()
	var v string
	err := d.Read(t.Context(), func(q db.Querier) error {
		return q.QueryRow(`SELECT value FROM install WHERE name = $1`, name).Scan(&v)
	})
	return v, err
}

// wants fails the test unless exactly those names of the table are there.
func wants(t testing.TB, d *db.DB, present, absent []string) {
	t.Helper()
	for _, n := range present {
		if _, err := value(t, d, n); err != nil {
			t.Errorf("%s: %v, want a row", n, err)
		}
	}
	for _, n := range absent {
		if _, err := value(t, d, n); !errors.Is(err, db.ErrNoRows) {
			t.Errorf("%s: %v, want ErrNoRows", n, err)
		}
	}
}

// key returns the catalogue key of err, or "".
func key(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}

func TestTxCommitsAndRollsBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			n, err := tx.Exec(insertInstall, "a", core.ID("one"))
			if n != 1 {
				t.Errorf("Exec touched %d rows, want 1", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := value(t, d, "a"); v != "one" || err != nil {
			t.Errorf("a = %q, %v", v, err)
		}
		boom := errs.New(errs.Conflict, "errs.boom")
		err = d.Tx(t.Context(), func(tx *db.Tx) error {
			if err := put("b", "two")(tx); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Errorf("Tx returned %v, want boom as it is", err)
		}
		wants(t, d, []string{"a"}, []string{"b"})
	})
}

func TestRowsTouched(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			for i, step := range []struct {
				sql  string
				args []any
				want int64
			}{
				{`INSERT INTO install (name, value) VALUES ($1, 'x'), ($2, 'x'), ($3, 'y')`, []any{"a", "b", "c"}, 3},
				{`UPDATE install SET value = 'z' WHERE value = $1`, []any{"x"}, 2},
				{`UPDATE install SET value = 'z' WHERE value = $1`, []any{"nothing"}, 0},
				{`INSERT INTO install (name, value) VALUES ($1, 'x') ON CONFLICT DO NOTHING`, []any{"a"}, 0},
				{`DELETE FROM install WHERE name = $1`, []any{"c"}, 1},
				{`DELETE FROM install WHERE name = $1`, []any{"c"}, 0},
			} {
				if n, err := tx.Exec(step.sql, step.args...); n != step.want || err != nil {
					t.Errorf("step %d touched %d (%v), want %d", i, n, err, step.want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestPanicUndoesAndGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		func() {
			defer func() {
				if p := recover(); p != "oh" {
					t.Errorf("recovered %v, want the panic of the use case", p)
				}
			}()
			_ = d.Tx(t.Context(), func(tx *db.Tx) error {
				if err := put("a", "1")(tx); err != nil {
					t.Error(err)
				}
				panic("oh")
			})
		}()
		if err := d.Tx(t.Context(), put("b", "2")); err != nil {
			t.Fatalf("after a panic: %v", err)
		}
		wants(t, d, []string{"b"}, []string{"a"})
	})
}

func TestFailedStatementEndsTheUseCase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Tx(t.Context(), put("a", "1")); err != nil {
			t.Fatal(err)
		}
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if err := put("b", "2")(tx); err != nil {
				return err
			}
			err := put("a", "again")(tx)
			if !db.IsUnique(err) || db.IsForeignKey(err) {
				t.Errorf("a second row a: %v, want IsUnique", err)
			}
			if err := put("c", "3")(tx); err == nil {
				t.Error("a statement ran after one that failed")
			}
			return nil // even if the use case forgets the error
		})
		if !db.IsUnique(err) {
			t.Errorf("Tx: %v, want the unique violation", err)
		}
		wants(t, d, []string{"a"}, []string{"b", "c"})
	})
}

func TestForeignKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(`CREATE TABLE parent (id TEXT NOT NULL PRIMARY KEY)`); err != nil {
				return err
			}
			_, err := tx.Exec(`CREATE TABLE child (id TEXT NOT NULL PRIMARY KEY, parent TEXT NOT NULL REFERENCES parent (id))`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO child (id, parent) VALUES ('c', 'nobody')`)
			return err
		})
		if !db.IsForeignKey(err) || db.IsUnique(err) {
			t.Errorf("got %v, want a foreign key violation", err)
		}
	})
}

func TestContext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := d.Tx(ctx, put("a", "1")); !errors.Is(err, context.Canceled) {
			t.Errorf("Tx with a finished context: %v", err)
		}
		if err := d.Read(ctx, func(db.Querier) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("Read with a finished context: %v", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		err := d.Tx(ctx, func(tx *db.Tx) error {
			if err := put("b", "1")(tx); err != nil {
				return err
			}
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("context finished inside the use case: %v", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		err = d.Read(ctx, func(q db.Querier) error {
			var n int64
			return q.QueryRow(`WITH RECURSIVE c (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM c WHERE n < 2000000000) SELECT MAX(n) FROM c`).Scan(&n)
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a long query ended with %v, want the deadline", err)
		}
		if err := d.Tx(t.Context(), put("c", "1")); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		wants(t, d, []string{"c"}, []string{"a", "b"})
	})
}

type word string
type count int32

func TestValuesRoundTrip(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ddl := `CREATE TABLE v (k TEXT NOT NULL PRIMARY KEY, s TEXT, n BIGINT, f DOUBLE PRECISION, b BYTEA)`
		if d.Dialect() == db.SQLite {
			ddl = `CREATE TABLE v (k TEXT NOT NULL PRIMARY KEY, s TEXT, n INTEGER, f REAL, b BLOB) STRICT`
		}
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(ddl); return err }); err != nil {
			t.Fatal(err)
		}
		p := "pointed"
		var none *string
		long := strings.Repeat("é€😀", 5000)
		for i, c := range []struct {
			s, n, f, b any
			ws         *string
			wn         *int64
			wf         *float64
			wb         []byte
		}{
			{"", 0, 0.0, []byte{}, ptr(""), ptr(int64(0)), ptr(0.0), []byte{}},
			{nil, nil, nil, nil, nil, nil, nil, nil},
			{none, (*int)(nil), nil, []byte(nil), nil, nil, nil, nil},
			{&p, true, float32(1.5), []byte{0, 255}, &p, ptr(int64(1)), ptr(1.5), []byte{0, 255}},
			{word("w"), count(-3), 1, []byte("x"), ptr("w"), ptr(int64(-3)), ptr(1.0), []byte("x")},
			{core.ID("id"), core.Cents(-12), -1e300, nil, ptr("id"), ptr(int64(-12)), ptr(-1e300), nil},
			{long, int64(math.MinInt64), 0.1, bytes.Repeat([]byte{7}, 1<<20), &long, ptr(int64(math.MinInt64)), ptr(0.1), bytes.Repeat([]byte{7}, 1<<20)},
			{sql.Null[string]{V: "n", Valid: true}, core.Month(24000), nil, nil, ptr("n"), ptr(int64(24000)), nil, nil},
			{sql.Null[string]{}, uint8(9), nil, nil, nil, ptr(int64(9)), nil, nil},
		} {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				k := fmt.Sprint(i)
				if err := d.Tx(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(`INSERT INTO v (k, s, n, f, b) VALUES ($1, $2, $3, $4, $5)`, k, c.s, c.n, c.f, c.b)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				err := d.Read(t.Context(), func(q db.Querier) error {
					var s *string
					var n *int64
					var f *float64
					var b []byte
					if err := q.QueryRow(`SELECT s, n, f, b FROM v WHERE k = $1`, k).Scan(&s, &n, &f, &b); err != nil {
						return err
					}
					if !same(s, c.ws) || !same(n, c.wn) || !same(f, c.wf) || !bytes.Equal(b, c.wb) || (b == nil) != (c.wb == nil) {
						t.Errorf("read back %v %v %v %d bytes (nil %v)", s, n, f, len(b), b == nil)
					}
					if c.ws == nil || c.wn == nil {
						return nil
					}
					var w word
					var m int
					var yes bool
					var any1 any
					if err := q.QueryRow(`SELECT s, n, n, s FROM v WHERE k = $1`, k).Scan(&w, &m, &yes, &any1); err != nil {
						return err
					}
					if string(w) != *c.ws || int64(m) != *c.wn || yes != (*c.wn != 0) || any1 != *c.ws {
						t.Errorf("named destinations: %q %d %v %v", w, m, yes, any1)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	})
}

func ptr[T any](v T) *T { return &v }

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// What is wrong on one database is wrong on the other.
func TestBadValues(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bad := func(name string, fn func(q *db.Tx) error) {
			t.Helper()
			err := d.Tx(t.Context(), fn)
			if err == nil {
				t.Errorf("%s: accepted", name)
			} else if strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: the error tells the value: %v", name, err)
			}
		}
		exec := func(args ...any) func(*db.Tx) error {
			return func(tx *db.Tx) error { _, err := tx.Exec(insertInstall, args...); return err }
		}
		scan := func(sql string, dest ...any) func(*db.Tx) error {
			return func(tx *db.Tx) error { return tx.QueryRow(sql).Scan(dest...) }
		}
		bad("too few arguments", exec("a"))
		bad("too many arguments", exec("a", "b", "c"))
		bad("a time", exec("a", time.Unix(0, 0)))
		bad("a map", exec("a", map[string]string{"secret": "x"}))
		bad("NUL", exec("a", "secret\x00"))
		bad("not UTF-8", exec("a", "secret\xff"))
		bad("uint beyond BIGINT", exec("a", uint64(math.MaxUint64)))
		bad("NULL into a text", scan(`SELECT CAST(NULL AS TEXT)`, new(string)))
		bad("NULL into a number", scan(`SELECT CAST(NULL AS BIGINT)`, new(int64)))
		bad("text into a number", func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT CAST($1 AS TEXT)`, "secret").Scan(new(int64))
		})
		bad("text into a text of numbers", scan(`SELECT CAST(5 AS BIGINT)`, new(string)))
		bad("number too large", scan(`SELECT CAST(70000 AS BIGINT)`, new(int16)))
		bad("two columns, one destination", scan(`SELECT 1, 2`, new(int64)))
		bad("no pointer", scan(`SELECT 1`, 5))
		bad("two statements", func(tx *db.Tx) error { _, err := tx.Exec(`SELECT 1; SELECT 2`); return err })
		bad("nonsense", func(tx *db.Tx) error { _, err := tx.Exec(`SELEC`); return err })
		bad("empty", scan(``, new(int64)))
	})
}

func TestRowsMayBeLeftOpenAndNested(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			for i := range 5 {
				if err := put(fmt.Sprint("r", i), fmt.Sprint(i))(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		const list = `SELECT name FROM install WHERE name LIKE 'r%' ORDER BY name`
		var left *db.Rows
		for range 3 {
			err := d.Read(t.Context(), func(q db.Querier) error {
				var err error
				if left, err = q.Query(list); err != nil {
					return err
				}
				if !left.Next() {
					t.Error("no row")
				}
				return nil // without Close
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if d.Dialect() == db.SQLite {
			// The same text twice at the same time, which PostgreSQL's protocol cannot do.
			err := d.Read(t.Context(), func(q db.Querier) error {
				pairs := 0
				rows, err := q.Query(list)
				err = db.Each(rows, err, func(*db.Rows) error {
					inner, err := q.Query(list)
					return db.Each(inner, err, func(*db.Rows) error { pairs++; return nil })
				})
				if pairs != 25 {
					t.Errorf("%d pairs, want 25", pairs)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		// One slice of destinations for every row.
		err = d.Read(t.Context(), func(q db.Querier) error {
			var name word
			var value string
			dest := []any{&name, &value}
			rows, err := q.Query(`SELECT name, value FROM install WHERE name LIKE 'r%' ORDER BY name`)
			return db.Each(rows, err, func(r *db.Rows) error {
				if err := r.Scan(dest...); err != nil {
					return err
				}
				if string(name) != "r"+value {
					t.Errorf("row %s holds %s", name, value)
				}
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := errors.New("enough")
		err = d.Read(t.Context(), func(q db.Querier) error {
			rows, err := q.Query(list)
			return db.Each(rows, err, func(*db.Rows) error { return stop })
		})
		if !errors.Is(err, stop) {
			t.Errorf("Each returned %v, want what the function said", err)
		}
	})
}

func TestNothingWorksAfterTheEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var keptTx *db.Tx
		var keptQ db.Querier
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { keptTx = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := d.Read(t.Context(), func(q db.Querier) error { keptQ = q; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := keptTx.Exec(insertInstall, "a", "b"); err == nil {
			t.Error("a Tx works after its end")
		}
		if _, err := keptQ.Query(`SELECT 1`); err == nil {
			t.Error("a Querier works after its Read")
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.Tx(t.Context(), put("a", "b")); !errs.Is(err, errs.Unavailable) {
			t.Errorf("Tx after Close: %v", err)
		}
		if err := d.Read(t.Context(), func(db.Querier) error { return nil }); !errs.Is(err, errs.Unavailable) {
			t.Errorf("Read after Close: %v", err)
		}
		if err := d.Check(t.Context()); !errs.Is(err, errs.Unavailable) {
			t.Errorf("Check after Close: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

func TestReadsOneSnapshotAndNeverWrites(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Tx(t.Context(), put("a", "1")); err != nil {
			t.Fatal(err)
		}
		err := d.Read(t.Context(), func(q db.Querier) error {
			var before, after string
			if err := q.QueryRow(`SELECT value FROM install WHERE name = 'a'`).Scan(&before); err != nil {
				return err
			}
			if err := d.Tx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE install SET value = '2' WHERE name = 'a'`)
				return err
			}); err != nil {
				return err
			}
			if err := q.QueryRow(`SELECT value FROM install WHERE name = 'a'`).Scan(&after); err != nil {
				return err
			}
			if before != "1" || after != "1" {
				t.Errorf("one snapshot shows %q then %q", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := value(t, d, "a"); v != "2" || err != nil {
			t.Errorf("the next snapshot shows %q, %v", v, err)
		}
		err = d.Read(t.Context(), func(q db.Querier) error {
			var name string
			return q.QueryRow(`INSERT INTO install (name, value) VALUES ('x', 'y') RETURNING name`).Scan(&name)
		})
		if err == nil {
			t.Error("a Read wrote")
		}
		wants(t, d, nil, []string{"x"})
	})
}

// Readers during many writes see the two rows of a use case equal, always.
func TestSnapshotNeverSeesHalfAUseCase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if err := put("left", "0")(tx); err != nil {
				return err
			}
			return put("right", "0")(tx)
		}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var readers, writers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for ctx.Err() == nil {
					err := d.Read(t.Context(), func(q db.Querier) error {
						var l, r string
						if err := q.QueryRow(`SELECT value FROM install WHERE name = 'left'`).Scan(&l); err != nil {
							return err
						}
						if err := q.QueryRow(`SELECT value FROM install WHERE name = 'right'`).Scan(&r); err != nil {
							return err
						}
						if l != r {
							t.Errorf("a snapshot shows %s and %s", l, r)
						}
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for w := range 4 {
			writers.Go(func() {
				for i := range 50 {
					v := fmt.Sprint(w, "-", i)
					err := d.Tx(t.Context(), func(tx *db.Tx) error {
						for _, side := range []string{"left", "right"} {
							if _, err := tx.Exec(`UPDATE install SET value = $2 WHERE name = $1`, side, v); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		writers.Wait()
		cancel()
		readers.Wait()
	})
}

// A counter read, then written: with FOR UPDATE no increment is lost on either.
func TestForUpdateQueuesWriters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Tx(t.Context(), put("n", "0")); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 20 {
					err := d.Tx(t.Context(), func(tx *db.Tx) error {
						var n int
						var s string
						if err := tx.QueryRow(`SELECT value FROM install WHERE name = 'n' FOR UPDATE`).Scan(&s); err != nil {
							return err
						}
						if _, err := fmt.Sscan(s, &n); err != nil {
							return err
						}
						_, err := tx.Exec(`UPDATE install SET value = $1 WHERE name = 'n'`, fmt.Sprint(n+1))
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if v, err := value(t, d, "n"); v != "160" || err != nil {
			t.Errorf("counted %s, %v; want 160", v, err)
		}
	})
}

func TestPrefixRange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		names := []string{"ben", "bena", "bené", "ben😀x", "bem", "beo", "Ben", "be", "z"}
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			for _, n := range names {
				if err := put(n, "p")(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		from, below := db.PrefixRange("ben")
		var got []string
		err = d.Read(t.Context(), func(q db.Querier) error {
			rows, err := q.Query(`SELECT name FROM install WHERE name >= $1 AND name < $2 ORDER BY name`, from, below)
			return db.Each(rows, err, func(r *db.Rows) error {
				var s string
				err := r.Scan(&s)
				got = append(got, s)
				return err
			})
		})
		if want := "ben bena bené ben😀x"; err != nil || strings.Join(got, " ") != want {
			t.Errorf("prefix ben gives %v (%v), want %s", got, err, want)
		}
		for _, c := range []struct {
			part string
			want int
		}{{"en", 5}, {"%", 0}, {"é", 1}, {"EN", 0}} {
			var n int
			err := d.Read(t.Context(), func(q db.Querier) error {
				return q.QueryRow(`SELECT COUNT(*) FROM install WHERE value = $1 AND `+d.Dialect().Contains("name", 2), "p", c.part).Scan(&n)
			})
			if n != c.want || err != nil {
				t.Errorf("contains %q: %d rows (%v), want %d", c.part, n, err, c.want)
			}
			err = d.Read(t.Context(), func(q db.Querier) error {
				return q.QueryRow(`SELECT COUNT(*) FROM install WHERE value = $1 AND `+d.Dialect().ContainsAny("name", 2, 3, 4), "p", "nowhere", c.part, "nor here").Scan(&n)
			})
			if n != c.want || err != nil {
				t.Errorf("contains any, %q: %d rows (%v), want %d", c.part, n, err, c.want)
			}
		}
	})
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	cfg := db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), Key: dbtest.Key()}
	d, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		cfg  db.Config
		key  string
	}{
		{"wrong key", db.Config{URL: cfg.URL, Key: bytes.Repeat([]byte{1}, 32)}, "errs.db.wrong_key"},
		{"no key", db.Config{URL: cfg.URL}, "errs.db.key_size"},
		{"short key", db.Config{URL: cfg.URL, Key: []byte("short")}, "errs.db.key_size"},
		{"a folder that cannot be made", db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db", "x.db"), Key: dbtest.Key()}, "errs.db.open"},
		{"no such kind", db.Config{URL: "mysql://root:hunter2@host/db"}, "errs.db.url"},
		{"no PostgreSQL there", db.Config{URL: "postgres://u:hunter2@127.0.0.1:1/db?connect_timeout=2"}, "errs.db.open"},
		{"PostgreSQL address unreadable", db.Config{URL: "postgres://u:hunter2@host:port:1/db"}, "errs.db.url"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := db.Open(t.Context(), c.cfg)
			if err == nil {
				_ = d.Close()
			}
			if key(err) != c.key {
				t.Fatalf("got %v, want %s", err, c.key)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is in the error: %v", err)
			}
		})
	}
	if d, err = db.Open(t.Context(), cfg); err != nil {
		t.Fatalf("the right key no longer opens: %v", err)
	}
	if err := d.Integrity(t.Context()); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnotherKeyIsRefusedOnBothDatabases(t *testing.T) {
	url := dbtest.PostgresURL(t)
	for _, step := range []struct {
		key  []byte
		want string
	}{{dbtest.Key(), ""}, {bytes.Repeat([]byte{1}, 32), "errs.db.wrong_key"}, {dbtest.Key(), ""}} {
		d, err := db.Open(t.Context(), db.Config{URL: url, Key: step.key})
		if key(err) != step.want {
			t.Fatalf("got %v, want %q", err, step.want)
		}
		if err == nil {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A command that changes nothing does not bring the schema up to date.
func TestNoMigrate(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "parvis.db")
	if _, err := db.Open(t.Context(), db.Config{URL: url, Key: dbtest.Key(), NoMigrate: true}); key(err) != "errs.db.older" {
		t.Fatalf("an empty database: %v, want errs.db.older", err)
	}
	for _, noMigrate := range []bool{false, true} {
		d, err := db.Open(t.Context(), db.Config{URL: url, Key: dbtest.Key(), NoMigrate: noMigrate})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	cfg := db.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "parvis.db"), Key: dbtest.Key()}
	for _, want := range []string{"", "errs.db.newer"} {
		d, err := db.Open(t.Context(), cfg)
		if key(err) != want {
			t.Fatalf("got %v, want %q", err, want)
		}
		if err != nil {
			return
		}
		err = d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (7, 1)`)
			return err
		})
		if err := errors.Join(err, d.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
