package vault_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"image"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/vault"
	"codeberg.org/parvis/parvis/internal/vault/blob"
)

// watch is a clock that a test moves.
type watch struct {
	mu  sync.Mutex
	now time.Time
}

func (w *watch) Now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }
func (w *watch) forward(days int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.AddDate(0, 0, days)
}

// world is a house with papers: Samira holds a card, Marc none.
type world struct {
	*casetest.World
	t       *testing.T
	clock   *watch
	cases   *casefile.Service
	vault   *vault.Service
	deps    vault.Deps
	access  *access.Service
	dir     string
	samira  core.ID
	holder  core.ID
	card    []byte // what her card unlocks with
	inside  context.Context
	outside context.Context // in without her card
	log     *bytes.Buffer
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	clk := &watch{}
	dbtest.EachConfig(t, db.Config{Clock: clk}, func(t *testing.T, d *db.DB) {
		clk.now = dbtest.Clock().Now()
		fn(t, newWorld(t, d, clk))
	})
}

func newWorld(t *testing.T, d *db.DB, clk *watch) *world {
	w := &world{World: casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"}), t: t, clock: clk, dir: filepath.Join(t.TempDir(), "papers"), log: &bytes.Buffer{}}
	w.cases = w.At(clk)
	ring, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	w.ok(err)
	fields, err := secret.NewFields(rand.NewChaCha8([32]byte{5}), ring)
	w.ok(err)
	w.access, err = access.New(d, w.Journal, fields, bytes.Repeat([]byte{1}, 32), access.Options{})
	w.ok(err)
	blobs, err := blob.OpenFolder(w.dir)
	w.ok(err)
	seal, err := vault.NewSeal(ring.Derive("vault"), nil)
	w.ok(err)
	w.deps = vault.Deps{Cases: w.cases, Blobs: blobs, Seal: seal, Digest: ring.Derive("papers"), Health: vault.HealthOwn, Log: slog.New(slog.NewTextHandler(w.log, nil))}
	w.vault, err = vault.New(w.deps)
	w.ok(err)
	w.samira = w.Person("Samira", "Haddad", "1992-02-03")
	w.card = bytes.Repeat([]byte{42}, 32)
	w.newCard("card-1", w.card)
	w.inside = w.enter(w.samira, "session-1")
	w.outside = w.enter(w.samira, "session-2")
	w.vault.CardUsed(t.Context(), w.org(), w.holder, "card-1", "session-1", w.card)
	return w
}

func (w *world) org() core.ID { return core.ActorFrom(w.Claire).Org }

func (w *world) enter(person, session core.ID) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: person, Org: w.org(), AAL: 2, Session: session})
}

func (w *world) newCard(id core.ID, unlock []byte) {
	w.t.Helper()
	w.ok(w.DB.Tx(context.Background(), func(tx *db.Tx) error {
		var err error
		if w.holder, err = w.access.MakeHolder(tx, w.org(), w.samira); err != nil {
			return err
		}
		return w.vault.CardMade(tx, w.org(), w.holder, id, unlock)
	}))
}

