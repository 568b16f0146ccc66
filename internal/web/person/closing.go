package person

import (
	"context"

	"codeberg.org/parvis/parvis/internal/core"
)

// closing ends a stay or a couple from a day: a method of casefile.Service.
type closing func(ctx context.Context, file, row core.ID, version int64, until core.Date) error
