package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
)

// Exported is what an export says of itself.
type Exported struct {
	Install string
	Key     string // the public key in its heading
	Made    string // RFC 3339
}

// ErrNotExport says that a file is no export of a journal.
var ErrNotExport = errors.New("not an export of a journal")

// CheckExport reads an export twice, line by line, and reports what does not hold.
// public is the installation's key as the reader knows it; with "" the one in the
// export's own heading is believed, which proves that the file is whole but not who
// made it. kept are checkpoints from elsewhere, as for Check. The error is
// ErrNotExport when the first line is not a heading.
func CheckExport(r io.ReadSeeker, public string, kept ...Checkpoint) (Exported, Report, error) {
	var report Report
	x := &exportCheck{report: &report, signed: map[core.ID][]signedAt{}}
	if err := x.seals(r, public); err != nil {
		return x.head, report, err
	}
	for _, c := range kept {
		if c.Install != x.head.Install {
			report.fault(Fault{What: WrongSignature, Tree: c.Tree, From: c.Size - 1, To: c.Size - 1, Err: errors.New("of another installation")})
			continue
		}
		if made, err := time.Parse(time.RFC3339, x.head.Made); err == nil && c.At.After(made) {
			continue // signed after the export was made: it cannot know
		}
		x.signed[c.Tree] = append(x.signed[c.Tree], signedAt{signedRoot{c.Size, c.Root}, 0})
	}
	x.last = map[core.ID]int64{}
	for tree, all := range x.signed {
		slices.SortFunc(all, func(a, b signedAt) int { return int(a.size - b.size) })
		x.last[tree] = all[len(all)-1].size
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return x.head, report, fmt.Errorf("read the export: %w", err)
	}
	if err := x.lines(r); err != nil {
		return x.head, report, err
	}
	report.settle()
	report.inOrder()
	return x.head, report, nil
}

// exportCheck is an export that is being checked.
type exportCheck struct {
	head   Exported
	report *Report
	signed map[core.ID][]signedAt // by tree, those still to be met
	last   map[core.ID]int64      // the largest signed size of each tree
	org    core.ID                // of the present tree
	next   int64                  // the line that it waits for
	climb  *climb                 // the present tree, nil before the first
	seen   map[core.ID]bool
	told   bool // whether it is open is known
}

// signedAt is a checkpoint and the line of the file it stands on.
type signedAt struct {
	signedRoot
	at int64
}

func (x *exportCheck) wrong(what What, at int64, err error) {
	x.report.fault(Fault{What: what, At: at, Err: err})
}

// seals reads the heading, the checkpoints and the end.
func (x *exportCheck) seals(r io.Reader, public string) error {
	s := newScanner(r)
	var head exportHead
	if err := s.next(); err != nil || decodeStrict(s.line, &head) != nil || head.Form == 0 {
		return ErrNotExport
	}
	if head.Form != exportForm {
		return fmt.Errorf("%w: of form %d, this program reads %d", ErrNotExport, head.Form, exportForm)
	}
	x.head = Exported{Install: head.Install, Key: head.Key, Made: head.Made}
	if public == "" {
		public = head.Key
	}
	var events int64
	ended := false
	for {
		err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read the export: %w", err)
		}
		switch {
		case ended:
			x.wrong(WrongOrder, s.at, nil)
		case s.isCheckpoint():
			x.checkpoint(s, public)
		case s.isEnd():
			ended = s.whole
			x.end(s, public, events)
		default:
			events++
		}
	}
	if !ended {
		x.wrong(WrongTruncated, s.at-1, nil)
	}
	return nil
}

func (x *exportCheck) checkpoint(s *scanner, public string) {
	var line exportCheckpoint
	if err := decodeStrict(s.line, &line); err != nil {
		x.wrong(WrongUnread, s.at, err)
		return
	}
	c, err := ParseCheckpoint(line.Checkpoint, public)
	if err == nil && c.Install != x.head.Install {
		err = errors.New("of another installation")
	}
	if err != nil {
		x.wrong(WrongSignature, s.at, err)
		return
	}
	x.signed[c.Tree] = append(x.signed[c.Tree], signedAt{signedRoot{c.Size, c.Root}, s.at})
}

