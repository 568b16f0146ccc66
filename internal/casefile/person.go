package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// LooksLike says that somebody known may be the new person.
type LooksLike struct{ Found []Found }

// Error is for the log.
func (l *LooksLike) Error() string { return "somebody known looks like this person" }

// Unwrap makes it an errs.Conflict for whoever only looks at the kind.
func (l *LooksLike) Unwrap() error { return errs.New(errs.Conflict, "errs.casefile.looks_like") }

// Clean trims, checks and normalises what a form or a table sent: errs.Fields.
func (p *Person) Clean(today core.Date) error {
	p.Identity.Trim()
	p.Hours = strings.TrimSpace(p.Hours)
	var lines []string
	for _, l := range p.Address.Lines {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			lines = append(lines, l)
		}
	}
	p.Address.Lines = lines
	p.Address.City = strings.Join(strings.Fields(p.Address.City), " ")
	var fields errs.Fields
	for _, err := range []error{p.Identity.Validate(today), p.Contact.Validate()} {
		if f, ok := err.(errs.Fields); ok {
			fields = append(fields, f...)
		} else if err != nil {
			return err
		}
	}
	if err := fields.Err(); err != nil {
		return err
	}
	p.Phone, _ = NormalPhone(p.Phone)
	return nil
}

// SuggestDuplicates looks for people already known who may be this one: same
// phone, or a name that looks or sounds alike with a birth that does not
// contradict it. At most 10, the likeliest first.
func (s *Service) SuggestDuplicates(ctx context.Context, in NewPerson) ([]Found, error) {
	if err := s.Access.Can(ctx, access.PersonCreate, access.Here(ctx)); err != nil {
		return nil, err
	}
	p := Person{Identity: in.Identity, Contact: in.Contact}
	if err := p.Clean(s.Today(ctx)); err != nil {
		return nil, err
	}
	var found []Found
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		var err error
		found, err = s.LookAlikes(ctx, q, p)
		return journal.Event{Kind: "person.duplicates", Subjects: personsOf(found)}, err
	})
	return found, err
}

// CreatePerson opens a file and computes its rights: the questions come from them.
// Unless in.SeenDuplicates it fails with *LooksLike when somebody known may be this
// person.
func (s *Service) CreatePerson(ctx context.Context, in NewPerson) (core.ID, error) {
	if err := s.Access.Can(ctx, access.PersonCreate, access.Here(ctx)); err != nil {
		return "", err
	}
	actor := core.ActorFrom(ctx)
	if !actor.InTeam(in.Team) && actor.Kind != core.ActorSystem {
		return "", errs.Fields{errs.New(errs.Invalid, "errs.casefile.team_not_yours").On("team")}
	}
	p := Person{Identity: in.Identity, Contact: in.Contact}
	if err := p.Clean(s.Today(ctx)); err != nil {
		return "", err
	}
	if !in.SeenDuplicates {
		found, err := s.SuggestDuplicates(ctx, in)
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return "", &LooksLike{Found: found}
		}
	}
	if in.Referent == "" && actor.Kind == core.ActorWorker {
		in.Referent = actor.ID
	}
	var err error
	if p.ID, err = s.NewID(); err != nil {
		return "", err
	}
	caseID, err := s.NewID()
	if err != nil {
		return "", err
	}
	today := s.Today(ctx)
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if in.Referent != "" && in.Referent != actor.ID {
			known, err := access.Workers(tx, actor.Org, in.Referent)
			if err != nil {
				return err
			}
			if _, ok := known[in.Referent]; !ok {
				return errs.Fields{errs.New(errs.Invalid, "errs.casefile.referent_unknown").On("referent")}
			}
		}
		c := CaseFile{ID: caseID, Team: in.Team, Referent: in.Referent, OpenedOn: today, LastContactFromPersonAt: tx.Now()}
		if err := s.InsertFile(tx, actor.Org, actor.ID, p, c); err != nil {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "person.create", Subjects: []core.ID{p.ID}})
	})
	if err != nil {
		return "", fmt.Errorf("create person: %w", err)
	}
	s.RecomputeAfter(ctx, p.ID)
	return p.ID, nil
}

// InsertFile writes a new person, cleaned, and the file that a team opens for
// them: a step of a use case that asked permission and writes the journal. by is
// who does it.
func (s *Service) InsertFile(tx *db.Tx, org, by core.ID, p Person, c CaseFile) error {
	if err := s.insertPersonRow(tx, org, p, by); err != nil {
		return err
	}
	_, err := tx.Exec(insertCase, org, c.ID, p.ID, c.Team, c.Referent, c.OpenedOn.String(), c.LastContactFromPersonAt, sortName(p.Identity))
	if err != nil {
		return fmt.Errorf("insert file: %w", err)
	}
	return nil
}

// Person reads identity and contact alone, for the edit page.
func (s *Service) Person(ctx context.Context, id core.ID) (Person, error) {
	var p Person
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.PersonOpen, &id)
		if err != nil {
			return journal.Event{}, err
		}
		p, err = s.ReadPerson(q, o.Org, id)
		return journal.Event{Kind: "person.read", Subjects: o.Humans}, err
	})
	return p, err
}

// UpdatePerson writes identity and contact of a file's person; p.Version is the
// one the form showed. *PersonConflict when it is no longer the stored one: the
// page keeps what was typed.
func (s *Service) UpdatePerson(ctx context.Context, p Person) error {
	return s.updatePerson(ctx, access.PersonEdit, p.ID, p, nil)
}

