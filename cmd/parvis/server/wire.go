package server

import (
	"context"
	"net/http"

	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// openRooms opens the database and puts the rooms together, the lower ones first.
func (s *Server) openRooms(ctx context.Context, cfg Config, ring *secret.Keyring) error {
	var err error
	s.DB, err = db.Open(ctx, db.Config{
		URL:   s.databaseURL(cfg),
		Key:   ring.Derive("db"),
		Clock: s.Clock,
		Log:   s.log,
		VFS:   cfg.VFS,
	})
	if err != nil {
		return err
	}
	s.Journal = journal.New(s.DB, nil)
	s.handler = s.requests.count(s.probes(http.NotFoundHandler()))
	return nil
}
