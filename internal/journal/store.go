package journal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// defaultPlace is where an organisation is until SetPlace says otherwise.
const defaultPlace = "Europe/Paris"

// seat is the place a line takes in its organisation's open tree.
type seat struct {
	tree  core.ID
	seq   int64
	place *time.Location
}

// row is one line as it lies in the table.
type row struct {
	org, tree  core.ID
	seq        int64
	id         core.ID
	at         int64
	event      []byte // nil once erased
	salt       []byte // nil once erased
	closed     []byte // nil once erased
	closedSalt []byte // nil once erased
	leaf       []byte
}

type subjectRow struct {
	person core.ID
	salt   []byte
}

// nextSeat takes the next number and keeps the head locked until the commit, on
// both databases: lines of one tree are written one after the other.
const nextSeat = `UPDATE journal_head SET size = size + 1 WHERE org_id = $1 AND closed_at IS NULL RETURNING tree, size - 1, place`

func (j *Journal) takeSeat(tx *db.Tx, org core.ID) (seat, error) {
	s, err := j.readSeat(tx, org)
	if !errors.Is(err, db.ErrNoRows) {
		return s, err
	}
	if err := j.openTree(tx, org, defaultPlace); err != nil {
		return seat{}, err
	}
	return j.readSeat(tx, org)
}

func (j *Journal) readSeat(tx *db.Tx, org core.ID) (seat, error) {
	var s seat
	var place string
	if err := tx.QueryRow(nextSeat, org).Scan(&s.tree, &s.seq, &place); err != nil {
		return seat{}, fmt.Errorf("take the next number of the tree: %w", err)
	}
	var err error
	if s.place, err = j.location(place); err != nil {
		return seat{}, fmt.Errorf("time zone of the tree: %w", err)
	}
	return s, nil
}

// location remembers the time zones met: reading one costs more than a line.
func (j *Journal) location(place string) (*time.Location, error) {
	if known, ok := j.places.Load(place); ok {
		return known.(*time.Location), nil
	}
	loaded, err := time.LoadLocation(place)
	if err != nil {
		return nil, err
	}
	j.places.Store(place, loaded)
	return loaded, nil
}

const insertHead = `INSERT INTO journal_head (org_id, tree, size, place, opened_at) VALUES ($1, $2, 0, $3, $4) ON CONFLICT DO NOTHING`

// openTree begins the organisation's tree, unless somebody just did.
func (j *Journal) openTree(tx *db.Tx, org core.ID, place string) error {
	tree, err := core.NewID(time.UnixMicro(tx.Now()), j.random)
	if err != nil {
		return fmt.Errorf("open a tree: %w", err)
	}
	if _, err := tx.Exec(insertHead, org, tree, place, tx.Now()); err != nil {
		return fmt.Errorf("open a tree: %w", err)
	}
	return nil
}

const updatePlace = `UPDATE journal_head SET place = $2 WHERE org_id = $1 AND closed_at IS NULL`

// SetPlace says in which time zone an organisation's days are counted, an IANA
// name such as "Indian/Reunion". It opens the organisation's tree when it has
// none. Invalid when the name is unknown. Call it in the transaction that creates
// or moves the organisation.
func (j *Journal) SetPlace(tx *db.Tx, org core.ID, place string) error {
	if _, err := time.LoadLocation(place); err != nil || place == "" || place == "Local" {
		return errs.Wrap(errs.Invalid, "journal.error.place", err)
	}
	n, err := tx.Exec(updatePlace, org, place)
	if err != nil {
		return fmt.Errorf("set the place of a tree: %w", err)
	}
	if n == 1 {
		return nil
	}
	return j.openTree(tx, org, place)
}