func (w *world) endCard(id core.ID) {
	w.t.Helper()
	w.ok(w.DB.Tx(context.Background(), func(tx *db.Tx) error { return w.vault.CardEnded(tx, w.org(), w.holder, id) }))
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// pdf is a small document that holds a text.
func pdf(text string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n<<>>\nstream\n" + text + "\nendstream\nendobj\ntrailer\n%%EOF\n")
}

func (w *world) deposit(ctx context.Context, name, text string) vault.Paper {
	w.t.Helper()
	d, err := w.vault.Deposit(ctx, w.samira, vault.Input{Name: name}, bytes.NewReader(pdf(text)))
	w.ok(err)
	return d.Paper
}

func (w *world) read(ctx context.Context, id core.ID, gesture vault.Gesture) (string, error) {
	w.t.Helper()
	d, err := w.vault.Open(ctx, w.samira, id, gesture)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(d)
	return string(b), errors.Join(err, d.Close())
}

func (w *world) blobs() int {
	w.t.Helper()
	n := 0
	w.ok(filepath.WalkDir(w.dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

func (w *world) kinds() string {
	w.t.Helper()
	var kinds []string
	w.ok(w.DB.Read(context.Background(), func(q db.Querier) error {
		all, err := journal.ForOrg(q, w.org(), journal.Before{}, 200)
		for _, l := range all {
			kinds = append(kinds, l.Kind)
		}
		return err
	}))
	return strings.Join(kinds, " ")
}

func want(t *testing.T, what string, err error, kind errs.Kind, key string) {
	t.Helper()
	var e *errs.Error
	var f errs.Fields
	got := ""
	if errors.As(err, &f) && len(f) > 0 {
		got = f[0].Key
	} else if errors.As(err, &e) {
		got = e.Key
	}
	if err == nil || errs.KindOf(err) != kind || got != key {
		t.Errorf("%s: got %v (key %q), want kind %v with %q", what, err, got, kind, key)
	}
}

// refused tells that nothing was opened, and nothing told but that a file exists.
func refused(err error) bool { return errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) }

func TestAPersonAndTheirPapers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.deposit(w.outside, "C:\\photos\\Bail_signé.PDF", "le bail de la rue des Tanneurs")
		if p.Name != "Bail signé" || p.Sort != vault.Lease || p.Category != vault.Housing || p.Confirmed || p.FileName() != "Bail signé.pdf" {
			t.Errorf("kept as %+v", p)
		}
		text, err := w.read(w.inside, p.ID, vault.See)
		if err != nil || !strings.Contains(text, "rue des Tanneurs") {
			t.Fatalf("read: %q %v", text, err)
		}
		if _, err := w.read(w.outside, p.ID, vault.See); !vault.Locked(err) {
			t.Errorf("opened without the card: %v", err)
		}
		shelf, err := w.vault.Read(w.outside, w.samira)
		w.ok(err)
		if len(shelf.Papers) != 1 || !shelf.Locked || !shelf.HasKey || shelf.Bytes != p.Bytes {
			t.Errorf("the shelf: %+v", shelf)
		}
		again, err := w.vault.Deposit(w.inside, w.samira, vault.Input{Name: "encore.pdf"}, bytes.NewReader(pdf("le bail de la rue des Tanneurs")))
		w.ok(err)
		if !again.Already || again.Paper.ID != p.ID || w.blobs() != 1 {
			t.Errorf("the same paper twice: %+v, %d files", again, w.blobs())
		}
		// A worker of her team sees nothing of it; another person neither.
		for who, ctx := range map[string]context.Context{"her worker": w.Claire, "another team": w.Karim, "somebody else": w.enter("somebody", "session-1")} {
			if _, err := w.read(ctx, p.ID, vault.See); !refused(err) {
				t.Errorf("%s: %v", who, err)
			}
		}
		shelf, err = w.vault.Read(w.Claire, w.samira)
		w.ok(err)
		if len(shelf.Papers) != 0 || shelf.Bytes != 0 {
			t.Errorf("her worker sees %+v", shelf.Papers)
		}
		w.ok(w.vault.Change(w.inside, w.samira, p.ID, vault.Details{Name: " Bail ", Sort: vault.Lease, Version: p.Version}))
		want(t, "an old version", w.vault.Change(w.inside, w.samira, p.ID, vault.Details{Name: "x", Sort: vault.Lease, Version: p.Version}), errs.Conflict, "errs.papers.changed")
		w.ok(w.vault.Remove(w.inside, p.ID))
		if _, err := w.read(w.inside, p.ID, vault.See); !errs.Is(err, errs.NotFound) {
			t.Errorf("opened from the bin: %v", err)
		}
		w.ok(w.vault.Restore(w.inside, p.ID))
		if _, err := w.read(w.inside, p.ID, vault.Take); err != nil {
			t.Error(err)
		}
		if lines := w.kinds(); !strings.Contains(lines, "paper.deposit") || !strings.Contains(lines, "paper.open") || !strings.Contains(lines, "paper.take") {
			t.Errorf("lines: %s", lines)
		}
		w.vault.Forget("session-1")
		if _, err := w.read(w.inside, p.ID, vault.See); !vault.Locked(err) {
			t.Errorf("opened once she left: %v", err)
		}
	})
}

