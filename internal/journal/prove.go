package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Prove makes the proof of one line about a person, for that person: humans are
// all the addresses that the person is known under. The tree is signed as it is
// now, so that the hour of the signature tells nothing of the hour of the line.
// NotFound when there is no such line about them in the actor's organisation, or
// its content was erased. The caller has checked that the line may be shown.
func (j *Journal) Prove(ctx context.Context, humans []core.ID, at Place) (Proof, error) {
	if len(humans) == 0 {
		return Proof{}, errs.New(errs.NotFound, "journal.error.no_line")
	}
	org := core.ActorFrom(ctx).Org
	c, err := j.checkpoint(ctx, org, at.Tree)
	if err != nil {
		return Proof{}, fmt.Errorf("prove a line: %w", err)
	}
	return j.prove(ctx, org, humans, at, c)
}

const selectProved = `SELECT event, salt, subjects FROM journal WHERE org_id = $1 AND tree = $2 AND seq = $3`

// prove makes the proof of a line under a checkpoint, which is in somebody's hands
// from then on.
func (j *Journal) prove(ctx context.Context, org core.ID, humans []core.ID, at Place, c Checkpoint) (Proof, error) {
	if at.Seq < 0 || at.Seq >= c.Size {
		return Proof{}, errs.New(errs.NotFound, "journal.error.no_line")
	}
	p := Proof{Key: j.key.public, Index: at.Seq, Checkpoint: c.Note}
	err := j.db.Read(ctx, func(q db.Querier) error {
		var packed []byte
		err := q.QueryRow(selectProved, org, at.Tree, at.Seq).Scan(&p.Event, &p.Salt, &packed)
		if errors.Is(err, db.ErrNoRows) || (err == nil && p.Event == nil) {
			return errs.New(errs.NotFound, "journal.error.no_line")
		}
		if err != nil {
			return err
		}
		if humans != nil {
			all, err := unpackSubjects(packed)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(all, func(s subject) bool { return slices.Contains(humans, s.person) })
			if i < 0 {
				return errs.New(errs.NotFound, "journal.error.no_line")
			}
			p.Person, p.PersonSalt = all[i].person, all[i].salt
		}
		p.Path, err = tlog.ProveRecord(c.Size, at.Seq, &treeReader{q: q, org: org, tree: at.Tree, size: c.Size})
		return err
	})
	if err != nil {
		return Proof{}, fmt.Errorf("prove a line: %w", err)
	}
	return p, j.give(ctx, org, at.Tree, c.Size)
}

// ProveGrowth proves that a tree, as a checkpoint of before signed it, is the
// beginning of the tree as it is now: nothing of it was changed or removed. It
// gives the present checkpoint and the path, for CheckGrowth.
func (j *Journal) ProveGrowth(ctx context.Context, org core.ID, before Checkpoint) (Checkpoint, tlog.TreeProof, error) {
	now, err := j.checkpoint(ctx, org, before.Tree)
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("prove growth: %w", err)
	}
	if before.Size < 1 || before.Size > now.Size {
		return Checkpoint{}, nil, errs.New(errs.NotFound, "journal.error.no_line")
	}
	var path tlog.TreeProof
	err = j.db.Read(ctx, func(q db.Querier) error {
		var err error
		path, err = tlog.ProveTree(now.Size, before.Size, &treeReader{q: q, org: org, tree: before.Tree, size: now.Size})
		return err
	})
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("prove growth: %w", err)
	}
	return now, path, nil
}

// CheckGrowth verifies what ProveGrowth gave. Both checkpoints come from
// ParseCheckpoint.
func CheckGrowth(before, now Checkpoint, path tlog.TreeProof) error {
	if before.Tree != now.Tree || before.Install != now.Install {
		return fmt.Errorf("%w: checkpoints of two trees", ErrNotProof)
	}
	if err := tlog.CheckTree(path, now.Size, now.Root, before.Size, before.Root); err != nil {
		return fmt.Errorf("%w: the tree of before is not the beginning of this one", ErrNotProof)
	}
	return nil
}
