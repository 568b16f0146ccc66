package command

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/backup"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/rekey"
)

// backupCmd makes one backup now, beside the server or without it.
type backupCmd struct {
	place
	To   string `name:"to" required:"" help:"backup.help.to" placeholder:"DIR"`
	For  string `name:"for" required:"" help:"backup.help.for" placeholder:"FILE"`
	Keep int    `help:"backup.help.keep" placeholder:"N"`
}

// Run writes the backup and prints its file and its digest.
func (c *backupCmd) Run(s *session) (err error) {
	text, err := s.readFile(c.For, maxSheet)
	if err != nil {
		return err
	}
	to, err := backup.ReadRecipients(text)
	if err != nil {
		return err
	}
	in, err := c.open(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.rows.Close()) }()
	service := backup.Service{
		DB: in.rows, Journal: in.journal, Dir: in.dir.Path, Small: server.SmallFiles(), Install: in.dir.Install, Log: s.logger(slog.LevelWarn),
	}
	made, err := service.Make(asOperator(s.ctx), backup.Order{Dir: c.To, To: to, Keep: c.Keep})
	if err != nil {
		return err
	}
	s.print(made.File + "\n" + made.Digest)
	s.say("backup.cli.made", "mb", max(made.Bytes>>20, 1))
	return nil
}

// restore makes an installation again from a backup.
type restore struct {
	place
	File     string `arg:"" help:"backup.help.file" placeholder:"FILE"`
	Identity string `required:"" help:"backup.help.identity" placeholder:"FILE"`
	Digest   string `help:"backup.help.digest" placeholder:"SHA-256"`
	Despite  bool   `name:"despite-journal" help:"backup.help.despite"`
}

// Run writes over nothing: the data directory is absent or empty.
func (c *restore) Run(s *session) error {
	cfg, err := c.config(s)
	if err != nil {
		return err
	}
	text, err := s.readFile(c.Identity, maxSheet)
	if err != nil {
		return err
	}
	with, err := backup.ReadIdentities(text)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(cfg.Data)
	if err != nil {
		return errs.Wrap(errs.Invalid, "cli.data.unreadable", err, "dir", cfg.Data)
	}
	done, err := backup.Restore(s.ctx, backup.Wanted{
		File: c.File, With: with, Digest: strings.ToLower(c.Digest), Dir: dir, Database: cfg.Database, Small: server.SmallFiles(), Despite: c.Despite,
		Open: func(ctx context.Context, rows db.Config) (*db.DB, *journal.Key, error) {
			install, err := secret.InstallID(dir)
			if err != nil {
				return nil, nil, err
			}
			at := secret.Place{DataDir: dir, KeyFile: cfg.KeyFile, ConfigDir: cfg.KeyDir, HasData: true}
			ring, _, err := secret.Open(at, nil)
			if err != nil || rows.URL == "" {
				return nil, nil, err
			}
			d, ring, err := rekey.Open(ctx, at, ring, rows)
			if err != nil {
				return nil, nil, err
			}
			sign, err := journal.NewKey(install, ring.Derive("journal"))
			if err != nil {
				return nil, nil, errors.Join(err, d.Close())
			}
			return d, sign, nil
		},
	})
	if known := (*errs.Error)(nil); errors.As(err, &known) && known.Key == "errs.backup.journal" {
		return errors.Join(s.verdict(done.Report, ""), err)
	}
	if err != nil {
		return err
	}
	if !done.Checked {
		s.say("backup.cli.no_digest")
	}
	s.print("ok  " + s.p.T("backup.cli.restored", "dir", dir, "made", done.Made))
	if done.Report.Well() {
		return s.verdict(done.Report, "")
	}
	_ = s.verdict(done.Report, "") // restored despite it, as was asked: said, and no failure
	return nil
}

// keyOffline makes the key that opens backups, for a machine that is not this one.
type keyOffline struct {
	File string `arg:"" help:"backup.help.offline_file" placeholder:"FILE"`
}

// Run writes the secret part to a new file and prints the other.
func (c *keyOffline) Run(s *session) error {
	if _, err := os.Lstat(c.File); err == nil {
		return errs.New(errs.Conflict, "proof.file.there", "file", c.File)
	}
	file, recipient, err := backup.NewIdentity()
	if err != nil {
		return err
	}
	if err := writeKey(c.File, file); err != nil {
		return errs.Wrap(errs.Unavailable, "cli.key.not_written", err, "path", c.File)
	}
	s.print(recipient)
	s.say("backup.cli.offline", "file", c.File)
	return nil
}

// backups are the backups that a server makes by itself.
type backups struct {
	To    string        `name:"backup-to" help:"backup.help.to" placeholder:"DIR"`
	For   string        `name:"backup-for" help:"backup.help.for" placeholder:"FILE"`
	Every time.Duration `name:"backup-every" default:"24h" help:"backup.help.every" placeholder:"24h"`
	Keep  int           `name:"backup-keep" default:"14" help:"backup.help.keep" placeholder:"14"`
}

// leastPause is how often backups may be made at most.
const leastPause = 10 * time.Minute

// order reads what was asked; its zero when nothing was.
func (b backups) order(s *session) (server.Backup, error) {
	switch {
	case b.To == "" && b.For == "":
		return server.Backup{}, nil
	case b.To == "" || b.For == "":
		return server.Backup{}, misuse("backup.cli.both")
	case b.Every < leastPause || b.Keep < 0:
		return server.Backup{}, misuse("backup.cli.pause")
	}
	text, err := s.readFile(b.For, maxSheet)
	if err != nil {
		return server.Backup{}, err
	}
	to, err := backup.ReadRecipients(text)
	return server.Backup{Order: backup.Order{Dir: b.To, To: to, Keep: b.Keep}, Every: b.Every}, err
}
