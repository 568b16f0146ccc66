package note

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Waiting is somebody who wrote words that nobody of their teams has read yet.
type Waiting struct {
	Person core.ID
	Name   string
	Since  core.Date
}

const maxUnread = 30

const (
	insertWaiting = `INSERT INTO statement_waiting (org_id, file_id, id, note_id, written_on) VALUES ($1, $2, $3, $4, $5)`
	deleteWaiting = `DELETE FROM statement_waiting WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` AND id <= $3`
	lastWaiting   = `SELECT COUNT(*), COALESCE(MAX(id), '') FROM statement_waiting WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman
	giveWaiting   = `UPDATE statement_waiting SET file_id = $4 WHERE org_id = $1 AND file_id = $2 AND (id = $3 OR note_id = $3)`
	// Those that wait are few: every row.
	listWaiting = `/* every row: those that wait are few */ SELECT p.id, p.usual_name, p.given_names, p.use_name, MIN(w.written_on)
FROM statement_waiting w LEFT JOIN person_alias al ON al.org_id = w.org_id AND al.alias_id = w.file_id AND al.ended_at = 0
JOIN person p ON p.org_id = w.org_id AND p.id = COALESCE(al.person_id, w.file_id)
WHERE w.org_id = $1 AND EXISTS (SELECT 1 FROM casefile c WHERE c.org_id = w.org_id AND c.person_id IN (p.id, w.file_id) AND c.phase = 'active' AND c.team_id IN (%s))
GROUP BY p.id, p.usual_name, p.given_names, p.use_name ORDER BY p.usual_name, p.given_names, p.id LIMIT %d`
)

// Waiting lists, by name, who wrote words that nobody of the actor's teams has read.
func (s *Service) Waiting(ctx context.Context) ([]Waiting, error) {
	if err := s.cases.Access.Can(ctx, access.PersonFind, access.Here(ctx)); err != nil {
		return nil, err
	}
	actor := core.ActorFrom(ctx)
	if len(actor.Teams) == 0 {
		return nil, nil
	}
	args := []any{actor.Org}
	var marks []string
	for _, t := range actor.Teams {
		args = append(args, t)
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	var list []Waiting
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		list = nil
		event := journal.Event{Kind: "list"}
		rows, err := q.Query(fmt.Sprintf(listWaiting, strings.Join(marks, ", "), maxUnread), args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var w Waiting
			var i casefile.Identity
			var since string
			if err := r.Scan(&w.Person, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse, &since); err != nil {
				return err
			}
			w.Name = i.DisplayName()
			var err error
			w.Since, err = scanDay(since)
			list, event.Subjects = append(list, w), append(event.Subjects, w.Person)
			return err
		})
		if err != nil {
			return event, fmt.Errorf("who wrote: %w", err)
		}
		return event, nil
	})
	return list, err
}

// Heard notes that a worker read the words of a file up to one (Words.Waiting): they
// wait for nobody of its teams any more.
func (s *Service) Heard(ctx context.Context, file, last core.ID) error {
	return s.write(ctx, access.NoteRead, file, "statement.heard", "statement", func(w *writer) (core.ID, error) {
		if w.person() {
			return "", notFound()
		}
		if _, err := w.tx.Exec(deleteWaiting, w.Org, w.file, last); err != nil {
			return "", fmt.Errorf("note that words were read: %w", err)
		}
		return last, nil
	})
}

// waiting is the last of the words of a file that nobody read, "" when all were.
func (r *reader) waiting(q db.Querier) (last core.ID, err error) {
	if r.person() {
		return "", nil
	}
	var n int
	if err := q.QueryRow(lastWaiting, r.Org, r.file).Scan(&n, &last); err != nil {
		return "", fmt.Errorf("words that wait: %w", err)
	}
	return last, nil
}
