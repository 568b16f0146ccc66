package talk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// before is what a file's last run said, and what it stood on.
type before struct {
	month   core.Month
	law     string
	digest  string
	picture *casefile.Picture
	rights  map[string]stored
}

// stored is the row of a right.
type stored struct {
	Said
	missing string
	at      int64 // of the last change, µs UTC; 0 = never
	month   core.Month
	was     Said
	why     string
}

const (
	selectFile   = `SELECT month, law, facts_digest, picture FROM talk_file WHERE org_id = $1 AND file_id = $2`
	rightColumns = `right_name, status, amount, least, most, missing, pages, changed_at, was_month, was_status, was_amount, was_least, was_most, why`
	selectRights = `SELECT ` + rightColumns + ` FROM talk_right WHERE org_id = $1 AND file_id = $2 LIMIT 200`
	upsertFile   = `INSERT INTO talk_file (org_id, file_id, month, law, facts_digest, computed_at, picture) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (org_id, file_id) DO UPDATE SET month = excluded.month, law = excluded.law, facts_digest = excluded.facts_digest,
	computed_at = excluded.computed_at, picture = excluded.picture`
	dropRights  = `DELETE FROM talk_right WHERE org_id = $1 AND file_id = $2`
	insertRight = `INSERT INTO talk_right (org_id, file_id, ` + rightColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`
)

// loadBefore reads what the last run said of a file; nil when there was none.
func loadBefore(q db.Querier, org, id core.ID) (*before, error) {
	b := &before{rights: map[string]stored{}}
	var picture []byte
	err := q.QueryRow(selectFile, org, id).Scan(&b.month, &b.law, &b.digest, &picture)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(picture, &b.picture)
	}
	if err != nil {
		return nil, fmt.Errorf("read the last run of %s: %w", id, err)
	}
	rows, err := q.Query(selectRights, org, id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		name, _, row, err := scanRight(r)
		b.rights[name] = row
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the last run of %s: %w", id, err)
	}
	return b, nil
}

// scanRight reads rightColumns, after the columns given as destinations.
func scanRight(r *db.Rows, first ...any) (name string, pages int, row stored, err error) {
	var n int64
	err = r.Scan(append(first, &name, &row.Status, &row.Amount, &row.Min, &row.Max, &row.missing, &n, &row.at, &row.month,
		&row.was.Status, &row.was.Amount, &row.was.Min, &row.was.Max, &row.why)...)
	return name, int(n), row, err
}

func readMissing(text string) ([]casefile.Missing, error) {
	if text == "" {
		return nil, nil
	}
	var list []casefile.Missing
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("missing facts: %w", err)
	}
	return list, nil
}

func readWhy(text string) ([]Cause, error) {
	if text == "" {
		return nil, nil
	}
	var list []Cause
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("causes: %w", err)
	}
	return list, nil
}

// changed lists the rights of which something else is said than at the last run, the
// law's order; those that are no longer the law's, or of here, come last.
func (f *file) changed() []string {
	if f.was == nil {
		return nil
	}
	var list []string
	for _, right := range f.order {
		if f.was.rights[right].Said != of(f.now[right]) {
			list = append(list, right)
		}
	}
	return list
}

// store writes files in the order of their ids, few to a transaction, and notes in it
// how far the run is.
func (s *Service) store(ctx context.Context, org core.ID, r *run, files []*file) error {
	for len(files) > 0 {
		n := 0
		err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
			began := s.cases.Clock.Now()
			for n = 0; n < min(perTx, len(files)); n++ {
				if n > 0 && s.cases.Clock.Now().Sub(began) > longest {
					break
				}
				if err := s.storeFile(tx, org, files[n]); err != nil {
					return err
				}
			}
			_, err := tx.Exec(moveRun, org, r.id, files[n-1].calc.File, r.seen, r.total, 0)
			return err
		})
		if err != nil {
			return fmt.Errorf("store what can be said: %w", err)
		}
		files = files[n:]
	}
	return nil
}

// storeFile writes one file, unless the person objected meanwhile.
func (s *Service) storeFile(tx *db.Tx, org core.ID, f *file) error {
	id := f.calc.File
	if err := casefile.LockFile(tx, org, id); err != nil {
		return err
	}
	told, err := loadTold(tx, org, id)
	if err != nil || !told.Included() {
		return err
	}
	hidden, err := s.hides(tx, org, id)
	if err != nil {
		return err
	}
	if err := s.cases.KeepLaw(tx); err != nil {
		return err
	}
	if _, err := tx.Exec(upsertFile, org, id, f.calc.Month, s.cases.Engine.Digest(), f.calc.Digest(), tx.Now(), f.calc.Written()); err != nil {
		return fmt.Errorf("store the run of %s: %w", id, err)
	}
	if _, err := tx.Exec(dropRights, org, id); err != nil {
		return fmt.Errorf("store the run of %s: %w", id, err)
	}
	list := f.order
	if f.was != nil {
		for right, old := range f.was.rights {
			if _, still := f.now[right]; !still && old.Status != casefile.NotDue {
				list = append(list, right) // of here no more, or of the law no more
			}
		}
	}
	for _, right := range list {
		if hidden(id, right) {
			continue
		}
		o, now := f.now[right]
		if !now {
			o = casefile.Outcome{Right: right, Status: casefile.NotDue}
		}
		row := stored{Said: of(o)}
		if f.was != nil {
			old := f.was.rights[right]
			row.at, row.month, row.was, row.why = old.at, old.month, old.was, old.why
			if old.Said != row.Said {
				row.at, row.month, row.was = tx.Now(), f.was.month, old.Said
				b, err := json.Marshal(f.why[right])
				if err != nil {
					return fmt.Errorf("write the causes of %s: %w", right, err)
				}
				row.why = string(b)
			}
		}
		if len(o.Missing) > 0 {
			b, err := json.Marshal(o.Missing)
			if err != nil {
				return fmt.Errorf("write the missing facts of %s: %w", right, err)
			}
			row.missing = string(b)
		}
		_, err := tx.Exec(insertRight, org, id, right, row.Status, row.Amount, row.Min, row.Max, row.missing, s.cases.Pages(o.Missing),
			row.at, row.month, row.was.Status, row.was.Amount, row.was.Min, row.was.Max, row.why)
		if err != nil {
			return fmt.Errorf("store what can be said of %s: %w", right, err)
		}
	}
	return nil
}
