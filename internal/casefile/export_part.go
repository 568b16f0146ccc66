package casefile

import (
	"context"
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Exporter is a room beside this one that has something of a person's file: its
// notes, its appointments. It reads with q, in the snapshot of the copy; the
// permission file.export is asked already, what the actor may not read in that
// room is left out, and third persons are masked.
type Exporter interface {
	ExportPart(ctx context.Context, q db.Querier, o Opened, file core.ID) (ExportPart, error)
}

// ExportPart is what a room puts in a copy. Name is its field under "parts" in
// the JSON; exchange.part.<Name> is its title and exchange.holds.<Name> says how
// many rows it holds.
type ExportPart struct {
	Name   string
	JSON   any         // value of the field; its form is said in docs/export-format.md
	Rows   []ExportRow // the same for people, in French, in the order of reading
	Masked int         // passages left out because they speak of somebody else
	Says   string      // what the reader is to know of the section, in French; may be ""
}

// ExportRow is one line of a section: what, its words, who and when.
type ExportRow struct{ Label, Text, More string }

func readParts(ctx context.Context, q db.Querier, o Opened, file core.ID, rooms []Exporter) ([]ExportPart, error) {
	var parts []ExportPart
	for _, room := range rooms {
		part, err := room.ExportPart(ctx, q, o, file)
		if err != nil {
			return nil, fmt.Errorf("part of the copy: %w", err)
		}
		parts = append(parts, part)
	}
	return parts, nil
}
