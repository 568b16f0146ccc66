package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// JobDelete carries out the next part of a list.
const JobDelete = "retention.delete"

const (
	openList   = `SELECT COUNT(*) FROM retention_list WHERE org_id = $1 AND state IN ('waiting', 'approved', 'running') /* every row: a few lists a year */`
	insertList = `INSERT INTO retention_list (org_id, id, state, up_to, made_at, made_by, visa_name, visa_ref, visa_on, visa_at, visa_by, started_at, started_by, ended_at, version)
VALUES ($1, $2, $3, $4, $5, $6, '', '', '', 0, '', 0, '', 0, 1)`
	endable = `SELECT a.person_id, a.last_contact FROM retention_archive a
WHERE a.org_id = $1 AND a.returned_at = 0 AND a.last_contact < $2 ORDER BY a.last_contact, a.person_id LIMIT $3`
	insertItems = `INSERT INTO retention_item (org_id, list_id, place, person_id, team_id, opened_on, last_contact, state, why) VALUES `
	opening     = `SELECT team_id, opened_on FROM casefile WHERE org_id = $1 AND person_id = $2 ORDER BY id`
)

// item is a file that may go.
type item struct {
	place             int64
	person, team      core.ID
	openedOn, contact string
	state, why        string
}

// endableFiles are the files of the archive whose time is over, held ones apart.
func endableFiles(q db.Querier, org core.ID, rule Rule, today core.Date) (list []item, heldBack int, err error) {
	rows, err := q.Query(endable, org, rule.endsBefore(today).String(), maxList)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var i item
		err := r.Scan(&i.person, &i.contact)
		list = append(list, i)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("files whose time is over: %w", err)
	}
	free := list[:0]
	for _, i := range list {
		kept, err := held(q, org, i.person, today)
		if err != nil {
			return nil, 0, err
		}
		if kept {
			heldBack++
			continue
		}
		rows, err := q.Query(opening, org, i.person)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var team core.ID
			var on string
			err := r.Scan(&team, &on)
			if i.openedOn == "" || on < i.openedOn {
				i.openedOn = on
			}
			i.team = team
			return err
		})
		if err != nil {
			return nil, 0, fmt.Errorf("whose file %s was: %w", i.person, err)
		}
		i.place = int64(len(free) + 1)
		i.state = "listed"
		free = append(free, i)
	}
	return free, heldBack, nil
}

// Rehearsal says what would go, without naming anybody and without changing anything.
type Rehearsal struct {
	Rule    Rule
	Archive int // files that would go into the archive today, before who signed in lately is looked at
	Delete  []Group
	Files   int // of Delete
	Held    int // files whose time is over and that a hold keeps
}

// Rehearse says what would go in the actor's organisation, for who administers.
func (s *Service) Rehearse(ctx context.Context) (Rehearsal, error) {
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return Rehearsal{}, err
	}
	var out Rehearsal
	org, today := core.ActorFrom(ctx).Org, s.cases.Today(ctx)
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		out, err = Foretell(q, org, today, s.cases.Place(org))
		return err
	})
	return out, err
}

// Foretell is Rehearse on a snapshot, for the command line: the caller has checked that
// they may. place is where the organisation's days are counted.
func Foretell(q db.Querier, org core.ID, today core.Date, place *time.Location) (Rehearsal, error) {
	var out Rehearsal
	var err error
	if out.Rule, err = RuleOf(q, org); err != nil || !out.Rule.Chosen() {
		return out, err
	}
	cutoff := out.Rule.entersBefore(today)
	seen := map[core.ID]bool{}
	for after := core.ID(""); ; {
		list, err := due(q, org, after, cutoff)
		if err != nil {
			return out, err
		}
		for _, id := range list {
			after = id
			humans, err := humansOf(q, org, id)
			if err != nil {
				return out, err
			}
			if seen[humans[0]] {
				continue
			}
			seen[humans[0]] = true
			last, err := lastContact(q, org, humans, place)
			if err != nil {
				return out, err
			}
			if last.Before(cutoff) {
				out.Archive++
			}
		}
		if len(list) < chunk {
			break
		}
	}
	items, kept, err := endableFiles(q, org, out.Rule, today)
	if err != nil {
		return out, err
	}
	teams, err := teamNames(q, org)
	if err != nil {
		return out, err
	}
	out.Files, out.Held = len(items), kept
	out.Delete, err = groups(items, teams)
	return out, err
}

