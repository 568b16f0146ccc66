package talk

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

const (
	maxPage    = 100
	candidates = 120 // people read at once to fill a page
	maxReads   = 10  // times that more are read; the page then ends early, and goes on
)

// candidate is somebody that a run found something about.
type candidate struct {
	Person
	key string // of the order
	row core.ID
}

// List lists people of the worker's teams with whom there is something to talk about,
// by name or by last contact. after is "" or a page's Next; limit is at most 100.
func (s *Service) List(ctx context.Context, f Filter, after string, limit int) (Page, error) {
	scope, err := s.cases.Access.Scope(ctx, access.TalkRead)
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
	today := s.cases.Today(ctx)
	var page Page
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		page = Page{Today: today}
		event := journal.Event{Kind: "talk.list"}
		key, last := key, last
		var who []core.ID
		for range maxReads {
			more, err := s.candidates(q, scope, f, today, key, last)
			if err != nil {
				return event, err
			}
			some := more[:min(len(more), candidates)]
			if err := s.fill(q, scope.Org, some, f, today); err != nil {
				return event, err
			}
			page.Next = ""
			for i, c := range some {
				key, last = c.key, c.row
				if len(c.Rights) == 0 || slices.ContainsFunc(page.Items, func(p Person) bool { return p.ID == c.ID }) {
					continue
				}
				if len(page.Items) == limit {
					prev := some[i-1] // the page was full: this one begins the next
					page.Next = casefile.PageEnd(prev.key, prev.row)
					break
				}
				page.Items = append(page.Items, c.Person)
				for _, r := range c.Rights {
					if r.Pause != nil {
						who = append(who, r.Pause.By)
					}
				}
				event.Subjects = append(event.Subjects, c.ID)
			}
			if page.Next != "" || len(more) <= candidates {
				break
			}
			page.Next = casefile.PageEnd(key, last)
			if len(page.Items) == limit {
				break
			}
		}
		if err := names(q, scope.Org, page.Items); err != nil {
			return event, err
		}
		if page.Workers, err = workerNames(q, scope.Org, who...); err != nil {
			return event, err
		}
		page.TeamNames, err = teamNames(q, scope.Org)
		return event, err
	})
	return page, err
}

func teamNames(q db.Querier, org core.ID) (map[core.ID]string, error) {
	teams, err := access.Teams(q, org)
	if err != nil {
		return nil, fmt.Errorf("names of teams: %w", err)
	}
	names := make(map[core.ID]string, len(teams))
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	return names, nil
}

// contactWidth is how many digits an instant is written with in a cursor.
const contactWidth = 20

