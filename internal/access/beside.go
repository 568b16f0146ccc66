package access

import (
	"context"
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Beside opens a person's own space on the screen of the worker who sits with them,
// for Options.Beside. file is the file that the caller found, in the same
// transaction, that the worker may open so. The worker's own session ends there: the
// keyboard is the person's now, and no key leads back from their space to the
// worker's. The line is the worker's, and the person reads it. token is the cookie's
// value.
func (s *Service) Beside(ctx context.Context, tx *db.Tx, file core.ID, client Client) (token string, err error) {
	a := core.ActorFrom(ctx)
	if a.Kind != core.ActorWorker || file == "" {
		return "", errs.New(errs.Forbidden, "access.error.forbidden")
	}
	if _, err := tx.Exec(closeByID, a.Org, a.ID, a.Session, tx.Now()); err != nil {
		return "", fmt.Errorf("close the worker's session: %w", err)
	}
	person := core.Actor{Kind: core.ActorPerson, ID: file, Org: a.Org, AAL: 2}
	return s.insertSession(ctx, tx, person, client, Entry{Way: WayBeside, Beside: a.ID})
}