// groups counts items by year of the last contact and team, the oldest first.
func groups(items []item, teams map[core.ID]string) ([]Group, error) {
	var list []Group
	for _, i := range items {
		contact, err := core.ParseDate(i.contact)
		if err != nil {
			return nil, fmt.Errorf("day of a list: %w", err)
		}
		opened, err := core.ParseDate(i.openedOn)
		if err != nil {
			return nil, fmt.Errorf("day of a list: %w", err)
		}
		at := slices.IndexFunc(list, func(g Group) bool { return g.Team == i.team && g.Year == contact.Year })
		if at < 0 {
			at = len(list)
			list = append(list, Group{Team: i.team, TeamName: teams[i.team], Year: contact.Year, First: opened, Last: contact})
		}
		g := &list[at]
		g.Files++
		if opened.Before(g.First) {
			g.First = opened
		}
		g.Last = later(g.Last, contact)
		if i.state == "kept" {
			g.HeldOrReturned++
		}
	}
	slices.SortFunc(list, func(a, b Group) int {
		if a.Year != b.Year {
			return a.Year - b.Year
		}
		return strings.Compare(a.TeamName+string(a.Team), b.TeamName+string(b.Team))
	})
	return list, nil
}

// Draw makes the list of the files whose time in the archive is over; in a public body it
// waits for the visa. One list is open at a time (Conflict); nothing to list is Invalid.
func (s *Service) Draw(ctx context.Context) (core.ID, error) {
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return "", err
	}
	actor, today := core.ActorFrom(ctx), s.cases.Today(ctx)
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		rule, err := RuleOf(tx, actor.Org)
		if err != nil {
			return err
		}
		if !rule.Chosen() {
			return errs.New(errs.Invalid, "errs.keeping.no_rule")
		}
		var open int64
		if err := tx.QueryRow(openList, actor.Org).Scan(&open); err != nil {
			return fmt.Errorf("open lists: %w", err)
		}
		if open > 0 {
			return errs.New(errs.Conflict, "errs.keeping.list_open")
		}
		items, _, err := endableFiles(tx, actor.Org, rule, today)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return errs.New(errs.Invalid, "errs.keeping.list_empty")
		}
		state := Approved
		if rule.PublicBody {
			state = Waiting
		}
		if _, err := tx.Exec(insertList, actor.Org, id, string(state), rule.endsBefore(today).String(), tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("make a list: %w", err)
		}
		for part := range slices.Chunk(items, 50) {
			if err := insertAll(tx, actor.Org, id, part); err != nil {
				return err
			}
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "archive.list", Object: "archive_list", ObjectID: id, Detail: map[string]string{"files": strconv.Itoa(len(items))}})
	})
	return id, err
}

func insertAll(tx *db.Tx, org, list core.ID, items []item) error {
	var b strings.Builder
	b.WriteString(insertItems)
	args := []any{org, list}
	for n, i := range items {
		if n > 0 {
			b.WriteString(", ")
		}
		at := len(args)
		fmt.Fprintf(&b, "($1, $2, $%d, $%d, $%d, $%d, $%d, 'listed', '')", at+1, at+2, at+3, at+4, at+5)
		args = append(args, i.place, i.person, i.team, i.openedOn, i.contact)
	}
	if _, err := tx.Exec(b.String(), args...); err != nil {
		return fmt.Errorf("write a list: %w", err)
	}
	return nil
}

const (
	listColumns = `SELECT id, state, up_to, made_at, made_by, visa_name, visa_ref, visa_on, visa_by, ended_at, version FROM retention_list `
	selectItems = `SELECT place, person_id, team_id, opened_on, last_contact, state, why FROM retention_item WHERE org_id = $1 AND list_id = $2 ORDER BY place`
)

func scanList(r interface{ Scan(...any) error }) (List, error) {
	var l List
	var upTo, visaOn string
	if err := r.Scan(&l.ID, &l.State, &upTo, &l.MadeAt, &l.MadeBy, &l.Visa.Name, &l.Visa.Ref, &visaOn, &l.VisaBy, &l.EndedAt, &l.Version); err != nil {
		return l, err
	}
	var err error
	if l.UpTo, err = core.ParseDate(upTo); err == nil && visaOn != "" {
		l.Visa.On, err = core.ParseDate(visaOn)
	}
	return l, err
}

// Lists gives the lists of the organisation, the latest first, at most fifty, without
// what they hold.
func (s *Service) Lists(ctx context.Context) ([]List, error) {
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return nil, err
	}
	var list []List
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		list = nil
		rows, err := q.Query(listColumns+`WHERE org_id = $1 ORDER BY id DESC LIMIT $2 /* every row: a few lists a year */`, core.ActorFrom(ctx).Org, pageOfList)
		return db.Each(rows, err, func(r *db.Rows) error {
			l, err := scanList(r)
			list = append(list, l)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("lists of files to delete: %w", err)
	}
	return list, nil
}

