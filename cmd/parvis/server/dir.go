package server

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/vault/blob"
)

// demoFile marks a data directory of made-up people and holds the demo's clock.
// The data directory holds no prose.
const (
	demoFile     = "demo"
	databaseFile = "parvis.db"
	installFile  = "install-id"
	maxMark      = 200 // bytes of a demo's marker
)

// Dir is a data directory that has been looked at: it exists, can be written,
// and is what its owner meant it to be.
type Dir struct {
	Path    string // absolute
	Install string // 32 hexadecimal digits; "" before the first start
	Demo    bool   // bears the demo marker
}

// OpenDir opens the data directory of a real installation, and makes it when
// there is none. A directory of made-up people is refused, and so is one that
// holds something else than Parvis.
func OpenDir(path string) (Dir, error) { return openDir(path, false) }

// OpenDemoDir opens the directory of a demo, and makes it when there is none. A
// directory without the demo marker is refused unless it is empty.
//
// It returns the demo's own clock: 11 June 2026, 9:00 in Paris at the first start,
// ticking from there, also while the demo is stopped. The marker keeps the shift,
// so that a demo goes on where it was. With own false the clock is base.
func OpenDemoDir(path string, base clock.Clock, own bool) (Dir, clock.Clock, error) {
	d, err := openDir(path, true)
	if err != nil {
		return Dir{}, nil, err
	}
	c, err := d.demoClock(base, own)
	if err != nil {
		return Dir{}, nil, err
	}
	return d, c, nil
}

// LookDir reads what a data directory is without changing anything. A directory
// that was never used has an empty Install.
func LookDir(path string) (Dir, error) {
	d, err := newDir(path)
	if err != nil {
		return Dir{}, err
	}
	return d, d.read()
}

func newDir(path string) (Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Dir{}, errs.Wrap(errs.Invalid, "cli.data.unreadable", err, "dir", path)
	}
	return Dir{Path: abs}, nil
}

func openDir(path string, demo bool) (Dir, error) {
	d, err := newDir(path)
	if err != nil {
		return Dir{}, err
	}
	if err := os.MkdirAll(d.Path, 0o700); err != nil {
		return Dir{}, errs.Wrap(errs.Unavailable, "cli.data.not_writable", err, "dir", d.Path)
	}
	if err := d.read(); err != nil {
		return Dir{}, err
	}
	switch {
	case demo && d.Install != "" && !d.Demo:
		return Dir{}, errs.New(errs.Conflict, "cli.data.real", "dir", d.Path)
	case !demo && d.Demo:
		return Dir{}, errs.New(errs.Conflict, "cli.data.demo", "dir", d.Path)
	case d.Install == "":
		if err := d.mustBeEmpty(); err != nil {
			return Dir{}, err
		}
	}
	if err := d.Writable(); err != nil {
		return Dir{}, err
	}
	if demo && !d.Demo {
		d.Demo = true
		return d, d.write(demoFile, "")
	}
	return d, nil
}

// read fills in what the directory's files say.
func (d *Dir) read() error {
	var err error
	if d.Install, err = secret.InstallID(d.Path); err != nil {
		return err
	}
	d.Demo, err = d.marked()
	return err
}

// marked tells whether the directory bears the demo marker. Somebody's folder may
// hold a thing called "demo": a marker is a plain file, empty or with two instants,
// or in an installation's own directory.
func (d Dir) marked() (bool, error) {
	info, err := os.Lstat(d.file(demoFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, errs.Wrap(errs.Unavailable, "cli.data.unreadable", err, "dir", d.Path)
	}
	switch {
	case !info.Mode().IsRegular():
		return false, nil
	case d.Install != "" || info.Size() == 0:
		return true, nil
	case info.Size() > maxMark:
		return false, nil
	}
	text, err := os.ReadFile(d.file(demoFile))
	if err != nil {
		return false, errs.Wrap(errs.Unavailable, "cli.data.unreadable", err, "dir", d.Path)
	}
	_, _, err = readMark(string(text))
	return err == nil, nil
}

// readMark reads the marker's two instants, the machine's and the demo's at the
// first start.
func readMark(text string) (from, to time.Time, err error) {
	first, shown, _ := strings.Cut(strings.TrimSpace(text), " ")
	from, err1 := time.Parse(time.RFC3339Nano, first)
	to, err2 := time.Parse(time.RFC3339Nano, shown)
	return from, to, errors.Join(err1, err2)
}

// mustBeEmpty refuses a directory that was there before Parvis and holds
// something: nothing of somebody else's is written over.
func (d Dir) mustBeEmpty() error {
	entries, err := os.ReadDir(d.Path)
	if err != nil {
		return errs.Wrap(errs.Unavailable, "cli.data.unreadable", err, "dir", d.Path)
	}
	for _, e := range entries {
		if e.Name() == databaseFile { // the install-id is lost: opening the key says so
			return nil
		}
		if d.Demo && e.Name() == demoFile { // a first start that was cut short
			continue
		}
		if !strings.HasPrefix(e.Name(), ".") && e.Name() != "lost+found" {
			return errs.Wrap(errs.Conflict, "cli.data.foreign", fmt.Errorf("%s is there", e.Name()), "dir", d.Path)
		}
	}
	return nil
}

// Writable tells whether a file can be made in the directory.
func (d Dir) Writable() error {
	f, err := os.CreateTemp(d.Path, ".writable-*")
	if err != nil {
		return errs.Wrap(errs.Unavailable, "cli.data.not_writable", err, "dir", d.Path)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return errs.Wrap(errs.Unavailable, "cli.data.not_writable", err, "dir", d.Path)
	}
	return nil
}

func (d Dir) file(name string) string { return filepath.Join(d.Path, name) }

// Database is the address of the embedded database in this directory.
func (d Dir) Database() string { return "sqlite:" + d.file(databaseFile) }

// HasDatabase tells whether the embedded database has been made.
func (d Dir) HasDatabase() bool {
	_, err := os.Stat(d.file(databaseFile))
	return err == nil
}

// write makes a file that is whole or absent, even when the machine stops.
func (d Dir) write(name, text string) error {
	f, err := os.CreateTemp(d.Path, ".new-*")
	if err != nil {
		return errs.Wrap(errs.Unavailable, "cli.data.not_writable", err, "dir", d.Path)
	}
	_, err = io.WriteString(f, text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), d.file(name))
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, "cli.data.not_writable", errors.Join(err, os.Remove(f.Name())), "dir", d.Path)
	}
	return nil
}

