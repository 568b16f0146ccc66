package server

import (
	"context"
	"log/slog"
	"net/http"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/rights"
)

// Engine is the rights engine alone on a port: no database, no person, nothing
// kept. It speaks the OpenFisca web API under /openfisca.
type Engine struct {
	door
	handler http.Handler
}

// OpenEngine binds the address; nothing is answered before Serve.
func OpenEngine(ctx context.Context, where string, law *rights.Law, log *slog.Logger) (*Engine, error) {
	e := &Engine{door: newDoor(log)}
	if err := e.bind(ctx, where, false); err != nil {
		return nil, err
	}
	always := func(context.Context) error { return nil }
	e.handler = e.requests.count(e.probes(always, openfisca.Handler(law, "/openfisca")))
	return e, nil
}

// Serve answers until ctx ends; it returns nil after a clean end.
func (e *Engine) Serve(ctx context.Context) error { return e.serve(ctx, e.handler) }