const insertJournal = `INSERT INTO journal (org_id, tree, seq, id, at, event, salt, closed, closed_salt, leaf)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// subjectsPerInsert keeps one statement under the parameter limits of both
// databases; the texts of 1 to subjectsPerInsert rows are all that ever exist.
const subjectsPerInsert = 50

func insertLine(tx *db.Tx, r row, subjects []subjectRow) error {
	if _, err := tx.Exec(insertJournal, r.org, r.tree, r.seq, r.id, r.at, r.event, r.salt, r.closed, r.closedSalt, r.leaf); err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	for len(subjects) > 0 {
		n := min(len(subjects), subjectsPerInsert)
		args := make([]any, 0, 3+2*n)
		args = append(args, r.org, r.tree, r.seq)
		for _, s := range subjects[:n] {
			args = append(args, s.person, s.salt)
		}
		if _, err := tx.Exec(insertSubjects(n), args...); err != nil {
			return fmt.Errorf("insert subjects: %w", err)
		}
		subjects = subjects[n:]
	}
	return nil
}

func insertSubjects(n int) string {
	const head = `INSERT INTO journal_subject (org_id, person, tree, seq, salt) VALUES `
	if n == 1 {
		return head + `($1, $4, $2, $3, $5)`
	}
	var b strings.Builder
	b.WriteString(head)
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("($1, $" + strconv.Itoa(4+2*i) + ", $2, $3, $" + strconv.Itoa(5+2*i) + ")")
	}
	return b.String()
}

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
	Erased    bool // the content is gone, the line stays: only Org, Tree and Seq are set

	// For the organisation's own inquiry, never for the person's page.
	At       time.Time
	ID       core.ID
	Actor    core.Actor // Kind, ID, Org, Teams, Session, AAL as they were
	ObjectID core.ID
	Detail   map[string]string
}

const personLines = `SELECT j.tree, j.seq, j.event, j.closed FROM journal_subject s
JOIN journal j ON j.org_id = s.org_id AND j.tree = s.tree AND j.seq = s.seq
WHERE s.org_id = $1 AND s.person = $2 AND (s.tree < $3 OR (s.tree = $3 AND s.seq < $4))
ORDER BY s.tree DESC, s.seq DESC LIMIT $5`

const maxPage = 200

// Before marks where a page of lines ends: give the last entry of a page to get
// the one before it. The zero Before starts at the newest line.
type Before struct {
	Tree core.ID
	Seq  int64
}

// ForPerson lists the lines about one person, newest first, at most limit (1 to
// 200). The caller has checked that they may be read.
func ForPerson(q db.Querier, org, person core.ID, before Before, limit int) ([]Entry, error) {
	if before.Tree == "" {
		before.Tree = "g" // after every UUID
	}
	var out []Entry
	rows, err := q.Query(personLines, org, person, before.Tree, before.Seq, min(max(limit, 1), maxPage))
	err = db.Each(rows, err, func(r *db.Rows) error {
		var event, closed []byte
		e := Entry{Org: org}
		if err := r.Scan(&e.Tree, &e.Seq, &event, &closed); err != nil {
			return err
		}
		e, err := e.fill(event, closed)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lines of a person: %w", err)
	}
	return out, nil
}

const orgLines = `SELECT tree, seq, event, closed FROM journal
WHERE org_id = $1 AND (tree < $2 OR (tree = $2 AND seq < $3)) ORDER BY tree DESC, seq DESC LIMIT $4`

// ForOrg lists an organisation's lines ("" for the installation's), newest first,
// at most limit (1 to 200): for inquiries and tests.
func ForOrg(q db.Querier, org core.ID, before Before, limit int) ([]Entry, error) {
	if before.Tree == "" {
		before.Tree = "g"
	}
	var out []Entry
	rows, err := q.Query(orgLines, org, before.Tree, before.Seq, min(max(limit, 1), maxPage))
	err = db.Each(rows, err, func(r *db.Rows) error {
		var event, closed []byte
		e := Entry{Org: org}
		if err := r.Scan(&e.Tree, &e.Seq, &event, &closed); err != nil {
			return err
		}
		e, err := e.fill(event, closed)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lines of an organisation: %w", err)
	}
	return out, nil
}

func (e Entry) fill(event, closed []byte) (Entry, error) {
	if event == nil {
		e.Erased = true
		return e, nil
	}
	o, err := decodeOpen(event)
	if err != nil {
		return e, fmt.Errorf("line %d: %w", e.Seq, err)
	}
	e.Day, e.Kind, e.ActorKind, e.Function, e.Object, e.Reason = o.Day, o.Kind, o.ActorKind, o.Function, o.Object, o.Reason
	if closed == nil {
		return e, nil
	}
	c, err := decodeClosed(closed)
	if err != nil {
		return e, fmt.Errorf("line %d: %w", e.Seq, err)
	}
	e.At, e.ID, e.ObjectID, e.Detail = time.UnixMicro(c.At).UTC(), c.ID, c.ObjectID, c.Detail
	e.Actor = c.Actor
	e.Actor.Kind, e.Actor.Org = o.ActorKind, o.Org
	return e, nil
}
