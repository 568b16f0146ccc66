package demo

import (
	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/agreement"
)

// agrees has the person of the file share parts of it with another team, for a number
// of days from today.
func (h *house) agrees(team, purpose string, forDays int, copied bool, parts ...access.Category) {
	if h.err != nil {
		return
	}
	var s *agreement.Service
	if s, h.err = agreement.New(h.cases, make([]byte, 32)); h.err != nil {
		return
	}
	today := h.cases.Today(h.ctx)
	_, h.err = s.Give(h.ctx, h.file, agreement.Input{
		Team: h.teams[team].id, Purpose: purpose, Categories: parts, Copy: copied, From: today, Until: today.AddDays(forDays), Lang: "fr",
		Read: agreement.ReadAloud, Signed: agreement.SignDrawn, Mark: signature,
	})
}

// signature is a mark of the hand, for the demonstration.
const signature = "M60 130L80 70L100 120L130 90L150 130L180 60L200 140L240 100L300 120L360 80L400 120"