// candidates reads the next people, at most one more than a read.
func (s *Service) candidates(q db.Querier, scope access.Scope, f Filter, today core.Date, key string, last core.ID) ([]candidate, error) {
	teams := scope.Teams
	if f.Team != "" {
		if !scope.All && !slices.Contains(teams, f.Team) {
			return nil, nil
		}
		teams = []core.ID{f.Team}
	}
	if scope.Org == "" || len(teams) == 0 && !scope.All {
		return nil, nil
	}
	args := []any{scope.Org}
	p := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	cond := ""
	if len(teams) > 0 {
		from := len(args) + 1
		args = append(args, anys(teams)...)
		cond += " AND c.team_id IN (" + marks(from, len(teams)) + ")"
	}
	switch f.Referent {
	case "":
	case Nobody:
		cond += " AND c.worker_id = ''"
	default:
		cond += " AND c.worker_id = " + p(f.Referent)
	}
	for _, w := range strings.Fields(casefile.Fold(f.Name)) {
		n := len(args) + 1
		p(w)
		cond += " AND " + s.cases.DB.Dialect().Contains("p.search_text", n)
	}
	cond += " AND EXISTS (SELECT 1 FROM talk_right r JOIN talk_file tf ON tf.org_id = r.org_id AND tf.file_id = r.file_id AND tf.month = " + p(today.CalendarMonth()) +
		" WHERE r.org_id = c.org_id AND r.file_id = " + kept
	if f.Right != "" {
		cond += " AND r.right_name = " + p(f.Right)
	}
	since := s.instant(scope.Org, today.AddDays(-recent))
	if f.Since != (core.Date{}) {
		since = s.instant(scope.Org, f.Since)
		cond += " AND r.changed_at >= " + p(since)
	}
	switch f.Kind {
	case Missing:
		cond += " AND r.status = 'to_verify' AND r.pages < " + strconv.Itoa(tooLittle)
	case Unclaimed:
		cond += " AND r.status = 'probable'"
	case Changed:
		cond += " AND r.changed_at >= " + p(since)
	default:
		cond += " AND (r.status = 'probable' OR r.status = 'to_verify' AND r.pages < " + strconv.Itoa(tooLittle) + " OR r.changed_at >= " + p(since) + ")"
	}
	cond += ")"
	order, where := "c.sort_name", ""
	if f.Order == ByContact {
		order = "c.last_contact_from_person_at"
		if key != "" {
			at, err := strconv.ParseInt(key, 10, 64)
			if err != nil {
				return nil, errs.New(errs.Invalid, "errs.casefile.page_unknown")
			}
			n := p(at)
			where = fmt.Sprintf(" AND (%s > %s OR %s = %s AND c.id > %s)", order, n, order, n, p(last))
		}
	} else {
		n := p(key)
		where = fmt.Sprintf(" AND (%s > %s OR %s = %s AND c.id > %s)", order, n, order, n, p(last))
	}
	sql := `SELECT c.sort_name, c.last_contact_from_person_at, c.id, ` + kept + `, p.usual_name, p.given_names, p.use_name
FROM ` + caseAlias + ` JOIN person p ON p.org_id = c.org_id AND p.id = ` + kept + ` AND p.died_on = ''
WHERE c.org_id = $1 AND c.phase = 'active'` + cond + ` AND ` + included + where + ` ORDER BY ` + order + `, c.id LIMIT ` + strconv.Itoa(candidates+1)
	var list []candidate
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var c candidate
		var i casefile.Identity
		err := r.Scan(&c.key, &c.Contact, &c.row, &c.ID, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse)
		c.Name = i.DisplayName()
		if f.Order == ByContact {
			c.key = fmt.Sprintf("%0*d", contactWidth, c.Contact)
		}
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list whom to talk with: %w", err)
	}
	return list, nil
}

// instant is the first of a day at the organisation's, µs UTC.
func (s *Service) instant(org core.ID, d core.Date) int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, s.cases.Place(org)).UnixMicro()
}

