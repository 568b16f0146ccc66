package talk

import (
	"context"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Fewest is the smallest number that is ever shown of an organisation: below it
// somebody might be recognised.
const Fewest = 11

// Count is how many files of an organisation a right is, or may be, due in, and
// nothing was decided about it. Hidden stands for any number below Fewest, 0
// included; the files are multiples of five, so that two days cannot be subtracted.
type Count struct {
	Right    string
	Probable int // 0 when Hidden
	ToVerify int
	Changed  int // lately
	Hidden   struct{ Probable, ToVerify, Changed bool }
}

const selectCounts = `SELECT r.right_name, SUM(CASE WHEN r.status = 'probable' THEN 1 ELSE 0 END), SUM(CASE WHEN r.status = 'to_verify' THEN 1 ELSE 0 END),
	SUM(CASE WHEN r.changed_at >= $2 THEN 1 ELSE 0 END)
FROM talk_right r JOIN talk_file tf ON tf.org_id = r.org_id AND tf.file_id = r.file_id AND tf.month = $3 /* every row: the counts of the whole organisation */ WHERE r.org_id = $1 AND (r.status <> 'not_due' OR r.changed_at >= $2)
AND EXISTS (SELECT 1 FROM casefile c LEFT JOIN person_alias al ON al.org_id = c.org_id AND al.alias_id = c.person_id AND al.ended_at = 0
	JOIN person p ON p.org_id = c.org_id AND p.id = ` + kept + ` AND p.died_on = ''
	WHERE c.org_id = r.org_id AND ` + kept + ` = r.file_id AND c.phase = 'active' AND ` + included + `)
AND NOT EXISTS (SELECT 1 FROM right_decision d WHERE d.org_id = r.org_id AND d.file_id = r.file_id AND d.right_name = r.right_name AND d.kind <> 'reopened'
	AND NOT EXISTS (SELECT 1 FROM right_decision n WHERE n.org_id = d.org_id AND n.file_id = d.file_id AND n.right_name = d.right_name AND n.id > d.id))
GROUP BY r.right_name`

// Counts is what may be said of a whole organisation, in the law's order: no name, no
// team, no worker, no small number. It looks at nobody's file: no line of a journal.
func (s *Service) Counts(ctx context.Context) ([]Count, error) {
	if err := s.cases.Access.Can(ctx, access.TalkCount, access.Here(ctx)); err != nil {
		return nil, err
	}
	org := core.ActorFrom(ctx).Org
	since := s.instant(org, s.cases.Today(ctx).AddDays(-recent))
	found := map[string]Count{}
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(selectCounts, org, since, s.cases.ThisMonth(ctx))
		return db.Each(rows, err, func(r *db.Rows) error {
			var c Count
			var n [3]int64
			if err := r.Scan(&c.Right, &n[0], &n[1], &n[2]); err != nil {
				return err
			}
			c.Probable, c.Hidden.Probable = blur(n[0])
			c.ToVerify, c.Hidden.ToVerify = blur(n[1])
			c.Changed, c.Hidden.Changed = blur(n[2])
			found[c.Right] = c
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("count rights: %w", err)
	}
	var list []Count
	for _, right := range s.cases.Engine.Rights() {
		c, any := found[right]
		if !any {
			c = Count{Right: right}
			c.Hidden.Probable, c.Hidden.ToVerify, c.Hidden.Changed = true, true, true
		}
		list = append(list, c)
	}
	return list, nil
}

// blur hides a small number and rounds the others down to a multiple of five, never
// below Fewest.
func blur(n int64) (shown int, hidden bool) {
	if n < Fewest {
		return 0, true
	}
	return max(int(n)/5*5, Fewest), false
}
