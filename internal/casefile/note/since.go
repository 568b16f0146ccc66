package note

import (
	"context"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

var _ merge.Beside = (*Service)(nil)

const (
	sinceNotes = `SELECT n.id, n.happened_on, n.written_at, n.author_id FROM note n
WHERE n.org_id = $1 AND n.file_id = $2 AND n.id > $4 AND ` + workerSees + ` ORDER BY n.id LIMIT 501`
	sinceWords = `SELECT s.id, s.said_on, s.written_at, CASE WHEN s.by_person = 1 THEN '' ELSE s.written_by END FROM statement s
WHERE s.org_id = $1 AND s.file_id = $2 AND s.id > $3 AND s.note_id = '' ORDER BY s.id LIMIT 501`
	giveNote   = `UPDATE note SET file_id = $4 WHERE org_id = $1 AND file_id = $2 AND id = $3`
	giveBeside = `UPDATE statement SET file_id = $4 WHERE org_id = $1 AND file_id = $2 AND note_id = $3`
	giveWords  = `UPDATE statement SET file_id = $4 WHERE org_id = $1 AND file_id = $2 AND id = $3`
)

// WrittenSince lists the notes that the actor may read and the words that stand
// alone, written in a file since it gathered another. Words beside a note follow it.
func (s *Service) WrittenSince(ctx context.Context, q db.Querier, o casefile.Opened, file, since core.ID) ([]merge.Written, error) {
	var list []merge.Written
	read := func(kind merge.WrittenKind, sql string, args ...any) error {
		rows, err := q.Query(sql, args...)
		return db.Each(rows, err, func(row *db.Rows) error {
			w := merge.Written{Kind: kind}
			var on string
			if err := row.Scan(&w.ID, &on, &w.At, &w.By); err != nil {
				return err
			}
			var err error
			w.On, err = scanDay(on)
			list = append(list, w)
			return err
		})
	}
	err := errors.Join(
		read(merge.WroteNote, sinceNotes, o.Org, file, core.ActorFrom(ctx).ID, since),
		read(merge.WroteWords, sinceWords, o.Org, file, since),
	)
	if err != nil {
		return nil, fmt.Errorf("read notes written since: %w", err)
	}
	return list, nil
}

// GiveBack hands a note with the words beside it, or words that stand alone, to
// the other file.
func (s *Service) GiveBack(tx *db.Tx, org core.ID, row merge.Written, from, to core.ID) error {
	var all []string
	switch row.Kind {
	case merge.WroteNote:
		all = []string{giveNote, giveBeside, giveWaiting}
	case merge.WroteWords:
		all = []string{giveWords, giveWaiting}
	}
	for _, sql := range all {
		if _, err := tx.Exec(sql, org, from, row.ID, to); err != nil {
			return fmt.Errorf("give a note back: %w", err)
		}
	}
	return nil
}

// Parted has nothing to put right: a note stands in one file.
func (s *Service) Parted(*db.Tx, core.ID, core.ID, core.ID, core.ID) error { return nil }
