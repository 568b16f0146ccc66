package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// A tree is signed each minute in which it grew: half a million times a year. What
// was signed more than a month ago says enough once a day, except what is in
// somebody's hands.

// keepWhole is how long every checkpoint is kept.
const keepWhole = 31 * 24 * time.Hour

// thinPage is how many checkpoints one transaction looks at.
const thinPage = 500

const (
	oldCheckpoints = `/* every row: those of before a day, page by page */ SELECT org_id, tree, size, at, given FROM journal_checkpoint
WHERE (org_id, tree, size) > ($1, $2, $3) ORDER BY org_id, tree, size LIMIT $4`
	dropCheckpoint = `DELETE FROM journal_checkpoint WHERE org_id = $1 AND tree = $2 AND size = $3 AND given = 0`
	giveCheckpoint = `UPDATE journal_checkpoint SET given = 1 WHERE org_id = $1 AND tree = $2 AND size = $3 AND given = 0`
)

// signed is one checkpoint as Thin looks at it.
type signed struct {
	org, tree core.ID
	size, at  int64
	given     bool
}

func (s signed) day() int64 { return s.at / (24 * time.Hour).Microseconds() }

// Thin removes checkpoints of more than a month ago but for the last of each day
// (UTC), the last of each tree, and those that were given to somebody. It returns how
// many went. Call it once a day.
func (j *Journal) Thin(ctx context.Context) (int64, error) {
	until := j.db.Clock().Now().Add(-keepWhole).UTC().Truncate(24 * time.Hour).UnixMicro()
	var gone int64
	var before signed // the one before in the order of the table
	for {
		var page []signed
		err := j.db.Read(ctx, func(q db.Querier) error {
			rows, err := q.Query(oldCheckpoints, before.org, before.tree, before.size, thinPage)
			return db.Each(rows, err, func(r *db.Rows) error {
				var s signed
				err := r.Scan(&s.org, &s.tree, &s.size, &s.at, &s.given)
				page = append(page, s)
				return err
			})
		})
		if err != nil {
			return gone, fmt.Errorf("thin the checkpoints: %w", err)
		}
		if len(page) == 0 {
			return gone, nil
		}
		// What the next one of the same tree and day makes useless.
		var drop []signed
		for _, s := range page {
			if before.tree == s.tree && before.org == s.org && before.day() == s.day() && before.at < until && !before.given {
				drop = append(drop, before)
			}
			before = s
		}
		n, err := j.drop(ctx, drop)
		if gone += n; err != nil {
			return gone, fmt.Errorf("thin the checkpoints: %w", err)
		}
	}
}

func (j *Journal) drop(ctx context.Context, all []signed) (gone int64, err error) {
	if len(all) == 0 {
		return 0, nil
	}
	err = j.db.Tx(ctx, func(tx *db.Tx) error {
		gone = 0
		for _, s := range all {
			n, err := tx.Exec(dropCheckpoint, s.org, s.tree, s.size)
			if err != nil {
				return err
			}
			gone += n
		}
		return nil
	})
	return gone, err
}

// give notes that a checkpoint is in somebody's hands.
func (j *Journal) give(ctx context.Context, org, tree core.ID, size int64) error {
	err := j.db.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(giveCheckpoint, org, tree, size)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep what was given: %w", err)
	}
	return nil
}

const selectGiven = `SELECT note FROM journal_checkpoint WHERE org_id = $1 AND tree = $2 AND size > $3 AND given = 1 ORDER BY size LIMIT 1`

// givenAbove is the first checkpoint over a line that somebody already has; its zero
// when there is none.
func (j *Journal) givenAbove(ctx context.Context, org core.ID, at Place) (Checkpoint, error) {
	if j.key == nil {
		return Checkpoint{}, errNoKey
	}
	var text string
	err := j.db.Read(ctx, func(q db.Querier) error {
		err := q.QueryRow(selectGiven, org, at.Tree, at.Seq).Scan(&text)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || text == "" {
		return Checkpoint{}, err
	}
	c, err := ParseCheckpoint(text, j.key.public)
	if err != nil {
		return Checkpoint{}, nil // changed: another is signed, and Check tells of this one
	}
	return c, nil
}
