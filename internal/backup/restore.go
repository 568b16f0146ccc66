package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Wanted says what to restore and where.
type Wanted struct {
	File   string
	With   []age.Identity
	Digest string // SHA-256 in hex, from the journal; "" for the one beside the file
	Dir    string // the data directory: absent or empty
	// Database is the address of an empty PostgreSQL database, for a backup of one; ""
	// for SQLite.
	Database string
	Small    []string // the small files that a data directory may hold
	// Open opens rows with the installation's key, once its id is in the data directory,
	// and gives the key of its journal. With an empty URL it only looks whether the key
	// can be read: better known before the rows are copied.
	Open func(ctx context.Context, rows db.Config) (*db.DB, *journal.Key, error)
	// Despite restores also what the journal does not bear out.
	Despite bool
}

// Restored tells what was restored.
type Restored struct {
	Manifest
	Checked bool // a digest was there, and is right
	Report  journal.Report
}

// freshName is the database until it was verified.
const freshName = ".new-restore.db"

// Restore makes an installation again. Nothing that is there is written over;
// until everything is verified the database has another name, and on an error what
// was begun is removed (what was written into a PostgreSQL database as well). Errors: errs.backup.there, errs.backup.digest, those of the parcel, of
// the key and of the database, errs.backup.journal when the journal does not hold
// (Restored.Report tells, and Despite passes over it).
func Restore(ctx context.Context, w Wanted) (out Restored, err error) {
	if err := vacant(w.Dir); err != nil {
		return out, err
	}
	if out.Checked, err = verifyDigest(ctx, w); err != nil {
		return out, err
	}
	f, err := os.Open(w.File)
	if err != nil {
		return out, errs.Wrap(errs.NotFound, "errs.backup.absent", err, "file", w.File)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	u, err := openParcel(ctx, w.File, f, w.With)
	if err != nil {
		return out, err
	}
	out.Manifest = u.Manifest
	if (u.Database == string(db.Postgres)) != (w.Database != "") {
		return out, errs.New(errs.Invalid, "errs.backup.other_database", "kind", u.Database)
	}
	if err := os.MkdirAll(w.Dir, 0o700); err != nil {
		return out, errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", w.Dir)
	}
	begun, papers := []string{}, ""
	defer func() {
		if err == nil {
			return
		}
		err = errors.Join(err, remove(begun))
		if papers != "" { // the directory was empty: they are this parcel's
			err = errors.Join(err, os.RemoveAll(papers))
		}
	}()
	small, err := u.small(w.Small)
	if err != nil {
		return out, err
	}
	for name, content := range small {
		file := filepath.Join(w.Dir, name)
		begun = append(begun, file)
		if err := writeWhole(file, ".new-", content); err != nil {
			return out, errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", file)
		}
	}
	if _, _, err := w.Open(ctx, db.Config{}); err != nil {
		return out, err
	}
	fresh := filepath.Join(w.Dir, freshName)
	begun = append(begun, fresh, fresh+"-wal", fresh+"-shm", fresh+"-host", fresh+"-journal")
	url := "sqlite:" + fresh
	if w.Database != "" {
		url = w.Database
		var undo func(context.Context) error
		undo, err = db.Load(ctx, db.Config{URL: url}, u)
		defer func() {
			if err != nil && undo != nil {
				err = errors.Join(err, undo(context.WithoutCancel(ctx)))
			}
		}()
	} else {
		err = u.database(fresh)
	}
	if err == nil {
		papers = filepath.Join(w.Dir, PapersFolder)
		err = u.papers(w.Dir)
	}
	if err == nil {
		err = u.end()
	}
	if err != nil {
		return out, err
	}
	if err := verify(ctx, url, w, &out); err != nil {
		return out, err
	}
	if w.Database == "" {
		// The lock of whoever opened it under its first name is of no use any more.
		if err := remove([]string{fresh + "-host"}); err != nil {
			return out, err
		}
		if err := os.Rename(fresh, filepath.Join(w.Dir, databaseName)); err != nil {
			return out, errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", w.Dir)
		}
	}
	begun = nil
	return out, nil
}

// vacant refuses a data directory that holds anything.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, "errs.backup.unreadable", err, "file", dir)
	}
	for _, e := range entries {
		if e.Name() != "lost+found" {
			return errs.Wrap(errs.Conflict, "errs.backup.there", fmt.Errorf("%s is there", e.Name()), "file", dir)
		}
	}
	return nil
}

// verifyDigest compares the file with the digest that is known of it, and tells
// whether one is.
func verifyDigest(ctx context.Context, w Wanted) (bool, error) {
	want := w.Digest
	if want == "" {
		var err error
		if want, err = readBeside(w.File); err != nil || want == "" {
			return false, err
		}
	}
	have, err := Digest(ctx, w.File)
	if err != nil {
		return false, err
	}
	if have != want {
		return false, errs.Wrap(errs.Conflict, "errs.backup.digest", fmt.Errorf("it is %s, want %.64s", have, want), "file", w.File)
	}
	return true, nil
}

// verify opens what was restored, reads it all, and begins new trees.
func verify(ctx context.Context, url string, w Wanted, out *Restored) (err error) {
	d, sign, err := w.Open(ctx, db.Config{URL: url})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Integrity(ctx); err != nil {
		return err
	}
	j := journal.New(d, nil)
	j.SignWith(sign)
	if err := j.Raise(ctx, nil); err != nil {
		return err
	}
	if out.Report, err = j.Check(ctx); err != nil {
		return err
	}
	if !out.Report.Well() && !w.Despite {
		return errs.New(errs.Conflict, "errs.backup.journal")
	}
	return j.Reopen(ctx, map[string]string{"made": out.Made})
}

func remove(files []string) error {
	var failed error
	for _, f := range files {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
