package casefile

import (
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Household reads the household of a file on a day (zero = today).
func (s *Service) Household(ctx context.Context, file core.ID, on core.Date) (HouseholdView, error) {
	if on.IsZero() {
		on = s.Today(ctx)
	}
	var v HouseholdView
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.PersonOpen, &file)
		if err != nil {
			return journal.Event{}, err
		}
		v, err = ReadHousehold(q, o.Org, file, on)
		return journal.Event{Kind: "household.read", Subjects: o.Humans}, err
	})
	return v, err
}

// editHousehold is what every change of a household does around fn: permission,
// the household as it is on a day, the journal's line, and the rights computed
// again afterwards. fn gets the dwelling, made when the person had none.
func (s *Service) editHousehold(ctx context.Context, file core.ID, on core.Date, fn func(e *householdEdit) error) error {
	today := s.Today(ctx) // it may read the organisation: not inside the transaction
	if on.IsZero() {
		on = today
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.Allow(ctx, tx, access.HouseholdEdit, &file)
		if err != nil {
			return err
		}
		if err := LockFile(tx, o.Org, file); err != nil {
			return err
		}
		e := &householdEdit{s: s, tx: tx, org: o.Org, file: file, by: core.ActorFrom(ctx).ID, today: today}
		if e.view, err = ReadHousehold(tx, o.Org, file, on); err != nil {
			return err
		}
		if err := fn(e); err != nil {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "household.edit", Subjects: o.Humans, Object: "household", ObjectID: e.view.ID})
	})
	if err != nil {
		return err
	}
	s.RecomputeAfter(ctx, file)
	return nil
}

type householdEdit struct {
	s         *Service
	tx        *db.Tx
	org, file core.ID
	by        core.ID
	today     core.Date
	view      HouseholdView
}

// home is the dwelling of the file's person, made now if they had none.
func (e *householdEdit) home() (core.ID, error) {
	if e.view.ID != "" {
		return e.view.ID, nil
	}
	id, err := e.newHousehold()
	if err != nil {
		return "", err
	}
	e.view.ID = id
	return id, e.stay(id, e.file, core.Date{}, core.Date{}, false)
}

func (e *householdEdit) newHousehold() (core.ID, error) {
	id, err := e.s.NewID()
	if err != nil {
		return "", err
	}
	if _, err := e.tx.Exec(insertHousehold, e.org, id, e.tx.Now(), e.by); err != nil {
		return "", fmt.Errorf("insert household: %w", err)
	}
	return id, nil
}

func (e *householdEdit) stay(household, person core.ID, from, until core.Date, housed bool) error {
	id, err := e.s.NewID()
	if err != nil {
		return err
	}
	if _, err := e.tx.Exec(insertStay, e.org, id, household, person, from.String(), until.String(), housed, e.tx.Now(), e.by); err != nil {
		return fmt.Errorf("insert stay: %w", err)
	}
	return nil
}

// relate writes a relation after checking that it can be true: nobody is their
// own ancestor, a parent is older than the child, a couple is two people.
func (e *householdEdit) relate(kind KinKind, a, b Human, couple CoupleKind, since, apart core.Date) error {
	if a.ID == b.ID {
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.relation_self").On("relation")}
	}
	if kind == ParentOf {
		var known int64
		if err := e.tx.QueryRow(parentKnown, e.org, a.ID, b.ID).Scan(&known); err != nil {
			return fmt.Errorf("look for the relation: %w", err)
		}
		if known > 0 {
			return nil // a child who comes back is a child already
		}
		if err := e.checkParent(a, b); err != nil {
			return err
		}
	} else if err := e.checkCouple(a.ID, b.ID, since, apart); err != nil {
		return err
	}
	id, err := e.s.NewID()
	if err != nil {
		return err
	}
	if _, err := e.tx.Exec(insertKin, e.org, id, kind, a.ID, b.ID, couple, since.String(), apart.String(), e.tx.Now(), e.by); err != nil {
		return fmt.Errorf("insert relation: %w", err)
	}
	return nil
}

const parentKnown = `SELECT COUNT(*) FROM kinship WHERE org_id = $1 AND kind = 'parent_of' AND a = $2 AND b = $3`

