package talk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	toldColumns = `informed_on, informed_how, informed_by, objected_on, objected_how, objected_by`
	selectTold  = `SELECT ` + toldColumns + ` FROM talk_person WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` LIMIT 50`
	selectLast  = `SELECT computed_at FROM talk_file WHERE org_id = $1 AND file_id = $2`
	upsertTold  = `INSERT INTO talk_person (org_id, person_id, informed_on, informed_how, informed_at, informed_by, objected_on, objected_how, objected_at, objected_by)
VALUES ($1, $2, $3, $4, $5, $6, '', '', 0, '')
ON CONFLICT (org_id, person_id) DO UPDATE SET informed_on = excluded.informed_on, informed_how = excluded.informed_how,
	informed_at = excluded.informed_at, informed_by = excluded.informed_by`
	upsertObjection = `INSERT INTO talk_person (org_id, person_id, informed_on, informed_how, informed_at, informed_by, objected_on, objected_how, objected_at, objected_by)
VALUES ($1, $2, '', '', 0, '', $3, $4, $5, $6)
ON CONFLICT (org_id, person_id) DO UPDATE SET objected_on = excluded.objected_on, objected_how = excluded.objected_how,
	objected_at = excluded.objected_at, objected_by = excluded.objected_by`
	liftObjection = `UPDATE talk_person SET objected_on = '', objected_how = '', objected_at = $4, objected_by = $3
WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND objected_on <> ''`
	liftOwn = `UPDATE talk_person SET objected_on = '', objected_how = '', objected_at = $4, objected_by = $3
