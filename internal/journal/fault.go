package journal

import (
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
)

// Fault is one thing that does not hold.
type Fault struct {
	What     What
	Tree     core.ID // "" when no tree is concerned
	From, To int64   // lines of the tree, counted from 0, both included
	At       int64   // line of the export, counted from 1; 0 in a database
	Err      error   // for the log; may be nil
}

// What is the sort of a fault; the catalogues have a sentence proof.fault.<what>
// for each.
type What string

// The sorts of faults.
const (
	WrongGap       What = "gap"        // lines are missing
	WrongCut       What = "cut"        // lines are missing at the end
	WrongEvent     What = "event"      // the event, its salt or its leaf is not what was written
	WrongForm      What = "form"       // not an event in canonical form
	WrongElsewhere What = "elsewhere"  // a true event, of another line, tree, organisation or day
	WrongClosed    What = "closed"     // the closed part is not what was written
	WrongSubject   What = "subject"    // a person is not one that was written
	WrongIndexMore What = "index_more" // the index names a person whom the line does not
	WrongIndexLess What = "index_less" // the index misses a person
	WrongHead      What = "head"       // a tree without its head
	WrongNode      What = "node"       // a kept node is not the one of its lines
	WrongRoot      What = "root"       // these lines are not those that were signed
	WrongSignature What = "signature"  // a checkpoint that this installation did not sign
	WrongUnsealed  What = "unsealed"   // an export whose last lines no checkpoint signs
	WrongErasure   What = "erasure"    // contents erased without the line that says so
	WrongOrder     What = "order"      // the lines of an export are not in their order
	WrongUnread    What = "unread"     // a line of an export that cannot be read
	WrongTruncated What = "truncated"  // an export without its end
	WrongDigest    What = "digest"     // an export of which a byte changed
)

// String says the fault in English, for the log.
func (f Fault) String() string {
	s := ""
	switch {
	case f.At > 0:
		s = fmt.Sprintf("line %d of the file: ", f.At)
	case f.Tree != "" && f.From == f.To && f.What != WrongGap && f.What != WrongCut:
		s = fmt.Sprintf("tree %s, line %d: ", f.Tree, f.From)
	case f.Tree != "":
		s = fmt.Sprintf("tree %s: ", f.Tree)
	}
	switch f.What {
	case WrongGap:
		s += fmt.Sprintf("lines %d to %d are missing", f.From, f.To)
	case WrongCut:
		s += fmt.Sprintf("lines %d to %d are missing at the end", f.From, f.To)
	case WrongRoot:
		s += fmt.Sprintf("lines %d to %d are not those that were signed", f.From, f.To)
	case WrongUnsealed:
		s += fmt.Sprintf("lines %d to %d are under no signature", f.From, f.To)
	default:
		s += map[What]string{
			WrongEvent: "the event is not the one that was written", WrongForm: "not an event in canonical form", WrongElsewhere: "the event belongs elsewhere",
			WrongClosed: "the closed part is not the one that was written", WrongSubject: "a subject is not one that was written",
			WrongIndexMore: "the index names a person whom the line does not", WrongIndexLess: "the index misses a person",
			WrongHead: "lines without a head", WrongNode: "a node is not the one of its lines", WrongSignature: "a checkpoint that this installation did not sign",
			WrongErasure: "contents erased without the line that says so",
			WrongOrder:   "not in order", WrongUnread: "cannot be read", WrongTruncated: "the file is cut: its end is missing", WrongDigest: "the file was changed since it was made",
		}[f.What]
	}
	if f.Err != nil {
		s += " (" + f.Err.Error() + ")"
	}
	return s
}

// Report is what Check or CheckExport found.
type Report struct {
	Trees       int
	Lines       int64
	Erased      int64 // lines whose content was erased; their leaf stays
	Checkpoints int64 // signatures that were checked
	Unsigned    int64 // lines written since the last checkpoint of their tree
	Faults      []Fault
	More        int64 // faults beyond the first maxFaults

	announced       int64   // erasures that lines tell of
	parted          int64   // persons whom an event commits to and its line does not name
	partedAt        []Fault // where, the first ones
	announcedParted int64   // how many of them lines tell of
	open            bool    // an export without closed parts
}

// maxFaults bounds the faults that are told one by one.
const maxFaults = 100

// Well tells whether everything holds.
func (r *Report) Well() bool { return len(r.Faults) == 0 }

// String is all faults in English, for the log.
func (r *Report) String() string {
	all := make([]string, len(r.Faults))
	for i, f := range r.Faults {
		all[i] = f.String()
	}
	if r.More > 0 {
		all = append(all, fmt.Sprintf("and %d more", r.More))
	}
	return strings.Join(all, "; ")
}

func (r *Report) fault(f Fault) {
	if len(r.Faults) == maxFaults {
		r.More++
		return
	}
	r.Faults = append(r.Faults, f)
}

// inOrder sorts faults as the lines of a file.
func (r *Report) inOrder() {
	slices.SortStableFunc(r.Faults, func(a, b Fault) int { return int(a.At - b.At) })
}
