package ask

import (
	"context"

	"codeberg.org/parvis/parvis/rights"
)

// Engine evaluates completions.
type Engine interface {
	Default() int
}

func (a *Asker) weigh(ctx context.Context, step *Step, t *rights.Total, month rights.Month, person rights.Subject, open []string) error {
	return nil
}