func (e *householdEdit) checkParent(parent, child Human) error {
	if !parent.Birth.IsZero() && !child.Birth.IsZero() {
		first, _ := parent.Birth.Bounds()
		_, last := child.Birth.Bounds()
		if last.Year-first.Year < 10 {
			return errs.Fields{errs.New(errs.Invalid, "errs.casefile.parent_too_young").On("relation")}
		}
	}
	loops, err := IsAncestor(e.tx, e.org, child.ID, parent.ID)
	if err != nil {
		return err
	}
	if loops {
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.relation_cycle").On("relation")}
	}
	return nil
}

// checkCouple refuses a second couple at the same time, for either of them.
func (e *householdEdit) checkCouple(a, b core.ID, since, apart core.Date) error {
	for _, id := range []core.ID{a, b} {
		taken := false
		rows, err := e.tx.Query(selectKinEnds, e.org, id)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var k Kinship
			var from, until string
			if err := r.Scan(&k.A, &k.B, &k.Kind, &from, &until); err != nil {
				return err
			}
			var err error
			if k.From, err = StoredDate(from); err != nil {
				return err
			}
			if k.Until, err = StoredDate(until); err != nil {
				return err
			}
			if k.Kind == Couple && (k.Until.IsZero() || since.Before(k.Until)) && (apart.IsZero() || k.From.Before(apart)) {
				taken = true
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read couples: %w", err)
		}
		if taken {
			return errs.Fields{errs.New(errs.Invalid, "errs.casefile.couple_exists").On("couple")}
		}
	}
	return nil
}

