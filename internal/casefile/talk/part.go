package talk

import (
	"context"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

var _ merge.Beside = (*Service)(nil)

const (
	dropFound = `DELETE FROM %s WHERE org_id = $1 AND file_id IN ($2, $3)`
	// An objection that a worker noted in the kept file since the merge.
	objectedSince = `SELECT objected_on, objected_how, objected_at, objected_by FROM talk_person
WHERE org_id = $1 AND person_id = $2 AND objected_on <> '' AND objected_by <> ''
AND objected_at >= (SELECT merged_at FROM person_alias WHERE org_id = $1 AND person_id = $2 AND id = $3)`
	objects = `SELECT 1 FROM talk_person WHERE org_id = $1 AND person_id = $2 AND objected_on <> ''`
	// An objection of the other file's lifted since the merge: whose word that was is
	// not known.
	tellAgain = `UPDATE talk_person SET informed_on = '', informed_how = '', informed_at = 0, informed_by = ''
WHERE org_id = $1 AND person_id = $2 AND objected_on = '' AND objected_by <> ''
AND objected_at >= (SELECT merged_at FROM person_alias WHERE org_id = $1 AND person_id = $4 AND id = $3)`
)

// WrittenSince asks nothing: what runs found is dropped, and a right set aside stays
// with the kept file, so that the other one's is listed rather than hidden.
func (s *Service) WrittenSince(context.Context, db.Querier, casefile.Opened, core.ID, core.ID) ([]merge.Written, error) {
	return nil, nil
}

// GiveBack has no row of its own to give.
func (s *Service) GiveBack(*db.Tx, core.ID, merge.Written, core.ID, core.ID) error { return nil }

// Parted forgets what runs found about the two as one: the next run looks at each on
// their own, if they were told. An objection said since the merge may be either's,
// so both object; a lifted one may be either's too, so the other is told again first.
func (s *Service) Parted(tx *db.Tx, org, kept, other, since core.ID) error {
	for _, table := range []string{"talk_right", "talk_file"} {
		if _, err := tx.Exec(fmt.Sprintf(dropFound, table), org, kept, other); err != nil {
			return fmt.Errorf("forget what was found about two as one: %w", err)
		}
	}
	if _, err := tx.Exec(tellAgain, org, other, since, kept); err != nil {
		return fmt.Errorf("tell %s again: %w", other, err)
	}
	var on, how string
	var at int64
	var by core.ID
	err := tx.QueryRow(objectedSince, org, kept, since).Scan(&on, &how, &at, &by)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read an objection of the two: %w", err)
	}
	var one int64
	if err := tx.QueryRow(objects, org, other).Scan(&one); err == nil || !errors.Is(err, db.ErrNoRows) {
		return err // they object already
	}
	if _, err := tx.Exec(upsertObjection, org, other, on, how, at, by); err != nil {
		return fmt.Errorf("copy an objection of the two: %w", err)
	}
	return nil
}
