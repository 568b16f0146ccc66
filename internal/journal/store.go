package journal

import (
	"errors"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// defaultPlace is where an organisation is until SetPlace says otherwise.
const defaultPlace = "Europe/Paris"

// seat is the place a line takes in its organisation's open tree.
type seat struct {
	tree    core.ID
	seq     int64
	indexed int64 // lines of the tree whose subjects are indexed
	place   *time.Location
}

// row is one line as it lies in the table.
type row struct {
	org, tree  core.ID
	seq        int64
	id         core.ID
	at         int64
	day        string
	event      []byte // nil once erased
	salt       []byte // nil once erased
	closed     []byte // nil once erased
	closedSalt []byte // nil once erased
	subjects   []byte // packed; nil when none, or once erased
	leaf       []byte
}

// lockHead keeps the organisation's tree until the commit on PostgreSQL; SQLite
// has one writer. The number is read by another statement, which on PostgreSQL
// sees what was committed while this one waited.
const lockHead = `SELECT tree, place, indexed FROM journal_head WHERE org_id = $1 AND closed_at IS NULL FOR UPDATE`

const lastSeq = `SELECT seq FROM journal WHERE org_id = $1 AND tree = $2 ORDER BY seq DESC LIMIT 1`

// seatAtOnce reads both together on SQLite, where nobody else writes meanwhile.
const seatAtOnce = `SELECT h.tree, h.place, h.indexed,
COALESCE((SELECT j.seq FROM journal j WHERE j.org_id = h.org_id AND j.tree = h.tree ORDER BY j.seq DESC LIMIT 1), -1)
FROM journal_head h WHERE h.org_id = $1 AND h.closed_at IS NULL`

// seatOf is what a transaction remembers an organisation's seat under: nobody else
// writes lines until its commit.
type seatOf core.ID

// takeSeat locks the open tree of the organisation, opening one when there is
// none, and gives the next number.
func (j *Journal) takeSeat(tx *db.Tx, org core.ID) (seat, error) {
	if known, ok := tx.Remembered(seatOf(org)).(seat); ok {
		return known, nil
	}
	s, err := j.readSeat(tx, org)
	if err == nil {
		tx.Remember(seatOf(org), s)
	}
	return s, err
}

func (j *Journal) readSeat(tx *db.Tx, org core.ID) (seat, error) {
	s, err := j.lock(tx, org)
	if errors.Is(err, db.ErrNoRows) {
		if err = j.openTree(tx, org, defaultPlace); err == nil {
			s, err = j.lock(tx, org)
		}
	}
	if err != nil {
		return seat{}, fmt.Errorf("lock the tree: %w", err)
	}
	if j.db.Dialect() == db.SQLite {
		s.seq++
		return s, nil
	}
	err = tx.QueryRow(lastSeq, org, s.tree).Scan(&s.seq)
	switch {
	case errors.Is(err, db.ErrNoRows):
		s.seq = 0
	case err != nil:
		return seat{}, fmt.Errorf("last number of the tree: %w", err)
	default:
		s.seq++
	}
	return s, nil
}

func (j *Journal) lock(tx *db.Tx, org core.ID) (seat, error) {
	var s seat
	var place string
	var err error
	if j.db.Dialect() == db.SQLite {
		err = tx.QueryRow(seatAtOnce, org).Scan(&s.tree, &place, &s.indexed, &s.seq)
	} else {
		err = tx.QueryRow(lockHead, org).Scan(&s.tree, &place, &s.indexed)
	}
	if err != nil {
		return seat{}, err
	}
	s.place, err = j.location(place)
	return s, err
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

const insertHead = `INSERT INTO journal_head (org_id, tree, indexed, place, opened_at) VALUES ($1, $2, 0, $3, $4) ON CONFLICT DO NOTHING`

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
	tx.Remember(seatOf(org), nil)
	n, err := tx.Exec(updatePlace, org, place)
	if err != nil {
		return fmt.Errorf("set the place of a tree: %w", err)
	}
	if n == 1 {
		return nil
	}
	return j.openTree(tx, org, place)
}

const insertJournal = `INSERT INTO journal (org_id, tree, seq, id, at, day, event, salt, closed, closed_salt, subjects, leaf)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

func insertLine(tx *db.Tx, r row) error {
	_, err := tx.Exec(insertJournal, r.org, r.tree, r.seq, r.id, r.at, r.day, r.event, r.salt, r.closed, r.closedSalt, r.subjects, r.leaf)
	if err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	return nil
}