// AddToHousehold adds somebody under the roof, or a relative elsewhere. Somebody
// who has a file in another team cannot be added by name alone: their household
// would learn of this one.
func (s *Service) AddToHousehold(ctx context.Context, file core.ID, in HouseholdInput) (core.ID, error) {
	in.Identity.Trim()
	if err := in.Validate(s.Today(ctx)); err != nil {
		return "", err
	}
	id := in.Person
	if id == "" {
		var err error
		if id, err = s.NewID(); err != nil {
			return "", err
		}
	}
	err := s.editHousehold(ctx, file, core.Date{}, func(e *householdEdit) error {
		if in.Person != "" {
			kept, _, err := ReadAliases(e.tx, e.org, id)
			if err != nil {
				return err
			}
			id = kept
		}
		human, err := e.human(ctx, id, in)
		if err != nil {
			return err
		}
		home, err := e.home()
		if err != nil {
			return err
		}
		if in.LivesIn {
			if slices.ContainsFunc(e.view.Members, func(m Member) bool { return m.Person == id && (m.Until.IsZero() || in.From.Before(m.Until)) }) {
				return errs.Fields{errs.New(errs.Invalid, "errs.casefile.already_there").On("person")}
			}
			if len(e.view.Members) >= maxStays/4 {
				return errs.Fields{errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxStays/4).On("person")}
			}
			if err := e.stay(home, id, in.From, in.Until, in.Housed); err != nil {
				return err
			}
		}
		self := e.view.Humans[e.file]
		switch in.Relation {
		case RelationChild:
			if err = e.relate(ParentOf, self, human, "", core.Date{}, core.Date{}); err == nil && in.OtherParent != "" {
				err = e.relateShown(in.OtherParent, human)
			}
		case RelationParent:
			err = e.relate(ParentOf, human, self, "", core.Date{}, core.Date{})
		case RelationPartner:
			err = e.relate(Couple, self, human, in.Couple, in.Since, in.Apart)
		}
		if err != nil {
			return err
		}
		for _, child := range in.ParentOf {
			h, shown := e.view.Humans[child]
			if !shown {
				return errs.New(errs.NotFound, "errs.casefile.person_not_found")
			}
			if err := e.relate(ParentOf, human, h, "", core.Date{}, core.Date{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// relateShown makes somebody whom the household shows a parent of a child.
func (e *householdEdit) relateShown(parent core.ID, child Human) error {
	h, shown := e.view.Humans[parent]
	if !shown {
		return errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	return e.relate(ParentOf, h, child, "", core.Date{}, core.Date{})
}

// human finds or makes the person that an input adds.
func (e *householdEdit) human(ctx context.Context, id core.ID, in HouseholdInput) (Human, error) {
	if in.Person == "" {
		p := Person{ID: id, Identity: in.Identity}
		return Human{ID: id, FirstName: p.FirstName(), UsualName: p.UsualName, Title: p.Title, Birth: p.Birth},
			e.s.insertPersonRow(e.tx, e.org, p, e.by)
	}
	if h, shown := e.view.Humans[id]; shown {
		return h, nil
	}
	return e.mayShow(ctx, id)
}

// mayShow reads somebody whom the household does not show yet, when the actor may
// change their household too.
func (e *householdEdit) mayShow(ctx context.Context, id core.ID) (Human, error) {
	p, err := e.s.ReadPerson(e.tx, e.org, id)
	if err != nil {
		return Human{}, err
	}
	cases, err := loadCases(e.tx, e.org, id)
	if err != nil {
		return Human{}, fmt.Errorf("who accompanies %s: %w", id, err)
	}
	if len(cases) > 0 {
		err = e.s.Access.Can(ctx, access.HouseholdEdit, access.Resource{Org: e.org, Person: id, Teams: teamsOf(cases)})
	} else {
		err = e.mayJoin(ctx, id)
	}
	if err != nil {
		return Human{}, err
	}
	return Human{ID: id, FirstName: p.FirstName(), UsualName: p.UsualName, Title: p.Title, Birth: p.Birth}, nil
}

// filesAround are the files that may show somebody, with the teams that accompany
// them: of those who live or lived with them or with one of their kin, and of the
// kin of their kin (the other parent of a child).
const filesAround = `WITH near (id) AS (
	SELECT id FROM person WHERE org_id = $1 AND id = $2
	UNION SELECT a FROM kinship WHERE org_id = $1 AND b = $2
	UNION SELECT b FROM kinship WHERE org_id = $1 AND a = $2)
SELECT c.person_id, c.team_id FROM casefile c WHERE c.org_id = $1 AND c.phase = 'active' AND c.person_id IN (
	SELECT id FROM near
	UNION SELECT m.person_id FROM near CROSS JOIN household_member o CROSS JOIN household_member m
		WHERE o.org_id = $1 AND o.person_id = near.id AND m.org_id = $1 AND m.household_id = o.household_id
	UNION SELECT k.a FROM near CROSS JOIN kinship k WHERE k.org_id = $1 AND k.b = near.id
	UNION SELECT k.b FROM near CROSS JOIN kinship k WHERE k.org_id = $1 AND k.a = near.id)
ORDER BY c.person_id, c.team_id LIMIT 200`

// mayJoin checks that somebody without a file of their own may be added: nobody's
// file shows them, or one that the actor may change does. Else another team's
// household would be read through a child of it.
func (e *householdEdit) mayJoin(ctx context.Context, human core.ID) error {
	teams := map[core.ID][]core.ID{}
	rows, err := e.tx.Query(filesAround, e.org, human)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var person, team core.ID
		err := r.Scan(&person, &team)
		teams[person] = append(teams[person], team)
		return err
	})
	if err != nil {
		return fmt.Errorf("files around %s: %w", human, err)
	}
	for person, of := range teams {
		err := e.s.Access.Can(ctx, access.HouseholdEdit, access.Resource{Org: e.org, Person: person, Teams: of})
		if err == nil || !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	if len(teams) > 0 {
		return errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	return nil
}

// LeaveHousehold ends a stay: until is the first day the person is gone.
func (s *Service) LeaveHousehold(ctx context.Context, file, member core.ID, version int64, until core.Date) error {
	return s.editHousehold(ctx, file, core.Date{}, func(e *householdEdit) error {
		i := slices.IndexFunc(e.view.Members, func(m Member) bool { return m.ID == member })
		if i < 0 {
			return errs.New(errs.NotFound, "errs.casefile.person_not_found")
		}
		return e.leave(e.view.Members[i], version, until)
	})
}

func (e *householdEdit) leave(m Member, version int64, until core.Date) error {
	if err := e.checkEnd(m.From, until, "until"); err != nil {
		return err
	}
	n, err := e.tx.Exec(endStay, e.org, m.ID, version, until.String(), e.tx.Now(), e.by, m.Household)
	if err != nil {
		return fmt.Errorf("end stay: %w", err)
	}
	if n == 0 {
		return errs.New(errs.Conflict, "errs.casefile.household_conflict")
	}
	for _, t := range e.view.twins { // the other of two merged files said so too
		if t.Person == m.Person && t.From.Before(until) {
			if _, err := e.tx.Exec(endStay, e.org, t.ID, t.Version, until.String(), e.tx.Now(), e.by, t.Household); err != nil {
				return fmt.Errorf("end stay: %w", err)
			}
		}
	}
	return nil
}

func (e *householdEdit) checkEnd(from, until core.Date, field string) error {
	switch {
	case until.IsZero():
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.date_missing").On(field)}
	case !from.IsZero() && !from.Before(until):
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.dates_order").On(field)}
	case e.today.AddDays(366).Before(until):
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.date_too_far").On(field)}
	}
	return nil
}

// EndCouple dates a separation: until is the first day apart. It moves nobody
// and touches no right computed before.
func (s *Service) EndCouple(ctx context.Context, file, kinship core.ID, version int64, until core.Date) error {
	return s.editHousehold(ctx, file, core.Date{}, func(e *householdEdit) error {
		i := slices.IndexFunc(e.view.Kin, func(k Kinship) bool { return k.ID == kinship && k.Kind == Couple })
		if i < 0 {
			return errs.New(errs.NotFound, "errs.casefile.relation_not_found")
		}
		if err := e.checkEnd(e.view.Kin[i].From, until, "until"); err != nil {
			return err
		}
		n, err := e.tx.Exec(endKin, e.org, kinship, version, until.String(), e.tx.Now(), e.by)
		if err != nil {
			return fmt.Errorf("end couple: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "errs.casefile.household_conflict")
		}
		return nil
	})
}

// MoveHome opens another dwelling for the file's person and those who go with
// them, from a day. What was known of the old dwelling stays with it.
func (s *Service) MoveHome(ctx context.Context, file core.ID, with []core.ID, from core.Date) (core.ID, error) {
	var home core.ID
	err := s.editHousehold(ctx, file, core.Date{}, func(e *householdEdit) error {
		if err := e.checkEnd(core.Date{}, from, "from"); err != nil {
			return err
		}
		var err error
		if home, err = e.newHousehold(); err != nil {
			return err
		}
		if err := e.goTo(home, append([]core.ID{e.file}, with...), from, core.Date{}, false); err != nil {
			return err
		}
		e.view.ID = home
		return nil
	})
	if err != nil {
		return "", err
	}
	return home, nil
}

// goTo ends the stays of people here and opens theirs in another dwelling. housed
// makes each a guest there; else only who was one among those who go still is.
func (e *householdEdit) goTo(home core.ID, people []core.ID, from, until core.Date, housed bool) error {
	moved := map[core.ID]bool{}
	for _, id := range people {
		if moved[id] {
			continue
		}
		moved[id] = true
		i := slices.IndexFunc(e.view.Members, func(m Member) bool { return m.Person == id && (m.Until.IsZero() || from.Before(m.Until)) })
		if i < 0 && id != e.file {
			return errs.New(errs.NotFound, "errs.casefile.person_not_found")
		}
		guest := housed
		if i >= 0 {
			m := e.view.Members[i]
			if err := e.leave(m, m.Version, from); err != nil {
				return err
			}
			guest = housed || m.Housed && id != e.file
		}
		if err := e.stay(home, id, from, until, guest); err != nil {
			return err
		}
	}
	return nil
}

// RelateParent notes that a is a parent of b, both shown by the household of a
// file.
func (s *Service) RelateParent(ctx context.Context, file, a, b core.ID) error {
	return s.editHousehold(ctx, file, core.Date{}, func(e *householdEdit) error {
		ha, shownA := e.view.Humans[a]
		hb, shownB := e.view.Humans[b]
		if !shownA || !shownB {
			return errs.New(errs.NotFound, "errs.casefile.person_not_found")
		}
		return e.relate(ParentOf, ha, hb, NoCoupleYet, core.Date{}, core.Date{})
	})
}