// Get reads one list with what it holds, by year and team: it names nobody.
func (s *Service) Get(ctx context.Context, id core.ID) (List, error) {
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return List{}, err
	}
	var l List
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		l, err = getList(q, core.ActorFrom(ctx).Org, id)
		return err
	})
	return l, err
}

func getList(q db.Querier, org, id core.ID) (List, error) {
	l, err := scanList(q.QueryRow(listColumns+`WHERE org_id = $1 AND id = $2`, org, id))
	if errors.Is(err, db.ErrNoRows) {
		return l, errs.New(errs.NotFound, "errs.keeping.no_list")
	}
	if err != nil {
		return l, fmt.Errorf("read a list: %w", err)
	}
	var items []item
	rows, err := q.Query(selectItems, org, id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var i item
		err := r.Scan(&i.place, &i.person, &i.team, &i.openedOn, &i.contact, &i.state, &i.why)
		items = append(items, i)
		switch i.state {
		case "gone":
			l.Gone++
		case "kept":
			l.Kept++
		}
		return err
	})
	if err != nil {
		return l, fmt.Errorf("read a list: %w", err)
	}
	l.Files = len(items)
	teams, err := teamNames(q, org)
	if err != nil {
		return l, err
	}
	l.Groups, err = groups(items, teams)
	return l, err
}

const (
	approve  = `UPDATE retention_list SET state = 'approved', visa_name = $4, visa_ref = $5, visa_on = $6, visa_at = $7, visa_by = $8, version = version + 1 WHERE org_id = $1 AND id = $2 AND state = 'waiting' AND version = $3`
	withdraw = `UPDATE retention_list SET state = 'withdrawn', ended_at = $4, version = version + 1 WHERE org_id = $1 AND id = $2 AND version = $3 AND state IN ('waiting', 'approved')`
	begin    = `UPDATE retention_list SET state = 'running', started_at = $4, started_by = $5, version = version + 1 WHERE org_id = $1 AND id = $2 AND state = 'approved' AND version = $3`
	freeList = `UPDATE retention_item SET state = 'kept', why = 'withdrawn' WHERE org_id = $1 AND list_id = $2 AND state = 'listed'`
)

// Approve writes the visa of the public archives on a list that waits for it: who signed,
// their reference, which day. Invalid by field; Conflict when the list changed meanwhile.
func (s *Service) Approve(ctx context.Context, id core.ID, version int64, v Visa) error {
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return err
	}
	actor, today := core.ActorFrom(ctx), s.cases.Today(ctx)
	var f errs.Fields
	v.Name = line(&f, "visa_name", v.Name, maxVisa, "errs.keeping.visa_name")
	v.Ref = line(&f, "visa_ref", v.Ref, maxVisa, "errs.keeping.visa_ref")
	switch {
	case v.On.IsZero():
		f.Add("visa_on", "errs.keeping.visa_on")
	case today.Before(v.On):
		f.Add("visa_on", "errs.casefile.date_future")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.moveList(ctx, id, "archive.visa", approve, func(tx *db.Tx) []any {
		return []any{actor.Org, id, version, v.Name, v.Ref, v.On.String(), tx.Now(), actor.ID}
	})
}

// Withdraw gives a list up before anything of it was deleted.
func (s *Service) Withdraw(ctx context.Context, id core.ID, version int64) error {
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return err
	}
	return s.moveList(ctx, id, "archive.withdraw", withdraw, func(tx *db.Tx) []any {
		return []any{core.ActorFrom(ctx).Org, id, version, tx.Now()}
	})
}

// Carry deletes the files of an approved list, from now on and in the background. It
// asks for a recent proof of who the actor is.
func (s *Service) Carry(ctx context.Context, id core.ID, version int64) error {
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return err
	}
	if err := s.cases.Access.Recent(ctx); err != nil {
		return err
	}
	return s.moveList(ctx, id, "archive.carry", begin, func(tx *db.Tx) []any {
		actor := core.ActorFrom(ctx)
		return []any{actor.Org, id, version, tx.Now(), actor.ID}
	})
}