func TestGrants(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		today := w.cases.Today(w.Claire)
		lease, notice := w.deposit(w.inside, "bail.pdf", "bail"), w.deposit(w.inside, "avis.pdf", "avis")
		share := vault.Sharing{Team: w.TeamA, Until: today.AddDays(10)}
		if err := w.vault.Share(w.outside, []core.ID{lease.ID}, share); !vault.Locked(err) {
			t.Errorf("shared without the card: %v", err)
		}
		w.ok(w.vault.Share(w.inside, []core.ID{lease.ID}, share))
		text, err := w.read(w.Claire, lease.ID, vault.See)
		if err != nil || !strings.Contains(text, "bail") {
			t.Fatalf("%q %v", text, err)
		}
		for what, try := range map[string]func() error{
			"a copy":        func() error { _, err := w.read(w.Claire, lease.ID, vault.Take); return err },
			"another paper": func() error { _, err := w.read(w.Claire, notice.ID, vault.See); return err },
			"another team":  func() error { _, err := w.read(w.Karim, lease.ID, vault.See); return err },
		} {
			if err := try(); !refused(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
		shelf, err := w.vault.Read(w.Claire, w.samira)
		w.ok(err)
		if len(shelf.Papers) != 1 || shelf.Papers[0].ID != lease.ID {
			t.Errorf("the worker's shelf: %+v", shelf.Papers)
		}
		// With a copy, then taken back.
		share.Take = true
		w.ok(w.vault.Share(w.inside, []core.ID{lease.ID, notice.ID}, share))
		if _, err := w.read(w.Claire, lease.ID, vault.Take); err != nil {
			t.Error(err)
		}
		p, _, err := w.vault.See(w.inside, w.samira, lease.ID)
		w.ok(err)
		w.ok(w.vault.Unshare(w.inside, lease.ID, p.Grants[0].ID))
		if _, err := w.read(w.Claire, lease.ID, vault.See); !errs.Is(err, errs.NotFound) {
			t.Errorf("after it was taken back: %v", err)
		}
		// The last day still opens; the day after does not, and the sweep deletes the key.
		w.clock.forward(10)
		if _, err := w.read(w.Claire, notice.ID, vault.See); err != nil {
			t.Errorf("on the last day: %v", err)
		}
		w.clock.forward(1)
		if _, err := w.read(w.Claire, notice.ID, vault.See); !errs.Is(err, errs.NotFound) {
			t.Errorf("after the last day: %v", err)
		}
		w.clock.forward(2)
		w.ok(w.vault.Sweep(t.Context()))
		left := int64(-1)
		w.ok(w.DB.Read(t.Context(), func(q db.Querier) error {
			return q.QueryRow(`SELECT COUNT(*) FROM paper_grant WHERE org_id = $1 AND LENGTH(wrapped) > 0 /* every row: a test */`, w.org()).Scan(&left)
		}))
		if left != 0 {
			t.Errorf("%d keys of ended grants are left", left)
		}
		for field, sh := range map[string]vault.Sharing{
			"errs.papers.team": {Team: w.TeamB, Until: today.AddDays(20)}, "errs.papers.until_past": {Team: w.TeamA, Until: today},
			"errs.papers.until_far": {Team: w.TeamA, Until: today.AddDays(800)}, "errs.papers.until_missing": {Team: w.TeamA},
		} {
			want(t, field, w.vault.Share(w.inside, []core.ID{notice.ID}, sh), errs.Invalid, field)
		}
	})
}

func TestAWorkerDeposits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.deposit(w.Claire, "quittance mai.pdf", "quittance")
		if _, err := w.read(w.Claire, p.ID, vault.See); !errs.Is(err, errs.NotFound) {
			t.Errorf("who deposited reads it: %v", err)
		}
		if text, err := w.read(w.inside, p.ID, vault.See); err != nil || !strings.Contains(text, "quittance") {
			t.Errorf("the person: %q %v", text, err)
		}
		d, err := w.vault.Deposit(w.Claire, w.samira, vault.Input{Name: "rib.pdf", Team: w.TeamA, Until: w.cases.Today(w.Claire).AddDays(30)}, bytes.NewReader(pdf("rib")))
		w.ok(err)
		if _, err := w.read(w.Claire, d.Paper.ID, vault.See); err != nil {
			t.Errorf("her team: %v", err)
		}
		_, err = w.vault.Deposit(w.Karim, w.samira, vault.Input{Name: "x.pdf"}, bytes.NewReader(pdf("x")))
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("another team: %v", err)
		}
		marc := w.Person("Marc", "Petit", "1970")
		_, err = w.vault.Deposit(w.Claire, marc, vault.Input{Name: "x.pdf"}, bytes.NewReader(pdf("x")))
		want(t, "somebody without a card", err, errs.Conflict, "errs.papers.no_key")
		if w.blobs() != 2 {
			t.Errorf("%d files", w.blobs())
		}
	})
}

