package dbtest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// Disk is a disk under a SQLite database that a test can make slow, full or
// faulty, and whose power it can cut. It lies below the encryption. Give its Name
// as db.Config.VFS.
type Disk struct {
	Name string

	delay     atomic.Int64 // ns of each sync
	full      atomic.Bool
	badSync   atomic.Bool
	syncs     atomic.Int64
	remember  bool
	mu        sync.Mutex
	content   map[string]*content
	onSyncing atomic.Pointer[func()]
}

// NewDisk makes a disk for one test. With remember it knows at any moment what a
// power cut would leave: Cut needs that, and it costs memory and time.
func NewDisk(t testing.TB, remember bool) *Disk {
	t.Helper()
	d := &Disk{Name: "disk-" + randomName(), remember: remember, content: map[string]*content{}}
	vfs.Register(d.Name, &diskVFS{VFS: vfs.Find(""), disk: d})
	t.Cleanup(func() { vfs.Unregister(d.Name) })
	return d
}

// SlowSync makes each sync take at least that long.
func (d *Disk) SlowSync(delay time.Duration) { d.delay.Store(int64(delay)) }

// Full makes writes fail as on a disk without room, or work again.
func (d *Disk) Full(full bool) { d.full.Store(full) }

// BadSync makes syncs fail, or work again.
func (d *Disk) BadSync(bad bool) { d.badSync.Store(bad) }

// Syncs counts the syncs so far.
func (d *Disk) Syncs() int64 { return d.syncs.Load() }

// OnSync calls fn at the beginning of each sync.
func (d *Disk) OnSync(fn func()) { d.onSyncing.Store(&fn) }

// content is what a file holds for certain, and what was written since.
type content struct {
	synced  []byte
	pending []write
}

// write is one unsynced change: bytes at an offset, or a new length.
type write struct {
	off   int64
	data  []byte
	trunc bool
}

const sector = 512 // bytes that a disk writes whole or not at all

// Cut copies to dir what a power cut at this instant would leave of every file:
// all that was synced, and of the rest what chance decides, sector by sector, or
// nothing when chance is nil.
func (d *Disk) Cut(t testing.TB, dir string, chance *rand.Rand) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for path, c := range d.content {
		left := bytes.Clone(c.synced)
		for _, w := range c.pending {
			if chance == nil {
				break
			}
			left = w.tear(left, chance)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), left, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// tear applies each sector of the write, or not.
func (w write) tear(to []byte, chance *rand.Rand) []byte {
	if w.trunc {
		if chance.IntN(2) == 0 {
			return w.apply(to)
		}
		return to
	}
	for from := int64(0); from < int64(len(w.data)); {
		n := min(sector-(w.off+from)%sector, int64(len(w.data))-from)
		if chance.IntN(2) == 0 {
			to = write{off: w.off + from, data: w.data[from : from+n]}.apply(to)
		}
		from += n
	}
	return to
}

func (w write) apply(to []byte) []byte {
	if w.trunc {
		if w.off <= int64(len(to)) {
			return to[:w.off]
		}
		return append(to, make([]byte, w.off-int64(len(to)))...)
	}
	if end := w.off + int64(len(w.data)); end > int64(len(to)) {
		to = append(to, make([]byte, end-int64(len(to)))...)
	}
	copy(to[w.off:], w.data)
	return to
}

type diskVFS struct {
	vfs.VFS
	disk *Disk
}

var _ vfs.VFSFilename = (*diskVFS)(nil)

func (v *diskVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	d := v.disk
	path := name.String()
	if d.remember && path != "" {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.content[path] == nil {
			before, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, flags, err
			}
			d.content[path] = &content{synced: before}
		}
	}
	f, flags, err := vfsutil.WrapOpenFilename(v.VFS, name, flags)
	if err != nil {
		return nil, flags, err
	}
	return &diskFile{File: f, disk: d, path: path}, flags, nil
}

func (v *diskVFS) Delete(name string, syncDir bool) error {
	d := v.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := v.VFS.Delete(name, syncDir); err != nil {
		return err
	}
	delete(d.content, name)
	return nil
}

type diskFile struct {
	vfs.File
	disk *Disk
	path string
}

var (
	_ vfs.FileUnwrap       = (*diskFile)(nil)
	_ vfs.FileSharedMemory = (*diskFile)(nil)
	_ vfs.FileLockState    = (*diskFile)(nil)
)

func (f *diskFile) Unwrap() vfs.File               { return f.File }
func (f *diskFile) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }
func (f *diskFile) LockState() vfs.LockLevel       { return vfsutil.WrapLockState(f.File) }
func (f *diskFile) HasMoved() (bool, error)        { return vfsutil.WrapHasMoved(f.File) }

// pend remembers an unsynced change; d.mu is held.
func (f *diskFile) pend(w write) {
	if c := f.disk.content[f.path]; c != nil {
		c.pending = append(c.pending, w)
	}
}

func (f *diskFile) WriteAt(p []byte, off int64) (int, error) {
	if f.disk.full.Load() {
		return 0, sqlite3.FULL
	}
	if !f.disk.remember {
		return f.File.WriteAt(p, off)
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	n, err := f.File.WriteAt(p, off)
	f.pend(write{off: off, data: bytes.Clone(p[:n])})
	return n, err
}

func (f *diskFile) Truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.File.Truncate(size); err != nil {
		return err
	}
	f.pend(write{off: size, trunc: true})
	return nil
}

func (f *diskFile) Sync(flags vfs.SyncFlag) error {
	d := f.disk
	d.syncs.Add(1)
	if fn := d.onSyncing.Load(); fn != nil {
		(*fn)()
	}
	if d.badSync.Load() {
		return sqlite3.IOERR_FSYNC
	}
	if delay := time.Duration(d.delay.Load()); delay > 0 {
		time.Sleep(delay) // the disk being slow is what is tested
	}
	if !d.remember {
		return f.File.Sync(flags)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.content[f.path]; c != nil {
		for _, w := range c.pending {
			c.synced = w.apply(c.synced)
		}
		c.pending = nil
	}
	return nil
}

// ReadAll returns what every file of a directory holds, for tests that look for
// clear text.
func ReadAll(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(f)
		out[path] = b
		return errors.Join(err, f.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