// UpdatePersonThen is UpdatePerson with what else a change means, in the same
// transaction: then gets the person as they were.
func (s *Service) UpdatePersonThen(ctx context.Context, p Person, then func(tx *db.Tx, o Opened, before Person) error) error {
	return s.updatePerson(ctx, access.PersonEdit, p.ID, p, then)
}

// UpdateHuman corrects the name and birth of somebody of the household who has
// no file of their own; contact is left as it was.
func (s *Service) UpdateHuman(ctx context.Context, file core.ID, p Person) error {
	return s.updatePerson(ctx, access.HouseholdEdit, file, p, nil)
}

func (s *Service) updatePerson(ctx context.Context, action access.Action, file core.ID, p Person, then func(*db.Tx, Opened, Person) error) error {
	today := s.Today(ctx)
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.Allow(ctx, tx, action, &file)
		if err != nil {
			return err
		}
		if p.ID, _, err = ReadAliases(tx, o.Org, p.ID); err != nil {
			return err
		}
		stored, err := s.loadWhole(tx, o.Org, p.ID)
		if err != nil {
			return err
		}
		if file != p.ID {
			if err := s.allowHuman(tx, o.Org, file, p.ID, today); err != nil {
				return err
			}
			p.Contact = stored.Contact
		} else if err := p.keepAddress(stored.Address); err != nil {
			return err
		}
		if err := p.Clean(today); err != nil {
			return err
		}
		if stored.Version != p.Version {
			return &PersonConflict{Stored: stored.masked(), Yours: p.masked()}
		}
		if err := s.storePerson(tx, o.Org, core.ActorFrom(ctx).ID, stored, p); err != nil {
			return err
		}
		if then != nil {
			if err := then(tx, o, stored); err != nil {
				return err
			}
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "person.edit", Subjects: o.Humans, Object: "person", ObjectID: p.ID})
	})
	if err != nil {
		return err
	}
	s.RecomputeAfter(ctx, file)
	return nil
}

// storePerson writes p over what is stored, keeping the row as it stood, and puts
// its search keys and its place in lists right. The version is p's.
func (s *Service) storePerson(tx *db.Tx, org, by core.ID, stored, p Person) error {
	id, err := s.NewID()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(keepBefore, org, p.ID, id, tx.Now(), by); err != nil {
		return fmt.Errorf("keep the person as they were: %w", err)
	}
	args, err := s.personArgs(org, p)
	if err != nil {
		return err
	}
	n, err := tx.Exec(updatePerson, append(args, p.Version)...)
	if err != nil {
		return fmt.Errorf("update person: %w", err)
	}
	if n == 0 {
		return &PersonConflict{Stored: stored.masked(), Yours: p.masked()}
	}
	if err := replaceKeys(tx, org, p.ID, s.keysOf(stored), s.keysOf(p)); err != nil {
		return err
	}
	if p.Address.Protected && !stored.Address.Protected {
		if err := s.stopTalk(tx, org, p.ID); err != nil {
			return err
		}
	}
	if sortName(p.Identity) != sortName(stored.Identity) {
		return RenameInLists(tx, org, p.ID, p.Identity)
	}
	return nil
}

// RenameInLists puts a person, and those merged into them, at their place in the
// lists by name.
func RenameInLists(tx *db.Tx, org, person core.ID, name Identity) error {
	sort := sortName(name)
	for _, sql := range []string{renameCases, renameTalk} {
		if _, err := tx.Exec(sql, org, person, sort); err != nil {
			return fmt.Errorf("rename in lists: %w", err)
		}
	}
	return nil
}

// GiveIdentity writes the names and contact of a person as they are now on another,
// and puts the person back as they were at the row since: for an undo, which asked
// its own permission.
func (s *Service) GiveIdentity(tx *db.Tx, org, by, person, other, since core.ID) error {
	read := func(id core.ID) (Person, error) { return s.scanPerson(tx.QueryRow(selectPerson, org, id), id) }
	now, err := read(person)
	if err != nil {
		return err
	}
	theirs, err := read(other)
	if err != nil {
		return err
	}
	before, err := s.scanPerson(tx.QueryRow(selectBefore, org, person, since), person)
	if err != nil {
		return err
	}
	given := now
	given.ID, given.Version = theirs.ID, theirs.Version
	if err := s.storePerson(tx, org, by, theirs, given); err != nil {
		return err
	}
	before.Version = now.Version
	return s.storePerson(tx, org, by, now, before)
}

// allowHuman checks that somebody is shown by the household of a file and has
// no file of their own: only then may that file's worker write about who they are.
func (s *Service) allowHuman(q db.Querier, org, file, human core.ID, on core.Date) error {
	view, err := ReadHousehold(q, org, file, on)
	if err != nil {
		return err
	}
	if _, shown := view.Humans[human]; !shown {
		return errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	cases, err := loadCases(q, org, human)
	if err != nil {
		return err
	}
	if len(cases) > 0 {
		return errs.New(errs.Forbidden, "errs.casefile.has_own_file")
	}
	return nil
}

// TouchContact notes that the person got in touch: retention starts again.
func (s *Service) TouchContact(ctx context.Context, person core.ID) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.Allow(ctx, tx, access.PersonEdit, &person)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(touchCases, o.Org, person, tx.Now()); err != nil {
			return fmt.Errorf("note the contact: %w", err)
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "contact.note", Subjects: o.Humans})
	})
}

func personsOf(found []Found) []core.ID {
	ids := make([]core.ID, 0, len(found))
	for _, f := range found {
		if !slices.Contains(ids, f.Person) {
			ids = append(ids, f.Person)
		}
	}
	return ids
}
