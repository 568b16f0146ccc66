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
	org := core.ActorFrom(ctx).Org
	lines, err := j.takeLines(tx, org, e.Lines)
	if err != nil {
		return 0, err
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
	return erased, j.tellErased(ctx, tx, e, erasedDetail, erased, lines)
}

// takeLines sorts the lines of an erasure and takes the head of the organisation:
// the line that tells it needs it, and two erasures of the same lines must not both
// count them.
func (j *Journal) takeLines(tx *db.Tx, org core.ID, of []Place) ([]Place, error) {
	lines := slices.Clone(of)
	slices.SortFunc(lines, func(a, b Place) int { return int(a.Seq - b.Seq) })
	lines = slices.Compact(lines)
	if len(lines) == 0 || len(lines) > maxErased || slices.ContainsFunc(lines, func(p Place) bool { return p.Tree != lines[0].Tree }) {
		return nil, errs.Wrap(errs.Invalid, "journal.error.erase", fmt.Errorf("%d lines, want 1 to %d of one tree", len(lines), maxErased))
	}
	if _, err := j.takeSeat(tx, org); err != nil {
		return nil, fmt.Errorf("erase: %w", err)
	}
	return lines, nil
}

// tellErased writes the line that tells of an erasure.
func (j *Journal) tellErased(ctx context.Context, tx *db.Tx, e Erasure, what string, n int64, lines []Place) error {
	return j.Record(ctx, tx, Event{Kind: eraseKind, Subjects: e.Subjects, Object: "line", Reason: e.Reason, Detail: map[string]string{
		what: strconv.FormatInt(n, 10), "tree": string(lines[0].Tree),
		"first": strconv.FormatInt(lines[0].Seq, 10), "last": strconv.FormatInt(lines[len(lines)-1].Seq, 10),
	}})
}

const (
	selectSubjects = `SELECT day, subjects FROM journal WHERE org_id = $1 AND tree = $2 AND seq = $3`
	updateSubjects = `UPDATE journal SET subjects = $4 WHERE org_id = $1 AND tree = $2 AND seq = $3`
	partSubject    = `DELETE FROM journal_subject WHERE org_id = $1 AND day = $2 AND tree = $3 AND seq = $4 AND person = $5`
)

// Part takes one human out of lines that stay for the others whom they are about: a
// list, a search. What remains of the person in the event is a hash whose salt is
// gone. humans are all the ids of that human. It writes the line that tells how many
// entries went, and returns that number; a line that never named them counts for
// nothing. The caller has checked the permission.
func (j *Journal) Part(ctx context.Context, tx *db.Tx, humans []core.ID, e Erasure) (int64, error) {
	org := core.ActorFrom(ctx).Org
	lines, err := j.takeLines(tx, org, e.Lines)
	if err != nil {
		return 0, err
	}
	var parted int64
	for _, at := range lines {
		n, err := partOne(tx, org, at, humans)
		if err != nil {
			return 0, fmt.Errorf("take a person out of line %d: %w", at.Seq, err)
		}
		parted += n
	}
	if parted == 0 {
		return 0, nil
	}
	return parted, j.tellErased(ctx, tx, e, partedDetail, parted, lines)
}

func partOne(tx *db.Tx, org core.ID, at Place, humans []core.ID) (int64, error) {
	var day string
	var packed []byte
	err := tx.QueryRow(selectSubjects, org, at.Tree, at.Seq).Scan(&day, &packed)
	if errors.Is(err, db.ErrNoRows) {
		return 0, errs.New(errs.NotFound, "journal.error.no_line")
	}
	if err != nil {
		return 0, err
	}
	all, err := unpackSubjects(packed)
	if err != nil {
		return 0, err
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(s subject) bool { return slices.Contains(humans, s.person) })
	if len(rest) == len(all) {
		return 0, nil
	}
	if _, err := tx.Exec(updateSubjects, org, at.Tree, at.Seq, packSubjects(rest)); err != nil {
		return 0, err
	}
	for _, person := range humans {
		if _, err := tx.Exec(partSubject, org, day, at.Tree, at.Seq, person); err != nil {
			return 0, err
		}
	}
	return int64(len(all) - len(rest)), nil
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
