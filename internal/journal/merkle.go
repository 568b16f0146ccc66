package journal

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// The tree over the lines is the one of RFC 6962. A leaf is written with its line;
// nodes over whole groups of 32 lines are kept, by the line that ends the group, in
// its own transaction; what lies below is 32 leaves away. A commit is paid by the
// page: so the tree costs one line in 32 two short rows, and the others nothing.
const (
	groupLevel = 5
	groupLines = 1 << groupLevel
	// maxGroups is how many groups one line brings into the tree, when lines of
	// before the tree wait: Raise does it for all of them at the start.
	maxGroups = 4
)

const (
	lastNode     = `SELECT spot FROM journal_node WHERE org_id = $1 AND tree = $2 ORDER BY spot DESC LIMIT 1`
	selectLeaves = `SELECT seq, leaf FROM journal WHERE org_id = $1 AND tree = $2 AND seq >= $3 AND seq < $4 ORDER BY seq`
	insertNode   = `INSERT INTO journal_node (org_id, tree, spot, hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
)

// groupsDone counts the groups whose node is kept.
func groupsDone(q db.Querier, org, tree core.ID) (int64, error) {
	var spot int64
	err := q.QueryRow(lastNode, org, tree).Scan(&spot)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("last node of the tree: %w", err)
	}
	level, n := tlog.SplitStoredHashIndex(spot)
	return (n + 1) << (level - groupLevel), nil
}

// raise adds to a tree the nodes of its whole groups below size lines, at most
// most groups, and returns how many it added. Where a line is missing the tree
// stops: Check says so, and writing goes on.
func raise(tx *db.Tx, org, tree core.ID, size int64, most int) (int, error) {
	from, err := groupsDone(tx, org, tree)
	if err != nil {
		return 0, err
	}
	until := min(size>>groupLevel, from+int64(most))
	if from >= until {
		return 0, nil
	}
	reader := &treeReader{q: tx, org: org, tree: tree, size: size}
	added := 0
	for g := from; g < until; g++ {
		chain, err := reader.chain(g)
		if errors.Is(err, errNoLeaf) {
			return added, nil
		}
		if err != nil {
			return added, err
		}
		for _, n := range chain {
			if _, err := tx.Exec(insertNode, org, tree, n.spot, n.hash[:]); err != nil {
				return added, fmt.Errorf("keep a node: %w", err)
			}
		}
		added++
	}
	return added, nil
}

// node is one hash of a tree, at tlog's stored hash index.
type node struct {
	spot int64
	hash tlog.Hash
}

// chain is the node of a group with those above that it completes: all of them, or
// an error, so that nothing is kept of a tree that stops.
func (r *treeReader) chain(g int64) ([]node, error) {
	h, err := r.group(g)
	if err != nil {
		return nil, err
	}
	var out []node
	for level, n := groupLevel, g; ; level, n = level+1, n>>1 {
		out = append(out, node{tlog.StoredHashIndex(level, n), h})
		if n&1 == 0 {
			return out, nil
		}
		left, err := r.ReadHashes([]int64{tlog.StoredHashIndex(level, n-1)})
		if err != nil {
			return nil, err
		}
		h = tlog.NodeHash(left[0], h)
	}
}

// errNoLeaf says that a line is missing below a node.
var errNoLeaf = errors.New("a line is missing")

// treeReader reads the hashes of a tree as its rows tell them.
type treeReader struct {
	q         db.Querier
	org, tree core.ID
	size      int64                 // lines that count
	leaves    map[int64][]tlog.Hash // by group
}

var _ tlog.HashReader = (*treeReader)(nil)

// ReadHashes gives the hashes of tlog's stored hash indexes: kept nodes in one
// query, the rest from the leaves.
func (r *treeReader) ReadHashes(spots []int64) ([]tlog.Hash, error) {
	kept, err := r.nodes(spots)
	if err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(spots))
	for i, spot := range spots {
		h, ok := kept[spot]
		if !ok {
			level, n := tlog.SplitStoredHashIndex(spot)
			if h, err = r.compute(level, n); err != nil {
				return nil, err
			}
		}
		out[i] = h
	}
	return out, nil
}

// nodes reads those of the spots that are kept.
func (r *treeReader) nodes(spots []int64) (map[int64]tlog.Hash, error) {
	args := []any{r.org, r.tree}
	var marks []string
	for _, spot := range spots {
		if level, _ := tlog.SplitStoredHashIndex(spot); level >= groupLevel {
			args = append(args, spot)
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
	}
	if len(marks) == 0 {
		return nil, nil
	}
	out := make(map[int64]tlog.Hash, len(marks))
	rows, err := r.q.Query(`SELECT spot, hash FROM journal_node WHERE org_id = $1 AND tree = $2 AND spot IN (`+strings.Join(marks, ", ")+`)`, args...)
	err = db.Each(rows, err, func(rows *db.Rows) error {
		var spot int64
		var hash []byte
		if err := rows.Scan(&spot, &hash); err != nil {
			return err
		}
		if len(hash) != tlog.HashSize {
			return fmt.Errorf("node %d of %d bytes", spot, len(hash))
		}
		out[spot] = tlog.Hash(hash)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	return out, nil
}

// compute makes the hash of a node that is not kept.
func (r *treeReader) compute(level int, n int64) (tlog.Hash, error) {
	if level > groupLevel {
		both, err := r.ReadHashes([]int64{tlog.StoredHashIndex(level-1, 2*n), tlog.StoredHashIndex(level-1, 2*n+1)})
		if err != nil {
			return tlog.Hash{}, err
		}
		return tlog.NodeHash(both[0], both[1]), nil
	}
	first, count := n<<level, int64(1)<<level
	leaves, err := r.lines(first >> groupLevel)
	if err != nil {
		return tlog.Hash{}, err
	}
	at := first & (groupLines - 1)
	if int64(len(leaves)) < at+count {
		return tlog.Hash{}, fmt.Errorf("lines %d to %d: %w", first, first+count-1, errNoLeaf)
	}
	return fold(leaves[at : at+count]), nil
}

// group is the hash of one whole group of lines.
func (r *treeReader) group(g int64) (tlog.Hash, error) { return r.compute(groupLevel, g) }

// lines reads the record hashes of one group, those below size.
func (r *treeReader) lines(g int64) ([]tlog.Hash, error) {
	if known, ok := r.leaves[g]; ok {
		return known, nil
	}
	from := g << groupLevel
	var out []tlog.Hash
	rows, err := r.q.Query(selectLeaves, r.org, r.tree, from, min(from+groupLines, r.size))
	err = db.Each(rows, err, func(rows *db.Rows) error {
		var seq int64
		var leaf []byte
		if err := rows.Scan(&seq, &leaf); err != nil {
			return err
		}
		if seq != from+int64(len(out)) {
			return fmt.Errorf("line %d: %w", from+int64(len(out)), errNoLeaf)
		}
		out = append(out, tlog.RecordHash(leaf))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read leaves: %w", err)
	}
	if r.leaves == nil {
		r.leaves = map[int64][]tlog.Hash{}
	}
	r.leaves[g] = out
	return out, nil
}

// fold is the hash over a power of two of hashes.
func fold(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(fold(hashes[:half]), fold(hashes[half:]))
}

// crown is a tree while it is read from its first line on: the roots of its whole
// subtrees, the largest first. It takes no more than 64 hashes whatever the size.
type crown struct {
	size  int64
	roots []tlog.Hash
}

// add puts the next leaf into the tree, and calls node for each node that it
// completes, tlog's stored hash index first.
func (c *crown) add(leaf []byte, node func(spot int64, h tlog.Hash)) {
	h := tlog.RecordHash(leaf)
	level := 0
	for n := c.size; n&1 == 1; n >>= 1 {
		last := len(c.roots) - 1
		h = tlog.NodeHash(c.roots[last], h)
		c.roots = c.roots[:last]
		level++
		if node != nil {
			node(tlog.StoredHashIndex(level, n>>1), h)
		}
	}
	c.roots = append(c.roots, h)
	c.size++
}

// root is the hash of the whole tree; of no line, the hash of nothing.
func (c *crown) root() tlog.Hash {
	if len(c.roots) == 0 {
		return sha256.Sum256(nil)
	}
	h := c.roots[len(c.roots)-1]
	for i := len(c.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(c.roots[i], h)
	}
	return h
}

// raisePage is how many groups one transaction of Raise brings into the tree.
const raisePage = 16

const listOpen = `/* every row: every tree of the installation, one row each */ SELECT h.org_id, h.tree,
COALESCE((SELECT j.seq + 1 FROM journal j WHERE j.org_id = h.org_id AND j.tree = h.tree ORDER BY j.seq DESC LIMIT 1), 0)
FROM journal_head h ORDER BY h.org_id, h.tree`

// treeSize is a tree with its number of lines.
type treeSize struct {
	org, tree core.ID
	size      int64
}

// trees lists every tree.
func trees(q db.Querier) ([]treeSize, error) {
	var out []treeSize
	rows, err := q.Query(listOpen)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var t treeSize
		err := r.Scan(&t.org, &t.tree, &t.size)
		out = append(out, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the trees: %w", err)
	}
	return out, nil
}

// Raise brings into the trees the lines that were written before there were any,
// some hundreds in a transaction. Call it at the start: it does nothing once done.
// progress may be nil; it is told lines done and lines in all when there are some.
func (j *Journal) Raise(ctx context.Context, progress func(done, all int64)) error {
	var all []treeSize
	var want, have int64
	done := map[core.ID]int64{}
	err := j.db.Read(ctx, func(q db.Querier) error {
		var err error
		if all, err = trees(q); err != nil {
			return err
		}
		for _, t := range all {
			groups, err := groupsDone(q, t.org, t.tree)
			if err != nil {
				return err
			}
			want += t.size &^ (groupLines - 1)
			have += groups << groupLevel
			done[t.tree] = groups << groupLevel
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("raise the trees: %w", err)
	}
	for _, t := range all {
		for done[t.tree]+groupLines <= t.size {
			added := 0
			err := j.db.Tx(ctx, func(tx *db.Tx) error {
				var err error
				added, err = raise(tx, t.org, t.tree, t.size, raisePage)
				return err
			})
			if err != nil {
				return fmt.Errorf("raise tree %s: %w", t.tree, err)
			}
			if added == 0 {
				break // a line is missing: Check says which
			}
			done[t.tree] += int64(added) << groupLevel
			have += int64(added) << groupLevel
			if progress != nil {
				progress(have, want)
			}
		}
	}
	return nil
}
