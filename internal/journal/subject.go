package journal

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// subject is one person whom a line is about. Its commitment is in the event.
type subject struct {
	person core.ID
	salt   []byte // saltBytes
}

func (s subject) commitment() []byte { return commit(s.salt, []byte(s.person)) }

// packSubjects lays subjects down one after the other: salt (16 bytes), length of
// the id (1 byte), id. nil when there is none.
func packSubjects(all []subject) []byte {
	if len(all) == 0 {
		return nil
	}
	b := make([]byte, 0, len(all)*(saltBytes+1+len(all[0].person)))
	for _, s := range all {
		b = append(b, s.salt...)
		b = append(b, byte(len(s.person)))
		b = append(b, s.person...)
	}
	return b
}

// unpackSubjects reads what packSubjects made.
func unpackSubjects(b []byte) ([]subject, error) {
	var all []subject
	for len(b) > 0 {
		if len(b) < saltBytes+1 || len(b) < saltBytes+1+int(b[saltBytes]) {
			return nil, errors.New("subjects: cut short")
		}
		n := saltBytes + 1 + int(b[saltBytes])
		all = append(all, subject{salt: b[:saltBytes], person: core.ID(b[saltBytes+1 : n])})
		b = b[n:]
	}
	return all, nil
}

// The index of subjects trails behind the lines, so that a line about fifty
// persons costs one page and not fifty. Once indexEvery lines wait, the next one
// brings the index forward by at most maxIndexLines lines or maxIndexRows
// subjects, in its own transaction.
const (
	indexEvery    = 32
	maxIndexLines = 64
	maxIndexRows  = 500
	rowsPerInsert = 50 // under the parameter limits of both databases
)

const waitingLines = `SELECT seq, day, subjects FROM journal WHERE org_id = $1 AND tree = $2 AND seq >= $3 ORDER BY seq LIMIT $4`

const moveIndex = `UPDATE journal_head SET indexed = $3 WHERE org_id = $1 AND tree = $2`

// indexSubjects brings the index of a locked tree forward, and returns how far.
func indexSubjects(tx *db.Tx, org, tree core.ID, from int64) (int64, error) {
	var found []indexRow
	next, full := from, false
	rows, err := tx.Query(waitingLines, org, tree, from, maxIndexLines)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var seq int64
		var day string
		var packed []byte
		if err := r.Scan(&seq, &day, &packed); err != nil {
			return err
		}
		all, err := unpackSubjects(packed)
		if err != nil {
			return fmt.Errorf("line %d: %w", seq, err)
		}
		full = full || (len(found) > 0 && len(found)+len(all) > maxIndexRows)
		if full {
			return nil // left for the next time
		}
		for _, s := range all {
			found = append(found, indexRow{day: day, person: s.person, seq: seq})
		}
		next = seq + 1
		return nil
	})
	if err != nil {
		return from, fmt.Errorf("read lines to index: %w", err)
	}
	slices.SortFunc(found, indexRow.compare)
	for part := range slices.Chunk(found, rowsPerInsert) {
		args := make([]any, 0, 2+3*len(part))
		args = append(args, org, tree)
		for _, f := range part {
			args = append(args, f.day, f.person, f.seq)
		}
		if _, err := tx.Exec(insertSubjects(len(part)), args...); err != nil {
			return from, fmt.Errorf("index subjects: %w", err)
		}
	}
	if _, err := tx.Exec(moveIndex, org, tree, next); err != nil {
		return from, fmt.Errorf("move the index: %w", err)
	}
	return next, nil
}

type indexRow struct {
	day    string
	person core.ID
	seq    int64
}

// compare orders rows as the table does.
func (a indexRow) compare(b indexRow) int {
	if c := strings.Compare(a.day, b.day); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.person), string(b.person)); c != 0 {
		return c
	}
	return int(a.seq - b.seq)
}

func insertSubjects(n int) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO journal_subject (org_id, tree, day, person, seq) VALUES `)
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("($1, $2")
		for k := range 3 {
			b.WriteString(", $" + strconv.Itoa(3+3*i+k))
		}
		b.WriteString(")")
	}
	// A line indexed, erased and indexed again is no reason to fail.
	b.WriteString(" ON CONFLICT DO NOTHING")
	return b.String()
}