// A lost card is replaced at the counter; the one found in the street opens nothing.
func TestACardIsLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.deposit(w.inside, "bail.pdf", "bail")
		w.endCard("card-1")
		second := bytes.Repeat([]byte{43}, 32)
		w.newCard("card-2", second)
		in := w.enter(w.samira, "session-3")
		w.vault.CardUsed(t.Context(), w.org(), w.holder, "card-2", "session-3", second)
		if _, err := w.read(in, p.ID, vault.See); err != nil {
			t.Errorf("with the new card: %v", err)
		}
		old := w.enter(w.samira, "session-4")
		w.vault.CardUsed(t.Context(), w.org(), w.holder, "card-2", "session-4", w.card)
		if _, err := w.read(old, p.ID, vault.See); !vault.Locked(err) {
			t.Errorf("with another card's secret: %v", err)
		}
		// A session forgets.
		w.clock.forward(1)
		if _, err := w.read(in, p.ID, vault.See); !vault.Locked(err) {
			t.Errorf("a day later: %v", err)
		}
	})
}

// A card of before there were papers opens them from its next use.
func TestACardOfBefore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := w.Person("Nora", "Ziani", "1980")
		var holder core.ID
		w.ok(w.DB.Tx(t.Context(), func(tx *db.Tx) error {
			var err error
			holder, err = w.access.MakeHolder(tx, w.org(), other)
			return err
		}))
		w.vault.CardUsed(t.Context(), w.org(), holder, "old", "session-9", w.card)
		in := w.enter(other, "session-9")
		d, err := w.vault.Deposit(in, other, vault.Input{Name: "x.pdf"}, bytes.NewReader(pdf("x")))
		w.ok(err)
		o, err := w.vault.Open(in, other, d.Paper.ID, vault.See)
		w.ok(err)
		w.ok(o.Close())
	})
}

func TestRefusedPapersLeaveNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		left := errors.New("the line was cut")
		for what, c := range map[string]struct {
			in  vault.Input
			r   io.Reader
			key string
		}{
			"a program": {vault.Input{Name: "a.pdf"}, strings.NewReader("MZ\x90\x00 a program"), "errs.papers.kind"},
			"nothing":   {vault.Input{Name: "a.pdf"}, strings.NewReader(""), "errs.papers.empty"},
			"no sort":   {vault.Input{Name: "a.pdf", Sort: "x"}, bytes.NewReader(pdf("x")), "errs.papers.sort_missing"},
			"a team":    {vault.Input{Name: "a.pdf", Team: w.TeamB, Until: w.cases.Today(w.Claire)}, bytes.NewReader(pdf("x")), "errs.papers.team"},
		} {
			_, err := w.vault.Deposit(w.inside, w.samira, c.in, c.r)
			want(t, what, err, errs.Invalid, c.key)
		}
		_, err := w.vault.Deposit(w.inside, w.samira, vault.Input{Name: "a.pdf"}, io.MultiReader(bytes.NewReader(pdf("x")[:20]), iotest.ErrReader(left)))
		if !errors.Is(err, left) {
			t.Errorf("a cut line: %v", err)
		}
		small := w.deps
		small.Quota = 4000
		s, err := vault.New(small)
		w.ok(err)
		_, err = s.Deposit(w.inside, w.samira, vault.Input{Name: "a.pdf"}, bytes.NewReader(pdf(strings.Repeat("x", 5000))))
		want(t, "over the quota", err, errs.Invalid, "errs.papers.full")
		if n := w.blobs(); n != 0 {
			t.Errorf("%d files are left", n)
		}
		small = w.deps
		small.Health = vault.HealthRefused
		s, err = vault.New(small)
		w.ok(err)
		_, err = s.Deposit(w.inside, w.samira, vault.Input{Name: "attestation de droits.pdf"}, bytes.NewReader(pdf("x")))
		want(t, "health where none is taken", err, errs.Invalid, "errs.papers.health")
	})
}

