package db

import (
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// vfsName is the VFS of every SQLite database: Adiantum over whole blocks over
// the operating system's files.
const vfsName = "parvis"

func init() { vfs.Register(vfsName, EncryptingVFS(vfs.Find(""))) }

// EncryptingVFS puts the encryption of Parvis on another VFS. Tests use it to
// put a faulty disk below.
func EncryptingVFS(base vfs.VFS) vfs.VFS { return logVFS{adiantum.Wrap(wholeVFS{base}, nil)} }

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
	return &wholeFile{f}, flags, nil
}

type wholeFile struct{ vfs.File }

var (
	_ vfs.FileUnwrap       = (*wholeFile)(nil)
	_ vfs.FileSharedMemory = (*wholeFile)(nil)
	_ vfs.FileLockState    = (*wholeFile)(nil)
	_ vfs.FilePersistWAL   = (*wholeFile)(nil)
	_ vfs.FileHasMoved     = (*wholeFile)(nil)
	_ vfs.FileSizeHint     = (*wholeFile)(nil)
)

// Size is the length in whole blocks, in bytes.
func (f *wholeFile) Size() (int64, error) {
	n, err := f.File.Size()
	return n &^ (blockSize - 1), err
}

func (f *wholeFile) Unwrap() vfs.File               { return f.File }
func (f *wholeFile) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }
func (f *wholeFile) LockState() vfs.LockLevel       { return vfsutil.WrapLockState(f.File) }
func (f *wholeFile) PersistWAL() bool               { return vfsutil.WrapPersistWAL(f.File) }
func (f *wholeFile) SetPersistWAL(keep bool)        { vfsutil.WrapSetPersistWAL(f.File, keep) }
func (f *wholeFile) HasMoved() (bool, error)        { return vfsutil.WrapHasMoved(f.File) }
func (f *wholeFile) SizeHint(size int64) error      { return vfsutil.WrapSizeHint(f.File, size) }
