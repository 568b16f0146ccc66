package rekey_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/rekey"
	"codeberg.org/parvis/parvis/internal/testkit"
)

const (
	org    core.ID = "019ea000-0000-7000-8000-000000000001"
	canary string  = "pepper-of-a-card-"
	many   int64   = 230 // values: more than two transactions
)

// rig is an installation with sealed values and a journal.
type rig struct {
	t     *testing.T
	place secret.Place
	url   string
}

// each runs on both databases, in a data directory of its own.
func each(t *testing.T, fn func(t *testing.T, r *rig)) {
	t.Run("sqlite", func(t *testing.T) {
		r := newRig(t, t.TempDir(), "")
		fn(t, r)
	})
	t.Run("postgres", func(t *testing.T) { fn(t, newRig(t, t.TempDir(), dbtest.PostgresURL(t))) })
}

func newRig(t *testing.T, dir, at string) *rig {
	t.Helper()
	r := reopened(t, dir, at)
	if err := os.MkdirAll(r.place.DataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	ring, made, err := secret.Open(r.place, rand.Reader)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	d, ring, err := rekey.Open(t.Context(), r.place, ring, db.Config{URL: r.url})
	if err != nil {
		t.Fatal(err)
	}
	fields := r.fields(ring)
	err = d.Tx(t.Context(), func(tx *db.Tx) error {
		seal := func(table, column, id, plain string) []byte {
			sealed, err := fields.SealString(table, column, id, plain)
			if err != nil {
				t.Fatal(err)
			}
			return sealed
		}
		for i := range many {
			id := fmt.Sprintf("pepper-%03d", i)
			if _, err := tx.Exec(`INSERT INTO card_pepper (org_id, id, data, made_at) VALUES ($1, $2, $3, 1)`, org, id, seal("card_pepper", "data", id, canary+id)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO api_request (org_id, token_id, key_hash, digest, status, answer, at) VALUES ($1, 'token', 'hash', 'd', 200, $2, 1)`,
			org, seal("api_request", "answer", "tokenhash", canary+"answer"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r.line(d, ring)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

// reopened is an installation that is there.
func reopened(t *testing.T, dir, at string) *rig {
	r := &rig{t: t, place: secret.Place{DataDir: filepath.Join(dir, "data"), KeyFile: filepath.Join(dir, "keys", "mine.key")}, url: at}
	if at == "" {
		r.url = "sqlite:" + filepath.Join(r.place.DataDir, "parvis.db")
	}
	return r
}

func (r *rig) fields(ring *secret.Keyring) *secret.Fields {
	r.t.Helper()
	fields, err := secret.NewFields(rand.Reader, ring)
	if err != nil {
		r.t.Fatal(err)
	}
	return fields
}

func (r *rig) journal(d *db.DB, ring *secret.Keyring) *journal.Journal {
	r.t.Helper()
	key, err := journal.NewKey(r.install(), ring.Derive("journal"))
	if err != nil {
		r.t.Fatal(err)
	}
	j := journal.New(d, rand.Reader)
	j.SignWith(key)
	return j
}

func (r *rig) install() string {
	r.t.Helper()
	id, err := secret.InstallID(r.place.DataDir)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// line writes one line of the journal and signs it.
func (r *rig) line(d *db.DB, ring *secret.Keyring) {
	r.t.Helper()
	j := r.journal(d, ring)
	ctx := core.WithActor(r.t.Context(), core.Actor{Kind: core.ActorWorker, ID: "worker-1", Org: org})
	if err := d.Tx(ctx, func(tx *db.Tx) error {
		return j.Record(ctx, tx, journal.Event{Kind: "file.open", Subjects: []core.ID{"anna"}})
	}); err != nil {
		r.t.Fatal(err)
	}
	if err := j.CheckpointAll(ctx); err != nil {
		r.t.Fatal(err)
	}
}

// key is the key that the key file holds.
func (r *rig) key() *secret.Keyring {
	r.t.Helper()
	ring, made, err := secret.Open(secret.Place{DataDir: r.place.DataDir, KeyFile: r.place.KeyFile, HasData: true}, rand.Reader)
	if err != nil || made {
		r.t.Fatal(made, err)
	}
	return ring
}

func (r *rig) order() rekey.Order {
	return rekey.Order{Place: r.place, Ring: r.key(), Install: r.install(), DB: db.Config{URL: r.url}}
}

// renew renews the key and gives it with the sheet that was told.
func (r *rig) renew() *secret.Keyring {
	r.t.Helper()
	o := r.order()
	sheet := ""
	o.Told = func(next *secret.Keyring) error {
		sheet = next.Sheet()
		return nil
	}
	ring, err := rekey.Renew(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	if sheet != ring.Sheet() || r.key().ID() != ring.ID() {
		r.t.Errorf("the sheet that was told, or the key file, is not of the key that serves")
	}
	return ring
}

// whole opens the installation as a server does and checks that everything reads and
// proves; lines is how many lines the journal has, -1 for any.
func (r *rig) whole(lines int64) *secret.Keyring {
	r.t.Helper()
	d, ring, err := rekey.Open(r.t.Context(), r.place, r.key(), db.Config{URL: r.url})
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			r.t.Error(err)
		}
	}()
	fields := r.fields(ring)
	seen := 0
	err = d.Read(r.t.Context(), func(q db.Querier) error {
		rows, err := q.Query(`SELECT id, data FROM card_pepper`)
		if err := db.Each(rows, err, func(rows *db.Rows) error {
			var id string
			var sealed []byte
			if err := rows.Scan(&id, &sealed); err != nil {
				return err
			}
			seen++
			if got, err := fields.OpenString("card_pepper", "data", id, sealed); err != nil || got != canary+id {
				return fmt.Errorf("%s: %q, %w", id, got, err)
			}
			return nil
		}); err != nil {
			return err
		}
		var sealed []byte
		if err := q.QueryRow(`SELECT answer FROM api_request`).Scan(&sealed); err != nil {
			return err
		}
		_, err = fields.OpenString("api_request", "answer", "tokenhash", sealed)
		return err
	})
	if err != nil || int64(seen) != many {
		r.t.Errorf("%d of %d values read: %v", seen, many, err)
	}
	if err := d.Integrity(r.t.Context()); err != nil {
		r.t.Error(err)
	}
	report, err := r.journal(d, ring).Check(r.t.Context())
	if err != nil || !report.Well() || report.Checkpoints == 0 || (lines >= 0 && report.Lines != lines) {
		r.t.Errorf("the journal: %+v, %v", report, err)
	}
	return ring
}

func keyOf(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return fmt.Sprint(err)
}

// TestAKeyIsRenewed, and again: what is sealed reads, what is signed proves, the
// phone of a person is still found, and the key of before opens nothing any more.
func TestAKeyIsRenewed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		first := r.key()
		second := r.renew()
		if second.ID() == first.ID() || len(second.Before()) != 1 {
			t.Fatalf("key %s after %s, %d before", second.ID(), first.ID(), len(second.Before()))
		}
		if got := r.whole(2); got.ID() != second.ID() || got.HMAC("phone", "0612") != first.HMAC("phone", "0612") || !bytes.Equal(got.Derive("agreement"), first.Derive("agreement")) {
			t.Error("what compares or signs has changed")
		}
		if bytes.Equal(second.Derive("session"), first.Derive("session")) {
			t.Error("the key of the sessions is the one of before")
		}
		if _, err := db.Open(t.Context(), db.Config{URL: r.url, Key: first.Derive("db")}); keyOf(err) != "errs.db.wrong_key" {
			t.Errorf("the key of before opens the database: %v", err)
		}
		d, ring, err := rekey.Open(t.Context(), r.place, r.key(), db.Config{URL: r.url})
		if err != nil {
			t.Fatal(err)
		}
		waits := func(want ...int64) {
			t.Helper()
			old, err := rekey.Waiting(t.Context(), d, ring)
			var got []int64
			for _, o := range old {
				got = append(got, o.Waiting)
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("waiting %v, %v; want %v", got, err, want)
			}
		}
		waits(many + 1)
		if n, err := rekey.Reseal(t.Context(), d, ring); n != many+1 || err != nil {
			t.Errorf("sealed again: %d, %v; want %d", n, err, many+1)
		}
		waits(0)
		if n, err := rekey.Reseal(t.Context(), d, ring); n != 0 || err != nil {
			t.Errorf("sealed a third time: %d, %v", n, err)
		}
		r.line(d, ring)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		r.whole(3)

		third := r.renew()
		if got := third.Before(); len(got) != 2 || got[0].ID() != first.ID() || got[1].ID() != second.ID() {
			t.Errorf("%d keys of before", len(got))
		}
		r.whole(4)
		if d, ring, err = rekey.Open(t.Context(), r.place, r.key(), db.Config{URL: r.url}); err != nil {
			t.Fatal(err)
		}
		waits(0, many+1)
		// What cannot be opened stays, is told, and stops nothing else.
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE card_pepper SET id = 'moved' WHERE id = 'pepper-007'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := rekey.Reseal(t.Context(), d, ring); n != many || err == nil || !strings.Contains(err.Error(), "card_pepper.data") {
			t.Errorf("with one value moved: %d, %v", n, err)
		}
		waits(0, 1)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		for _, k := range []*secret.Keyring{first, second} {
			path, err := r.place.KeptPath(k)
			if err != nil {
				t.Fatal(err)
			}
			was, _, err := secret.Open(secret.Place{DataDir: r.place.DataDir, KeyFile: path, HasData: true}, nil)
			if err != nil || was.ID() != k.ID() {
				t.Errorf("the file of key %s: %v", k.ID(), err)
			}
		}
	})
}

// TestNothingIsRenewedWhileSomebodyWorks: a server that runs, and a key that cannot
// be written, leave everything as it is.
func TestNothingIsRenewedWhileSomebodyWorks(t *testing.T) {
	r := newRig(t, t.TempDir(), "")
	before := r.key().ID()
	d, _, err := rekey.Open(t.Context(), r.place, r.key(), db.Config{URL: r.url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rekey.Renew(t.Context(), r.order()); keyOf(err) != "errs.db.in_use" {
		t.Errorf("beside a server: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	// A command beside it is never the host, and counts too.
	if d, _, err = rekey.Open(t.Context(), r.place, r.key(), db.Config{URL: r.url, NoMigrate: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := rekey.Renew(t.Context(), r.order()); keyOf(err) != "errs.db.in_use" {
		t.Errorf("beside a command: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	o := r.order()
	o.Told = func(*secret.Keyring) error { return context.Canceled }
	if _, err := rekey.Renew(t.Context(), o); !errors.Is(err, context.Canceled) {
		t.Errorf("a sheet that could not be printed: %v", err)
	}
	if got := r.whole(1); got.ID() != before {
		t.Errorf("key %s serves, want %s", got.ID(), before)
	}
	if _, err := os.Lstat(filepath.Join(r.place.DataDir, "parvis.db.rekey")); err == nil {
		t.Error("a copy of the database stays")
	}
	r.renew()
	r.whole(2)
}

// What a killed renewal is told by.
const (
	killHome  = "PARVIS_REKEY_HOME"
	killURL   = "PARVIS_REKEY_URL"
	killStage = "PARVIS_REKEY_STAGE"
)

// TestAKilledRenewalIsOldOrNew: a process that renews the key and is killed (kill -9)
// after each of its steps leaves an installation that opens, whole, with one key; and
// the renewal that follows ends.
func TestAKilledRenewalIsOldOrNew(t *testing.T) {
	if home := os.Getenv(killHome); home != "" {
		r := reopened(t, home, os.Getenv(killURL))
		_, err := rekey.Renew(t.Context(), r.order().At(func(stage string) {
			if stage == os.Getenv(killStage) {
				if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
					t.Error(err)
				}
				select {}
			}
		}))
		t.Fatalf("nobody killed it: %v", err)
	}
	for _, stage := range []string{"made", "kept", "copied", "taken", "switched", "promoted"} {
		t.Run(stage, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				if strings.HasPrefix(r.url, "postgres") && (stage == "copied" || stage == "taken") {
					return // no copy there: one transaction
				}
				before := r.key().ID()
				at := r.url
				if strings.HasPrefix(at, "sqlite:") {
					at = ""
				}
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAKilledRenewalIsOldOrNew$")
				cmd.Env = append(os.Environ(), killHome+"="+filepath.Dir(r.place.DataDir), killURL+"="+at, killStage+"="+stage)
				out, err := cmd.CombinedOutput()
				var ended *exec.ExitError
				if !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("%v\n%s", err, out)
				}
				lines := int64(1)
				if stage == "switched" || stage == "promoted" {
					lines = 2
				}
				got := r.whole(lines)
				if (got.ID() == before) != (lines == 1) || r.key().ID() != got.ID() {
					t.Errorf("key %s serves, the file holds %s, before it was %s", got.ID(), r.key().ID(), before)
				}
				r.renew()
				r.whole(lines + 1)
				left, err := filepath.Glob(filepath.Join(r.place.DataDir, "parvis.db.*"))
				if err != nil || len(left) > 0 {
					t.Errorf("%v stay, %v", left, err)
				}
			})
		})
	}
}

// TestNothingIsInClear: the copy, the keys of before and what is left hold neither a
// key nor a value that somebody could read.
func TestNothingIsInClear(t *testing.T) {
	r := newRig(t, t.TempDir(), "")
	first := r.key()
	look := func(string) {
		for path, b := range dbtest.ReadAll(t, r.place.DataDir) {
			for _, clear := range []string{"SQLite format 3", canary, first.Sheet()[:20], string(first.Derive("db"))} {
				if bytes.Contains(b, []byte(clear)) {
					t.Errorf("%s holds %q", path, clear)
				}
			}
		}
	}
	if _, err := rekey.Renew(t.Context(), r.order().At(look)); err != nil {
		t.Fatal(err)
	}
}

var (
	sealCall  = regexp.MustCompile(`(?:\.Seal|\.SealString|\.sealJSON|\.seal)\("([a-z_]+)", ([^,]+), (?:string\((\w+(?:\.ID)?)\)|([^)]*\)?)),`)
	boundToID = regexp.MustCompile(`^(id|[a-z]+\.ID)$`)
)

// TestEverySealIsKnown reads the code: what is not bound to the id of its row has its
// place in odd, or it could never be sealed again.
func TestEverySealIsKnown(t *testing.T) {
	found := 0
	root := filepath.Join(testkit.Root(t), "internal")
	for path, src := range dbtest.ReadAll(t, root) {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, call := range sealCall.FindAllSubmatch(src, -1) {
			table, id := string(call[1]), string(call[3])
			if table == "state" || table == "install" { // in a cookie; by this room itself
				continue
			}
			found++
			if !boundToID.MatchString(id) && !rekey.IsOdd(table) {
				t.Errorf("%s: %s: rekey does not know what it is bound to", path, call[0])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d seals found", found)
	}
}