func (x *exportCheck) end(s *scanner, public string, events int64) {
	var line exportEnd
	if err := decodeStrict(s.line, &line); err != nil {
		x.wrong(WrongUnread, s.at, err)
		return
	}
	text, err := openNote(line.End, public)
	switch {
	case err != nil:
		x.wrong(WrongSignature, s.at, err)
	case text != endText(x.head.Install, events, s.sum.Sum(nil)):
		x.wrong(WrongDigest, s.at, nil)
	}
}

// lines reads the events of each tree against what was signed.
func (x *exportCheck) lines(r io.Reader) error {
	s := newScanner(r)
	if err := s.next(); err != nil { // the heading
		return fmt.Errorf("read the export: %w", err)
	}
	x.seen = map[core.ID]bool{}
	for {
		err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read the export: %w", err)
		}
		if s.isCheckpoint() || s.isEnd() {
			continue
		}
		var l exportLine
		if err := decodeStrict(s.line, &l); err != nil {
			x.wrong(WrongUnread, s.at, err)
			continue
		}
		x.line(l, s.at)
	}
	x.leave()
	for tree, size := range x.last {
		if !x.seen[tree] {
			x.report.fault(Fault{What: WrongCut, Tree: tree, To: size - 1})
		}
	}
	return nil
}

func (x *exportCheck) line(l exportLine, at int64) {
	if x.climb == nil || l.Tree != x.climb.tree {
		x.leave()
		if x.seen[l.Tree] {
			x.wrong(WrongOrder, at, nil)
		}
		x.seen[l.Tree] = true
		x.report.Trees++
		x.org, x.next, x.climb = l.Org, 0, &climb{tree: l.Tree, report: x.report}
	}
	if l.Org != x.org {
		x.report.fault(Fault{What: WrongElsewhere, Tree: l.Tree, From: l.Seq, To: l.Seq, At: at})
	}
	if l.Seq < x.next {
		x.climb.torn = true
		x.report.fault(Fault{What: WrongOrder, Tree: l.Tree, From: l.Seq, To: l.Seq, At: at})
		return
	}
	x.next = l.Seq + 1
	r := row{
		org: l.Org, tree: l.Tree, seq: l.Seq, id: l.ID, at: l.At, day: l.Day, event: bare(l.Event), salt: l.Salt,
		closed: bare(l.Closed), closedSalt: l.ClosedSalt, subjects: l.Subjects, leaf: l.Leaf,
	}
	x.climb.line(r, at, nil)
	if r.event != nil && !x.told {
		// An export is open or it is not: the first line tells.
		x.told, x.report.open = true, r.closed == nil
	}
	checkLine(r, at, x.report.open, x.report)
	if x.report.open && r.event != nil && r.closed != nil {
		x.report.fault(Fault{What: WrongClosed, Tree: r.tree, From: r.seq, To: r.seq, At: at, Err: errors.New("in an open export")})
	}
	all := x.signed[l.Tree]
	for len(all) > 0 && all[0].size <= x.climb.crown.size {
		x.climb.meet(all[0].size, all[0].root, all[0].at)
		all = all[1:]
	}
	x.signed[l.Tree] = all
}

// leave ends a tree: nothing that was signed may be missing, and nothing may
// follow what was signed.
func (x *exportCheck) leave() {
	if x.climb == nil {
		return
	}
	c := x.climb
	last := x.last[c.tree]
	switch size := c.crown.size; {
	case c.torn:
	case last > size:
		x.report.fault(Fault{What: WrongCut, Tree: c.tree, From: size, To: last - 1})
	case last < size:
		x.report.Unsigned += size - last
		x.report.fault(Fault{What: WrongUnsealed, Tree: c.tree, From: last, To: size - 1})
	}
	x.climb = nil
}

// bare is a raw JSON value, nil when absent. decodeStrict keeps its bytes as they
// stand in the file.
func bare(m json.RawMessage) []byte {
	if len(m) == 0 || bytes.Equal(m, []byte("null")) {
		return nil
	}
	return m
}
