package agreement

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// OutsideKind is how a file is opened outside its team.
type OutsideKind string

// The kinds.
const (
	WithReason OutsideKind = "reason" // with a written reason: the file, without notes
	ForVital   OutsideKind = "vital"  // in an emergency, with a second person: how to reach them
)

const (
	outsideHour = time.Hour // that a file stays open, and that a request waits for its answer
	minReason   = 10        // characters: « test » is no reason
	maxReason   = 300
)

// Outside is an hour that was asked for.
type Outside struct {
	ID       core.ID
	Person   core.ID
	Worker   core.ID
	Kind     OutsideKind
	Reason   string
	AskedAt  int64 // µs UTC
	Granted  bool
	EndsAt   int64 // µs UTC; 0 while nobody answered
	Second   core.ID
	Answered int64
}

// categories are what the hour opens.
func (o Outside) categories() []access.Category {
	if o.Kind == ForVital {
		return []access.Category{access.Vital}
	}
	return Categories()
}

// Door is what a worker reads before asking: nothing of the person but the name that a
// search shows.
type Door struct {
	Person   core.ID
	Identity casefile.Identity
	TeamName string
	Ours     bool // one of the worker's teams accompanies: the file is open
	Closed   bool // not with a reason alone
	Vital    bool // the person said yes to emergencies
}

const (
	outsideColumns = `id, person_id, worker_id, kind, reason, asked_at, granted, ends_at, second_id, answered_at`
	insertOutside  = `INSERT INTO outside_access (org_id, ` + outsideColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10)`
	selectOutside  = `SELECT ` + outsideColumns + ` FROM outside_access WHERE org_id = $1 AND id = $2`
	lockOutside    = selectOutside + ` FOR UPDATE`
	answerOutside  = `UPDATE outside_access SET granted = $3, ends_at = $4, second_id = $5, answered_at = $6 WHERE org_id = $1 AND id = $2 AND answered_at = 0`
	outsidesOf     = `SELECT ` + outsideColumns + ` FROM outside_access WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND (granted = 1 OR answered_at = 0) ORDER BY id DESC LIMIT 20`
	ownOutsides    = `SELECT ` + outsideColumns + ` FROM outside_access WHERE org_id = $1 AND person_id = $2 AND granted = 1 ORDER BY id DESC LIMIT 20`
	waitingVital   = `SELECT ` + outsideColumns + ` FROM outside_access WHERE org_id = $1 AND answered_at = 0 AND asked_at > $2 AND worker_id <> $3 ORDER BY asked_at, id LIMIT 20`
	selectTeams    = `SELECT c.team_id FROM casefile c WHERE c.org_id = $1 AND c.person_id IN ` + casefile.SameHuman + ` AND c.phase = 'active' ORDER BY c.id LIMIT 20`
	selectClosed   = `SELECT COUNT(*) FROM person WHERE org_id = $1 AND protected = 1 AND id IN ` + casefile.SameHuman
	selectVital    = `SELECT chosen FROM vital_choice WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` ORDER BY id DESC LIMIT 1`
	insertVital    = `INSERT INTO vital_choice (org_id, id, person_id, chosen, at, by_kind, by_id) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	endVital       = `UPDATE outside_access SET ends_at = CASE WHEN granted = 1 THEN $3 ELSE 0 END, answered_at = CASE WHEN answered_at = 0 THEN $3 ELSE answered_at END
WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND kind = 'vital' AND (answered_at = 0 OR ends_at > $3)`
	selectHumans = `SELECT id FROM person WHERE org_id = $1 AND id IN ` + casefile.SameHuman + ` ORDER BY id LIMIT 50`
)

func (s *Service) scanOutside(r interface{ Scan(...any) error }) (Outside, error) {
	var o Outside
	var sealed []byte
	var granted int64
	if err := r.Scan(&o.ID, &o.Person, &o.Worker, &o.Kind, &sealed, &o.AskedAt, &granted, &o.EndsAt, &o.Second, &o.Answered); err != nil {
		return o, err
	}
	o.Granted = granted == 1
	plain, err := s.cases.Fields.Open("outside_access", "reason", string(o.ID), sealed)
	o.Reason = string(plain)
	return o, err
}

func (s *Service) listOutside(q db.Querier, sql string, args ...any) ([]Outside, error) {
	var list []Outside
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		o, err := s.scanOutside(r)
		list = append(list, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read accesses outside the team: %w", err)
	}
	return list, nil
}

func idsOf(q db.Querier, sql string, org, person core.ID) ([]core.ID, error) {
	var list []core.ID
	rows, err := q.Query(sql, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

// humansOf reads the files that a person is: each reads in its journal what is done
// with any.
func humansOf(q db.Querier, org, person core.ID) ([]core.ID, error) {
	list, err := idsOf(q, selectHumans, org, person)
	if err != nil {
		return nil, fmt.Errorf("the files of %s: %w", person, err)
	}
	return list, nil
}

// door reads what stands at the door of a file, and asks whether the actor may ask.
func (s *Service) door(ctx context.Context, q db.Querier, person core.ID) (Door, []core.ID, error) {
	actor := core.ActorFrom(ctx)
	var d Door
	missing := errs.New(errs.NotFound, "errs.casefile.person_not_found")
	person, err := kept(q, actor.Org, person)
	if err != nil {
		return d, nil, err
	}
	teams, err := idsOf(q, selectTeams, actor.Org, person)
	if err != nil {
		return d, nil, fmt.Errorf("who accompanies %s: %w", person, err)
	}
	humans, err := humansOf(q, actor.Org, person)
	if err != nil {
		return d, nil, err
	}
	if err := s.cases.Access.Can(ctx, access.OutsideAsk, access.Resource{Org: actor.Org, Person: person, Teams: teams}); err != nil {
		return d, nil, err
	}
	if len(teams) == 0 {
		return d, nil, missing
	}
	d.Person, d.Ours = person, slices.ContainsFunc(teams, actor.InTeam)
	if d.Identity, err = identity(q, actor.Org, person); err != nil {
		return d, nil, err
	}
	all, err := access.Teams(q, actor.Org)
	if err != nil {
		return d, nil, err
	}
	for _, t := range all {
		if t.ID == teams[0] {
			d.TeamName = t.Name
		}
	}
	var closed int64
	if err := q.QueryRow(selectClosed, actor.Org, person).Scan(&closed); err != nil {
		return d, nil, fmt.Errorf("whether a file is closed: %w", err)
	}
	d.Closed = closed > 0
	d.Vital, err = vitalChosen(q, actor.Org, person)
	return d, humans, err
}

// vitalChosen tells whether the person accepts, as of their last word, that what is
// vital be opened in an emergency.
func vitalChosen(q db.Querier, org, person core.ID) (bool, error) {
	var chosen int64
	if err := q.QueryRow(selectVital, org, person).Scan(&chosen); err != nil && !errors.Is(err, db.ErrNoRows) {
		return false, fmt.Errorf("what was chosen for emergencies: %w", err)
	}
	return chosen == 1, nil
}

// ReadDoor reads what a worker of another team is told before asking.
func (s *Service) ReadDoor(ctx context.Context, person core.ID) (Door, error) {
	var d Door
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		var humans []core.ID
		var err error
		d, humans, err = s.door(ctx, q, person)
		return journal.Event{Kind: "search", Subjects: humans}, err
	})
	return d, err
}

func checkReason(reason string) error {
	var f errs.Fields
	if utf8.RuneCountInString(reason) < minReason {
		f.Add("reason", "errs.agreements.reason_missing")
	} else {
		line(&f, "reason", reason, maxReason)
	}
	return f.Err()
}

// Ask asks for an hour. With a reason alone it begins at once, unless the file holds a
// protected address: then its team answers, or, where the person said yes to emergencies,
// a second person opens what is vital. The person reads the reason in their journal.
func (s *Service) Ask(ctx context.Context, person core.ID, kind OutsideKind, reason string) (core.ID, error) {
	reason = strings.Join(strings.Fields(reason), " ")
	actor := core.ActorFrom(ctx)
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		d, humans, err := s.door(ctx, tx, person)
		if err != nil {
			return err
		}
		if err := checkReason(reason); err != nil {
			return err
		}
		granted, ends, answered, line := int64(1), tx.Now()+outsideHour.Microseconds(), tx.Now(), "outside.open"
		switch {
		case d.Ours:
			return errs.New(errs.Conflict, "errs.agreements.outside_ours")
		case kind == ForVital && !d.Vital:
			return errs.New(errs.Invalid, "errs.agreements.vital_off")
		case kind == ForVital:
			granted, ends, answered, line = 0, 0, 0, "outside.ask"
		case kind != WithReason:
			return errs.New(errs.Invalid, "errs.agreements.outside_kind")
		case d.Closed:
			return errs.New(errs.Invalid, "errs.agreements.outside_closed", "team", d.TeamName)
		}
		sealed, err := s.cases.Fields.Seal("outside_access", "reason", string(id), []byte(reason))
		if err != nil {
			return fmt.Errorf("seal a reason: %w", err)
		}
		if _, err := tx.Exec(insertOutside, actor.Org, id, d.Person, actor.ID, string(kind), sealed, tx.Now(), granted, ends, answered); err != nil {
			return fmt.Errorf("insert an access outside the team: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: line, Subjects: humans, Object: "outside", ObjectID: id, Reason: reason})
	})
	return id, err
}

// Answer is the second person's: somebody else of the organisation says yes or no, within
// the hour. Who said yes is in the person's journal.
func (s *Service) Answer(ctx context.Context, id core.ID, yes bool) error {
	if err := s.cases.Access.Can(ctx, access.OutsideAnswer, access.Here(ctx)); err != nil {
		return err
	}
	actor := core.ActorFrom(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.scanOutside(tx.QueryRow(lockOutside, actor.Org, id))
		switch {
		case errors.Is(err, db.ErrNoRows), err == nil && o.Worker == actor.ID:
			return errs.New(errs.NotFound, "errs.agreements.outside_unknown")
		case err != nil:
			return fmt.Errorf("read an access outside the team: %w", err)
		case o.Answered != 0, tx.Now()-o.AskedAt > outsideHour.Microseconds():
			return errs.New(errs.Conflict, "errs.agreements.outside_answered")
		}
		person, err := kept(tx, actor.Org, o.Person)
		if err != nil {
			return err
		}
		humans, err := humansOf(tx, actor.Org, person)
		if err != nil {
			return err
		}
		if yes && o.Kind == ForVital { // the person may have said no since it was asked
			switch still, err := vitalChosen(tx, actor.Org, person); {
			case err != nil:
				return err
			case !still:
				return errs.New(errs.Conflict, "errs.agreements.vital_off")
			}
		}
		granted, ends, line := int64(0), int64(0), "outside.refuse"
		if yes {
			granted, ends, line = 1, tx.Now()+outsideHour.Microseconds(), "outside.second"
		}
		if _, err := tx.Exec(answerOutside, actor.Org, id, granted, ends, actor.ID, tx.Now()); err != nil {
			return fmt.Errorf("answer an access outside the team: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: line, Subjects: humans, Object: "outside", ObjectID: id, Reason: o.Reason})
	})
}

// ReadOutside reads what an hour opens, until it ends, for the worker who asked for it.
// Conflict while it waits for its answer.
func (s *Service) ReadOutside(ctx context.Context, id core.ID) (Shared, Outside, error) {
	var out Shared
	var hour Outside
	actor := core.ActorFrom(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.scanOutside(q.QueryRow(selectOutside, actor.Org, id))
		if errors.Is(err, db.ErrNoRows) || err == nil && o.Worker != actor.ID {
			return journal.Event{}, errs.New(errs.NotFound, "errs.agreements.outside_unknown")
		}
		if err != nil {
			return journal.Event{}, fmt.Errorf("read an access outside the team: %w", err)
		}
		hour, out = o, Shared{Today: s.cases.Today(ctx)}
		if o.Answered == 0 {
			return journal.Event{}, errs.New(errs.Conflict, "errs.agreements.outside_waits")
		}
		person, err := kept(q, actor.Org, o.Person)
		if err != nil {
			return journal.Event{}, err
		}
		withdrawn := false // a no since then, in a file merged since with this one too
		if o.Kind == ForVital {
			still, err := vitalChosen(q, actor.Org, person)
			if err != nil {
				return journal.Event{}, err
			}
			withdrawn = !still
		}
		allow := func(category access.Category) (casefile.Opened, error) {
			about := person
			invoked := access.Invoked{Kind: access.InvokedReason, ID: o.ID, Person: person, To: o.Worker, Categories: o.categories(),
				Ends: time.UnixMicro(o.EndsAt), Granted: o.Granted && !withdrawn, Today: out.Today, At: s.cases.Clock.Now(), Category: category}
			return s.cases.Allow(access.Invoke(ctx, invoked), q, access.SharedRead, &about)
		}
		opened, err := s.gather(ctx, q, person, o.categories(), allow, &out)
		if errs.Is(err, errs.NotFound) {
			return journal.Event{}, errs.New(errs.NotFound, "errs.agreements.outside_over")
		}
		if err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: "outside.read", Subjects: opened.Humans, Object: "outside", ObjectID: id, Reason: o.Reason}, nil
	})
	return out, hour, err
}

// WaitingVital lists the emergencies that wait for a second person, with nothing of the
// person but the reason that was written.
func (s *Service) WaitingVital(ctx context.Context) ([]Outside, People, error) {
	var list []Outside
	var p People
	if err := s.cases.Access.Can(ctx, access.OutsideAnswer, access.Here(ctx)); err != nil {
		return nil, p, err
	}
	actor := core.ActorFrom(ctx)
	since := s.cases.Clock.Now().Add(-outsideHour).UnixMicro()
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		if list, err = s.listOutside(q, waitingVital, actor.Org, since, actor.ID); err != nil || len(list) == 0 {
			return err
		}
		var who []core.ID
		for _, o := range list {
			who = append(who, o.Worker)
		}
		p, err = names(q, actor.Org, nil, who...)
		return err
	})
	return list, p, err
}

// ChooseVital writes whether the person accepts that what is vital be opened in an
// emergency: yes at the counter, with a worker of their team; no from their own space
// too, and what a yes had opened closes at once.
func (s *Service) ChooseVital(ctx context.Context, person core.ID, yes bool) error {
	action, chosen, line := access.AgreementRevoke, int64(0), "outside.vital_no"
	if yes {
		action, chosen, line = access.AgreementGive, 1, "outside.vital_yes"
	}
	actor := core.ActorFrom(ctx)
	id, err := s.cases.NewID()
	if err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, action, &person)
		if err != nil {
			return err
		}
		if before, err := vitalChosen(tx, o.Org, person); err != nil || before == yes {
			return err
		}
		if _, err := tx.Exec(insertVital, o.Org, id, person, chosen, tx.Now(), string(actor.Kind), actor.ID); err != nil {
			return fmt.Errorf("write what was chosen for emergencies: %w", err)
		}
		if !yes { // hours that run stop now, and those that wait are refused
			if _, err := tx.Exec(endVital, o.Org, person, tx.Now()); err != nil {
				return fmt.Errorf("end hours opened for an emergency: %w", err)
			}
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: line, Subjects: o.Humans})
	})
}

// around reads, for a list of agreements, the hours opened outside the team and what was
// chosen for emergencies.
func (s *Service) around(ctx context.Context, q db.Querier, org core.ID, out *List) error {
	sql := outsidesOf
	if core.ActorFrom(ctx).Kind == core.ActorPerson {
		sql = ownOutsides
	}
	var err error
	if out.Outside, err = s.listOutside(q, sql, org, out.Person); err != nil {
		return err
	}
	out.Vital, err = vitalChosen(q, org, out.Person)
	return err
}
