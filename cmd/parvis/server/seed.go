package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/demo"
	"codeberg.org/parvis/parvis/internal/web"
)

// seed makes the people of a demo that has none yet.
func (s *Server) seed(ctx context.Context, cfg Config, cases casefile.Deps) error {
	done, err := demo.Done(ctx, s.Access)
	if err != nil || done {
		return err
	}
	return demo.Seed(ctx, demo.Rooms{Access: s.Access, Cases: cases}, cfg.Progress)
}

// demoDoors lets anybody in, as the demo's worker or as its person.
func demoDoors() *web.Demo {
	return &web.Demo{
		Worker: func(*http.Request) (access.DemoVisitor, error) { return demo.Worker(), nil },
		Person: func(*http.Request) (access.DemoVisitor, error) { return demo.Person(), nil },
	}
}

// forgetPartial clears the database of a demo whose seeding was cut short, and
// tells whether that was what failed: it can then be made again.
func (s *Server) forgetPartial(failure error) (bool, error) {
	if !errors.Is(failure, demo.ErrPartial) || !s.Dir.Demo {
		return false, nil
	}
	if err := s.DB.Close(); err != nil {
		return false, err
	}
	s.DB = nil
	files, err := filepath.Glob(s.Dir.file(databaseFile + "*"))
	if err != nil {
		return false, fmt.Errorf("clear the demo: %w", err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			return false, fmt.Errorf("clear the demo: %w", err)
		}
	}
	return true, nil
}
