package card

import (
	"context"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Beside opens a person's space on the worker's screen, with both of them before
// it: see access.Service.Beside. It asks for a recent proof.
func (s *Service) Beside(ctx context.Context, person core.ID, client access.Client) (token string, err error) {
	if err := s.Access.Recent(ctx); err != nil {
		return "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		file, err := s.Files(ctx, tx, access.SessionBeside, person)
		if err != nil {
			return err
		}
		if file.Person == "" {
			return errs.New(errs.NotFound, "access.error.not_found")
		}
		token, err = s.Access.Beside(ctx, tx, file.Person, client)
		return err
	})
	return token, err
}
