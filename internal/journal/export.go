package journal

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// An export is one JSON object a line: a heading, the lines of each tree in their
// order, the checkpoints, and an end whose signature covers every byte before it.
// Binary columns are base64; event and closed are the canonical bytes themselves.

// exportForm is the version of the form, in its heading.
const exportForm = 1

type exportHead struct {
	Form    int    `json:"parvis_journal"`
	Install string `json:"install"`
	Key     string `json:"key"`
	Made    string `json:"made"` // RFC 3339, UTC
}

type exportLine struct {
	Tree       core.ID         `json:"tree"`
	Seq        int64           `json:"seq"`
	Org        core.ID         `json:"org"`
	Day        string          `json:"day"`
	Event      json.RawMessage `json:"event,omitempty"` // absent once erased
	Salt       []byte          `json:"salt,omitempty"`
	ID         core.ID         `json:"id,omitempty"`
	At         int64           `json:"at,omitempty"`
	Closed     json.RawMessage `json:"closed,omitempty"`
	ClosedSalt []byte          `json:"closed_salt,omitempty"`
	Subjects   []byte          `json:"subjects,omitempty"`
	Leaf       []byte          `json:"leaf"`
}

type exportCheckpoint struct {
	Checkpoint string `json:"checkpoint"`
}

type exportEnd struct {
	End string `json:"end"`
}

// endText is what the end of an export signs.
func endText(install string, lines int64, sum []byte) string {
	return origin(install) + "/export\n" + strconv.FormatInt(lines, 10) + "\n" + base64.StdEncoding.EncodeToString(sum) + "\n"
}

// Export writes the journal, whole. Without closed, lines come as a person may see
// them: the day, the function, and nobody's name or hour; it still proves. It signs
// every tree first, so that the last lines are sealed too. The caller records that
// an export was made.
func (j *Journal) Export(ctx context.Context, w io.Writer, closed bool) (lines int64, err error) {
	if j.key == nil {
		return 0, fmt.Errorf("export the journal: %w", errNoKey)
	}
	if err := j.CheckpointAll(ctx); err != nil {
		return 0, fmt.Errorf("export the journal: %w", err)
	}
	e := &exporter{j: j, sum: sha256.New(), closed: closed}
	out := bufio.NewWriterSize(io.MultiWriter(w, e.sum), 64<<10)
	e.enc = json.NewEncoder(out)
	e.enc.SetEscapeHTML(false)
	if err := e.run(ctx); err != nil {
		return e.lines, fmt.Errorf("export the journal: %w", err)
	}
	if err := out.Flush(); err != nil {
		return e.lines, fmt.Errorf("export the journal: %w", err)
	}
	end, err := j.key.sign(endText(j.key.install, e.lines, e.sum.Sum(nil)))
	if err != nil {
		return e.lines, err
	}
	if err := e.enc.Encode(exportEnd{end}); err != nil {
		return e.lines, fmt.Errorf("export the journal: %w", err)
	}
	if err := out.Flush(); err != nil {
		return e.lines, fmt.Errorf("export the journal: %w", err)
	}
	return e.lines, nil
}

type exporter struct {
	j      *Journal
	enc    *json.Encoder
	sum    hash.Hash
	closed bool
	lines  int64
}

const signedTrees = `/* every row: every tree of the installation, one row each */ SELECT h.org_id, h.tree,
COALESCE((SELECT c.size FROM journal_checkpoint c WHERE c.org_id = h.org_id AND c.tree = h.tree ORDER BY c.size DESC LIMIT 1), 0)
FROM journal_head h ORDER BY h.org_id, h.tree`

