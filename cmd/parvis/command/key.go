package command

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// key is what concerns the installation's key.
type key struct {
	Restore keyRestore `cmd:"" help:"cli.help.key_restore"`
	Offline keyOffline `cmd:"" help:"backup.help.offline"`
}

// keyRestore makes the key file again from the printed recovery sheet.
type keyRestore struct {
	place
	Sheet string `arg:"" optional:"" help:"cli.help.sheet" placeholder:"FILE"`
}

// maxSheet bounds a typed sheet, in bytes: four lines and some comment.
const maxSheet = 16 << 10

// Run reads the sheet, checks that it opens this installation, and writes the key
// file where the server looks for it. An existing key file is never replaced.
func (c *keyRestore) Run(s *session) error {
	cfg, err := c.config(s)
	if err != nil {
		return err
	}
	dir, err := server.LookDir(cfg.Data)
	if err != nil {
		return err
	}
	if dir.Install == "" {
		return errs.New(errs.NotFound, "cli.data.none", "dir", dir.Path)
	}
	path, err := secret.Place{DataDir: dir.Path, KeyFile: cfg.KeyFile, ConfigDir: cfg.KeyDir}.KeyPath(dir.Install)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errs.Wrap(errs.Conflict, "cli.key.there", err, "path", path)
	}
	if c.Sheet == "" {
		c.Sheet = "-"
		s.say("cli.key.type_sheet")
	}
	text, err := s.readFile(c.Sheet, maxSheet)
	if err != nil {
		return err
	}
	ring, err := secret.ParseSheet(string(text))
	if err != nil {
		return err
	}
	if err := c.opens(s, cfg, dir, ring); err != nil {
		return err
	}
	if err := writeKey(path, ring.Sheet()); err != nil {
		return errs.Wrap(errs.Unavailable, "cli.key.not_written", err, "path", path)
	}
	// Read it as the server will: what it refuses is better known now.
	if _, _, err := secret.Open(secret.Place{DataDir: dir.Path, KeyFile: path, HasData: true}, rand.Reader); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	s.say("cli.key.restored", "path", path)
	return nil
}

// opens tells whether the key is the one of the installation's database.
func (c *keyRestore) opens(s *session, cfg server.Config, dir server.Dir, ring *secret.Keyring) error {
	url := cfg.Database
	if url == "" {
		url = dir.Database()
		if !dir.HasDatabase() {
			return nil
		}
	}
	d, err := db.Open(s.ctx, db.Config{URL: url, Key: ring.Derive("db")})
	if err != nil {
		return err
	}
	return d.Close()
}

func writeKey(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