WHERE org_id = $1 AND person_id = $2 AND objected_on <> ''`
)

// loadTold reads where a person stands. Of somebody merged, an objection of either
// file holds, and a notice to either.
func loadTold(q db.Querier, org, person core.ID) (Told, error) {
	var t Told
	rows, err := q.Query(selectTold, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var one Told
		var informed, objected string
		err := r.Scan(&informed, &one.InformedHow, &one.InformedBy, &objected, &one.ObjectedHow, &one.ObjectedBy)
		if err == nil {
			one.InformedOn, err = day(informed)
		}
		if err == nil {
			one.ObjectedOn, err = day(objected)
		}
		if t.InformedOn.Before(one.InformedOn) {
			t.InformedOn, t.InformedHow, t.InformedBy = one.InformedOn, one.InformedHow, one.InformedBy
		}
		if t.ObjectedOn.Before(one.ObjectedOn) {
			t.ObjectedOn, t.ObjectedHow, t.ObjectedBy = one.ObjectedOn, one.ObjectedHow, one.ObjectedBy
		}
		return err
	})
	if err != nil {
		return t, fmt.Errorf("whether %s was told: %w", person, err)
	}
	if err := q.QueryRow(selectLast, org, person).Scan(&t.Last); err != nil && !errors.Is(err, db.ErrNoRows) {
		return t, fmt.Errorf("last calculation of %s: %w", person, err)
	}
	return t, nil
}

// Notice is what the page about the runs of one person shows.
type Notice struct {
	Told
	ID      core.ID // the person who stands, when somebody merged was asked
	Person  casefile.Identity
	Pauses  []Pause // that hold
	Workers map[core.ID]string
	Today   core.Date
}

const selectIdentity = `SELECT usual_name, given_names, use_name, title FROM person WHERE org_id = $1 AND id = $2`

// ReadNotice reads where a person stands towards the runs, for a worker of the team.
func (s *Service) ReadNotice(ctx context.Context, person core.ID) (Notice, error) {
	return s.readNotice(ctx, access.TalkRead, person)
}

// ReadOwn is what the runs are to the person who signed in.
func (s *Service) ReadOwn(ctx context.Context) (Notice, error) {
	return s.readNotice(ctx, access.TalkOwn, core.ActorFrom(ctx).ID)
}

func (s *Service) readNotice(ctx context.Context, action access.Action, person core.ID) (Notice, error) {
	var n Notice
	today := s.cases.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		n = Notice{Today: today}
		o, err := s.cases.Allow(ctx, q, action, &person)
		if err != nil {
			return journal.Event{}, err
		}
		n.ID = person
		i := &n.Person
		if err := q.QueryRow(selectIdentity, o.Org, person).Scan(&i.UsualName, &i.GivenNames, &i.FirstNameOfUse, &i.Title); err != nil {
			return journal.Event{}, fmt.Errorf("read person %s: %w", person, err)
		}
		if n.Told, err = loadTold(o.For(q), o.Org, person); err != nil {
			return journal.Event{}, err
		}
		who := []core.ID{n.InformedBy, n.ObjectedBy}
		if action == access.TalkRead {
			all, err := loadPauses(q, o.Org, []core.ID{person})
			if err != nil {
				return journal.Event{}, err
			}
			said, err := loadSaid(q, o.Org, person)
			if err != nil {
				return journal.Event{}, err
			}
			hidden, err := s.hides(q, o.Org, person)
			if err != nil {
				return journal.Event{}, err
			}
			for _, p := range all[person] {
				if p.holds(today, said[p.Right]) && !hidden(person, p.Right) {
					n.Pauses = append(n.Pauses, p)
					who = append(who, p.By)
				}
			}
		}
		n.Workers, err = workerNames(q, o.Org, who...)
		return journal.Event{Kind: "talk.notice", Subjects: o.Humans}, err
	})
	return n, err
}

// Tell notes that the person was told that their rights are looked at regularly: runs
// look at them from then on, unless they object.
func (s *Service) Tell(ctx context.Context, person core.ID, in TellInput) error {
	return s.TellAll(ctx, []core.ID{person}, in)
}

// maxTold is how many people one form may say were told.
const maxTold = 100

// TellAll notes it for several persons at once, who were told the same day in the
// same way: a meeting, a letter. One who is not the worker's fails all.
func (s *Service) TellAll(ctx context.Context, persons []core.ID, in TellInput) error {
	if err := in.Validate(s.cases.Today(ctx)); err != nil {
		return err
	}
	if len(persons) == 0 {
		return errs.Fields{errs.New(errs.Invalid, "errs.conversations.nobody_chosen").On("who")}
	}
	if len(persons) > maxTold {
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxTold).On("who")}
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		var subjects []core.ID
		for _, person := range persons {
			o, err := s.cases.Allow(ctx, tx, access.TalkInform, &person)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(upsertTold, o.Org, person, in.On.String(), in.How, tx.Now(), core.ActorFrom(ctx).ID); err != nil {
				return fmt.Errorf("note that %s was told: %w", person, err)
			}
			subjects = append(subjects, o.Humans...)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "talk.tell", Subjects: subjects, Detail: map[string]string{"how": string(in.How)}})
	})
}

// Object notes that the person does not want the runs: they are left out from now on
// and what was found is forgotten. The worker notes it with how it was said; the
// person does it on their own pages. Twice is once.
func (s *Service) Object(ctx context.Context, person core.ID, in TellInput) error {
	actor := core.ActorFrom(ctx)
	action, today := access.TalkInform, s.cases.Today(ctx)
	if actor.Kind == core.ActorPerson {
		action, in = access.TalkRefuse, TellInput{On: today, How: Portal}
	} else if err := in.Validate(today); err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, action, &person)
		if err != nil {
			return err
		}
		by := actor.ID
		if actor.Kind == core.ActorPerson {
			by = ""
		}
		if _, err := tx.Exec(upsertObjection, o.Org, person, in.On.String(), in.How, tx.Now(), by); err != nil {
			return fmt.Errorf("note that %s objects: %w", person, err)
		}
		if err := forget(tx, o.Org, person); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "talk.object", Subjects: o.Humans, Detail: map[string]string{"how": string(in.How)}})
	})
}

// keptOf are the person of an id, those merged into them, and the one they were
// merged into: an objection of somebody merged reaches what was found in the file
// that stands.
const keptOf = `($2, (SELECT person_id FROM person_alias WHERE org_id = $1 AND alias_id = $2 AND ended_at = 0))
OR file_id IN (SELECT alias_id FROM person_alias WHERE org_id = $1 AND person_id = $2 AND ended_at = 0)`

// forget removes what runs found about somebody.
func forget(tx *db.Tx, org, person core.ID) error {
	for _, table := range []string{"talk_right", "talk_file"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE org_id = $1 AND (file_id IN `+keptOf+`)`, org, person); err != nil {
			return fmt.Errorf("forget what was found about %s: %w", person, err)
		}
	}
	return nil
}

