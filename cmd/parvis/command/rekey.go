package command

import (
	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/rekey"
)

// rekeyCmd renews the installation's key. The server is stopped.
type rekeyCmd struct {
	place
}

// Run prints the new recovery sheet first: the machine may stop at any moment.
func (c *rekeyCmd) Run(s *session) error {
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
	url := cfg.Database
	if url == "" {
		if url = dir.Database(); !dir.HasDatabase() {
			return errs.New(errs.NotFound, "cli.doctor.no_database", "dir", dir.Path)
		}
	}
	at := secret.Place{DataDir: dir.Path, KeyFile: cfg.KeyFile, ConfigDir: cfg.KeyDir, HasData: true}
	ring, _, err := secret.Open(at, nil)
	if err != nil {
		return err
	}
	next, err := rekey.Renew(s.ctx, rekey.Order{
		Place: at, Ring: ring, Install: dir.Install, DB: db.Config{URL: url},
		Told: func(next *secret.Keyring) error {
			s.print(s.p.T("rekey.cli.sheet", "key", next.ID()) + "\n\n" + next.Sheet())
			return nil
		},
	})
	if err != nil {
		return err
	}
	before := next.Before()
	kept, err := at.KeptPath(before[len(before)-1])
	if err != nil {
		return err
	}
	s.print("ok  " + s.p.T("rekey.cli.done", "key", next.ID()))
	s.say("rekey.cli.kept", "path", kept)
	if cfg.Database != "" {
		s.say("rekey.cli.servers")
	}
	return nil
}