// demoStart is what the demo's clock reads at its first start: 11 June 2026,
// 9:00 in Paris.
func demoStart() time.Time { return time.Date(2026, time.June, 11, 7, 0, 0, 0, time.UTC) }

// demoClock reads the marker's two instants, the machine's and the demo's at the
// first start, and writes them when they are not there yet.
func (d Dir) demoClock(base clock.Clock, own bool) (clock.Clock, error) {
	text, err := os.ReadFile(d.file(demoFile))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "cli.data.unreadable", err, "dir", d.Path)
	}
	if mark := strings.TrimSpace(string(text)); mark != "" {
		from, to, err := readMark(mark)
		if err != nil {
			return nil, errs.Wrap(errs.Invalid, "cli.data.demo_clock", err, "dir", d.Path)
		}
		if !own {
			return base, nil
		}
		return clock.Shifted{Base: base, Shift: to.Sub(from)}, nil
	}
	from, to := base.Now().UTC(), demoStart()
	if !own {
		to = from
	}
	mark := from.Format(time.RFC3339Nano) + " " + to.Format(time.RFC3339Nano) + "\n"
	if err := d.write(demoFile, mark); err != nil {
		return nil, err
	}
	return clock.Shifted{Base: base, Shift: to.Sub(from)}, nil
}

// ForgetDemo deletes the directory of a demo, and tells whether there was one.
// Without the demo marker, or beside files that are not Parvis's, nothing is deleted.
func ForgetDemo(path string) (Dir, bool, error) {
	d, err := LookDir(path)
	if err != nil {
		return Dir{}, false, err
	}
	if !d.Demo {
		if _, err := os.Stat(d.Path); errors.Is(err, fs.ErrNotExist) {
			return d, false, nil
		}
		if d.Install == "" && d.mustBeEmpty() == nil {
			return d, false, nil
		}
		return Dir{}, false, errs.New(errs.Conflict, "cli.data.no_marker", "dir", d.Path)
	}
	if err := d.removeOwn(); err != nil {
		return Dir{}, false, err
	}
	return d, true, nil
}

// removeOwn deletes the files that Parvis makes and then the directory. Anything
// else in it is somebody's: nothing at all is deleted then.
func (d Dir) removeOwn() error {
	entries, err := os.ReadDir(d.Path)
	if err != nil {
		return errs.Wrap(errs.Unavailable, "cli.data.unreadable", err, "dir", d.Path)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() == papersFolder {
			if err := blob.OnlyBlobs(d.file(papersFolder)); err != nil {
				return errs.Wrap(errs.Conflict, "cli.data.foreign", err, "dir", d.Path)
			}
			continue
		}
		if !e.Type().IsRegular() || !own(e.Name()) {
			return errs.Wrap(errs.Conflict, "cli.data.foreign", fmt.Errorf("%s is there", e.Name()), "dir", d.Path)
		}
	}
	// The marker goes last: a deletion cut short can be taken up again.
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return rank(a.Name()) - rank(b.Name()) })
	for _, e := range entries {
		remove := os.Remove
		if e.IsDir() {
			remove = os.RemoveAll // only blobs: it was looked at above
		}
		if err := remove(d.file(e.Name())); err != nil {
			return errs.Wrap(errs.Unavailable, "cli.data.not_writable", err, "dir", d.Path)
		}
	}
	if err := os.Remove(d.Path); err != nil {
		return errs.Wrap(errs.Unavailable, "cli.data.not_writable", err, "dir", d.Path)
	}
	return nil
}

// own tells whether a file of a data directory is one that Parvis makes.
func own(name string) bool {
	switch name {
	case demoFile, installFile, communesFile, zonesFile:
		return true
	}
	return name == databaseFile || strings.HasPrefix(name, databaseFile+"-") ||
		strings.HasPrefix(name, ".new-") || strings.HasPrefix(name, ".writable-")
}

// SmallFiles are the files of a data directory that a backup takes along with the
// database: a settings file that is elsewhere is its operator's.
func SmallFiles() []string { return []string{installFile, settingsFile, communesFile, zonesFile} }

// rank is the order in which own files are deleted.
func rank(name string) int {
	switch name {
	case demoFile:
		return 2
	case installFile:
		return 1
	}
	return 0
}
