package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// PapersFolder is where the locked files of people's papers are in a data directory:
// two letters, then the random name. They are locked for the person already, and go
// into the parcel after the rows that name them: whatever the rows name is there. One
// that was removed in between was removed for good.
const PapersFolder = "papers"

var (
	papersShelf = regexp.MustCompile(`^[0-9a-f]{2}$`)
	paperFile   = regexp.MustCompile(`^[0-9a-f-]{36}$`)
	paperEntry  = regexp.MustCompile(`^` + PapersFolder + `/[0-9a-f]{2}/[0-9a-f-]{36}$`)
)

// papers puts the locked files of a data directory into the parcel.
func (p *parcel) papers(ctx context.Context, dir string) error {
	shelves, err := os.ReadDir(filepath.Join(dir, PapersFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the papers: %w", err)
	}
	for _, shelf := range shelves {
		if !shelf.IsDir() || !papersShelf.MatchString(shelf.Name()) {
			continue
		}
		files, err := os.ReadDir(filepath.Join(dir, PapersFolder, shelf.Name()))
		if err != nil {
			return fmt.Errorf("read the papers: %w", err)
		}
		for _, f := range files {
			if !f.Type().IsRegular() || !paperFile.MatchString(f.Name()) {
				continue // one that is not whole yet
			}
			name := PapersFolder + "/" + shelf.Name() + "/" + f.Name()
			err := p.copy(ctx, name, filepath.Join(dir, filepath.FromSlash(name)))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("copy a paper: %w", err)
			}
		}
	}
	return nil
}

// papers writes the locked files that come next into a data directory.
func (u *unpacked) papers(dir string) error {
	for {
		h, err := u.head()
		if err != nil {
			return err
		}
		if !paperEntry.MatchString(h.Name) {
			return nil
		}
		u.next = nil
		if err := u.paper(filepath.Join(dir, filepath.FromSlash(h.Name))); err != nil {
			return err
		}
	}
}

func (u *unpacked) paper(to string) (err error) {
	failed := func(err error) error {
		return errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", to)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return failed(err)
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return failed(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := &told{w: f}
	if _, err := io.Copy(out, u.tar); err != nil {
		if out.err != nil {
			return failed(out.err)
		}
		return u.damaged(err)
	}
	if err := f.Sync(); err != nil {
		return failed(err)
	}
	return nil
}
