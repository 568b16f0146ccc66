// Package backup makes copies of an installation that its machine cannot open, and
// makes an installation again from one.
//
// Guarantees. A backup is whole or absent: a full disk, a stop in the middle leave
// what was there before. It is encrypted for recipients whose keys are kept
// elsewhere (age, X25519), and the database inside stays encrypted with the
// installation's key on SQLite: whoever steals one of the two reads nothing. Its
// SHA-256 is in the journal and in a small file beside it. Restoring writes over
// nothing, verifies the digest, the database and the journal before anything has
// its final name, and closes the trees of the journal: one name never has two
// histories.
//
// What not to do. Do not keep the identity on the machine that makes backups. Do
// not copy the files of the data directory instead: while Parvis runs they are not
// one moment.
//
//	made, err := s.Make(ctx, backup.Order{Dir: "/mnt/backup", To: recipients, Keep: 30})
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Service makes backups of one installation.
type Service struct {
	DB      *db.DB
	Journal *journal.Journal
	Dir     string   // the data directory
	Small   []string // the small files of it that go along, where they exist
	Install string   // 32 hexadecimal digits
	Log     *slog.Logger
}

// Order says where a backup goes and for whom.
type Order struct {
	Dir  string // made when absent; never inside the data directory
	To   []age.Recipient
	Keep int // how many backups of this installation stay there; 0 for all of them
}

// Made is a backup that was made.
type Made struct {
	File   string `json:"file"`
	Digest string `json:"digest"` // SHA-256, hex
	Bytes  int64  `json:"bytes"`
	At     int64  `json:"at"` // µs UTC
}

// lastName is the row of the table install that tells of the last backup.
const lastName = "backup_last"

// stamp is the instant in the name of a backup.
const stamp = "20060102T150405Z"

