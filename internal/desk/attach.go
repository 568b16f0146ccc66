package desk

import (
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Who is somebody as they say it at the desk.
type Who struct {
	Given, Usual string
	Birth        core.PartialDate
}

// Find looks for the file of who came, before Attach. A worker reads look-alikes as a
// search would show them; a clerk, who opens no file and searches for nobody, is only
// answered when the whole name and the year of birth are those of a file, and learns no
// more than what was typed. Invalid by field. Who was shown finds a line in their journal.
func (s *Service) Find(ctx context.Context, passage core.ID, who Who) ([]casefile.Found, error) {
	if err := s.can(ctx, access.PassageNote); err != nil {
		return nil, err
	}
	var f errs.Fields
	who.Given = line(&f, "given", who.Given, maxSentTo)
	who.Usual = line(&f, "usual", who.Usual, maxSentTo)
	if who.Usual == "" {
		f.Add("usual", "errs.desk.name")
	}
	clerk := core.ActorFrom(ctx).Kind == core.ActorClerk
	if clerk && who.Given == "" {
		f.Add("given", "errs.desk.name")
	}
	if clerk && who.Birth.IsZero() {
		f.Add("birth", "errs.desk.birth")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	var found []casefile.Found
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		p, err := s.load(q, core.ActorFrom(ctx).Org, passage, "")
		if err != nil {
			return journal.Event{}, err
		}
		asked := casefile.Person{Identity: casefile.Identity{UsualName: who.Usual, GivenNames: who.Given, Birth: who.Birth}}
		if found, err = s.cases.LookAlikes(ctx, q, asked); err != nil {
			return journal.Event{}, err
		}
		found = slices.DeleteFunc(found, func(one casefile.Found) bool {
			return one.Ended || (clerk && (casefile.Fold(one.Name) != casefile.Fold(asked.DisplayName()) || one.Birth.Year != who.Birth.Year))
		})
		event := journal.Event{Kind: "passage.find", Object: "passage", ObjectID: p.ID}
		for _, one := range found {
			event.Subjects = append(event.Subjects, one.Person)
		}
		return event, nil
	})
	return found, err
}

const (
	setPerson   = `UPDATE passage SET person_id = $3, attached_at = $4, version = version + 1 WHERE org_id = $1 AND id = $2`
	touchedCase = `UPDATE casefile SET last_contact_from_person_at = $3, version = version + 1
WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND phase = 'active' AND last_contact_from_person_at < $3`
)

// Attach puts a passage in the file of who came, at any time later: they wish it, which
// wished says; Invalid otherwise. The person's last contact is then no earlier than the
// passage. Conflict when the passage is in another file, is a mistake or is not over.
func (s *Service) Attach(ctx context.Context, id, person core.ID, wished bool) error {
	if err := s.can(ctx, access.PassageNote); err != nil {
		return err
	}
	if !wished {
		return errs.Fields{errs.New(errs.Invalid, "errs.desk.wish").On("wished")}
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.PassageAttach, &person)
		if err != nil {
			return err
		}
		p, err := s.load(tx, o.Org, id, " FOR UPDATE")
		switch {
		case err != nil:
			return err
		case p.person == person:
			return nil
		case p.Attached, p.State != Finished:
			return changed()
		}
		if _, err := tx.Exec(setPerson, o.Org, id, person, tx.Now()); err != nil {
			return fmt.Errorf("put a passage in a file: %w", err)
		}
		before := p.counted()
		p.Attached = true
		if err := count(tx, o.Org, p.Day, p.counted(), before); err != nil {
			return err
		}
		if _, err := tx.Exec(touchedCase, o.Org, person, p.Arrived); err != nil {
			return fmt.Errorf("note the contact: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "passage.attach", Subjects: o.Humans, Object: "passage", ObjectID: id})
	})
}

// Detach takes a passage out of the file that it was put in, by mistake or because the
// person changed their mind. The last contact stays what it became.
func (s *Service) Detach(ctx context.Context, id core.ID) error {
	if err := s.can(ctx, access.PassageNote); err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		p, err := s.load(tx, org, id, " FOR UPDATE")
		if err != nil || !p.Attached {
			return err
		}
		person := p.person
		o, err := s.cases.Allow(ctx, tx, access.PassageAttach, &person)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(setPerson, org, id, "", 0); err != nil {
			return fmt.Errorf("take a passage out of a file: %w", err)
		}
		before := p.counted()
		p.Attached = false
		if err := count(tx, org, p.Day, p.counted(), before); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "passage.detach", Subjects: o.Humans, Object: "passage", ObjectID: id})
	})
}

const selectOfFile = `SELECT ` + passageColumns + ` FROM passage WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND person_id <> '' ORDER BY id DESC LIMIT 200`

// OfFile lists the passages of a person's file, the last first, at most 200.
func (s *Service) OfFile(ctx context.Context, person core.ID) ([]Passage, error) {
	var list []Passage
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.cases.Allow(ctx, q, access.PassageRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		list, err = s.list(q, selectOfFile, o.Org, person)
		return journal.Event{Kind: "passage.read", Subjects: o.Humans}, err
	})
	return list, err
}

const selectOwn = `SELECT ` + passageColumns + ` FROM passage WHERE org_id = $1 AND person_id = $2 AND person_id <> '' ORDER BY id DESC LIMIT 200`

// Own lists those of the person who signed in.
func (s *Service) Own(ctx context.Context) ([]Passage, error) {
	person := core.ActorFrom(ctx).ID
	var list []Passage
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.cases.Allow(ctx, q, access.PassageOwn, &person)
		if err != nil {
			return journal.Event{}, err
		}
		list, err = s.list(q, selectOwn, o.Org, person)
		return journal.Event{Kind: "passage.own", Subjects: []core.ID{person}}, err
	})
	return list, err
}