func (s *Service) moveList(ctx context.Context, id core.ID, kind, sql string, args func(tx *db.Tx) []any) error {
	org := core.ActorFrom(ctx).Org
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := scanList(tx.QueryRow(listColumns+`WHERE org_id = $1 AND id = $2`, org, id)); errors.Is(err, db.ErrNoRows) {
			return errs.New(errs.NotFound, "errs.keeping.no_list")
		} else if err != nil {
			return fmt.Errorf("read a list: %w", err)
		}
		n, err := tx.Exec(sql, args(tx)...)
		if err != nil {
			return fmt.Errorf("move a list: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "errs.keeping.list_changed")
		}
		switch kind {
		case "archive.withdraw":
			_, err = tx.Exec(freeList, org, id)
		case "archive.carry":
			err = tx.Enqueue(db.Job{Kind: JobDelete, Org: org, Args: []core.ID{id}})
		}
		if err != nil {
			return fmt.Errorf("move a list: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: kind, Object: "archive_list", ObjectID: id})
	})
}

// Leaving is a file that leaves the active base soon, or that a list would delete.
type Leaving struct {
	Person      core.ID
	Name        string
	LastContact core.Date
	On          core.Date // the day it goes into the archive; zero when a list holds it
	There       bool      // in the archive, on a list
}

// inLists: those that a list would delete and that a team of the actor accompanied.
const (
	inLists = `SELECT i.person_id, i.last_contact FROM retention_list l JOIN retention_item i ON i.org_id = l.org_id AND i.list_id = l.id
WHERE l.org_id = $1 AND l.state IN ('waiting', 'approved') AND i.state = 'listed' AND i.team_id IN (%s) ORDER BY i.place LIMIT %d /* every row: the one open list */`
	soonGone = `SELECT c.person_id FROM casefile c WHERE c.org_id = $1 AND c.team_id IN (%s) AND c.phase IN ('active', 'archive') AND c.last_contact_from_person_at < $2
ORDER BY c.sort_name, c.person_id LIMIT %d`
)

// Foresee lists, for a worker, the files of their teams that go into the archive within
// sixty days, by name, and those that a list would delete: at most fifty of each.
func (s *Service) Foresee(ctx context.Context) (soon, listed []Leaving, err error) {
	sc, err := s.cases.Access.Scope(ctx, access.ArchiveList)
	if err != nil {
		return nil, nil, err
	}
	if len(sc.Teams) == 0 {
		return nil, nil, nil
	}
	today := s.cases.Today(ctx)
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		soon, listed = nil, nil
		event := journal.Event{Kind: "list"}
		rule, err := RuleOf(q, sc.Org)
		if err != nil || !rule.Chosen() {
			return event, err
		}
		if soon, err = s.soon(q, sc, rule, today); err != nil {
			return event, err
		}
		if listed, err = s.listed(q, sc); err != nil {
			return event, err
		}
		for _, l := range append(slices.Clone(soon), listed...) {
			event.Subjects = append(event.Subjects, l.Person)
		}
		return event, nil
	})
	return soon, listed, err
}

func (s *Service) soon(q db.Querier, sc access.Scope, rule Rule, today core.Date) ([]Leaving, error) {
	limit := rule.entersBefore(today.AddDays(soonDays))
	args := []any{sc.Org, limit.AddDays(1).Time().UnixMicro()}
	var ids []core.ID
	rows, err := q.Query(fmt.Sprintf(soonGone, marks(&args, sc.Teams), 4*pageOfList), args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("files that leave soon: %w", err)
	}
	var list []Leaving
	for _, id := range ids {
		humans, err := humansOf(q, sc.Org, id)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(l Leaving) bool { return l.Person == humans[0] }) || len(list) == pageOfList {
			continue
		}
		last, err := lastContact(q, sc.Org, humans, s.cases.Place(sc.Org))
		if err != nil {
			return nil, err
		}
		if !last.Before(limit) {
			continue
		}
		who, err := nameOf(q, sc.Org, humans[0])
		if err != nil {
			return nil, err
		}
		list = append(list, Leaving{Person: who.ID, Name: who.DisplayName(), LastContact: last, On: later(today, monthsAfter(last, rule.ActiveMonths).AddDays(1))})
	}
	return list, nil
}

func (s *Service) listed(q db.Querier, sc access.Scope) ([]Leaving, error) {
	args := []any{sc.Org}
	var list []Leaving
	rows, err := q.Query(fmt.Sprintf(inLists, marks(&args, sc.Teams), pageOfList), args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		l := Leaving{There: true}
		var day string
		err := r.Scan(&l.Person, &day)
		if err == nil {
			l.LastContact, err = core.ParseDate(day)
		}
		list = append(list, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("files of a list: %w", err)
	}
	for i := range list {
		who, err := nameOf(q, sc.Org, list[i].Person)
		if err != nil {
			return nil, err
		}
		list[i].Name = who.DisplayName()
	}
	slices.SortStableFunc(list, func(a, b Leaving) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func marks(args *[]any, ids []core.ID) string {
	var all []string
	for _, id := range ids {
		*args = append(*args, id)
		all = append(all, "$"+strconv.Itoa(len(*args)))
	}
	return strings.Join(all, ", ")
}
