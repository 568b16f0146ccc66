package db

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// registerVFS makes the VFS of one open database over a registered base VFS ("" for
// the operating system's files) and returns its name; unregister it at the end.
// From SQLite downwards: clear pages kept in memory (when pages is not nil), frames
// of the log gathered, Adiantum, whole blocks.
func registerVFS(base string, pages *clearPages) (name string, err error) {
	below := vfs.Find(base)
	if below == nil {
		return "", fmt.Errorf("no VFS is named %q", base)
	}
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	name = "parvis-" + hex.EncodeToString(b[:])
	vfs.Register(name, &clearVFS{VFS: adiantum.Wrap(wholeVFS{below}, nil), pages: pages})
	return name, nil
}

// clearVFS hands SQLite files whose clear bytes pass through memory of ours.
type clearVFS struct {
	vfs.VFS
	pages *clearPages
}

var _ vfs.VFSFilename = (*clearVFS)(nil)

// OpenFilename opens a file of the encrypting VFS.
func (v *clearVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, out, err := vfsutil.WrapOpenFilename(v.VFS, name, flags)
	switch {
	case err != nil:
		return nil, out, err
	case flags&vfs.OPEN_WAL != 0:
		return &logFile{File: f}, out, nil
	case flags&vfs.OPEN_MAIN_DB != 0 && v.pages != nil:
		return &pageFile{forward: forward{f}, pages: v.pages}, out, nil
	}
	return f, out, nil
}

// wholeVFS counts files in whole blocks. After a power cut a file may end in the
// middle of a block; such a block cannot be decrypted, so SQLite must not be told
// that its bytes are there: it would take the failed read for a broken disk and
// refuse to open, although everything acknowledged lies before.
type wholeVFS struct{ vfs.VFS }

const blockSize = 4096 // of the encryption, which is also SQLite's page

var _ vfs.VFSFilename = wholeVFS{}

// OpenFilename opens a file of the base VFS.
func (v wholeVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(v.VFS, name, flags)
	if err != nil {
		return nil, flags, err
	}
	return &wholeFile{forward{f}}, flags, nil
}

type wholeFile struct{ forward }

// Size is the length in whole blocks, in bytes.
func (f *wholeFile) Size() (int64, error) {
	n, err := f.File.Size()
	return n &^ (blockSize - 1), err
}

// forward is a file in front of another that passes on what SQLite may ask beyond
// reading and writing.
type forward struct{ vfs.File }

var (
	_ vfs.FileUnwrap       = forward{}
	_ vfs.FileSharedMemory = forward{}
	_ vfs.FileLockState    = forward{}
	_ vfs.FilePersistWAL   = forward{}
	_ vfs.FileHasMoved     = forward{}
	_ vfs.FileSizeHint     = forward{}
	_ vfs.FilePragma       = forward{}
)

func (f forward) Unwrap() vfs.File                      { return f.File }
func (f forward) SharedMemory() vfs.SharedMemory        { return vfsutil.WrapSharedMemory(f.File) }
func (f forward) LockState() vfs.LockLevel              { return vfsutil.WrapLockState(f.File) }
func (f forward) PersistWAL() bool                      { return vfsutil.WrapPersistWAL(f.File) }
func (f forward) SetPersistWAL(keep bool)               { vfsutil.WrapSetPersistWAL(f.File, keep) }
func (f forward) HasMoved() (bool, error)               { return vfsutil.WrapHasMoved(f.File) }
func (f forward) SizeHint(size int64) error             { return vfsutil.WrapSizeHint(f.File, size) }
func (f forward) Pragma(name, v string) (string, error) { return vfsutil.WrapPragma(f.File, name, v) }