// Whoever has the disk reads no word of a paper, of its name, of a key.
func TestNothingClearOnTheDisk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var img bytes.Buffer
		w.ok(png.Encode(&img, image.NewRGBA(image.Rect(0, 0, 40, 40))))
		w.deposit(w.inside, "Zorglub chez les Tanneurs.pdf", "canari-de-la-rue-des-Tanneurs")
		_, err := w.vault.Deposit(w.inside, w.samira, vault.Input{Name: "photo.png"}, bytes.NewReader(img.Bytes()))
		w.ok(err)
		w.ok(filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			for _, word := range []string{"canari", "Zorglub", "%PDF", "PNG", "AGE-SECRET-KEY", string(w.samira)} {
				if bytes.Contains(b, []byte(word)) || strings.Contains(path, word) {
					t.Errorf("%s holds %q", path, word)
				}
			}
			return err
		}))
		// Nor does whoever reads the rows.
		w.ok(w.DB.Read(t.Context(), func(q db.Querier) error {
			for _, sql := range []string{
				`SELECT name FROM paper WHERE org_id = $1 /* every row: a test */`, `SELECT wrapped FROM vault_unlock WHERE org_id = $1 /* every row: a test */`,
				`SELECT wrapped FROM vault_house WHERE org_id = $1 /* every row: a test */`,
			} {
				rows, err := q.Query(sql, w.org())
				if err := db.Each(rows, err, func(r *db.Rows) error {
					var b []byte
					err := r.Scan(&b)
					if bytes.Contains(b, []byte("Zorglub")) || bytes.Contains(b, []byte("AGE-SECRET")) || len(b) == 0 {
						t.Errorf("%s gives %q", sql, b)
					}
					return err
				}); err != nil {
					return err
				}
			}
			return nil
		}))
	})
}

func TestSweep(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		kept, binned := w.deposit(w.inside, "a.pdf", "a"), w.deposit(w.inside, "b.pdf", "b")
		w.ok(w.vault.Remove(w.inside, binned.ID))
		name, err := blob.NewName(rand.NewChaCha8([32]byte{1}))
		w.ok(err)
		_, err = w.deps.Blobs.Put(t.Context(), name, strings.NewReader("of nobody"))
		w.ok(err)
		w.ok(w.vault.Sweep(t.Context()))
		if n := w.blobs(); n != 3 {
			t.Errorf("%d files: a young orphan may be somebody's deposit under way", n)
		}
		// The clock of files is the machine's: they are old beside a far tomorrow.
		w.clock.forward(int(time.Until(w.clock.Now()).Hours()/-24) + 60)
		w.ok(w.vault.Sweep(t.Context()))
		if n := w.blobs(); n != 1 {
			t.Errorf("%d files", n)
		}
		w.vault.CardUsed(t.Context(), w.org(), w.holder, "card-1", "session-1", w.card)
		if _, err := w.read(w.inside, kept.ID, vault.See); err != nil {
			t.Error(err)
		}
		want(t, "what was in the bin", w.vault.Restore(w.inside, binned.ID), errs.NotFound, "errs.papers.not_found")
		if !strings.Contains(w.kinds(), "paper.erase") {
			t.Error("no line of it")
		}
		// A file that vanished is said, and stops nothing.
		w.ok(os.RemoveAll(w.dir))
		w.ok(os.MkdirAll(w.dir, 0o700))
		w.ok(w.vault.Sweep(t.Context()))
		if !strings.Contains(w.log.String(), "missing=1") {
			t.Errorf("the log says nothing: %s", w.log)
		}
		if _, err := w.read(w.inside, kept.ID, vault.See); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

// A seal kept apart locks what the installation's key alone opened before; another one
// opens nothing.
func TestSeals(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.deposit(w.inside, "bail.pdf", "bail")
		w.ok(w.vault.Share(w.inside, []core.ID{p.ID}, vault.Sharing{Team: w.TeamA, Until: w.cases.Today(w.Claire)}))
		own := sha256.Sum256([]byte("another installation"))
		for _, c := range []struct {
			own, apart []byte
			opens      bool
		}{{nil, []byte("une phrase qui n'est pas sur le disque"), true}, {nil, nil, false}, {own[:], nil, false}, {nil, []byte("une phrase qui n'est pas sur le disque"), true}} {
			ring, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
			w.ok(err)
			if c.own == nil {
				c.own = ring.Derive("vault")
			}
			deps := w.deps
			deps.Seal, err = vault.NewSeal(c.own, c.apart)
			w.ok(err)
			s, err := vault.New(deps)
			w.ok(err)
			if s.Sealed() != (c.apart != nil) {
				t.Error("it says that it is sealed when it is not, or the other way round")
			}
			started := s.Start(t.Context())
			d, err := s.Open(w.Claire, w.samira, p.ID, vault.See)
			if c.opens {
				w.ok(started)
				w.ok(err)
				w.ok(d.Close())
				continue
			}
			want(t, "start", started, errs.Unavailable, "errs.papers.sealed")
			want(t, "open", err, errs.Unavailable, "errs.papers.sealed")
			// Her own card still opens them.
			s.CardUsed(t.Context(), w.org(), w.holder, "card-1", "session-1", w.card)
			d, err = s.Open(w.inside, w.samira, p.ID, vault.See)
			w.ok(err)
			w.ok(d.Close())
		}
	})
	if _, err := vault.NewSeal(make([]byte, 32), []byte("court")); err == nil {
		t.Error("a short secret is taken")
	}
}

