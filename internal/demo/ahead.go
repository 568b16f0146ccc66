package demo

import "codeberg.org/parvis/parvis/internal/casefile/outlook"

// ahead computes the twelve months to come of the file, as a worker would.
func (h *house) ahead() {
	if h.compute(); h.err == nil && h.file != "" {
		h.err = outlook.New(h.cases).Compute(h.ctx, h.file)
	}
}
