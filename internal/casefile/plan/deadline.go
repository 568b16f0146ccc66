package plan

import (
	"context"
	"fmt"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// deadlineDays is how far ahead the first page of the day looks.
const deadlineDays = 14

const selectDeadlines = `SELECT s.due_on, p.sort_name, s.id, s.title, s.state, p.id, p.usual_name, p.given_names, p.use_name
FROM step s JOIN person p ON p.org_id = s.org_id AND p.id = s.file_id
WHERE s.org_id = $1 AND s.worker_id = $2 AND s.due_on <> '' AND s.state IN ('todo', 'waiting') AND s.due_on >= $3 AND s.due_on <= $4 AND p.died_on = ''
AND (s.due_on > $3 OR p.sort_name > $5 OR (p.sort_name = $5 AND s.id > $6)) AND `

// Mine lists the open steps that the worker answers for and that are due
// within fourteen days or already past, in files still open to them: by date,
// then by the person's name. after is "" or a page's Next.
func (s *Service) Mine(ctx context.Context, after string, limit int) (DeadlinePage, error) {
	scope, err := s.cases.Access.Scope(ctx, access.PlanRead)
	if err != nil {
		return DeadlinePage{}, err
	}
	key, id, err := casefile.ParsePage(after)
	if err != nil {
		return DeadlinePage{}, err
	}
	day, name := "", ""
	if key != "" {
		if len(key) < 10 {
			return DeadlinePage{}, errs.New(errs.Invalid, "errs.casefile.page_unknown")
		}
		day, name = key[:10], key[10:]
		if _, err := core.ParseDate(day); err != nil {
			return DeadlinePage{}, errs.Wrap(errs.Invalid, "errs.casefile.page_unknown", err)
		}
	}
	limit = casefile.PageSize(limit)
	actor, today := core.ActorFrom(ctx), s.cases.Today(ctx)
	var page DeadlinePage
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		page = DeadlinePage{}
		args := []any{actor.Org, actor.ID, day, today.AddDays(deadlineDays).String(), name, id}
		cond, more := scope.Where(access.Columns{Org: "s.org_id", Person: "s.file_id",
			Teams: "EXISTS (SELECT 1 FROM casefile c WHERE c.org_id = s.org_id AND c.person_id = s.file_id AND c.phase = 'active' AND c.team_id IN ({teams}))"}, len(args)+1)
		sql := selectDeadlines + cond + ` ORDER BY s.due_on, p.sort_name, s.id LIMIT ` + strconv.Itoa(limit+1)
		var people []core.ID
		last := ""
		rows, err := q.Query(sql, append(args, more...)...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			if len(page.Items) == limit {
				page.Next = last
				return nil
			}
			var d Deadline
			var i casefile.Identity
			var due, sort string
			if err := r.Scan(&due, &sort, &d.Step, &d.Title, &d.State, &d.Person, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse); err != nil {
				return err
			}
			var err error
			if d.DueOn, err = casefile.StoredDate(due); err != nil {
				return err
			}
			d.Name, d.Past = i.DisplayName(), d.DueOn.Before(today)
			last = casefile.NextPage(due+sort, d.Step)
			page.Items = append(page.Items, d)
			people = append(people, d.Person)
			return nil
		})
		if err != nil {
			return journal.Event{}, fmt.Errorf("list due dates: %w", err)
		}
		return journal.Event{Kind: "list", Subjects: unique(people)}, nil
	})
	return page, err
}

// unique keeps the first of each.
func unique(ids []core.ID) []core.ID {
	seen := make(map[core.ID]bool, len(ids))
	var out []core.ID
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
