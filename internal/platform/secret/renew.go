package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Renewing the installation's key goes by files that each appear whole or not at
// all: the new key lies beside the old one (Next) before anything is encrypted with
// it, a copy of the old one is kept under its id (Keep), and once the data knows the
// new key it takes the old one's name (Promote). Whoever starts in between has both.

// nextEnd and the key's id end the names of the files beside a key file.
const nextEnd = ".next"

// Next gives the key that is to replace the present one, or made at a start that was
// stopped; nil when there is none and random is nil. With random it is made when it
// is not there.
func (p Place) Next(random io.Reader) (*Keyring, error) {
	id, path, err := p.known()
	if err != nil {
		return nil, err
	}
	path += nextEnd
	ring, err := readKey(path, id)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	if random == nil {
		return nil, nil
	}
	ring, _, err = makeKey(path, id, random)
	return ring, err
}

func (p Place) known() (id, path string, err error) {
	if id, err = InstallID(p.DataDir); err != nil {
		return "", "", err
	}
	path, err = p.KeyPath(id)
	return id, path, err
}

// KeptPath is where the file of an earlier key is kept.
func (p Place) KeptPath(k *Keyring) (string, error) {
	_, path, err := p.known()
	return path + "." + k.ID(), err
}

// Keep copies the present key file, the one of k, to its KeptPath: backups of before
// open with it. Doing it again does nothing.
func (p Place) Keep(k *Keyring) error {
	_, path, err := p.known()
	if err != nil {
		return err
	}
	b, err := readLimited(path)
	if err != nil {
		return errs.Wrap(errs.Unavailable, "errs.key.read", err, "path", path)
	}
	kept, err := p.KeptPath(k)
	if err == nil {
		err = createOnce(kept, b)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return errs.Wrap(errs.Unavailable, "errs.key.write", err, "path", kept)
	}
	return nil
}

// Promote gives the next key the name of the present one. Another process that did
// it meanwhile is no error.
func (p Place) Promote() error {
	_, path, err := p.known()
	if err != nil {
		return err
	}
	err = os.Rename(path+nextEnd, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, "errs.key.write", err, "path", path)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