// Make writes a backup: a copy of the database, encrypted as it is, then the
// parcel, then its digest in the journal. Errors: errs.Invalid with key
// errs.backup.inside, errs.Unavailable with key errs.backup.not_written or
// errs.db.copy. Whoever calls is the machine's operator, or the program itself.
func (s *Service) Make(ctx context.Context, o Order) (Made, error) {
	if err := s.place(o.Dir); err != nil {
		return Made{}, err
	}
	if err := s.Journal.CheckpointAll(ctx); err != nil {
		return Made{}, err
	}
	at := s.DB.Clock().Now().UTC()
	name := filepath.Join(o.Dir, prefix(s.Install)+at.Format(stamp)+".age")
	made, err := s.write(ctx, name, o.To, at)
	if err != nil {
		if ctx.Err() != nil {
			return Made{}, ctx.Err()
		}
		var known *errs.Error
		if errors.As(err, &known) {
			return Made{}, err
		}
		return Made{}, errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", name)
	}
	if core.ActorFrom(ctx).IsZero() {
		ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "backup"})
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		text, err := json.Marshal(made)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO install (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2`, lastName, string(text)); err != nil {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "copy.made", Detail: map[string]string{"sha256": made.Digest, "bytes": strconv.FormatInt(made.Bytes, 10)}})
	})
	if err != nil {
		return Made{}, fmt.Errorf("record the backup: %w", err)
	}
	return made, s.thin(o)
}

func prefix(install string) string { return "parvis-" + install[:min(len(install), 8)] + "-" }

// place makes the directory of backups and refuses one inside the data directory.
func (s *Service) place(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", dir)
	}
	data, err := filepath.EvalSymlinks(s.Dir)
	if err != nil {
		return errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", dir)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err == nil {
		data, err = filepath.Abs(data)
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", dir)
	}
	if rel, err := filepath.Rel(data, real); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return errs.New(errs.Invalid, "errs.backup.inside", "dir", dir)
	}
	return nil
}

// write makes the parcel under its name, whole or not at all.
func (s *Service) write(ctx context.Context, name string, to []age.Recipient, at time.Time) (made Made, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), s.begun()+"*")
	if err != nil {
		return Made{}, err
	}
	if err := s.sweep(filepath.Dir(name), f); err != nil {
		return Made{}, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	made = Made{File: name, At: at.UnixMicro()}
	made.Digest, made.Bytes, err = s.fill(ctx, f, to, at)
	if err = errors.Join(err, f.Close()); err != nil {
		return Made{}, err
	}
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return Made{}, errs.Wrap(errs.Conflict, "errs.backup.there", err, "file", name)
	}
	if err := writeWhole(beside(name), s.begun(), []byte(made.Digest+"  "+base(name)+"\n")); err != nil {
		return Made{}, err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return Made{}, errors.Join(err, os.Remove(beside(name)))
	}
	return made, nil
}

// begun is how the names of files begin that are being written beside the backups.
func (s *Service) begun() string { return "." + prefix(s.Install) + "new-" }

// leftAfter is how long a file that is being written rests before it is one that
// nobody writes any more: a copy of the database may take hours beside its parcel.
const leftAfter = 24 * time.Hour

// sweep removes what a backup of this installation that was stopped left behind.
// newest was just made: its instant is that of the disk, whatever the clocks.
func (s *Service) sweep(dir string, newest *os.File) error {
	now, err := newest.Stat()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), s.begun()) || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody else's, just finished
		}
		if err != nil {
			return err
		}
		if now.ModTime().Sub(info.ModTime()) < leftAfter {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *Service) fill(ctx context.Context, f *os.File, to []age.Recipient, at time.Time) (digest string, bytes int64, err error) {
	p, err := newParcel(f, to, Manifest{Form: parcelForm, Install: s.Install, Made: at.Format(time.RFC3339), Database: string(s.DB.Dialect())}, at)
	if err != nil {
		return "", 0, err
	}
	for _, small := range s.Small {
		err := p.copy(ctx, small, filepath.Join(s.Dir, small))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", 0, err
		}
	}
	if s.DB.Dialect() == db.Postgres {
		out := &rows{p: p}
		if err := s.DB.Dump(ctx, out); err != nil {
			return "", 0, err
		}
		if err := out.flush(); err != nil {
			return "", 0, err
		}
		if err := p.papers(ctx, s.Dir); err != nil {
			return "", 0, err
		}
		return p.end()
	}
	copied := f.Name() + ".db" // beside the parcel: the data directory's disk may be small
	if err := s.DB.Copy(ctx, copied); err != nil {
		return "", 0, err
	}
	err = errors.Join(p.copy(ctx, databaseName, copied), os.Remove(copied))
	if err == nil {
		err = p.papers(ctx, s.Dir)
	}
	if err != nil {
		return "", 0, err
	}
	return p.end()
}

// thin removes the oldest backups of this installation beyond those to keep, and
// nothing else.
func (s *Service) thin(o Order) error {
	if o.Keep <= 0 {
		return nil
	}
	entries, err := os.ReadDir(o.Dir)
	if err != nil {
		return fmt.Errorf("list the backups: %w", err)
	}
	var found []string // sorted by name: by instant
	for _, e := range entries {
		at, ours := strings.CutPrefix(e.Name(), prefix(s.Install))
		at, whole := strings.CutSuffix(at, ".age")
		if _, err := time.Parse(stamp, at); ours && whole && err == nil {
			found = append(found, filepath.Join(o.Dir, e.Name()))
		}
	}
	for _, old := range found[:max(0, len(found)-o.Keep)] {
		if err := os.Remove(old); err != nil {
			return fmt.Errorf("remove an old backup: %w", err)
		}
		if err := os.Remove(beside(old)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove an old backup: %w", err)
		}
	}
	return nil
}

// Last is the last backup that this installation made; its At is 0 when none was.
func Last(ctx context.Context, d *db.DB) (Made, error) {
	var text string
	err := d.Read(ctx, func(q db.Querier) error {
		err := q.QueryRow(`SELECT value FROM install WHERE name = $1`, lastName).Scan(&text)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || text == "" {
		return Made{}, err
	}
	var made Made
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		return Made{}, fmt.Errorf("the last backup: %w", err)
	}
	return made, nil
}

// lookEvery is how often Run asks whether a backup is due.
const lookEvery = 10 * time.Minute

// Run makes a backup whenever the last one is older than every, until ctx ends. One
// that fails is told in the log and tried again a while later.
func (s *Service) Run(ctx context.Context, o Order, every time.Duration) {
	tick := time.NewTicker(min(lookEvery, every))
	defer tick.Stop()
	for {
		if err := s.whenDue(ctx, o, every); err != nil && ctx.Err() == nil {
			s.Log.Error("backup", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Service) whenDue(ctx context.Context, o Order, every time.Duration) error {
	last, err := Last(ctx, s.DB)
	if err != nil {
		return err
	}
	if s.DB.Clock().Now().Sub(time.UnixMicro(last.At)) < every {
		return nil
	}
	made, err := s.Make(ctx, o)
	if err == nil {
		s.Log.Info("backup made", "file", made.File, "bytes", made.Bytes)
	}
	return err
}
