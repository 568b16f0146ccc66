package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const checkPage = 500 // lines

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
// does not say what the lines say; and, with a key (SignWith), lines that are not
// those that the installation signed. kept are checkpoints from elsewhere: they see
// what the database's own cannot, a journal put back or rewritten together with its
// checkpoints. It reads page by page: its memory does not grow with the journal.
func (j *Journal) Check(ctx context.Context, kept ...Checkpoint) (Report, error) {
	var report Report
	var spans []treeSpan
	err := j.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(listTrees)
		return db.Each(rows, err, func(r *db.Rows) error {
			var t treeSpan
			err := r.Scan(&t.org, &t.tree, &t.indexed, &t.size)
			spans = append(spans, t)
			return err
		})
	})
	if err != nil {
		return report, fmt.Errorf("check the journal: %w", err)
	}
	report.Trees = len(spans)
	for _, t := range spans {
		if t.indexed < 0 {
			report.fault(Fault{What: WrongHead, Tree: t.tree, To: t.size - 1})
		}
		if err := j.checkTree(ctx, t, kept, &report); err != nil {
			return report, fmt.Errorf("check tree %s: %w", t.tree, err)
		}
	}
	for _, c := range kept {
		if !slices.ContainsFunc(spans, func(t treeSpan) bool { return t.tree == c.Tree }) {
			report.fault(Fault{What: WrongCut, Tree: c.Tree, To: c.Size - 1})
		}
	}
	report.settle()
	return report, nil
}

// settle compares what was erased, and whom lines do not name any more, with what
// lines tell of it.
func (r *Report) settle() {
	if !r.open && r.Erased > r.announced { // an open export does not say how many
		r.fault(Fault{What: WrongErasure, Err: fmt.Errorf("%d erased, %d announced", r.Erased, r.announced)})
	}
	if r.parted > r.announcedParted {
		for _, f := range r.partedAt {
			r.fault(f)
		}
	}
}

// climb is a tree that is read from its first line on, with what was signed of it.
type climb struct {
	tree   core.ID
	crown  crown
	signed int64 // the last size that a checkpoint confirmed
	torn   bool  // a line is missing, or a root was not the signed one: say it once
	report *Report
}

// line puts one line on the tree.
func (c *climb) line(l row, at int64, node func(int64, tlog.Hash)) {
	if l.seq != c.crown.size && !c.torn {
		c.torn = true
		c.report.fault(Fault{What: WrongGap, Tree: c.tree, From: c.crown.size, To: l.seq - 1, At: at})
	}
	if !c.torn {
		c.crown.add(l.leaf, node)
	}
}

// meet compares the tree with a checkpoint of the size it has reached.
func (c *climb) meet(size int64, root tlog.Hash, at int64) {
	c.report.Checkpoints++
	if c.torn || size != c.crown.size {
		return
	}
	if c.crown.root() != root {
		c.torn = true
		c.report.fault(Fault{What: WrongRoot, Tree: c.tree, From: c.signed, To: size - 1, At: at})
		return
	}
	c.signed = size
}

const checkLines = `SELECT seq, id, at, day, event, salt, closed, closed_salt, subjects, leaf FROM journal
WHERE org_id = $1 AND tree = $2 AND seq >= $3 AND seq < $4 ORDER BY seq LIMIT $5`

// checkTree walks the lines that the tree had when Check began.
func (j *Journal) checkTree(ctx context.Context, t treeSpan, kept []Checkpoint, report *Report) error {
	c := &climb{tree: t.tree, report: report}
	next := int64(0)
	for next < t.size {
		var page []row
		var signed []signedRoot
		nodes := map[int64][]byte{}
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
			if err := checkIndex(q, t, page, report); err != nil {
				return err
			}
			last := page[len(page)-1].seq
			if signed, err = j.signedRoots(q, t, next, last+1, report); err != nil {
				return err
			}
			return readNodes(q, t, next, last, nodes)
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, s := range kept {
			if s.Tree == t.tree && s.Size > next && s.Size <= page[len(page)-1].seq+1 {
				signed = append(signed, signedRoot{s.Size, s.Root})
			}
		}
		slices.SortFunc(signed, func(a, b signedRoot) int { return int(a.size - b.size) })
		for _, l := range page {
			c.line(l, 0, func(spot int64, h tlog.Hash) {
				if have, ok := nodes[spot]; ok && !bytes.Equal(have, h[:]) {
					level, n := tlog.SplitStoredHashIndex(spot)
					report.fault(Fault{What: WrongNode, Tree: t.tree, From: n << level, To: (n+1)<<level - 1})
				}
			})
			next = l.seq + 1
			checkLine(l, 0, false, report)
			for len(signed) > 0 && signed[0].size <= next {
				c.meet(signed[0].size, signed[0].root, 0)
				signed = signed[1:]
			}
		}
	}
	end, err := j.signedEnd(ctx, t, kept)
	if err != nil {
		return err
	}
	if missing := max(end, t.size, t.indexed); next < missing {
		report.fault(Fault{What: WrongCut, Tree: t.tree, From: next, To: missing - 1})
	}
	if !c.torn {
		report.Unsigned += max(next-c.signed, 0)
	}
	return nil
}

// signedRoot is what a checkpoint says of a tree.
type signedRoot struct {
	size int64
	root tlog.Hash
}

const checkpointsOf = `SELECT size, note FROM journal_checkpoint WHERE org_id = $1 AND tree = $2 AND size > $3 AND size <= $4 ORDER BY size`

