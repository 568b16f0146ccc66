package caseload

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Nobody is the referent of an accompaniment that waits for one.
const Nobody core.ID = "nobody"

// Filter says which accompaniments of the worker's teams to list. The zero Filter
// lists all that hold.
type Filter struct {
	Referent core.ID // "" = anybody, Nobody = nobody
	Team     core.ID // "" = all the worker's; another one's lists nothing
	Ended    bool    // those that ended, instead of those that hold
	Due      bool    // with a step due within fourteen days, or past
	ToVerify bool    // with a right that a question is left for
	// SilentSince keeps those of whom no contact was noted since that day; zero: all.
	SilentSince core.Date
	Name        string // words of the name, "" = all; at most 200 characters
}

// Line is one accompaniment of the list.
type Line struct {
	Case     core.ID
	Person   core.ID
	Name     string
	Team     core.ID
	Referent core.ID
	Since    core.Date
	Ended    core.Date // zero while it holds
	NextDue  core.Date // of an open step; zero = none
	Contact  int64     // last noted, µs UTC; 0 = never
}

// Page is keyset-paged: Next is "" on the last one.
type Page struct {
	Items     []Line
	Next      string
	Names     map[core.ID]string
	TeamNames map[core.ID]string
	Today     core.Date
}

const (
	maxPage  = 200
	dueAhead = 14 // days
	maxName  = 200
)

// List lists accompaniments of the worker's teams by the person's name. after is ""
// or a page's Next; limit is at most 200.
func (s *Service) List(ctx context.Context, f Filter, after string, limit int) (Page, error) {
	scope, err := s.cases.Access.Scope(ctx, access.CaseClose) // what a worker of the team may do, and the program
	if err != nil {
		return Page{}, err
	}
	if utf8.RuneCountInString(f.Name) > maxName {
		return Page{}, errs.Fields{errs.New(errs.Invalid, "errs.casefile.text_too_long", "max", maxName).On("q")}
	}
	key, last, err := casefile.ParsePageEnd(after)
	if err != nil {
		return Page{}, err
	}
	limit = min(max(limit, 1), maxPage)
	today := s.Today(ctx)
	place := s.cases.Place(core.ActorFrom(ctx).Org)
	var page Page
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		page = Page{Today: today}
		event := journal.Event{Kind: "list"}
		teams := scope.Teams
		if f.Team != "" {
			if !scope.All && !slices.Contains(teams, f.Team) {
				return event, nil
			}
			teams = []core.ID{f.Team}
		}
		if len(teams) == 0 && !scope.All {
			return event, nil
		}
		args := []any{scope.Org}
		p := func(v any) string {
			args = append(args, v)
			return "$" + strconv.Itoa(len(args))
		}
		phase := casefile.PhaseActive
		if f.Ended {
			phase = casefile.PhaseArchive
		}
		k, id := p(key), p(last)
		ranges := make([]string, 0, len(teams))
		cond := s.conditions(f, today, p)
		if f.SilentSince != (core.Date{}) {
			from := time.Date(f.SilentSince.Year, f.SilentSince.Month, f.SilentSince.Day, 0, 0, 0, 0, place)
			cond += " AND c.last_contact_from_person_at < " + p(from.UnixMicro())
		}
		one := func(team string) {
			ranges = append(ranges, fmt.Sprintf(listRange, team, p(phase), k, k, id, cond, limit+1, len(ranges)))
		}
		for _, t := range teams {
			one(" AND c.team_id = " + p(t))
		}
		if len(teams) == 0 {
			one("")
		}
		sql := `SELECT t.sort_name, t.id, t.person_id, t.team_id, t.worker_id, t.opened_on, t.closed_on, t.contact, p.usual_name, p.given_names, p.use_name,
	(SELECT COALESCE(MIN(s.due_on), '') FROM step s WHERE s.org_id = $1 AND s.file_id IN (t.row_id, t.person_id) AND s.due_on <> '' AND s.state IN ('todo', 'waiting'))
FROM (` + strings.Join(ranges, " UNION ALL ") + `) AS t JOIN person p ON p.org_id = $1 AND p.id = t.person_id
ORDER BY t.sort_name, t.id LIMIT ` + strconv.Itoa(limit+1)
		var people, who []core.ID
		var lastKey string
		var lastID core.ID
		n := 0
		rows, err := q.Query(sql, args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			if n++; n > limit {
				page.Next = casefile.PageEnd(lastKey, lastID)
				return nil
			}
			var l Line
			var i casefile.Identity
			var since, ended, due string
			if err := r.Scan(&lastKey, &l.Case, &l.Person, &l.Team, &l.Referent, &since, &ended, &l.Contact, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse, &due); err != nil {
				return err
			}
			lastID = l.Case
			var err error
			for at, text := range map[*core.Date]string{&l.Since: since, &l.Ended: ended, &l.NextDue: due} {
				if *at, err = day(text); err != nil {
					return err
				}
			}
			l.Name = i.DisplayName()
			same := func(o Line) bool { return o.Person == l.Person && o.Team == l.Team }
			if slices.ContainsFunc(page.Items, same) {
				return nil // two files that are one person
			}
			page.Items = append(page.Items, l)
			people = append(people, l.Person)
			who = append(who, l.Referent)
			return nil
		})
		if err != nil {
			return event, fmt.Errorf("list accompaniments: %w", err)
		}
		if page.Names, err = workerNames(q, scope.Org, who...); err != nil {
			return event, err
		}
		page.TeamNames, err = teamNames(q, scope.Org)
		slices.Sort(people)
		event.Subjects = slices.Compact(people)
		return event, err
	})
	return page, err
}

