package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"

	"codeberg.org/parvis/parvis/internal/backup"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

const (
	install = "00112233445566778899aabbccddeeff"
	org     = core.ID("019ea000-0000-7000-8000-000000000001")
	anna    = core.ID("019ea000-0000-7000-8000-00000000000a")
	canary  = "Canari-Zaïnab-1984"
)

// rig is an installation with some lines, and the key of its backups.
type rig struct {
	t        *testing.T
	dir      string
	db       *db.DB
	service  *backup.Service
	identity *age.X25519Identity
	order    backup.Order
}

func signKey(t testing.TB) *journal.Key {
	t.Helper()
	k, err := journal.NewKey(install, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newRig(t *testing.T, d *db.DB, dir string) *rig {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	j := journal.New(d, rand.Reader)
	j.SignWith(signKey(t))
	for name, text := range map[string]string{"install-id": install + "\n", "zones.txt": "79191,2\n", "unrelated": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &rig{t: t, dir: dir, db: d, identity: id, order: backup.Order{Dir: filepath.Join(t.TempDir(), "away"), To: []age.Recipient{id.Recipient()}}}
	r.service = &backup.Service{DB: d, Journal: j, Dir: dir, Small: []string{"install-id", "communes.gz", "zones.txt"}, Install: install, Log: slog.New(slog.DiscardHandler)}
	for _, name := range []string{paperOne, paperTwo, "papers/ab/.new-1", "papers/notes.txt"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("locked "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.write(60)
	return r
}

// Two locked papers of the rig.
const (
	paperOne = "papers/0f/0fe3b1a2-7c11-4d2e-9a55-3c0de1f2a3b4"
	paperTwo = "papers/ab/ab64c2d8-0a0b-4c1d-8e2f-001122334455"
)

// each runs on both databases, each in a data directory of its own.
func each(t *testing.T, fn func(t *testing.T, r *rig)) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		fn(t, newRig(t, dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), Clock: dbtest.Clock()}), dir))
	})
	t.Run("postgres", func(t *testing.T) {
		fn(t, newRig(t, dbtest.OpenPostgres(t, db.Config{Clock: dbtest.Clock(), Key: dbtest.Key()}), t.TempDir()))
	})
}

func (r *rig) write(n int) {
	r.t.Helper()
	ctx := core.WithActor(r.t.Context(), core.Actor{Kind: core.ActorWorker, ID: "worker-1", Org: org})
	for i := range n {
		if err := r.db.Tx(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(`INSERT INTO install (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2`, fmt.Sprint(canary, i), strings.Repeat(canary, 20)); err != nil {
				return err
			}
			return r.service.Journal.Record(ctx, tx, journal.Event{Kind: "file.open", Subjects: []core.ID{anna}})
		}); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) make() backup.Made {
	r.t.Helper()
	made, err := r.service.Make(r.t.Context(), r.order)
	if err != nil {
		r.t.Fatal(err)
	}
	return made
}

func (r *rig) wanted(file string) backup.Wanted {
	w := backup.Wanted{
		File: file, With: []age.Identity{r.identity}, Dir: filepath.Join(r.t.TempDir(), "back"), Small: r.service.Small,
		Open: r.open(dbtest.Key()),
	}
	if r.db.Dialect() == db.Postgres {
		w.Database = emptyPostgres(r.t)
	}
	return w
}

// open opens what is restored with a key.
func (r *rig) open(key []byte) func(context.Context, db.Config) (*db.DB, *journal.Key, error) {
	return func(ctx context.Context, rows db.Config) (*db.DB, *journal.Key, error) {
		if rows.URL == "" {
			return nil, nil, nil
		}
		rows.Key = key
		d, err := db.Open(ctx, rows)
		return d, signKey(r.t), err
	}
}

