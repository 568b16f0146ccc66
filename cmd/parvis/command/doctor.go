package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/backup"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/rekey"
	"codeberg.org/parvis/parvis/rights"
)

// doctor looks at an installation without changing it and says what is wrong.
type doctor struct {
	place
}

// The least room on the disk that lets a small service work for weeks, in bytes.
const lowDisk = 1 << 30

// oldestNow is before this program was built: a machine that reads an earlier day
// has lost its clock.
func oldestNow() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }

// diagnosis is what the checks share: what one finds, the next ones use.
type diagnosis struct {
	*session
	cfg      server.Config
	dir      server.Dir
	ring     *secret.Keyring
	problems int
}

func (d *diagnosis) good(key string, args ...any) {
	fmt.Fprintln(d.Stdout, "ok  "+d.p.T(key, args...))
}

func (d *diagnosis) note(key string, args ...any) {
	fmt.Fprintln(d.Stdout, "    "+d.p.T(key, args...))
}

func (d *diagnosis) bad(err error) {
	d.problems++
	var known *errs.Error
	if errors.As(err, &known) && d.p.Has(known.Key) {
		fmt.Fprintln(d.Stdout, "!!  "+d.p.Error(known))
		if known.Err != nil {
			fmt.Fprintln(d.Stdout, "    ("+known.Err.Error()+")")
		}
		return
	}
	fmt.Fprintln(d.Stdout, "!!  "+err.Error())
}

// Run prints one line per check and fails when one found a problem.
func (c *doctor) Run(s *session) error {
	cfg, err := c.config(s)
	if err != nil {
		return err
	}
	d := &diagnosis{session: s, cfg: cfg}
	if d.dir, err = server.LookDir(cfg.Data); err != nil {
		return err
	}
	if d.dir.Install == "" && !d.dir.HasDatabase() {
		return errs.New(errs.NotFound, "cli.data.none", "dir", d.dir.Path)
	}
	for _, check := range []func(){d.directory, d.disk, d.clock, d.key, d.database, d.law} {
		check()
	}
	if d.problems > 0 {
		return errs.New(errs.Unavailable, "cli.doctor.problems", "n", d.problems)
	}
	d.good("cli.doctor.well")
	return nil
}

// directory checks that only the owner reads the data.
func (d *diagnosis) directory() {
	info, err := os.Stat(d.dir.Path)
	if err != nil {
		d.bad(errs.Wrap(errs.Unavailable, "cli.data.unreadable", err, "dir", d.dir.Path))
		return
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		d.bad(errs.New(errs.Invalid, "cli.doctor.dir_open", "dir", d.dir.Path, "mode", info.Mode().Perm().String()))
		return
	}
	if err := d.dir.Writable(); err != nil {
		d.bad(err)
		return
	}
	d.good("cli.doctor.dir", "dir", d.dir.Path)
}

// disk checks the room left where the data is.
func (d *diagnosis) disk() {
	var fsinfo syscall.Statfs_t
	if err := syscall.Statfs(d.dir.Path, &fsinfo); err != nil {
		d.bad(errs.Wrap(errs.Unavailable, "cli.data.unreadable", err, "dir", d.dir.Path))
		return
	}
	left := fsinfo.Bavail * uint64(fsinfo.Bsize)
	if left < lowDisk {
		d.bad(errs.New(errs.Unavailable, "cli.doctor.disk_low", "mb", int64(left>>20)))
		return
	}
	d.good("cli.doctor.disk", "gb", int64(left>>30))
}

