package command

import (
	"context"
	"errors"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/rekey"
)

// installation is one that a command works on, beside the server or without it.
type installation struct {
	dir     server.Dir
	ring    *secret.Keyring
	rows    *db.DB
	journal *journal.Journal
}

// open opens the installation of a place that has begun. Its schema is left as it
// is. Close its rows.
func (p place) open(s *session) (*installation, error) {
	cfg, err := p.config(s)
	if err != nil {
		return nil, err
	}
	i := &installation{}
	if i.dir, err = server.LookDir(cfg.Data); err != nil {
		return nil, err
	}
	if i.dir.Install == "" {
		return nil, errs.New(errs.NotFound, "cli.data.none", "dir", i.dir.Path)
	}
	at := secret.Place{DataDir: i.dir.Path, KeyFile: cfg.KeyFile, ConfigDir: cfg.KeyDir, HasData: true}
	i.ring, _, err = secret.Open(at, nil)
	if err != nil {
		return nil, err
	}
	url := cfg.Database
	if url == "" {
		if url = i.dir.Database(); !i.dir.HasDatabase() {
			return nil, errs.New(errs.NotFound, "cli.doctor.no_database", "dir", i.dir.Path)
		}
	}
	if i.rows, i.ring, err = rekey.Open(s.ctx, at, i.ring, db.Config{URL: url, NoMigrate: true}); err != nil {
		return nil, err
	}
	i.journal = journal.New(i.rows, nil)
	key, err := journal.NewKey(i.dir.Install, i.ring.Derive("journal"))
	if err != nil {
		return nil, errors.Join(err, i.rows.Close())
	}
	i.journal.SignWith(key)
	return i, nil
}

// asOperator is the context of whoever keeps the machine.
func asOperator(ctx context.Context) context.Context {
	return core.WithActor(ctx, core.Actor{Kind: core.ActorOperator, ID: "root"})
}
