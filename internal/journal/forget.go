package journal

import (
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// maxForget bounds the lines that one call of Forget changes.
const maxForget = 200

const selectForget = `SELECT event, subjects FROM journal WHERE org_id = $1 AND tree = $2 AND seq = $3`

// Forget takes some persons, whose files go together, out of the lines of the actor's
// organisation between two days, at most 62: what is about them alone is erased (Erase),
// and they leave the lines that name others too (Part). It changes some two hundred
// lines and returns how many: call it again, in another transaction, until it returns
// none. The caller has checked the permission, and deletes their files.
func (j *Journal) Forget(ctx context.Context, tx *db.Tx, humans []core.ID, from, until core.Date) (int, error) {
	org := core.ActorFrom(ctx).Org
	var places []Place
	for _, h := range humans {
		lines, err := ForPerson(tx, org, h, from, until)
		if err != nil {
			return 0, err
		}
		for _, l := range lines {
			if at := (Place{l.Tree, l.Seq}); !slices.Contains(places, at) && len(places) < maxForget {
				places = append(places, at)
			}
		}
	}
	alone, shared := map[core.ID][]Place{}, map[core.ID][]Place{} // by tree
	for _, at := range places {
		only, err := onlyAbout(tx, org, at, humans)
		if err != nil {
			return 0, err
		}
		if only {
			alone[at.Tree] = append(alone[at.Tree], at)
		} else {
			shared[at.Tree] = append(shared[at.Tree], at)
		}
	}
	for _, lines := range alone {
		if _, err := j.Erase(ctx, tx, Erasure{Lines: lines}); err != nil {
			return 0, err
		}
	}
	for _, lines := range shared {
		if _, err := j.Part(ctx, tx, humans, Erasure{Lines: lines}); err != nil {
			return 0, err
		}
	}
	return len(places), nil
}

// onlyAbout tells whether a line is about nobody else than some persons, and may be
// erased: one that tells of an erasure may not.
func onlyAbout(q db.Querier, org core.ID, at Place, humans []core.ID) (bool, error) {
	var event, packed []byte
	if err := q.QueryRow(selectForget, org, at.Tree, at.Seq).Scan(&event, &packed); err != nil {
		return false, fmt.Errorf("line %d: %w", at.Seq, err)
	}
	all, err := unpackSubjects(packed)
	if err != nil {
		return false, fmt.Errorf("line %d: %w", at.Seq, err)
	}
	if slices.ContainsFunc(all, func(s subject) bool { return !slices.Contains(humans, s.person) }) || event == nil {
		return false, nil
	}
	o, err := decodeOpen(event)
	if err != nil {
		return false, fmt.Errorf("line %d: %w", at.Seq, err)
	}
	return o.Kind != eraseKind, nil
}