// clock checks that the machine knows what day it is: sessions, facts and the
// journal all rest on it.
func (d *diagnosis) clock() {
	now := d.now()
	if now.Before(oldestNow()) {
		d.bad(errs.New(errs.Invalid, "cli.doctor.clock_past", "now", now.Format(time.RFC3339)))
		return
	}
	newest := time.Time{}
	for _, name := range []string{"parvis.db", "parvis.db-wal"} {
		if info, err := os.Stat(filepath.Join(d.dir.Path, name)); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	if newest.After(now.Add(5 * time.Minute)) {
		d.bad(errs.New(errs.Invalid, "cli.doctor.clock_back", "now", now.Format(time.RFC3339), "written", newest.UTC().Format(time.RFC3339)))
		return
	}
	d.good("cli.doctor.clock", "now", now.Format(time.RFC3339))
}

func (d *diagnosis) place() secret.Place {
	return secret.Place{DataDir: d.dir.Path, KeyFile: d.cfg.KeyFile, ConfigDir: d.cfg.KeyDir, HasData: true}
}

// key checks that the key is there, and says what is lost without it.
func (d *diagnosis) key() {
	place := d.place()
	path, err := place.KeyPath(d.dir.Install)
	if err != nil {
		d.bad(err)
		return
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		d.bad(errs.Wrap(errs.Unavailable, "errs.key.missing", err, "path", path))
		d.note("cli.doctor.key_lost")
		return
	}
	ring, _, err := secret.Open(place, nil)
	if err != nil {
		d.bad(err)
		d.note("cli.doctor.key_lost")
		return
	}
	d.ring = ring
	d.good("cli.doctor.key", "path", path, "id", ring.ID())
	d.note("cli.doctor.key_lost")
}

// database checks that the key opens the database and that its pages are sound.
func (d *diagnosis) database() {
	if d.ring == nil {
		return
	}
	url := d.cfg.Database
	if url == "" {
		url = d.dir.Database()
		if !d.dir.HasDatabase() {
			d.bad(errs.New(errs.NotFound, "cli.doctor.no_database", "dir", d.dir.Path))
			return
		}
	}
	ctx, cancel := context.WithTimeout(d.ctx, 10*time.Minute)
	defer cancel()
	rows, ring, err := rekey.Open(ctx, d.place(), d.ring, db.Config{URL: url, NoMigrate: true})
	if err != nil {
		d.bad(err)
		return
	}
	d.ring = ring
	if err := rows.Integrity(ctx); err != nil {
		d.bad(err)
	} else {
		d.good("cli.doctor.database")
		d.journal(ctx, rows)
		d.before(ctx, rows)
		d.backup(ctx, rows)
		d.jobs(ctx, rows)
	}
	if err := rows.Close(); err != nil {
		d.bad(err)
	}
}

// journal reads every line of the journal and says what does not hold.
func (d *diagnosis) journal(ctx context.Context, rows *db.DB) {
	lines := journal.New(rows, nil)
	if key, err := journal.NewKey(d.dir.Install, d.ring.Derive("journal")); err == nil { // without an id there is nothing signed to check
		lines.SignWith(key)
	}
	report, err := lines.Check(ctx)
	if err != nil {
		d.bad(err)
		return
	}
	if report.Well() {
		d.good("cli.doctor.journal", "lines", report.Lines)
		return
	}
	d.bad(errs.Wrap(errs.Unavailable, "cli.doctor.journal_broken", errors.New(report.String())))
}

// before tells of the keys that were replaced: what they still hold, and that their
// files open the backups of their time.
func (d *diagnosis) before(ctx context.Context, rows *db.DB) {
	old, err := rekey.Waiting(ctx, rows, d.ring)
	if err != nil {
		d.bad(err)
		return
	}
	for _, o := range old {
		if o.Waiting > 0 {
			d.note("rekey.doctor.waiting", "key", o.Key.ID(), "n", o.Waiting)
		} else {
			d.good("rekey.doctor.done", "key", o.Key.ID())
		}
		path, err := d.place().KeptPath(o.Key)
		if err != nil {
			d.bad(err)
			continue
		}
		if _, err := os.Stat(path); err == nil {
			d.note("rekey.doctor.kept", "key", o.Key.ID(), "path", path)
		}
	}
}

// maxBackupAge is how old the last backup may be before it is a problem.
const maxBackupAge = 8 * 24 * time.Hour

// backup says when the last backup was made.
func (d *diagnosis) backup(ctx context.Context, rows *db.DB) {
	last, err := backup.Last(ctx, rows)
	switch age := d.now().Sub(time.UnixMicro(last.At)); {
	case err != nil:
		d.bad(err)
	case last.At == 0:
		d.note("backup.doctor.none")
	case age > maxBackupAge:
		d.bad(errs.New(errs.Unavailable, "backup.doctor.old", "n", int64(age/(24*time.Hour)), "file", last.File))
	default:
		d.good("backup.doctor.last", "date", d.p.Date(core.DateOf(time.UnixMicro(last.At))), "file", last.File)
	}
}

// jobs names the work that failed too often to be tried again.
func (d *diagnosis) jobs(ctx context.Context, rows *db.DB) {
	dead, err := rows.DeadJobs(ctx, maxFaults)
	if err != nil {
		d.bad(err)
		return
	}
	for _, j := range dead {
		d.bad(errs.Wrap(errs.Unavailable, "cli.doctor.job_dead", errors.New(j.Error), "kind", j.Kind, "date", d.p.Date(core.DateOf(time.UnixMicro(j.DeadAt)))))
	}
}

// maxFaults bounds what one check says.
const maxFaults = 10

// law checks that the embedded law loads, and names the figures that wait for a
// newer value: results that read them say so, and an update of Parvis brings them.
func (d *diagnosis) law() {
	l, err := loadLaw("")
	if err != nil {
		d.bad(errs.Wrap(errs.Invalid, "cli.rights.unusable", err))
		return
	}
	d.good("cli.doctor.law", "law", l.Digest(), "rights", len(l.Rights()))
	now := d.now()
	stale := l.Stale(rights.MonthOf(now.Year(), int(now.Month())))
	for i, old := range stale {
		if i == maxStale {
			d.note("cli.doctor.stale_more", "n", len(stale)-maxStale)
			break
		}
		d.note("cli.doctor.stale", "name", old.Parameter, "date", old.Expected)
	}
}

// maxStale bounds the list of figures that wait for a newer value.
const maxStale = 10
