package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// ListFiles lists the files of the worker's teams by name.
func (s *Service) ListFiles(ctx context.Context, after string, limit int) (FoundPage, error) {
	scope, err := s.Access.Scope(ctx, access.PersonOpen)
	if err != nil {
		return FoundPage{}, err
	}
	from, err := parseCursor(after)
	if err != nil {
		return FoundPage{}, err
	}
	limit = PageSize(limit)
	var page FoundPage
	err = s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		var hits []hit
		sql, args := teamRanges(scope, nameRange{
			selectFrom: `SELECT c.sort_name, COALESCE(al.person_id, c.person_id) AS person_id
FROM casefile c LEFT JOIN person_alias al ON al.org_id = c.org_id AND al.alias_id = c.person_id AND al.ended_at = 0`,
			where: "c.phase = 'active' AND " + listedOnce(scope.All), person: "COALESCE(al.person_id, c.person_id)",
		}, from, limit+1)
		if sql == "" {
			return journal.Event{Kind: "list"}, nil
		}
		sql = `SELECT t.sort_name, ` + hitColumns + `
FROM (SELECT DISTINCT sort_name, person_id FROM (` + sql + `) AS u) AS t JOIN person p ON p.org_id = $1 AND p.id = t.person_id
ORDER BY t.sort_name, t.person_id LIMIT ` + fmt.Sprint(limit+1)
		rows, err := q.Query(sql, args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var key string
			h, err := scanHit(r, MatchName, &key)
			h.key = key
			hits = append(hits, h)
			return err
		})
		if err != nil {
			return journal.Event{}, fmt.Errorf("list files: %w", err)
		}
		if len(hits) > limit {
			hits = hits[:limit]
			last := hits[limit-1]
			page.Next = cursor{0, last.key, last.id}.String()
		}
		page.Items, err = s.show(ctx, q, hits)
		return journal.Event{Kind: "list", Subjects: personsOf(page.Items)}, err
	})
	return page, err
}

// listedOnce keeps one of the rows of a merged person in a range: their own, else
// the first of those merged into them.
func listedOnce(allTeams bool) string {
	team := " AND o.team_id = c.team_id"
	if allTeams {
		team = ""
	}
	return `(al.id IS NULL OR NOT EXISTS (SELECT 1 FROM casefile o LEFT JOIN person_alias oa
	ON oa.org_id = o.org_id AND oa.alias_id = o.person_id AND oa.ended_at = 0
	WHERE o.org_id = c.org_id` + team + ` AND o.phase = 'active' AND o.sort_name = c.sort_name
	AND COALESCE(oa.person_id, o.person_id) = al.person_id AND (oa.id IS NULL OR o.person_id < c.person_id)))`
}

// nameRange is one range of a list by name: the table's alias must be c, its key
// sort_name then person, the column of the person shown.
type nameRange struct{ selectFrom, where, person string }

// teamRanges writes the union of one index range for each team of a scope, each
// cut at limit. $1 is the organisation. "" when the scope shows nothing.
func teamRanges(scope access.Scope, r nameRange, after cursor, limit int) (sql string, args []any) {
	args = []any{scope.Org}
	if scope.Org == "" {
		return "", nil
	}
	part := func(team string) string {
		args = append(args, after.key, after.person)
		k, id := len(args)-1, len(args)
		return fmt.Sprintf("SELECT * FROM (%s WHERE c.org_id = $1%s AND %s AND c.sort_name >= $%d AND (c.sort_name > $%d OR %s > $%d) ORDER BY c.sort_name, %s LIMIT %d) AS r%d",
			r.selectFrom, team, r.where, k, k, r.person, id, r.person, limit, id)
	}
	if scope.All {
		return part(""), args
	}
	var parts []string
	for _, t := range scope.Teams {
		args = append(args, t)
		parts = append(parts, part(fmt.Sprintf(" AND c.team_id = $%d", len(args))))
	}
	return strings.Join(parts, " UNION ALL "), args
}

// recentFiles remembers which files each worker opened last, to go back to them
// in one gesture. It is a convenience of this process, kept nowhere: what was
// read is in the journal.
type recentFiles struct {
	mu   sync.Mutex
	list map[core.ID][]core.ID // worker -> persons, the latest first
}

const (
	maxRecent        = 10
	maxRecentWorkers = 10_000
)

func newRecentFiles() *recentFiles { return &recentFiles{list: map[core.ID][]core.ID{}} }

func (r *recentFiles) add(worker, person core.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.list[worker]
	if l == nil && len(r.list) >= maxRecentWorkers {
		return
	}
	if i := slices.Index(l, person); i >= 0 {
		copy(l[1:i+1], l[:i])
		l[0] = person
		return
	}
	if len(l) < maxRecent {
		l = append(l, "")
	}
	copy(l[1:], l)
	l[0] = person
	r.list[worker] = l
}

func (r *recentFiles) of(worker core.ID, limit int) []core.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.list[worker]
	return slices.Clone(l[:min(len(l), limit)])
}

const selectByID = `SELECT ` + hitColumns + `
FROM person p WHERE p.org_id = $1 AND p.id IN (`

// RecentFiles lists the files this worker opened last since the program
// started, those still open to them, at most 10.
func (s *Service) RecentFiles(ctx context.Context, limit int) ([]Found, error) {
	if err := s.Access.Can(ctx, access.PersonFind, access.Here(ctx)); err != nil {
		return nil, err
	}
	actor := core.ActorFrom(ctx)
	ids := s.recent.of(actor.ID, min(max(limit, 1), maxRecent))
	if len(ids) == 0 {
		return nil, nil
	}
	var list []Found
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		hits, err := readHits(q, MatchName, selectByID+marks(2, len(ids))+")", append([]any{actor.Org}, anys(ids)...)...)
		if err != nil {
			return journal.Event{}, err
		}
		slices.SortFunc(hits, func(a, b hit) int { return slices.Index(ids, a.id) - slices.Index(ids, b.id) })
		shown, err := s.show(ctx, q, hits)
		for _, f := range shown {
			if f.Openable {
				list = append(list, f)
			}
		}
		return journal.Event{Kind: "list", Subjects: personsOf(list)}, err
	})
	return list, err
}
