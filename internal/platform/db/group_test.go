package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// crowd runs use cases that all wait for the same turn of the writer: the first
// holds the connection until the others queue, so that they share its group. It
// returns their errors, in order.
func crowd(t *testing.T, d *db.DB, useCases ...func(*db.Tx) error) []error {
	t.Helper()
	out := make([]error, len(useCases)+1)
	go_ := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		out[0] = d.Tx(t.Context(), func(tx *db.Tx) error {
			<-go_
			return put("first", "")(tx)
		})
	})
	synctest.Wait()
	for i, fn := range useCases {
		all.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					out[i+1] = fmt.Errorf("panicked: %v", p)
				}
			}()
			out[i+1] = errors.New("left its goroutine")
			out[i+1] = d.Tx(t.Context(), fn)
		})
		synctest.Wait() // queued, in this order
	}
	close(go_)
	all.Wait()
	return out
}

func openOn(t *testing.T, disk *dbtest.Disk) (*db.DB, string) {
	t.Helper()
	dir := t.TempDir()
	return dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), VFS: disk.Name}), dir
}

func TestGroupSharesOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := dbtest.NewDisk(t, false)
		d, _ := openOn(t, disk)
		before := disk.Syncs()
		var useCases []func(*db.Tx) error
		var names []string
		for i := range 30 {
			names = append(names, fmt.Sprint("n", i))
			useCases = append(useCases, put(names[i], ""))
		}
		for i, err := range crowd(t, d, useCases...) {
			if err != nil {
				t.Errorf("use case %d: %v", i, err)
			}
		}
		if n := disk.Syncs() - before; n > 2 {
			t.Errorf("31 use cases took %d syncs, want one (or two)", n)
		}
		wants(t, d, names, nil)
	})
}

func TestFailuresInAGroupStayAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.OpenSQLite(t, db.Config{})
		boom := errors.New("boom")
		cancelled, cancel := context.WithCancel(t.Context())
		got := crowd(t, d,
			put("a", ""),
			func(tx *db.Tx) error { return errors.Join(put("b", "")(tx), boom) },
			put("c", ""),
			func(tx *db.Tx) error {
				if err := put("d", "")(tx); err != nil {
					return err
				}
				panic("oh")
			},
			put("first", "again"), // already written by the first of the group
			func(tx *db.Tx) error {
				if err := put("e", "")(tx); err != nil {
					return err
				}
				cancel()
				return cancelled.Err()
			},
			func(tx *db.Tx) error {
				_, err := tx.Exec(`NONSENSE`)
				return err
			},
			func(tx *db.Tx) error {
				rows, err := tx.Query(`SELECT name FROM install`)
				if err != nil {
					return err
				}
				rows.Next() // left open
				return put("f", "")(tx)
			},
			// Sees what the group wrote before it, and nothing that was undone.
			func(tx *db.Tx) error {
				var names []string
				rows, err := tx.Query(`SELECT name FROM install WHERE name <> 'key_check' ORDER BY name`)
				err = db.Each(rows, err, func(r *db.Rows) error {
					var s string
					err := r.Scan(&s)
					names = append(names, s)
					return err
				})
				if got := strings.Join(names, " "); got != "a c f first" {
					t.Errorf("the last of the group sees %q", got)
				}
				return errors.Join(err, put("g", "")(tx))
			},
		)
		for i, ok := range []func(error) bool{
			isNil, isNil,
			func(err error) bool { return errors.Is(err, boom) },
			isNil,
			func(err error) bool { return err != nil && err.Error() == "panicked: oh" },
			db.IsUnique,
			func(err error) bool { return errors.Is(err, context.Canceled) },
			func(err error) bool { return err != nil },
			isNil, isNil,
		} {
			if !ok(got[i]) {
				t.Errorf("use case %d ended with %v", i, got[i])
			}
		}
		wants(t, d, []string{"first", "a", "c", "f", "g"}, []string{"b", "d", "e"})
	})
}

func isNil(err error) bool { return err == nil }

func TestGoexitInAUseCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.OpenSQLite(t, db.Config{})
		left := make(chan struct{})
		go func() {
			defer close(left)
			_ = d.Tx(t.Context(), func(tx *db.Tx) error {
				if err := put("a", "")(tx); err != nil {
					t.Error(err)
				}
				exitGoroutine()
				return nil
			})
		}()
		<-left
		if err := d.Tx(t.Context(), put("b", "")); err != nil {
			t.Errorf("after a use case that left its goroutine: %v", err)
		}
		wants(t, d, []string{"b"}, []string{"a"})
	})
}

func TestCancelWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.OpenSQLite(t, db.Config{})
		hold := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			if err := d.Tx(t.Context(), func(*db.Tx) error { <-hold; return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		var err error
		ran := false
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			err = d.Tx(ctx, func(tx *db.Tx) error { ran = true; return put("a", "")(tx) })
		}()
		synctest.Wait()
		cancel()
		<-gone // although the writer is still held
		if !errors.Is(err, context.Canceled) || ran {
			t.Errorf("got %v (ran %v), want to leave the queue", err, ran)
		}
		close(hold)
		all.Wait()
		if err := d.Tx(t.Context(), put("b", "")); err != nil {
			t.Error(err)
		}
		wants(t, d, []string{"b"}, []string{"a"})
	})
}

func TestCloseServesThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		url := "sqlite:" + filepath.Join(dir, "parvis.db")
		d := dbtest.OpenSQLite(t, db.Config{URL: url})
		hold := make(chan struct{})
		var all sync.WaitGroup
		errsOf := make([]error, 3)
		for i := range errsOf {
			all.Go(func() {
				errsOf[i] = d.Tx(t.Context(), func(tx *db.Tx) error { <-hold; return put(fmt.Sprint(i), "")(tx) })
			})
		}
		synctest.Wait()
		closed := make(chan error)
		go func() { closed <- d.Close() }()
		synctest.Wait()
		close(hold)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		all.Wait()
		again := dbtest.OpenSQLite(t, db.Config{URL: url})
		for i, err := range errsOf {
			_, there := value(t, again, fmt.Sprint(i))
			switch {
			case err == nil && there != nil:
				t.Errorf("use case %d was acknowledged and is not there", i)
			case err != nil && !errs.Is(err, errs.Unavailable):
				t.Errorf("use case %d: %v", i, err)
			case err != nil && there == nil:
				t.Errorf("use case %d was refused and is there", i)
			}
		}
	})
}

