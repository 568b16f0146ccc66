package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/demo"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web"
)

// seed makes the people of a demo that has none yet; key signs their agreements.
func (s *Server) seed(ctx context.Context, cfg Config, cases casefile.Deps, key []byte) error {
	done, err := demo.Done(ctx, s.Access)
	if err != nil || done {
		return err
	}
	if err := demo.Seed(ctx, demo.Rooms{Access: s.Access, Cases: cases, Agreements: key}, cfg.Progress); err != nil {
		return err
	}
	if err := s.seedCard(ctx); err != nil {
		return err
	}
	if err := demo.SeedPapers(ctx, s.Papers); err != nil {
		return err
	}
	return s.seedCode(ctx)
}

// seedCode has the demonstration's person receive codes at an address that is nobody's.
func (s *Server) seedCode(ctx context.Context) error {
	who := demo.Person()
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "demo", Org: who.Org})
	if err := s.Codes.Add(ctx, who.Person, code.Input{Address: demo.CodeAddress, Lang: i18n.French}); err != nil {
		return fmt.Errorf("the demonstration's codes: %w", err)
	}
	return nil
}

// seedCard gives the demonstration's person a card that the command can tell.
func (s *Server) seedCard(ctx context.Context) error {
	deps := s.Cards.Deps
	deps.Random = demo.CardSource()
	who := demo.Person()
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "demo", Org: who.Org})
	_, err := card.New(deps).Make(ctx, who.Person, demo.CardPIN, demo.CardPIN)
	if err != nil {
		return fmt.Errorf("the demonstration's card: %w", err)
	}
	return nil
}

// demoDoors lets anybody in, as the demo's worker or as its person.
func demoDoors() *web.Demo {
	return &web.Demo{
		Worker: func(r *http.Request) (access.DemoVisitor, error) {
			if r.URL.Query().Get("poste") == "accueil" {
				return demo.Clerk(), nil
			}
			return demo.Worker(), nil
		},
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