// Lift notes that the person wants the runs again. Their own objection is lifted by
// themselves, or by a worker to whom they said so.
func (s *Service) Lift(ctx context.Context, person core.ID) error {
	actor := core.ActorFrom(ctx)
	action := access.TalkInform
	if actor.Kind == core.ActorPerson {
		action = access.TalkRefuse
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, action, &person)
		if err != nil {
			return err
		}
		by := actor.ID
		if actor.Kind == core.ActorPerson {
			by = ""
		}
		lift := liftObjection
		if actor.Kind == core.ActorPerson { // another file's is the other's to lift
			lift = liftOwn
		}
		n, err := tx.Exec(lift, o.Org, person, by, tx.Now())
		if err != nil {
			return fmt.Errorf("lift the objection of %s: %w", person, err)
		}
		if n == 0 {
			return nil
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "talk.lift", Subjects: o.Humans})
	})
}

// Untold is somebody who was not told of the runs yet.
type Untold struct {
	ID   core.ID
	Name string
}

// UntoldPage is keyset-paged: Next is "" on the last one.
type UntoldPage struct {
	Items     []Untold
	Next      string
	TeamNames map[core.ID]string // of the worker's teams
}

// maxUntold is how many people one page of those not told yet shows.
const maxUntold = 50

// ListUntold lists those of the worker's own files, or of one of their teams', who
// were not told of the runs yet and do not object, by name: at most 50, then more.
func (s *Service) ListUntold(ctx context.Context, over Over, after string) (UntoldPage, error) {
	var page UntoldPage
	scope, err := s.cases.Access.Scope(ctx, access.TalkInform)
	if err != nil {
		return page, err
	}
	key, last, err := casefile.ParsePageEnd(after)
	if err != nil {
		return page, err
	}
	teams := scope.Teams
	if over.Team != "" {
		if !scope.All && !slices.Contains(teams, over.Team) {
			return page, errs.New(errs.NotFound, "errs.conversations.team_unknown")
		}
		teams = []core.ID{over.Team}
	}
	if scope.Org == "" || len(teams) == 0 {
		return page, nil
	}
	args := append([]any{scope.Org, key, last}, anys(teams)...)
	cond := " AND c.team_id IN (" + marks(4, len(teams)) + ")"
	if over.Team == "" {
		args = append(args, core.ActorFrom(ctx).ID)
		cond += " AND c.worker_id = $" + strconv.Itoa(len(args))
	}
	sql := `SELECT c.sort_name, c.id, ` + kept + `, p.usual_name, p.given_names, p.use_name
FROM ` + caseAlias + ` JOIN person p ON p.org_id = c.org_id AND p.id = ` + kept + ` AND p.died_on = ''
WHERE c.org_id = $1 AND c.phase = 'active' AND (c.sort_name > $2 OR c.sort_name = $2 AND c.id > $3)` + cond + `
AND NOT EXISTS (SELECT 1 FROM talk_person w WHERE w.org_id = c.org_id AND (w.informed_on <> '' OR w.objected_on <> '') AND w.person_id IN ` + sameAs + `)
ORDER BY c.sort_name, c.id LIMIT ` + strconv.Itoa(maxUntold+1)
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		page = UntoldPage{TeamNames: map[core.ID]string{}}
		var subjects []core.ID
		var key string
		var row core.ID
		n := 0
		rows, err := q.Query(sql, args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			if n++; n > maxUntold {
				page.Next = casefile.PageEnd(key, row)
				return nil
			}
			var u Untold
			var i casefile.Identity
			err := r.Scan(&key, &row, &u.ID, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse)
			u.Name = i.DisplayName()
			if !slices.Contains(subjects, u.ID) {
				page.Items, subjects = append(page.Items, u), append(subjects, u.ID)
			}
			return err
		})
		if err != nil {
			return journal.Event{}, fmt.Errorf("list who was not told: %w", err)
		}
		names, err := teamNames(q, scope.Org)
		for _, id := range scope.Teams {
			page.TeamNames[id] = names[id]
		}
		return journal.Event{Kind: "list", Subjects: subjects}, err
	})
	return page, err
}
