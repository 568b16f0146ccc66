package journal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Entry is one line read back.
type Entry struct {
	Org, Tree core.ID
	Seq       int64
	Day       core.Date
	Kind      string
	ActorKind core.ActorKind
	Function  string // the actor's function that day
	Object    string
	Reason    string
	Erased    bool // the content is gone, the line stays: only Org, Tree, Seq and Day are set

	// For the organisation's own inquiry, never for the person's page.
	At       time.Time
	ID       core.ID
	Actor    core.Actor // Kind, ID, Org, Teams, Session, AAL as they were
	ObjectID core.ID
	Detail   map[string]string
}

// Limits of one reading.
const (
	maxDays  = 62
	maxLines = 2000
	maxPage  = 200
)

const personLines = `SELECT j.tree, j.seq, j.day, j.event, j.closed FROM journal_subject s
JOIN journal j ON j.org_id = s.org_id AND j.tree = s.tree AND j.seq = s.seq
WHERE s.org_id = $1 AND s.person = $2 AND s.day IN (%s)
ORDER BY j.tree DESC, j.seq DESC LIMIT $3`

// CROSS JOIN: SQLite reads the heads first, and of each tree its last lines alone.
const tailLines = `SELECT j.tree, j.seq, j.day, j.event, j.closed, j.subjects FROM journal_head h
CROSS JOIN journal j
WHERE h.org_id = $1 AND j.org_id = h.org_id AND j.tree = h.tree AND j.seq >= h.indexed AND j.day >= $2 AND j.day <= $3 AND j.subjects IS NOT NULL
ORDER BY j.tree DESC, j.seq DESC`

// ForPerson lists the lines about one person from a day to another, both
// included: newest first, at most 62 days (a month and its neighbour) and 2,000
// lines. The caller has checked that they may be read.
func ForPerson(q db.Querier, org, person core.ID, from, until core.Date) ([]Entry, error) {
	args := []any{org, person, maxLines}
	var marks []string
	for day := from; !until.Before(day); day = day.AddDays(1) {
		if len(marks) == maxDays {
			return nil, fmt.Errorf("lines of a person: from %s to %s is more than %d days", from, until, maxDays)
		}
		args = append(args, day.String())
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	if len(marks) == 0 {
		return nil, nil
	}
	var out []Entry
	rows, err := q.Query(tailLines, org, from.String(), until.String())
	err = db.Each(rows, err, func(r *db.Rows) error {
		e := Entry{Org: org}
		var packed []byte
		if err := e.scan(r, &packed); err != nil {
			return err
		}
		all, err := unpackSubjects(packed)
		if err != nil {
			return fmt.Errorf("line %d: %w", e.Seq, err)
		}
		if slices.ContainsFunc(all, func(s subject) bool { return s.person == person }) && len(out) < maxLines {
			out = append(out, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("latest lines of a person: %w", err)
	}
	rows, err = q.Query(fmt.Sprintf(personLines, strings.Join(marks, ", ")), args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		e := Entry{Org: org}
		err := e.scan(r)
		if len(out) < maxLines {
			out = append(out, e)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lines of a person: %w", err)
	}
	slices.SortStableFunc(out, func(a, b Entry) int {
		if c := strings.Compare(string(b.Tree), string(a.Tree)); c != 0 {
			return c
		}
		return int(b.Seq - a.Seq)
	})
	return out, nil
}

// Before marks where a page of lines ends: give the last entry of a page to get
// the one before it. The zero Before starts at the newest line.
type Before struct {
	Tree core.ID
	Seq  int64
}

const orgLines = `SELECT tree, seq, day, event, closed FROM journal
WHERE org_id = $1 AND (tree < $2 OR (tree = $2 AND seq < $3)) ORDER BY tree DESC, seq DESC LIMIT $4`

// ForOrg lists an organisation's lines ("" for the installation's), newest first,
// at most limit (1 to 200): for inquiries and tests.
func ForOrg(q db.Querier, org core.ID, before Before, limit int) ([]Entry, error) {
	if before.Tree == "" {
		before.Tree = "g" // after every UUID
	}
	var out []Entry
	rows, err := q.Query(orgLines, org, before.Tree, before.Seq, min(max(limit, 1), maxPage))
	err = db.Each(rows, err, func(r *db.Rows) error {
		e := Entry{Org: org}
		err := e.scan(r)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lines of an organisation: %w", err)
	}
	return out, nil
}

// scan reads tree, seq, day, event, closed, then what more the query selects.
func (e *Entry) scan(r *db.Rows, more ...any) error {
	var day string
	var event, closed []byte
	if err := r.Scan(append([]any{&e.Tree, &e.Seq, &day, &event, &closed}, more...)...); err != nil {
		return err
	}
	var err error
	if e.Day, err = core.ParseDate(day); err != nil {
		return fmt.Errorf("line %d: %w", e.Seq, err)
	}
	if event == nil {
		e.Erased = true
		return nil
	}
	o, err := decodeOpen(event)
	if err != nil {
		return fmt.Errorf("line %d: %w", e.Seq, err)
	}
	e.Day, e.Kind, e.ActorKind, e.Function, e.Object, e.Reason = o.Day, o.Kind, o.ActorKind, o.Function, o.Object, o.Reason
	if closed == nil {
		return nil
	}
	c, err := decodeClosed(closed)
	if err != nil {
		return fmt.Errorf("line %d: %w", e.Seq, err)
	}
	e.At, e.ID, e.ObjectID, e.Detail, e.Actor = time.UnixMicro(c.At).UTC(), c.ID, c.ObjectID, c.Detail, c.Actor
	e.Actor.Kind, e.Actor.Org = o.ActorKind, o.Org
	return nil
}
