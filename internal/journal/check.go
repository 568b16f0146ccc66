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

const (
	maxFaults = 100
	checkPage = 500 // lines
)

func (r *Report) fault(format string, args ...any) {
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// treeSpan is a tree as its head and its lines tell it.
type treeSpan struct {
	org, tree core.ID
	indexed   int64 // -1 without a head
	size      int64 // last number + 1, when Check began
}

const listTrees = `/* every row: the whole journal is checked */ SELECT t.org_id, t.tree, COALESCE(h.indexed, -1), t.size
FROM (SELECT org_id, tree, MAX(seq) + 1 AS size FROM journal GROUP BY org_id, tree) t
LEFT JOIN journal_head h ON h.org_id = t.org_id AND h.tree = t.tree
UNION ALL
SELECT h.org_id, h.tree, h.indexed, 0 FROM journal_head h
WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.org_id = h.org_id AND j.tree = h.tree)
ORDER BY 1, 2`

// Check reads every line of every tree and reports what does not hold: a missing
// number, an event that is not the one its leaf was made of, a closed part or a
// subject that is not the one its event was made of, an index of subjects that
// does not say what the lines say. Without checkpoints kept elsewhere it cannot
// see that a tree was rewritten as a whole, or its very last lines removed.
func (j *Journal) Check(ctx context.Context) (Report, error) {
	var report Report
	var trees []treeSpan
	err := j.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(listTrees)
		return db.Each(rows, err, func(r *db.Rows) error {
			var t treeSpan
			err := r.Scan(&t.org, &t.tree, &t.indexed, &t.size)
			trees = append(trees, t)
			return err
		})
	})
	if err != nil {
		return report, fmt.Errorf("check the journal: %w", err)
	}
	report.Trees = len(trees)
	for _, t := range trees {
		if t.indexed < 0 {
			report.fault("tree %s: %d lines without a head", t.tree, t.size)
		}
		if err := j.checkTree(ctx, t, &report); err != nil {
			return report, fmt.Errorf("check tree %s: %w", t.tree, err)
		}
	}
	return report, nil
}

const checkLines = `SELECT seq, id, at, day, event, salt, closed, closed_salt, subjects, leaf FROM journal
WHERE org_id = $1 AND tree = $2 AND seq >= $3 AND seq < $4 ORDER BY seq LIMIT $5`

// checkTree walks the lines that the tree had when Check began.
func (j *Journal) checkTree(ctx context.Context, t treeSpan, report *Report) error {
	next := int64(0)
	for next < t.size {
		var page []row
		err := j.db.Read(ctx, func(q db.Querier) error {
			rows, err := q.Query(checkLines, t.org, t.tree, next, t.size, checkPage)
			err = db.Each(rows, err, func(r *db.Rows) error {
				l := row{org: t.org, tree: t.tree}
				err := r.Scan(&l.seq, &l.id, &l.at, &l.day, &l.event, &l.salt, &l.closed, &l.closedSalt, &l.subjects, &l.leaf)
				page = append(page, l)
				return err
			})
			if err != nil || len(page) == 0 {
				return err
			}
			return checkIndex(q, t, page, report)
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, l := range page {
			if l.seq != next {
				report.fault("tree %s: lines %d to %d are missing", t.tree, next, l.seq-1)
			}
			next = l.seq + 1
			checkLine(l, report)
		}
	}
	if end := max(t.size, t.indexed); next < end {
		report.fault("tree %s: lines %d to %d are missing at the end", t.tree, next, end-1)
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
	if o.Tree != l.tree || o.Seq != l.seq || o.Org != l.org || o.Day.String() != l.day {
		report.fault("tree %s, line %d: the event belongs elsewhere", l.tree, l.seq)
	}
	if l.closed != nil {
		c, err := decodeClosed(l.closed)
		if err != nil || !bytes.Equal(commit(l.closedSalt, l.closed), o.Closed) || c.At != l.at || c.ID != l.id {
			report.fault("tree %s, line %d: the closed part is not the one that was written", l.tree, l.seq)
		}
	}
	all, err := unpackSubjects(l.subjects)
	if err != nil {
		report.fault("tree %s, line %d: %v", l.tree, l.seq, err)
	}
	for _, s := range all {
		if !slices.ContainsFunc(o.Subjects, func(c []byte) bool { return bytes.Equal(c, s.commitment()) }) {
			report.fault("tree %s, line %d: a subject is not one that was written", l.tree, l.seq)
		}
	}
}

const indexOfLines = `SELECT day, person, seq FROM journal_subject
WHERE org_id = $1 AND day >= $2 AND day <= $3 AND tree = $4 AND seq >= $5 AND seq <= $6`

// checkIndex holds the index against the lines of one page, both ways.
func checkIndex(q db.Querier, t treeSpan, page []row, report *Report) error {
	want := map[indexRow]bool{}
	first, last := page[0].day, page[0].day
	for _, l := range page {
		first, last = min(first, l.day), max(last, l.day)
		if l.seq >= t.indexed {
			continue
		}
		all, err := unpackSubjects(l.subjects)
		if err != nil {
			continue // checkLine reports it
		}
		for _, s := range all {
			want[indexRow{day: l.day, person: s.person, seq: l.seq}] = true
		}
	}
	rows, err := q.Query(indexOfLines, t.org, first, last, t.tree, page[0].seq, page[len(page)-1].seq)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var i indexRow
		if err := r.Scan(&i.day, &i.person, &i.seq); err != nil {
			return err
		}
		// Lines indexed since Check began are right too.
		if !want[i] && i.seq < t.indexed {
			report.fault("tree %s, line %d: the index names a person whom the line does not", t.tree, i.seq)
		}
		delete(want, i)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	for i := range want {
		report.fault("tree %s, line %d: the index misses a person", t.tree, i.seq)
	}
	return nil
}