// fill reads what runs found about some people, and keeps what the filter asks.
func (s *Service) fill(q db.Querier, org core.ID, list []candidate, f Filter, today core.Date) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]core.ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	decided, err := loadDecided(q, org, ids)
	if err != nil {
		return err
	}
	pauses, err := loadPauses(q, org, ids)
	if err != nil {
		return err
	}
	hidden, err := s.hides(q, org, ids...)
	if err != nil {
		return err
	}
	found := map[core.ID][]Right{}
	computed := map[core.ID]int64{}
	rows, err := q.Query(`SELECT tf.file_id, tf.computed_at, `+rightColumns+` FROM talk_file tf JOIN talk_right r ON r.org_id = tf.org_id AND r.file_id = tf.file_id
WHERE tf.org_id = $1 AND tf.month = $2 AND tf.file_id IN (`+marks(3, len(ids))+`)
AND (status <> 'not_due' OR changed_at > 0) ORDER BY tf.file_id, right_name`, append([]any{org, today.CalendarMonth()}, anys(ids)...)...)
	now := s.cases.Clock.Now()
	err = db.Each(rows, err, func(r *db.Rows) error {
		var person core.ID
		var at int64
		name, pages, row, err := scanRight(r, &person, &at)
		if err != nil {
			return err
		}
		computed[person] = at
		if hidden(person, name) {
			return nil
		}
		right := Right{Name: name, Said: row.Said, Pages: pages}
		if right.Missing, err = readMissing(row.missing); err != nil {
			return err
		}
		if row.at >= s.instant(org, today.AddDays(-recent)) {
			right.News = &News{At: row.at, Month: row.month, Was: row.was}
			if right.News.Why, err = readWhy(row.why); err != nil {
				return err
			}
		}
		if d, any := decided[person][name]; any && d.Kind != casefile.Reopened {
			right.Decision = &d
		}
		if right.Kind = right.kind(now); right.Kind == "" {
			return nil
		}
		for _, p := range pauses[person] {
			if p.Right == name {
				if right.TakeUp == "" {
					right.TakeUp = p.TakeUp
				}
				if p.holds(today, right.word(right.Missing)) {
					right.Pause = &p
				}
			}
		}
		if d, any := decided[person][name]; any && right.TakeUp == "" {
			right.TakeUp = d.NonTakeUp
		}
		if s.asked(right, f, org) {
			found[person] = append(found[person], right)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read what to talk about: %w", err)
	}
	planned, err := loadPlanned(q, org, ids)
	if err != nil {
		return err
	}
	place := map[string]int{}
	for i, name := range s.cases.Engine.Rights() {
		place[name] = i
	}
	for i := range list {
		list[i].Rights, list[i].Computed = found[list[i].ID], computed[list[i].ID]
		for k := range list[i].Rights {
			list[i].Rights[k].Planned = planned[stepOf{list[i].ID, list[i].Rights[k].Name}]
		}
		slices.SortStableFunc(list[i].Rights, func(a, b Right) int { return place[a.Name] - place[b.Name] })
	}
	return nil
}

// kind says why a right is worth a word today; "" when it is not.
func (r *Right) kind(now time.Time) Kind {
	open := r.Status == casefile.Probable || r.Status == casefile.ToVerify
	if d := r.Decision; d != nil {
		switch {
		case d.Kind == casefile.NotWanted:
			return "" // for everybody, until the person comes back on it
		case d.Kind == casefile.Contested:
			return Contested
		case d.Kind == casefile.ToClaim && open:
			return ToClaim
		case d.Kind == casefile.Claimed && open && now.Sub(time.UnixMicro(d.At)) > late*24*time.Hour:
			return NotReceived
		case r.News != nil:
			return Changed
		}
		return ""
	}
	switch {
	case r.Status == casefile.Probable:
		return Unclaimed
	case r.Status == casefile.ToVerify && r.Pages < tooLittle:
		return Missing
	case r.News != nil && r.Status == casefile.NotDue:
		return Changed
	}
	return ""
}

// asked tells whether the filter asks for a right.
func (s *Service) asked(r Right, f Filter, org core.ID) bool {
	switch {
	case f.Right != "" && r.Name != f.Right,
		f.Kind == Changed && r.News == nil,
		f.Kind != "" && f.Kind != Changed && r.Kind != f.Kind,
		f.TakeUp != "" && r.TakeUp != f.TakeUp,
		f.Paused != (r.Pause != nil),
		f.Since != (core.Date{}) && (r.News == nil || r.News.At < s.instant(org, f.Since)):
		return false
	}
	return true
}

// stepOf is a right in somebody's plan.
type stepOf struct {
	person core.ID
	right  string
}

// loadPlanned gives an open step about each right of some people's plans.
func loadPlanned(q db.Querier, org core.ID, ids []core.ID) (map[stepOf]core.ID, error) {
	out := map[stepOf]core.ID{}
	rows, err := q.Query(`SELECT file_id, right_name, id FROM step WHERE org_id = $1 AND file_id IN (`+marks(2, len(ids))+`)
AND right_name <> '' AND state IN ('todo', 'waiting') ORDER BY file_id, id`, append([]any{org}, anys(ids)...)...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var k stepOf
		var id core.ID
		err := r.Scan(&k.person, &k.right, &id)
		out[k] = id
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the plans: %w", err)
	}
	return out, nil
}

const (
	selectAliases   = `SELECT alias_id, person_id, id FROM person_alias WHERE org_id = $1 AND ended_at = 0 AND person_id IN (%s)`
	selectDecisions = `SELECT file_id, right_name, id, kind, non_take_up, at, by_worker FROM right_decision WHERE org_id = $1 AND file_id IN (%s) ORDER BY file_id, right_name, id DESC`
)

// loadDecided reads the decision that counts for each right of some people. Of
// somebody merged, what was decided since the merge counts; else a no of either file;
// else the last, as on the page of the file.
func loadDecided(q db.Querier, org core.ID, ids []core.ID) (map[core.ID]map[string]casefile.Decision, error) {
	merged, of := map[core.ID]core.ID{}, map[core.ID]core.ID{} // file -> when it became who
	for _, id := range ids {
		of[id] = id
	}
	rows, err := q.Query(fmt.Sprintf(selectAliases, marks(2, len(ids))), append([]any{org}, anys(ids)...)...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var alias, person, merge core.ID
		err := r.Scan(&alias, &person, &merge)
		of[alias], merged[alias] = person, merge
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("who is who: %w", err)
	}
	type key struct {
		person core.ID
		right  string
	}
	type line struct {
		casefile.Decision
		file core.ID
	}
	lasts := map[key][]line{}
	files := make([]core.ID, 0, len(of))
	for file := range of {
		files = append(files, file)
	}
	slices.Sort(files)
	rows, err = q.Query(fmt.Sprintf(selectDecisions, marks(2, len(files))), append([]any{org}, anys(files)...)...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var l line
		err := r.Scan(&l.file, &l.Right, &l.ID, &l.Kind, &l.NonTakeUp, &l.At, &l.By)
		k := key{of[l.file], l.Right}
		if !slices.ContainsFunc(lasts[k], func(o line) bool { return o.file == l.file }) {
			lasts[k] = append(lasts[k], l)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	out := map[core.ID]map[string]casefile.Decision{}
	for k, list := range lasts {
		slices.SortFunc(list, func(a, b line) int { return strings.Compare(string(b.ID), string(a.ID)) })
		own := slices.IndexFunc(list, func(l line) bool { return l.file == k.person })
		held := list[0].Decision
		for _, l := range list {
			since := own >= 0 && list[own].ID > merged[l.file]
			if l.Kind == casefile.NotWanted && held.Kind != casefile.NotWanted && (l.file == k.person || !since) {
				held = l.Decision
			}
		}
		if own >= 0 && !slices.ContainsFunc(list, func(l line) bool { return list[own].ID < merged[l.file] }) {
			held = list[own].Decision
		}
		if out[k.person] == nil {
			out[k.person] = map[string]casefile.Decision{}
		}
		out[k.person][k.right] = held
	}
	return out, nil
}

// names gives the first names of those whom a cause or a missing fact speaks of.
func names(q db.Querier, org core.ID, list []Person) error {
	var ids []core.ID
	for _, p := range list {
		for _, r := range p.Rights {
			for _, m := range r.Missing {
				ids = append(ids, m.Subject.ID)
			}
			if r.News != nil {
				for _, c := range r.News.Why {
					ids = append(ids, c.Subject.ID)
				}
			}
		}
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id core.ID) bool { return id == "" })
	first := map[core.ID]string{}
	for some := range slices.Chunk(ids, 500) {
		rows, err := q.Query(`SELECT id, given_names, use_name FROM person WHERE org_id = $1 AND id IN (`+marks(2, len(some))+`)`, append([]any{org}, anys(some)...)...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var id core.ID
			var i casefile.Identity
			err := r.Scan(&id, &i.GivenNames, &i.FirstNameOfUse)
			first[id] = i.FirstName()
			return err
		})
		if err != nil {
			return fmt.Errorf("first names: %w", err)
		}
	}
	for i := range list {
		list[i].Humans = first
	}
	return nil
}