func (e *exporter) run(ctx context.Context) error {
	err := e.enc.Encode(exportHead{exportForm, e.j.key.install, e.j.key.public, e.j.db.Clock().Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	var all []treeSize
	err = e.j.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(signedTrees)
		return db.Each(rows, err, func(r *db.Rows) error {
			var t treeSize
			err := r.Scan(&t.org, &t.tree, &t.size)
			all = append(all, t)
			return err
		})
	})
	if err != nil {
		return err
	}
	for _, t := range all {
		if err := e.tree(ctx, t); err != nil {
			return fmt.Errorf("tree %s: %w", t.tree, err)
		}
	}
	for _, t := range all {
		if err := e.checkpoints(ctx, t); err != nil {
			return fmt.Errorf("checkpoints of tree %s: %w", t.tree, err)
		}
	}
	return nil
}

// tree writes the lines of a tree up to its last checkpoint, page by page.
func (e *exporter) tree(ctx context.Context, t treeSize) error {
	for next := int64(0); next < t.size; {
		var page []row
		err := e.j.db.Read(ctx, func(q db.Querier) error {
			rows, err := q.Query(checkLines, t.org, t.tree, next, t.size, checkPage)
			return db.Each(rows, err, func(r *db.Rows) error {
				l := row{org: t.org, tree: t.tree}
				err := r.Scan(&l.seq, &l.id, &l.at, &l.day, &l.event, &l.salt, &l.closed, &l.closedSalt, &l.subjects, &l.leaf)
				page = append(page, l)
				return err
			})
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil // lines are missing: whoever checks is told
		}
		for _, l := range page {
			x := exportLine{Tree: t.tree, Seq: l.seq, Org: l.org, Day: l.day, Event: l.event, Salt: l.salt, Leaf: l.leaf}
			if e.closed && l.event != nil {
				x.ID, x.At, x.Closed, x.ClosedSalt, x.Subjects = l.id, l.at, l.closed, l.closedSalt, l.subjects
			}
			if err := e.enc.Encode(x); err != nil {
				return err
			}
			e.lines++
			next = l.seq + 1
		}
	}
	return nil
}

func (e *exporter) checkpoints(ctx context.Context, t treeSize) error {
	const page = 500
	for above := int64(0); above < t.size; {
		var notes []string
		err := e.j.db.Read(ctx, func(q db.Querier) error {
			rows, err := q.Query(checkpointsOf+` LIMIT 500`, t.org, t.tree, above, t.size)
			return db.Each(rows, err, func(r *db.Rows) error {
				var signed string
				err := r.Scan(&above, &signed)
				notes = append(notes, signed)
				return err
			})
		})
		if err != nil {
			return err
		}
		for _, n := range notes {
			if err := e.enc.Encode(exportCheckpoint{n}); err != nil {
				return err
			}
		}
		if len(notes) < page {
			return nil
		}
	}
	return nil
}

// maxExportLine bounds one line of an export, in bytes: 500 persons and the longest
// reason are 60 kB.
const maxExportLine = 1 << 20

// scanner reads an export line by line, and hashes what it passes over.
type scanner struct {
	r     *bufio.Reader
	sum   hash.Hash // of all lines before the present one
	at    int64     // number of the present line, from 1
	line  []byte
	whole bool // the present line ended with a newline
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: bufio.NewReaderSize(r, 64<<10), sum: sha256.New()}
}

// next reads a line; io.EOF after the last one.
func (s *scanner) next() error {
	if s.line != nil {
		s.sum.Write(s.line)
		if s.whole {
			s.sum.Write([]byte{'\n'})
		}
	}
	s.line, s.whole = s.line[:0], false
	s.at++
	for {
		part, err := s.r.ReadSlice('\n')
		s.line = append(s.line, part...)
		switch {
		case len(s.line) > maxExportLine:
			return fmt.Errorf("line %d is longer than %d bytes", s.at, maxExportLine)
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(s.line) > 0:
			return nil
		case err != nil:
			return err
		}
		s.line, s.whole = s.line[:len(s.line)-1], true
		return nil
	}
}

func (s *scanner) isCheckpoint() bool {
	return strings.HasPrefix(string(s.line[:min(len(s.line), 16)]), `{"checkpoint":`)
}
func (s *scanner) isEnd() bool {
	return strings.HasPrefix(string(s.line[:min(len(s.line), 16)]), `{"end":`)
}
