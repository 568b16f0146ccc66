package journal

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Report is what Check found.
type Report struct {
	Trees  int
	Lines  int64
	Erased int64    // lines whose content was erased; their leaf stays
	Faults []string // in words for the log, at most maxFaults of them; empty when all is well
}

const maxFaults = 100

const listHeads = `SELECT org_id, tree, size FROM journal_head ORDER BY org_id, tree`

// listTrees counts what the lines themselves say, up to their last number.
const listTrees = `SELECT org_id, tree, MAX(seq) + 1 FROM journal GROUP BY org_id, tree ORDER BY org_id, tree`

const checkLines = `SELECT seq, id, at, event, salt, closed, closed_salt, leaf FROM journal
WHERE org_id = $1 AND tree = $2 AND seq >= $3 ORDER BY seq LIMIT 1000`

// A subject of a line that is not there joins to nothing and is not listed: the
// missing line is reported by itself.
const checkSubjects = `SELECT s.org_id, s.person, s.tree, s.seq, s.salt, j.event FROM journal_subject s
JOIN journal j ON j.org_id = s.org_id AND j.tree = s.tree AND j.seq = s.seq
WHERE (s.org_id, s.person, s.tree, s.seq) > ($1, $2, $3, $4)
ORDER BY s.org_id, s.person, s.tree, s.seq LIMIT 1000`

type head struct {
	org, tree core.ID
	size      int64
}

// Check reads every line of every tree and reports what does not hold: a missing
// or supernumerary number, an event that is not the one its leaf was made of, a
// closed part or a subject that is not the one its event was made of. Without
// checkpoints kept elsewhere it cannot see a tree rewritten as a whole.
func (j *Journal) Check(ctx context.Context) (Report, error) {
	var heads, found []head
	err := j.db.Read(ctx, func(q db.Querier) error {
		var err error
		if heads, err = readHeads(q, listHeads); err != nil {
			return err
		}
		found, err = readHeads(q, listTrees)
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("check the journal: %w", err)
	}
	report := Report{Trees: len(heads)}
	for _, f := range found {
		i := slices.IndexFunc(heads, func(h head) bool { return h.org == f.org && h.tree == f.tree })
		if i < 0 {
			report.fault("tree %s: %d lines without a head", f.tree, f.size)
		} else if f.size > heads[i].size {
			report.fault("tree %s: lines after number %d, the last one of its head", f.tree, heads[i].size-1)
		}
	}
	for _, h := range heads {
		if err := j.checkTree(ctx, h, &report); err != nil {
			return report, fmt.Errorf("check tree %s: %w", h.tree, err)
		}
	}
	err = j.checkSubjects(ctx, &report)
	return report, err
}

func readHeads(q db.Querier, sql string) ([]head, error) {
	var out []head
	rows, err := q.Query(sql)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var h head
		err := r.Scan(&h.org, &h.tree, &h.size)
		out = append(out, h)
		return err
	})
	return out, err
}

func (r *Report) fault(format string, args ...any) {
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// checkTree walks the lines that the head counted when Check began; lines
// written since are left for next time.
func (j *Journal) checkTree(ctx context.Context, h head, report *Report) error {
	next := int64(0)
	for next < h.size {
		var page []row
		err := j.db.Read(ctx, func(q db.Querier) error {
			rows, err := q.Query(checkLines, h.org, h.tree, next)
			return db.Each(rows, err, func(r *db.Rows) error {
				l := row{org: h.org, tree: h.tree}
				err := r.Scan(&l.seq, &l.id, &l.at, &l.event, &l.salt, &l.closed, &l.closedSalt, &l.leaf)
				page = append(page, l)
				return err
			})
		})
		if err != nil {
			return err
		}
		for _, l := range page {
			if l.seq >= h.size {
				page = nil
				break
			}
			if l.seq != next {
				report.fault("tree %s: lines %d to %d are missing", h.tree, next, l.seq-1)
			}
			next = l.seq + 1
			checkLine(l, report)
		}
		if len(page) == 0 {
			break
		}
	}
	if next < h.size {
		report.fault("tree %s: lines %d to %d are missing at the end", h.tree, next, h.size-1)
	}
	return nil
}

func checkLine(l row, report *Report) {
	report.Lines++
	if l.event == nil {
		report.Erased++
		return
	}
	if !bytes.Equal(commit(l.salt, l.event), l.leaf) {
		report.fault("tree %s, line %d: the event is not the one that was written", l.tree, l.seq)
		return
	}
	o, err := decodeOpen(l.event)
	if err != nil {
		report.fault("tree %s, line %d: %v", l.tree, l.seq, err)
		return
	}
	if o.Tree != l.tree || o.Seq != l.seq || o.Org != l.org {
		report.fault("tree %s, line %d: the event belongs elsewhere", l.tree, l.seq)
	}
	if l.closed != nil {
		c, err := decodeClosed(l.closed)
		if err != nil || !bytes.Equal(commit(l.closedSalt, l.closed), o.Closed) || c.At != l.at || c.ID != l.id {
			report.fault("tree %s, line %d: the closed part is not the one that was written", l.tree, l.seq)
		}
	}
}

// checkSubjects holds every subject against the event of its line, in the order
// of the table's key.
func (j *Journal) checkSubjects(ctx context.Context, report *Report) error {
	var org, person, tree core.ID
	seq := int64(-1)
	for more := true; more; {
		err := j.db.Read(ctx, func(q db.Querier) error {
			more = false
			rows, err := q.Query(checkSubjects, org, person, tree, seq)
			return db.Each(rows, err, func(r *db.Rows) error {
				var salt, event []byte
				if err := r.Scan(&org, &person, &tree, &seq, &salt, &event); err != nil {
					return err
				}
				more = true
				if event == nil || names(event, commit(salt, []byte(person))) {
					return nil
				}
				report.fault("tree %s, line %d: a subject is not one that was written", tree, seq)
				return nil
			})
		})
		if err != nil {
			return fmt.Errorf("check subjects: %w", err)
		}
	}
	return nil
}

// names tells whether an event holds a subject's commitment; an event that
// cannot be read has been reported already.
func names(event, commitment []byte) bool {
	o, err := decodeOpen(event)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(o.Subjects, func(s []byte) bool { return bytes.Equal(s, commitment) })
}
