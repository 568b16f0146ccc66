package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Place is where a line is.
type Place struct {
	Tree core.ID
	Seq  int64
}

// Erasure says which contents go, and why.
type Erasure struct {
	Lines    []Place // 1 to 500, of one tree
	Subjects []core.ID
	Reason   string // the persons in Subjects read it
}

const (
	eraseKind = "lines.erase"
	maxErased = 500
)

const (
	selectErasable = `SELECT day, event, closed FROM journal WHERE org_id = $1 AND tree = $2 AND seq = $3`
	eraseLine      = `UPDATE journal SET event = NULL, salt = NULL, closed = NULL, closed_salt = NULL, subjects = NULL
WHERE org_id = $1 AND tree = $2 AND seq = $3`
	eraseSubjects = `DELETE FROM journal_subject WHERE org_id = $1 AND day = $2 AND tree = $3 AND seq = $4`
)

// Erase removes for ever what lines say and whom they are about, and writes the
// line that tells it: each keeps its place and its leaf, so that everything still
// proves. It returns how many had a content. A line that tells of an erasure
// cannot be erased (Conflict): otherwise anything could vanish without a trace; nor
// can somebody's own gesture by themselves (Conflict), but for the program. A
// line that does not exist is NotFound. The caller has checked the permission.
func (j *Journal) Erase(ctx context.Context, tx *db.Tx, e Erasure) (int64, error) {
	lines := slices.Clone(e.Lines)
	slices.SortFunc(lines, func(a, b Place) int { return int(a.Seq - b.Seq) })
	lines = slices.Compact(lines)
	if len(lines) == 0 || len(lines) > maxErased || slices.ContainsFunc(lines, func(p Place) bool { return p.Tree != lines[0].Tree }) {
		return 0, errs.Wrap(errs.Invalid, "journal.error.erase", fmt.Errorf("%d lines, want 1 to %d of one tree", len(lines), maxErased))
	}
	org := core.ActorFrom(ctx).Org
	// The head first: the line that tells it needs it, and two erasures of the same
	// lines must not both count them.
	if _, err := j.takeSeat(tx, org); err != nil {
		return 0, fmt.Errorf("erase: %w", err)
	}
	var erased int64
	for _, at := range lines {
		had, err := eraseOne(tx, core.ActorFrom(ctx), at)
		if err != nil {
			return 0, err
		}
		if had {
			erased++
		}
	}
	if erased == 0 {
		return 0, nil
	}
	err := j.Record(ctx, tx, Event{Kind: "lines.erase", Subjects: e.Subjects, Object: "line", Reason: e.Reason, Detail: map[string]string{
		erasedDetail: strconv.FormatInt(erased, 10), "tree": string(lines[0].Tree),
		"first": strconv.FormatInt(lines[0].Seq, 10), "last": strconv.FormatInt(lines[len(lines)-1].Seq, 10),
	}})
	return erased, err
}

func eraseOne(tx *db.Tx, by core.Actor, at Place) (had bool, err error) {
	org := by.Org
	var day string
	var event, closed []byte
	err = tx.QueryRow(selectErasable, org, at.Tree, at.Seq).Scan(&day, &event, &closed)
	if errors.Is(err, db.ErrNoRows) {
		return false, errs.New(errs.NotFound, "journal.error.no_line")
	}
	if err != nil {
		return false, fmt.Errorf("erase line %d: %w", at.Seq, err)
	}
	if event == nil {
		return false, nil
	}
	if o, err := decodeOpen(event); err == nil && o.Kind == eraseKind {
		return false, errs.New(errs.Conflict, "journal.error.erase_erase")
	}
	if c, err := decodeClosed(closed); err == nil && c.Actor.ID == by.ID && by.Kind != core.ActorSystem {
		return false, errs.New(errs.Conflict, "journal.error.erase_own")
	}
	if _, err := tx.Exec(eraseLine, org, at.Tree, at.Seq); err != nil {
		return false, fmt.Errorf("erase line %d: %w", at.Seq, err)
	}
	if _, err := tx.Exec(eraseSubjects, org, day, at.Tree, at.Seq); err != nil {
		return false, fmt.Errorf("erase the subjects of line %d: %w", at.Seq, err)
	}
	return true, nil
}