// listRange is one range of one team's index. An accompaniment that ended and began
// again is listed once, as it stands.
const listRange = `SELECT * FROM (SELECT c.sort_name, c.id, c.person_id AS row_id, COALESCE(al.person_id, c.person_id) AS person_id, c.team_id, c.worker_id,
	c.opened_on, c.closed_on, c.last_contact_from_person_at AS contact
FROM casefile c LEFT JOIN person_alias al ON al.org_id = c.org_id AND al.alias_id = c.person_id AND al.ended_at = 0
WHERE c.org_id = $1%s AND c.phase = %s AND c.sort_name >= %s AND (c.sort_name > %s OR c.id > %s)
AND NOT EXISTS (SELECT 1 FROM casefile n WHERE n.org_id = c.org_id AND n.person_id = c.person_id AND n.reopens = c.id)%s
ORDER BY c.sort_name, c.id LIMIT %d) AS r%d`

// conditions writes what the filter asks besides team and phase.
func (s *Service) conditions(f Filter, today core.Date, p func(any) string) string {
	cond := ""
	switch f.Referent {
	case "":
	case Nobody:
		cond += " AND c.worker_id = ''"
	default:
		cond += " AND c.worker_id = " + p(f.Referent)
	}
	if f.Due {
		cond += ` AND EXISTS (SELECT 1 FROM step s WHERE s.org_id = c.org_id AND s.file_id IN (c.person_id, COALESCE(al.person_id, c.person_id))
	AND s.due_on <> '' AND s.state IN ('todo', 'waiting') AND s.due_on <= ` + p(today.AddDays(dueAhead).String()) + `)`
	}
	if f.ToVerify {
		cond += ` AND EXISTS (SELECT 1 FROM right_to_talk k JOIN right_result r ON r.org_id = k.org_id AND r.file_id = k.person_id AND r.evaluation_id = k.evaluation_id
	AND r.right_name = k.right_name WHERE k.org_id = c.org_id AND k.person_id = COALESCE(al.person_id, c.person_id) AND r.status = 'to_verify')`
	}
	for _, w := range strings.Fields(casefile.Fold(f.Name)) {
		n, err := strconv.Atoi(p(w)[1:])
		if err != nil {
			return cond + " AND 1 = 0" // p gives "$1", "$2"…
		}
		cond += " AND EXISTS (SELECT 1 FROM person x WHERE x.org_id = c.org_id AND x.id = COALESCE(al.person_id, c.person_id) AND " + s.cases.DB.Dialect().Contains("x.search_text", n) + ")"
	}
	return cond
}