// A commit that fails is told to everybody in the group, and leaves nothing.
func TestCommitThatFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		broken func(disk *dbtest.Disk, on bool)
	}{
		{"disk full", func(disk *dbtest.Disk, on bool) { disk.Full(on) }},
		{"sync fails", func(disk *dbtest.Disk, on bool) { disk.BadSync(on) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				disk := dbtest.NewDisk(t, false)
				d, dir := openOn(t, disk)
				if err := d.Tx(t.Context(), put("before", "")); err != nil {
					t.Fatal(err)
				}
				own := errs.New(errs.Conflict, "errs.own")
				got := crowd(t, d,
					put("a", ""),
					func(tx *db.Tx) error {
						c.broken(disk, true)
						return put("b", "")(tx)
					},
					func(*db.Tx) error { return own },
				)
				for i, err := range got {
					if i == 3 {
						if !errors.Is(err, own) {
							t.Errorf("the use case that failed by itself: %v", err)
						}
						continue
					}
					if !errs.Is(err, errs.Unavailable) || key(err) != "errs.db.unavailable" {
						t.Errorf("use case %d: %v, want errs.db.unavailable", i, err)
					}
				}
				wants(t, d, []string{"before"}, []string{"first", "a", "b"})
				c.broken(disk, false)
				if err := d.Tx(t.Context(), put("after", "")); err != nil {
					t.Errorf("once the disk works again: %v", err)
				}
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
				again := dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db")})
				wants(t, again, []string{"before", "after"}, []string{"first", "a", "b"})
				if err := again.Integrity(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A use case so large that its pages leave the cache before the commit meets the
// full disk in the middle: SQLite then drops the whole transaction, and those who
// were in it must be told.
func TestDiskFullInsideAUseCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := dbtest.NewDisk(t, false)
		d, _ := openOn(t, disk)
		large := strings.Repeat("x", 4<<20)
		got := crowd(t, d,
			put("a", ""),
			func(tx *db.Tx) error {
				disk.Full(true)
				for i := range 16 {
					if err := put(fmt.Sprint("large", i), large)(tx); err != nil {
						return fmt.Errorf("save a large thing: %w", err)
					}
				}
				return nil
			},
			func(tx *db.Tx) error { disk.Full(false); return put("b", "")(tx) },
		)
		for i, err := range got[:3] {
			if !errs.Is(err, errs.Unavailable) {
				t.Errorf("use case %d: %v, want errs.Unavailable", i, err)
			}
		}
		// The last is in the same group or the next one, as SQLite decides.
		if got[3] != nil && !errs.Is(got[3], errs.Unavailable) {
			t.Errorf("the last: %v", got[3])
		}
		wants(t, d, nil, []string{"first", "a", "large0"})
		disk.Full(false)
		if err := d.Tx(t.Context(), put("after", "")); err != nil {
			t.Error(err)
		}
	})
}

// Power cuts at random moments under load: every acknowledged use case is there,
// every other one whole or not at all, and the database is sound.
func TestPowerCut(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			chance := rand.New(rand.NewPCG(seed, 7))
			disk := dbtest.NewDisk(t, true)
			d, _ := openOn(t, disk)
			var mu sync.Mutex
			acked := map[string]bool{}
			ctx, cancel := context.WithCancel(t.Context())
			var clients sync.WaitGroup
			for c := range 8 {
				clients.Go(func() {
					for i := 0; ctx.Err() == nil; i++ {
						name := fmt.Sprintf("c%d.%d", c, i)
						err := d.Tx(ctx, func(tx *db.Tx) error {
							if err := put(name+".left", strings.Repeat(name, 50))(tx); err != nil {
								return err
							}
							return put(name+".right", strings.Repeat(name, 50))(tx)
						})
						if err == nil {
							mu.Lock()
							acked[name] = true
							mu.Unlock()
						} else if ctx.Err() == nil {
							t.Error(err)
							return
						}
					}
				})
			}
			left := t.TempDir()
			cutAfter := 20 + chance.IntN(400)
			for { // some time later
				mu.Lock()
				n := len(acked)
				mu.Unlock()
				if n >= cutAfter || t.Failed() {
					break
				}
				yield()
			}
			mu.Lock()
			promised := make([]string, 0, len(acked))
			for name := range acked {
				promised = append(promised, name)
			}
			mu.Unlock()
			if seed == 0 {
				chance = nil // nothing unsynced survives
			}
			disk.Cut(t, left, chance)
			cancel()
			clients.Wait()

			after := dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(left, "parvis.db")})
			if err := after.Integrity(t.Context()); err != nil {
				t.Fatal(err)
			}
			sides := map[string]int{}
			err := after.Read(t.Context(), func(q db.Querier) error {
				rows, err := q.Query(`SELECT name FROM install WHERE name LIKE 'c%.%.%'`)
				return db.Each(rows, err, func(r *db.Rows) error {
					var s string
					if err := r.Scan(&s); err != nil {
						return err
					}
					sides[s[:strings.LastIndexByte(s, '.')]]++
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range promised {
				if sides[name] != 2 {
					t.Errorf("%s was acknowledged and has %d rows of 2", name, sides[name])
				}
			}
			for name, n := range sides {
				if n != 2 {
					t.Errorf("%s is there by half", name)
				}
			}
			if err := after.Tx(t.Context(), put("after", "")); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWhatAGroupRemembers reaches the use cases of one commit, never what follows a
// failure, nor another commit.
func TestWhatAGroupRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.OpenSQLite(t, db.Config{})
		type key string
		var seen []any
		look := func(tx *db.Tx) error {
			seen = append(seen, tx.Remembered(key("k")), tx.Remembered("k"))
			return nil
		}
		keep := func(v any, fails error) func(*db.Tx) error {
			return func(tx *db.Tx) error {
				tx.Remember(key("k"), v)
				return fails
			}
		}
		boom := errors.New("boom")
		for i, err := range crowd(t, d, look, keep(1, nil), look, keep(2, nil), look, keep(3, boom), look, keep(4, nil)) {
			if (err != nil) != (i == 6) {
				t.Errorf("use case %d: %v", i, err)
			}
		}
		if err := d.Tx(t.Context(), look); err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(seen), fmt.Sprint([]any{nil, nil, 1, nil, 2, nil, nil, nil, nil, nil}); got != want {
			t.Errorf("remembered %s, want %s", got, want)
		}
	})
}
