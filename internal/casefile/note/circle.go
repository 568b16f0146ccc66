package note

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	selectCircles = `SELECT c.id, c.file_id, c.name, c.made_by, m.worker_id
FROM note_circle c JOIN note_circle_member m ON m.org_id = c.org_id AND m.circle_id = c.id
WHERE c.org_id = $1 AND c.file_id IN ` + casefile.SameHuman + `
AND EXISTS (SELECT 1 FROM note_circle_member x WHERE x.org_id = c.org_id AND x.circle_id = c.id AND x.worker_id = $3)
ORDER BY c.id, m.worker_id LIMIT 2000`
	selectCircle = `SELECT c.id, c.file_id, c.name, c.made_by, m.worker_id
FROM note_circle c JOIN note_circle_member m ON m.org_id = c.org_id AND m.circle_id = c.id
WHERE c.org_id = $1 AND c.id = $2 ORDER BY m.worker_id LIMIT 100`
	countCircles = `SELECT COUNT(*) FROM note_circle WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman
	insertCircle = `INSERT INTO note_circle (org_id, id, file_id, name, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6)`
	insertMember = `INSERT INTO note_circle_member (org_id, circle_id, worker_id) VALUES ($1, $2, $3)`
	renameCircle = `UPDATE note_circle SET name = $3 WHERE org_id = $1 AND id = $2`
	clearMembers = `DELETE FROM note_circle_member WHERE org_id = $1 AND circle_id = $2`
)

// circles reads the circles of the file that the reader is in, the first made first.
func (r *reader) circles(q db.Querier) ([]Circle, error) {
	if r.person() {
		return nil, nil
	}
	return r.readCircles(q, selectCircles, r.args()...)
}

// circle reads the circle of a note that the reader may see.
func (r *reader) circle(q db.Querier, id core.ID) (*Circle, error) {
	list, err := r.readCircles(q, selectCircle, r.Org, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (r *reader) readCircles(q db.Querier, sql string, args ...any) ([]Circle, error) {
	var list []Circle
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(row *db.Rows) error {
		var c Circle
		var sealed []byte
		var member core.ID
		if err := row.Scan(&c.ID, &c.File, &sealed, &c.Maker, &member); err != nil {
			return err
		}
		if n := len(list); n == 0 || list[n-1].ID != c.ID {
			name, err := r.s.cases.Fields.Open("note_circle", "name", string(c.ID), sealed)
			if err != nil {
				return err
			}
			c.Name = string(name)
			list = append(list, c)
		}
		last := &list[len(list)-1]
		last.Members = append(last.Members, member)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read circles: %w", err)
	}
	return list, nil
}

// makeCircle writes a circle; whoever makes it is in it.
func (w *writer) makeCircle(in NewCircle) (core.ID, error) {
	if err := w.full(maxCircles, countCircles, w.Org, w.file); err != nil {
		return "", err
	}
	if err := w.checkMembers(in.Members, nil); err != nil {
		return "", err
	}
	id, err := w.s.cases.NewID()
	if err != nil {
		return "", err
	}
	sealed, err := w.s.cases.Fields.Seal("note_circle", "name", string(id), []byte(in.Name))
	if err != nil {
		return "", fmt.Errorf("seal the name of a circle: %w", err)
	}
	if _, err := w.tx.Exec(insertCircle, w.Org, id, w.file, sealed, w.tx.Now(), w.who.ID); err != nil {
		return "", fmt.Errorf("insert circle: %w", err)
	}
	return id, w.writeMembers(id, w.who.ID, in.Members)
}

func (w *writer) writeMembers(circle, maker core.ID, members []core.ID) error {
	all := append([]core.ID{maker}, members...)
	slices.Sort(all)
	for _, m := range slices.Compact(all) {
		if _, err := w.tx.Exec(insertMember, w.Org, circle, m); err != nil {
			return fmt.Errorf("insert member of circle: %w", err)
		}
	}
	return nil
}

// checkMembers refuses whoever may not open the file; those who are in the circle
// already may stay in it.
func (w *writer) checkMembers(members, before []core.ID) error {
	colleagues, err := access.TeamWorkers(w.tx, w.Org, w.Teams()...)
	if err != nil {
		return fmt.Errorf("colleagues: %w", err)
	}
	for _, m := range members {
		known := slices.ContainsFunc(colleagues, func(c access.Worker) bool { return c.ID == m })
		if !known && !slices.Contains(before, m) {
			return errs.Fields{errs.New(errs.Invalid, "errs.notes.member_unknown").On("members")}
		}
	}
	return nil
}

// EditCircle names a circle again and says who is in it: whoever made it does.
// Those who leave it no longer read its notes, but for those they wrote; those who
// come read what was noted before.
func (s *Service) EditCircle(ctx context.Context, file, id core.ID, in NewCircle) error {
	return s.write(ctx, access.NoteWrite, file, "note.circle", "circle", func(w *writer) (core.ID, error) {
		circles, err := w.circles(w.tx)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(circles, func(c Circle) bool { return c.ID == id })
		if i < 0 {
			return "", errs.New(errs.NotFound, "errs.notes.circle_not_found")
		}
		c := circles[i]
		if c.Maker != w.who.ID {
			return "", errs.New(errs.Forbidden, "errs.notes.circle_not_yours")
		}
		in.Members = slices.DeleteFunc(in.Members, func(m core.ID) bool { return m == c.Maker })
		var f errs.Fields
		in.validate(&f)
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := w.checkMembers(in.Members, c.Members); err != nil {
			return "", err
		}
		sealed, err := s.cases.Fields.Seal("note_circle", "name", string(id), []byte(in.Name))
		if err != nil {
			return "", fmt.Errorf("seal the name of a circle: %w", err)
		}
		_, err = w.tx.Exec(renameCircle, w.Org, id, sealed)
		_, err2 := w.tx.Exec(clearMembers, w.Org, id)
		if err := errors.Join(err, err2); err != nil {
			return "", fmt.Errorf("write circle: %w", err)
		}
		return id, w.writeMembers(id, c.Maker, in.Members)
	})
}