// signedRoots reads the checkpoints of some sizes; nothing without a key.
func (j *Journal) signedRoots(q db.Querier, t treeSpan, above, until int64, report *Report) ([]signedRoot, error) {
	if j.key == nil {
		return nil, nil
	}
	var out []signedRoot
	rows, err := q.Query(checkpointsOf, t.org, t.tree, above, until)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var size int64
		var signed string
		if err := r.Scan(&size, &signed); err != nil {
			return err
		}
		c, err := ParseCheckpoint(signed, j.key.public)
		if err != nil || c.Tree != t.tree || c.Size != size {
			report.fault(Fault{What: WrongSignature, Tree: t.tree, From: size - 1, To: size - 1, Err: err})
			return nil
		}
		out = append(out, signedRoot{size, c.Root})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints: %w", err)
	}
	return out, nil
}

// signedEnd is the largest size that a valid checkpoint tells of.
func (j *Journal) signedEnd(ctx context.Context, t treeSpan, kept []Checkpoint) (int64, error) {
	end := int64(0)
	for _, c := range kept {
		if c.Tree == t.tree {
			end = max(end, c.Size)
		}
	}
	if j.key == nil {
		return end, nil
	}
	err := j.db.Read(ctx, func(q db.Querier) error {
		var size int64
		var signed string
		err := q.QueryRow(lastCheckpoint, t.org, t.tree).Scan(&size, &signed)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		// Lines written since Check began are signed too: they are not missing.
		var now int64
		if err := q.QueryRow(lastSeq, t.org, t.tree).Scan(&now); err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		if c, err := ParseCheckpoint(signed, j.key.public); err == nil && c.Tree == t.tree && (c.Size > now+1 || c.Size <= t.size) {
			end = max(end, c.Size)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read the last checkpoint: %w", err)
	}
	return end, nil
}

const nodesBetween = `SELECT spot, hash FROM journal_node WHERE org_id = $1 AND tree = $2 AND spot >= $3 AND spot <= $4`

// readNodes reads the kept nodes that the lines from one to another complete.
func readNodes(q db.Querier, t treeSpan, from, to int64, into map[int64][]byte) error {
	rows, err := q.Query(nodesBetween, t.org, t.tree, tlog.StoredHashIndex(0, from), tlog.StoredHashIndex(0, to+1))
	err = db.Each(rows, err, func(r *db.Rows) error {
		var spot int64
		var hash []byte
		err := r.Scan(&spot, &hash)
		into[spot] = hash
		return err
	})
	if err != nil {
		return fmt.Errorf("read the nodes: %w", err)
	}
	return nil
}

// What a line that tells of erasures counts: lines whose content went, persons who
// were taken out of lines that stay.
const (
	erasedDetail = "erased"
	partedDetail = "parted"
)

// checkLine checks one line by itself. open says that it comes without its closed
// part and its subjects, as an export may: a line of a database never does, and
// otherwise whoever empties these columns would hide what they said.
func checkLine(l row, at int64, open bool, report *Report) {
	wrong := func(what What, err error) {
		report.fault(Fault{What: what, Tree: l.tree, From: l.seq, To: l.seq, At: at, Err: err})
	}
	report.Lines++
	if l.event == nil {
		report.Erased++
		if l.salt != nil || l.closed != nil || l.closedSalt != nil || l.subjects != nil {
			wrong(WrongEvent, errors.New("erased in part"))
		}
		return
	}
	if !bytes.Equal(commit(l.salt, l.event), l.leaf) {
		wrong(WrongEvent, nil)
		return
	}
	o, err := decodeOpen(l.event)
	if err != nil {
		wrong(WrongForm, err)
		return
	}
	if o.Tree != l.tree || o.Seq != l.seq || o.Org != l.org || o.Day.String() != l.day {
		wrong(WrongElsewhere, nil)
	}
	all, err := unpackSubjects(l.subjects)
	if err != nil {
		wrong(WrongSubject, err)
		return
	}
	found := map[string]bool{}
	for _, s := range all {
		c := s.commitment()
		if !slices.ContainsFunc(o.Subjects, func(w []byte) bool { return bytes.Equal(w, c) }) {
			wrong(WrongSubject, nil)
		}
		found[string(c)] = true
	}
	if open && l.closed == nil && all == nil {
		return
	}
	if n := int64(len(o.Subjects) - len(found)); n > 0 {
		report.parted += n
		if len(report.partedAt) < maxFaults {
			report.partedAt = append(report.partedAt, Fault{What: WrongSubject, Tree: l.tree, From: l.seq, To: l.seq, At: at, Err: fmt.Errorf("%d of %d are not there", n, len(o.Subjects))})
		}
	}
	c, err := decodeClosed(l.closed)
	if err != nil || !bytes.Equal(commit(l.closedSalt, l.closed), o.Closed) || c.At != l.at || c.ID != l.id {
		wrong(WrongClosed, err)
		return
	}
	if o.Kind == eraseKind {
		erased, err := c.count(erasedDetail)
		parted, also := c.count(partedDetail)
		if err = errors.Join(err, also); err != nil {
			wrong(WrongClosed, err)
		}
		report.announced += erased
		report.announcedParted += parted
	}
}

// count reads how many a line of an erasure tells of, 0 when it does not say.
func (c closedPart) count(detail string) (int64, error) {
	text, ok := c.Detail[detail]
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && n < 1 {
		err = fmt.Errorf("%s of %d", detail, n)
	}
	return n, err
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
			report.fault(Fault{What: WrongIndexMore, Tree: t.tree, From: i.seq, To: i.seq})
		}
		delete(want, i)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	for i := range want {
		report.fault(Fault{What: WrongIndexLess, Tree: t.tree, From: i.seq, To: i.seq})
	}
	return nil
}
