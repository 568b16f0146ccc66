package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Folder is a Store in a directory of this machine. Blobs are spread over 256 folders by
// the first two letters of their names.
type Folder struct{ dir string }

var _ Store = (*Folder)(nil)

// halfWritten begins the names of files that are not whole yet.
const halfWritten = ".new-"

// OpenFolder makes the directory when there is none, for its owner alone.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of papers: %w", err)
	}
	return &Folder{dir: dir}, nil
}

func (f *Folder) path(name Name) (string, error) {
	if !name.Valid() {
		return "", errs.Wrap(errs.NotFound, "errs.papers.gone", errors.New("not the name of a blob"))
	}
	return filepath.Join(f.dir, string(name[:2]), string(name)), nil
}

// Put writes beside, syncs, renames, and syncs the folder.
func (f *Folder) Put(ctx context.Context, name Name, r io.Reader) (size int64, err error) {
	path, err := f.path(name)
	if err != nil {
		return 0, err
	}
	dir := filepath.Dir(path)
	made := false
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return 0, unwritten(err)
		}
		made = true
	}
	tmp, err := os.CreateTemp(dir, halfWritten+"*")
	if err != nil {
		return 0, unwritten(err)
	}
	size, err = io.CopyBuffer(onlyWriter{tmp}, reading{ctx, r}, make([]byte, 64<<10))
	if err == nil {
		if serr := tmp.Sync(); serr != nil {
			err = unwritten(serr)
		}
	}
	if cerr := tmp.Close(); cerr != nil && err == nil {
		err = unwritten(cerr)
	}
	if err == nil {
		if rerr := os.Rename(tmp.Name(), path); rerr != nil {
			err = unwritten(rerr)
		}
	}
	if err != nil {
		return 0, errors.Join(err, ignoreMissing(os.Remove(tmp.Name())))
	}
	if err := syncDir(dir); err != nil {
		return 0, errors.Join(unwritten(err), os.Remove(path))
	}
	if made {
		if err := syncDir(f.dir); err != nil {
			return 0, errors.Join(unwritten(err), os.Remove(path))
		}
	}
	return size, nil
}

// onlyWriter hides the file's ReadFrom, which would ignore the buffer; a failed write is
// the store's fault, a failed read the sender's.
type onlyWriter struct{ f *os.File }

func (w onlyWriter) Write(b []byte) (int, error) {
	n, err := w.f.Write(b)
	if err != nil {
		return n, unwritten(err)
	}
	return n, nil
}

// reading stops when the request ends.
type reading struct {
	ctx context.Context
	r   io.Reader
}

func (r reading) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

func unwritten(err error) error { return errs.Wrap(errs.Unavailable, "errs.papers.store", err) }

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open opens a blob.
func (f *Folder) Open(_ context.Context, name Name) (io.ReadCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.Wrap(errs.NotFound, "errs.papers.gone", err)
	}
	if err != nil {
		return nil, unwritten(err)
	}
	return file, nil
}

// Remove deletes a blob.
func (f *Folder) Remove(_ context.Context, name Name) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := ignoreMissing(os.Remove(path)); err != nil {
		return unwritten(err)
	}
	return nil
}

// List visits the blobs that are whole.
func (f *Folder) List(ctx context.Context, visit func(Name, time.Time) error) error {
	shelves, err := os.ReadDir(f.dir)
	if err != nil {
		return unwritten(err)
	}
	for _, shelf := range shelves {
		if !shelf.IsDir() || len(shelf.Name()) != 2 {
			continue
		}
		files, err := os.ReadDir(filepath.Join(f.dir, shelf.Name()))
		if err != nil {
			return unwritten(err)
		}
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			info, err := file.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return unwritten(err)
			}
			name := Name(file.Name())
			if !name.Valid() {
				continue // half written, or somebody else's
			}
			if err := visit(name, info.ModTime()); err != nil {
				return err
			}
		}
	}
	return nil
}

// RemoveHalfWritten deletes what was being written before an instant, and never ended.
func (f *Folder) RemoveHalfWritten(_ context.Context, before time.Time) error {
	files, err := filepath.Glob(filepath.Join(f.dir, "??", halfWritten+"*"))
	if err != nil {
		return unwritten(err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || !info.ModTime().Before(before) {
			if ignoreMissing(err) != nil {
				return unwritten(err)
			}
			continue
		}
		if err := ignoreMissing(os.Remove(file)); err != nil {
			return unwritten(err)
		}
	}
	return nil
}

// OnlyBlobs looks that a folder holds nothing but what a Folder writes, before somebody
// deletes it.
func OnlyBlobs(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == dir || filepath.Dir(path) == dir && len(d.Name()) == 2):
			return nil
		case d.Type().IsRegular() && (Name(d.Name()).Valid() || strings.HasPrefix(d.Name(), halfWritten)):
			return nil
		}
		return fmt.Errorf("%s is there", path)
	})
}