func TestNamesAndGuesses(t *testing.T) {
	for file, name := range map[string]string{
		"../../etc/passwd": "passwd", "C:\\x\\Titre de séjour.jpg": "Titre de séjour", "a\u202efdp.exe": "afdp", ".pdf": "pdf", "": "", "...": "",
		"bail_2023.tar.gz": "bail 2023.tar", strings.Repeat("é", 300) + ".pdf": strings.Repeat("é", 120), "a\x00b\n.pdf": "ab", "عقد.pdf": "عقد",
	} {
		if got := vault.CleanName(file); got != name {
			t.Errorf("%q is named %q, want %q", file, got, name)
		}
	}
	for file, sort := range map[string]vault.Sort{
		"Titre de séjour recto.jpg": vault.Permit, "CNI_2012.pdf": vault.IDCard, "carte-d’identité.png": vault.IDCard, "recepisse.pdf": vault.PermitAsk, "RIB.pdf": vault.BankDetails,
		"bulletin de salaire avril.pdf": vault.Payslip, "avis d'impôt 2025.pdf": vault.TaxNotice, "Attestation CAF.pdf": vault.CAFNotice, "quittance.pdf": vault.RentReceipt,
		"IMG_0001.HEIC": vault.Unsorted, "Scan.pdf": vault.Unsorted, "contribution.pdf": vault.Unsorted, "permis de conduire.jpg": vault.Licence, "attestation-c2s.pdf": vault.C2S,
	} {
		if got := vault.Guess(file); got != sort {
			t.Errorf("%q is guessed as %s, want %s", file, got, sort)
		}
	}
	if len(vault.Sorts()) != 25 {
		t.Errorf("%d sorts", len(vault.Sorts()))
	}
}

func TestStages(t *testing.T) {
	day := func(s string) core.Date {
		d, err := core.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for i, c := range []struct {
		sort            vault.Sort
		issued, expires string
		today           string
		stage           vault.Stage
	}{
		{vault.Permit, "", "2026-10-01", "2026-06-02", vault.Good},
		{vault.Permit, "", "2026-10-01", "2026-06-03", vault.Renew},
		{vault.Permit, "", "2026-10-01", "2026-08-02", vault.Renew},
		{vault.Permit, "", "2026-10-01", "2026-08-03", vault.Late},
		{vault.Permit, "", "2026-10-01", "2026-10-01", vault.Late},
		{vault.Permit, "", "2026-10-01", "2026-10-02", vault.Expired},
		{vault.IDCard, "2012-05-04", "2022-05-03", "2026-06-11", vault.Good}, // 10 + 5
		{vault.IDCard, "2012-05-04", "2022-05-03", "2027-02-20", vault.Renew},
		{vault.IDCard, "2012-05-04", "2022-05-03", "2027-05-04", vault.Expired},
		{vault.IDCard, "2003-05-04", "2013-05-03", "2014-06-11", vault.Expired},
		{vault.IDCard, "2016-05-04", "2026-05-03", "2026-06-11", vault.Expired},
		{vault.Lease, "", "", "2026-06-11", vault.Good},
		{vault.Unsorted, "", "2026-06-20", "2026-06-11", vault.Renew},
	} {
		p := vault.Paper{Sort: c.sort, ExpiresOn: core.Date{}}
		if c.issued != "" {
			p.IssuedOn = day(c.issued)
		}
		if c.expires != "" {
			p.ExpiresOn = day(c.expires)
		}
		if got := p.Stage(day(c.today)); got != c.stage {
			t.Errorf("%d: %s until %s on %s is %q, want %q", i, c.sort, c.expires, c.today, got, c.stage)
		}
	}
}
