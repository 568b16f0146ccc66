package access

import (
	"context"

	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// EraseLines takes away for ever what lines of the organisation's journal say:
// written by mistake, or no longer to be kept. Their place and their proof stay, and
// a line that cannot be erased tells who did it, how many and why. Nobody erases
// lines of what they did themselves (Conflict). It returns how many had a content.
// Other errors: those of journal.Journal.Erase.
func (s *Service) EraseLines(ctx context.Context, e journal.Erasure) (n int64, err error) {
	if err := s.Can(ctx, LinesErase, Here(ctx)); err != nil {
		return 0, err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		n, err = s.journal.Erase(ctx, tx, e)
		return err
	})
	return n, err
}
