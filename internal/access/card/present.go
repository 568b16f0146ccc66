package card

import (
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Present recognises a person at the counter by their card and its PIN, and opens
// nothing: they sign with it. humans are the person's files, one of which the card must
// enter. Errors are SignIn's, somebody else's card too; a wrong PIN counts. The caller
// has asked whether the actor may act upon the file, and writes the line.
func (s *Service) Present(ctx context.Context, org core.ID, humans []core.ID, code string, pin secret.String, client access.Client) error {
	c, _, hold, err := s.verify(ctx, code, pin, client)
	if err != nil {
		return err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		person, err := s.right(tx, c, hold)
		if err != nil {
			return err
		}
		if c.org != org || !slices.Contains(humans, person) {
			return refused()
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("present a card: %w", err)
	}
	return nil
}
