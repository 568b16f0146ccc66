package journal

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	listOpenTrees = `/* every row: every open tree, one row each */ SELECT org_id, tree, place FROM journal_head WHERE closed_at IS NULL ORDER BY org_id`
	closeTree     = `UPDATE journal_head SET closed_at = $3 WHERE org_id = $1 AND tree = $2 AND closed_at IS NULL`
)

// Reopen closes every open tree and opens another in its place, whose first line
// tells where the one before ended: after a restore, lines that the old tree got
// since the backup are elsewhere, and one name must not have two histories. detail
// goes into those lines.
func (j *Journal) Reopen(ctx context.Context, detail map[string]string) error {
	if err := j.CheckpointAll(ctx); err != nil {
		return fmt.Errorf("close the trees: %w", err)
	}
	type open struct {
		org, tree core.ID
		place     string
	}
	var all []open
	err := j.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(listOpenTrees)
		return db.Each(rows, err, func(r *db.Rows) error {
			var o open
			err := r.Scan(&o.org, &o.tree, &o.place)
			all = append(all, o)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("close the trees: %w", err)
	}
	for _, o := range all {
		ctx := core.WithActor(ctx, core.Actor{Kind: core.ActorOperator, ID: "root", Org: o.org})
		err := j.db.Tx(ctx, func(tx *db.Tx) error {
			before, err := j.takeSeat(tx, o.org)
			if err != nil || before.tree != o.tree {
				return err
			}
			tx.Remember(seatOf(o.org), nil)
			if _, err := tx.Exec(closeTree, o.org, o.tree, tx.Now()); err != nil {
				return err
			}
			if err := j.openTree(tx, o.org, o.place); err != nil {
				return err
			}
			more := maps.Clone(detail)
			if more == nil {
				more = map[string]string{}
			}
			more["tree"], more["lines"] = string(o.tree), strconv.FormatInt(before.seq, 10)
			return j.Record(ctx, tx, Event{Kind: "copy.restored", Detail: more})
		})
		if err != nil {
			return fmt.Errorf("close tree %s: %w", o.tree, err)
		}
	}
	return nil
}