// emptyPostgres is a database without a schema.
func emptyPostgres(t *testing.T) string {
	t.Helper()
	beside := dbtest.PostgresURL(t)
	admin, err := pgx.Connect(t.Context(), beside)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(beside)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/") + "_back"
	if _, err := admin.Exec(t.Context(), `CREATE DATABASE `+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background() // the test's is over
		if _, err := admin.Exec(ctx, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
		if err := admin.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

// place is where the rows of what was restored are.
func place(w backup.Wanted) string {
	if w.Database != "" {
		return w.Database
	}
	return "sqlite:" + filepath.Join(w.Dir, "parvis.db")
}

func files(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestABackupIsRestored(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		made := r.make()
		if last, err := backup.Last(t.Context(), r.db); err != nil || last != made {
			t.Errorf("last backup %+v, %v; want %+v", last, err, made)
		}
		if got := files(t, r.order.Dir); got != filepath.Base(made.File)+" "+filepath.Base(made.File)+".sha256" {
			t.Errorf("the directory holds %s", got)
		}
		if info, err := os.Stat(made.File); err != nil || info.Mode().Perm() != 0o600 || info.Size() != made.Bytes {
			t.Errorf("the backup: %v, %v", info, err)
		}
		for path, b := range dbtest.ReadAll(t, r.order.Dir) {
			for _, clear := range []string{"SQLite format 3", canary, install, "worker-1"} {
				if bytes.Contains(b, []byte(clear)) && !strings.HasSuffix(path, ".sha256") {
					t.Errorf("%s holds %q in clear", path, clear)
				}
			}
		}
		if digest, err := backup.Digest(t.Context(), made.File); err != nil || digest != made.Digest {
			t.Errorf("digest %s, %v; want %s", digest, err, made.Digest)
		}
		r.write(5) // after the backup: not in it

		w := r.wanted(made.File)
		done, err := backup.Restore(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		if !done.Checked || done.Install != install || !done.Report.Well() || done.Report.Lines != 60 {
			t.Errorf("restored: %+v", done)
		}
		want := "install-id papers parvis.db zones.txt"
		if r.db.Dialect() == db.Postgres {
			want = "install-id papers zones.txt"
		}
		for _, name := range []string{paperOne, paperTwo} {
			if got, err := os.ReadFile(filepath.Join(w.Dir, filepath.FromSlash(name))); err != nil || string(got) != "locked "+name {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		if got := files(t, filepath.Join(w.Dir, "papers", "ab")) + " " + files(t, filepath.Join(w.Dir, "papers")); got != filepath.Base(paperTwo)+" 0f ab" {
			t.Errorf("among the papers: %s", got)
		}
		if got := files(t, w.Dir); got != want {
			t.Errorf("the data directory holds %s, want %s", got, want)
		}
		back, err := db.Open(t.Context(), db.Config{URL: place(w), Key: dbtest.Key()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := back.Close(); err != nil {
				t.Error(err)
			}
		}()
		j := journal.New(back, nil)
		j.SignWith(signKey(t))
		if report, err := j.Check(t.Context()); err != nil || !report.Well() || report.Trees != 2 || report.Lines != 61 {
			t.Errorf("the journal after: %+v, %v", report, err)
		}
		err = back.Read(t.Context(), func(q db.Querier) error {
			lines, err := journal.ForOrg(q, org, journal.Before{}, 2)
			if err != nil {
				return err
			}
			if len(lines) != 2 || lines[0].Kind != "copy.restored" || lines[0].Seq != 0 || lines[1].Seq != 59 || lines[0].Tree == lines[1].Tree || lines[0].Detail["lines"] != "60" {
				t.Errorf("lines: %+v", lines)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		// Nothing is written over.
		if _, err := backup.Restore(t.Context(), w); !errs.Is(err, errs.Conflict) {
			t.Errorf("restored twice: %v", err)
		}
	})
}

func keyOf(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return fmt.Sprint(err)
}

// TestWhatIsNoGoodBackupIsRefused: cut, changed, of another key, replaced by
// another; each is told apart, and nothing stays of what was begun.
func TestWhatIsNoGoodBackupIsRefused(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		made := r.make()
		whole, err := os.ReadFile(made.File)
		if err != nil {
			t.Fatal(err)
		}
		other, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "b.age")
		w := r.wanted(file)
		for name, c := range map[string]struct {
			content []byte
			change  func(w *backup.Wanted)
			want    string
		}{
			"cut":              {whole[:len(whole)/2], nil, "errs.backup.damaged"},
			"cut by a byte":    {whole[:len(whole)-1], nil, "errs.backup.damaged"},
			"cut at its head":  {whole[:50], nil, "errs.backup.form"},
			"empty":            {nil, nil, "errs.backup.form"},
			"prose":            {[]byte("once upon a time"), nil, "errs.backup.form"},
			"a byte changed":   {append(append(bytes.Clone(whole[:len(whole)-500]), whole[len(whole)-500]^1), whole[len(whole)-499:]...), nil, "errs.backup.damaged"},
			"another identity": {whole, func(w *backup.Wanted) { w.With = []age.Identity{other} }, "errs.backup.identity"},
			"another digest":   {whole, func(w *backup.Wanted) { w.Digest = strings.Repeat("0", 64) }, "errs.backup.digest"},
			"another key": {whole, func(w *backup.Wanted) {
				w.Open = r.open(bytes.Repeat([]byte{9}, 32))
			}, "errs.db.wrong_key"},
			"no key": {whole, func(w *backup.Wanted) {
				w.Open = func(context.Context, db.Config) (*db.DB, *journal.Key, error) {
					return nil, nil, errs.New(errs.Unavailable, "errs.key.missing")
				}
			}, "errs.key.missing"},
			"the other database":  {whole, func(w *backup.Wanted) { w.Database = map[bool]string{true: "postgres://x"}[w.Database == ""] }, "errs.backup.other_database"},
			"made for somebody":   {sealed(t, r, "manifest.json", `{"parvis_backup":1,"install":"x","made":"","database":"`+string(r.db.Dialect())+`"}`, "../escape", "x"), nil, "errs.backup.damaged"},
			"a newer form":        {sealed(t, r, "manifest.json", `{"parvis_backup":2}`), nil, "errs.backup.newer"},
			"an archive of other": {sealed(t, r, "readme.txt", "hello"), nil, "errs.backup.form"},
		} {
			if err := os.WriteFile(file, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			want := w
			if c.change != nil {
				c.change(&want)
			}
			if name == "made for somebody" && r.db.Dialect() == db.Postgres {
				c.want = "errs.db.dump"
			}
			_, err := backup.Restore(t.Context(), want)
			if keyOf(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			if got := files(t, w.Dir); got != "" {
				t.Errorf("%s: %s stays", name, got)
			}
			if w.Database != "" && tables(t, w.Database) != 0 {
				t.Fatalf("%s: %d tables stay in the database", name, tables(t, w.Database))
			}
		}
		w.File = filepath.Join(t.TempDir(), "none")
		if _, err := backup.Restore(t.Context(), w); keyOf(err) != "errs.backup.absent" {
			t.Errorf("no file: %v", err)
		}
		w.File = made.File
		if err := os.MkdirAll(w.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.Dir, "mine"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Restore(t.Context(), w); keyOf(err) != "errs.backup.there" {
			t.Errorf("a directory that holds something: %v", err)
		}
	})
}

// tables counts the tables of a database.
func tables(t *testing.T, at string) (n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.QueryRow(t.Context(), `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

// sealed is an age file of an archive, for the rig's identity: entries are names
// and contents in turn.
func sealed(t *testing.T, r *rig, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, r.identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	a := tar.NewWriter(w)
	for i := 0; i < len(entries); i += 2 {
		if err := a.WriteHeader(&tar.Header{Name: entries[i], Size: int64(len(entries[i+1])), Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(a, entries[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(a.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestABackupWithATamperedJournal is restored only when that is asked.
func TestABackupWithATamperedJournal(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		if err := r.db.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM journal WHERE seq = 30`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w := r.wanted(r.make().File)
		done, err := backup.Restore(t.Context(), w)
		if keyOf(err) != "errs.backup.journal" || !strings.Contains(done.Report.String(), "lines 30 to 30 are missing") {
			t.Errorf("restored: %v, %s", err, done.Report.String())
		}
		if got := files(t, w.Dir); got != "" {
			t.Errorf("%s stays", got)
		}
		w.Despite = true
		if done, err := backup.Restore(t.Context(), w); err != nil || done.Report.Well() {
			t.Errorf("despite it: %v", err)
		}
	})
}

func TestBackupsThatCannotBeMade(t *testing.T) {
	disk := dbtest.NewDisk(t, false)
	dir := t.TempDir()
	r := newRig(t, dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), Clock: dbtest.Clock(), VFS: disk.Name}), dir)
	first := r.make()
	before := files(t, r.order.Dir)
	if _, err := r.service.Make(t.Context(), r.order); keyOf(err) != "errs.backup.there" {
		t.Errorf("two backups of one second: %v", err)
	}
	disk.Full(true)
	_, err := r.service.Make(t.Context(), r.order)
	disk.Full(false)
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("a full disk: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.service.Make(ended, r.order); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	inside := r.order
	inside.Dir = filepath.Join(dir, "backups")
	if _, err := r.service.Make(t.Context(), inside); keyOf(err) != "errs.backup.inside" {
		t.Errorf("inside the data: %v", err)
	}
	if err := os.Remove(inside.Dir); err != nil {
		t.Error(err)
	}
	inside.Dir = first.File // a file
	if _, err := r.service.Make(t.Context(), inside); keyOf(err) != "errs.backup.not_written" {
		t.Errorf("into a file: %v", err)
	}
	if got := files(t, r.order.Dir); got != before {
		t.Errorf("the directory holds %s, want %s", got, before)
	}
	if _, err := backup.Restore(t.Context(), r.wanted(first.File)); err != nil {
		t.Errorf("the first backup: %v", err)
	}
}

// TestOldBackupsGo: those of this installation beyond the last ones, and nothing of
// anybody else.
func TestOldBackupsGo(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), Clock: dbtest.Clock()}), dir)
	if err := os.MkdirAll(r.order.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"parvis-00112233-20260101T000000Z.age", "parvis-00112233-20260101T000000Z.age.sha256", "parvis-00112233-20260201T000000Z.age",
		"parvis-00112233-mine.age", "parvis-ffffffff-20250101T000000Z.age", "photo.jpg"} {
		if err := os.WriteFile(filepath.Join(r.order.Dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.order.Keep = 2
	made := filepath.Base(r.make().File)
	want := "parvis-00112233-20260201T000000Z.age " + made + " " + made + ".sha256 parvis-00112233-mine.age parvis-ffffffff-20250101T000000Z.age photo.jpg"
	if got := files(t, r.order.Dir); got != want {
		t.Errorf("the directory holds\n%s, want\n%s", got, want)
	}
}

// TestWhatAStoppedBackupLeft goes with the next one, once nobody can be writing it
// any more; the directory's own name may look like a pattern.
func TestWhatAStoppedBackupLeft(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), Clock: dbtest.Clock()}), dir)
	r.order.Dir = filepath.Join(t.TempDir(), "copies [nuit")
	if err := os.MkdirAll(r.order.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-48 * time.Hour)
	for _, name := range []string{".parvis-00112233-new-1", ".parvis-00112233-new-1.db", ".parvis-00112233-new-2!", ".parvis-ffffffff-new-3", ".new-4", "parvis-00112233-20260101T000000Z.age"} {
		file := filepath.Join(r.order.Dir, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "!") {
			continue // written just now
		}
		if err := os.Chtimes(file, long, long); err != nil {
			t.Fatal(err)
		}
	}
	r.order.Keep = 1
	made := filepath.Base(r.make().File)
	want := ".new-4 .parvis-00112233-new-2! .parvis-ffffffff-new-3 " + made + " " + made + ".sha256"
	if got := files(t, r.order.Dir); got != want {
		t.Errorf("the directory holds\n%s, want\n%s", got, want)
	}
}

// TestBackupsMakeThemselves whenever the last one is old enough.
func TestBackupsMakeThemselves(t *testing.T) {
	dir := t.TempDir()
	clk := &moving{now: time.Date(2026, 6, 11, 9, 0, 0, 0, time.UTC)}
	r := newRig(t, dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), Clock: clk}), dir)
	for i, c := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {time.Hour, 1}, {22 * time.Hour, 1}, {2 * time.Hour, 2}, {time.Hour, 2}, {72 * time.Hour, 3}} {
		clk.now = clk.now.Add(c.after)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.service.Run(ctx, r.order, 24*time.Hour)
		}()
		// One look happens at once: the next Last after it says what it did.
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
			found, err := filepath.Glob(filepath.Join(r.order.Dir, "*.age"))
			last, lastErr := backup.Last(t.Context(), r.db)
			if err != nil || lastErr != nil {
				t.Fatal(err, lastErr)
			}
			if len(found) == c.want && clk.now.Sub(time.UnixMicro(last.At)) < 24*time.Hour {
				break
			}
		}
		cancel()
		<-done
		if found, err := filepath.Glob(filepath.Join(r.order.Dir, "*.age")); err != nil || len(found) != c.want {
			t.Errorf("step %d: %d backups, %v, want %d", i, len(found), err, c.want)
		}
	}
}

type moving struct{ now time.Time }

func (m *moving) Now() time.Time { return m.now }

func TestKeysOfBackups(t *testing.T) {
	file, recipient, err := backup.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.ReadIdentities([]byte(file)); err != nil {
		t.Error(err)
	}
	if _, err := backup.ReadRecipients([]byte("# ours\n" + recipient + "\n")); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "age1xyz", file, base64.StdEncoding.EncodeToString([]byte(file))} {
		if _, err := backup.ReadRecipients([]byte(wrong)); keyOf(err) != "errs.backup.recipients" {
			t.Errorf("recipients %.20q: %v", wrong, err)
		} else if strings.Contains(err.Error(), strings.Split(file, "\n")[1]) {
			t.Error("the secret key is in the error")
		}
		if wrong == file {
			continue
		}
		if _, err := backup.ReadIdentities([]byte(wrong)); keyOf(err) != "errs.backup.identities" {
			t.Errorf("identities %.20q: %v", wrong, err)
		}
	}
}
