package journal

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// A printed paper bears a code (Event.Code) and a mark: 16 letters of the leaf of
// its line. Whoever holds the paper can ask the installation whether it printed it,
// or take the receipt: the proof of the line, which verifies anywhere.

const (
	maxCode     = 16 // letters of a code
	markLetters = 16 // of 5 bits: nobody guesses a mark
	crockford   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

const (
	insertPaper = `INSERT INTO journal_paper (org_id, code, tree, seq) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	selectPaper = `SELECT p.tree, p.seq, j.leaf FROM journal_paper p JOIN journal j ON j.org_id = p.org_id AND j.tree = p.tree AND j.seq = p.seq
WHERE p.org_id = $1 AND p.code = $2`
	selectPapers = `SELECT p.org_id, p.tree, p.seq, j.leaf FROM journal_paper p JOIN journal j ON j.org_id = p.org_id AND j.tree = p.tree AND j.seq = p.seq
WHERE p.code = $1 ORDER BY p.org_id LIMIT 1000`
)

func validCode(code string) bool {
	return len(code) <= maxCode && strings.Trim(code, crockford) == ""
}

// markOf is the mark of a leaf, « 8F2K-71QZ-0C3M-XY4T ».
func markOf(leaf []byte) string {
	var b strings.Builder
	for i := range markLetters {
		bit := 5 * i
		v := uint16(leaf[bit/8])<<8 | uint16(leaf[bit/8+1])
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(crockford[v>>(11-bit%8)&31])
	}
	return b.String()
}

// bareMark reads a mark as somebody types it; "" when it cannot be one.
func bareMark(s string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(s) {
		switch r {
		case ' ', '-', '\u00a0', '\u2011':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if !strings.ContainsRune(crockford, r) || b.Len() == markLetters {
			return ""
		}
		b.WriteRune(r)
	}
	if b.Len() != markLetters {
		return ""
	}
	return b.String()
}

// Mark gives the mark of a printed paper of an organisation, "" when the journal
// knows of none under this code: a paper printed before there were marks.
func Mark(q db.Querier, org core.ID, code string) (string, error) {
	var at Place
	var leaf []byte
	err := q.QueryRow(selectPaper, org, code).Scan(&at.Tree, &at.Seq, &leaf)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("mark of a paper: %w", err)
	}
	return markOf(leaf), nil
}

// Receipt is the proof that the installation printed the paper of a code and a
// mark, as people type them. It tells the day and the sort of paper, and nothing of
// the person: whoever holds the paper may have it. NotFound when no paper bears
// both, or its line was erased.
func (j *Journal) Receipt(ctx context.Context, code, mark string) (Proof, error) {
	none := errs.New(errs.NotFound, "journal.error.no_paper")
	bare := bareMark(mark)
	if bare == "" || code == "" || !validCode(code) {
		return Proof{}, none
	}
	var org core.ID
	var at Place
	found := false
	err := j.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(selectPapers, code)
		return db.Each(rows, err, func(r *db.Rows) error {
			var in core.ID
			var p Place
			var leaf []byte
			if err := r.Scan(&in, &p.Tree, &p.Seq, &leaf); err != nil {
				return err
			}
			if subtle.ConstantTimeCompare([]byte(bareMark(markOf(leaf))), []byte(bare)) == 1 {
				org, at, found = in, p, true
			}
			return nil
		})
	})
	if err != nil {
		return Proof{}, fmt.Errorf("find a paper: %w", err)
	}
	if !found {
		return Proof{}, none
	}
	// One signature for every copy of a paper's receipt: a paper printed again is the
	// same paper.
	c, err := j.givenAbove(ctx, org, at)
	if err == nil && c.Size == 0 {
		c, err = j.checkpoint(ctx, org, at.Tree)
	}
	if err != nil {
		return Proof{}, fmt.Errorf("receipt: %w", err)
	}
	return j.prove(ctx, org, nil, at, c)
}
