package talk

import (
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// An aid of one town or département says where somebody lives: when an address is
// protected, here or in a file that is the same human's, no list, no pause and no
// trial speaks of one, and no run stores it.

const protectedOwn = `SELECT id FROM person WHERE org_id = $1 AND protected = 1 AND id IN (%[1]s)
UNION SELECT a.person_id FROM person_alias a JOIN person p ON p.org_id = a.org_id AND p.id = a.alias_id AND p.protected = 1
WHERE a.org_id = $1 AND a.ended_at = 0 AND a.person_id IN (%[1]s)`

// hides tells of which right nothing may be said about whom, of some persons.
func (s *Service) hides(q db.Querier, org core.ID, persons ...core.ID) (func(person core.ID, right string) bool, error) {
	nothing := func(core.ID, string) bool { return false }
	if len(persons) == 0 || !slices.ContainsFunc(s.cases.Engine.Rights(), s.cases.Local) {
		return nothing, nil
	}
	protected := map[core.ID]bool{}
	rows, err := q.Query(fmt.Sprintf(protectedOwn, marks(2, len(persons))), append([]any{org}, anys(persons)...)...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		protected[id] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read whose address is protected: %w", err)
	}
	return func(person core.ID, right string) bool { return protected[person] && s.cases.Local(right) }, nil
}
