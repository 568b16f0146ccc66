package agreement

import (
	"context"
	"fmt"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Shared is a file as far as an agreement shows it, and nothing else.
type Shared struct {
	Dossier    *casefile.Dossier
	Categories []access.Category // that the policies allowed, one by one
	Consent    Consent           // zero for an hour with a reason
	Copy       bool              // a copy may be taken
	Today      core.Date
	People
}

// invoked is what the policies read of an agreement, about one category.
func (c Consent) invoked(person core.ID, today core.Date, category access.Category) access.Invoked {
	i := access.Invoked{ID: c.ID, Person: person, Categories: c.Categories, Gestures: c.Gestures, From: c.From, Until: c.Until,
		Revoked: c.EndedAt != 0, Today: today, Category: category}
	if c.Relative != "" {
		i.Kind, i.To = access.InvokedRelative, c.Relative
		return i
	}
	i.Kind, i.Teams = access.InvokedConsent, []core.ID{c.Team}
	return i
}

// Read reads what an agreement shares, for a worker of the team or for the relative it
// was given to: to them what is over, taken back or not theirs is NotFound, as if it had
// never been. The team that accompanies the person reads the same, whenever it is. Its line in the person's journal says the purpose.
func (s *Service) Read(ctx context.Context, id core.ID) (Shared, error) {
	return s.read(ctx, id, access.SharedRead, "shared.read")
}

// Copy reads the same for a copy that leaves the program, where the person agreed to
// one.
func (s *Service) Copy(ctx context.Context, id core.ID) (Shared, error) {
	return s.read(ctx, id, access.SharedTake, "shared.take")
}

func (s *Service) read(ctx context.Context, id core.ID, action access.Action, kind string) (Shared, error) {
	var out Shared
	today := s.cases.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		org := core.ActorFrom(ctx).Org
		c, err := s.loadConsent(q, org, id)
		if err != nil {
			return journal.Event{}, err
		}
		person, err := kept(q, org, c.Person)
		if err != nil {
			return journal.Event{}, err
		}
		out = Shared{Consent: c, Today: today, Copy: slices.Contains(c.Gestures, access.Take)}
		allow := func(category access.Category) (casefile.Opened, error) {
			about := person
			return s.cases.Allow(access.Invoke(ctx, c.invoked(person, today, category)), q, action, &about)
		}
		o, err := s.gather(ctx, q, person, c.Categories, allow, &out)
		if err != nil {
			return journal.Event{}, err
		}
		if out.People, err = names(q, org, []Consent{c}); err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: kind, Subjects: o.Humans, Object: "consent", ObjectID: id, Reason: c.Purpose}, nil
	})
	return out, err
}

// gather asks the policies of each category, reads the copy of the file, third persons
// masked, and takes away what was not allowed. NotFound when nothing was.
func (s *Service) gather(ctx context.Context, q db.Querier, person core.ID, asked []access.Category,
	allow func(access.Category) (casefile.Opened, error), out *Shared) (casefile.Opened, error) {
	var opened casefile.Opened
	for _, c := range asked {
		o, err := allow(c)
		if errs.Is(err, errs.Forbidden) || errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return opened, err
		}
		opened = o
		out.Categories = append(out.Categories, c)
	}
	if len(out.Categories) == 0 {
		return opened, errs.New(errs.NotFound, "errs.agreements.not_found")
	}
	d, err := s.cases.SharedCopy(q, opened, person, out.Today)
	if err != nil {
		return opened, fmt.Errorf("read what is shared: %w", err)
	}
	out.Dossier = only(d, out.Categories)
	return opened, nil
}

// Preview reads what an agreement would share, for the team that accompanies the
// person: the same rows through the same filter as Read.
func (s *Service) Preview(ctx context.Context, person core.ID, categories []access.Category) (Shared, error) {
	var out Shared
	today := s.cases.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		out = Shared{Today: today}
		allow := func(access.Category) (casefile.Opened, error) {
			return s.cases.Allow(ctx, q, access.SharedRead, &person)
		}
		o, err := s.gather(ctx, q, person, categories, allow, &out)
		if err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: "agreement.preview", Subjects: o.Humans}, nil
	})
	return out, err
}

// only keeps of a copy what the categories share. The name always stays: whoever may
// look knows of whom it speaks.
func only(d *casefile.Dossier, shared []access.Category) *casefile.Dossier {
	has := func(c access.Category) bool { return slices.Contains(shared, c) }
	out := &casefile.Dossier{Made: d.Made, Today: d.Today, Case: d.Case, TeamName: d.TeamName, Names: d.Names, Law: d.Law}
	out.Person = casefile.Person{ID: d.Person.ID, Identity: casefile.Identity{UsualName: d.Person.UsualName, GivenNames: d.Person.GivenNames,
		FirstNameOfUse: d.Person.FirstNameOfUse, Title: d.Person.Title}}
	if has(access.Vital) {
		out.Person.Birth, out.Person.Contact.Languages, out.Person.Contact.Interpreter = d.Person.Birth, d.Person.Languages, d.Person.Interpreter
		out.Person.Contact.Phone, out.Person.Contact.Hours, out.Person.Contact.Channel = d.Person.Phone, d.Person.Hours, d.Person.Channel
	}
	if has(access.Identity) {
		out.Person, out.Hidden = d.Person, d.Hidden
	}
	if has(access.Household) {
		out.People = d.People
	}
	if has(access.Situation) {
		for _, f := range d.Facts {
			if f.SupersededBy == "" && f.ConflictWith == "" { // what is believed today
				out.Facts = append(out.Facts, f)
			}
		}
	}
	if has(access.Rights) {
		out.Decisions = d.Decisions
		if len(d.Months) > 0 {
			out.Months = d.Months[:1]
		}
	}
	if has(access.Plan) {
		out.Plan = d.Plan
		out.Plan.Exchanges = nil // calls and letters speak of others
	}
	return out
}

// Waiting is what a worker's teams are shared today, by name.
type Waiting struct {
	Consents []Consent
	Today    core.Date
	People
}

// Ours lists what is shared today with the worker's teams: a page of at most 50, after
// an id.
func (s *Service) Ours(ctx context.Context, after core.ID) (Waiting, error) {
	out := Waiting{Today: s.cases.Today(ctx)}
	sc, err := s.cases.Access.Scope(ctx, access.SharedRead)
	if err != nil {
		return out, err
	}
	sc = access.Scope{Org: sc.Org, Shared: sc.Shared} // not those whom the teams accompany
	cond, args := sc.Where(access.Columns{Org: "c.org_id", Person: "c.person_id", Today: out.Today,
		Shared: "(c.team_id IN ({teams}) AND c.from_day <= {today} AND c.until_day >= {today} AND e.at IS NULL)"}, 4)
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		var err error
		if out.Consents, err = s.listConsents(q, consentsShare+cond+` ORDER BY c.id LIMIT 50`, append([]any{sc.Org, out.Today.String(), after}, args...)...); err != nil {
			return journal.Event{}, err
		}
		if out.People, err = names(q, sc.Org, out.Consents); err != nil {
			return journal.Event{}, err
		}
		subjects := make([]core.ID, 0, len(out.Consents))
		for _, c := range out.Consents {
			subjects = append(subjects, c.Person)
		}
		return journal.Event{Kind: "shared.list", Subjects: subjects}, nil
	})
	return out, err
}

// soonDays is how long before its end an agreement is spoken of, at most.
const soonDays = 30

// Soon tells whether what runs from a day to another ends soon enough to speak of it:
// within thirty days, or in the last quarter of what is shorter than four months.
func Soon(from, until, today core.Date) bool {
	days := func(a, b core.Date) int { return int(b.Time().Sub(a.Time()) / (24 * time.Hour)) }
	left := days(today, until)
	return left >= 0 && left <= min(soonDays, days(from, until)/4)
}

// EndingSoon lists the agreements that the worker wrote down and that end soon, by last
// day: at most 20.
func (s *Service) EndingSoon(ctx context.Context) (Waiting, error) {
	out := Waiting{Today: s.cases.Today(ctx)}
	if err := s.cases.Access.Can(ctx, access.PersonFind, access.Here(ctx)); err != nil {
		return out, err
	}
	actor := core.ActorFrom(ctx)
	soon := func(q db.Querier) ([]Consent, error) {
		list, err := s.listConsents(q, consentsEndSoon, actor.Org, actor.ID, out.Today.String(), out.Today.AddDays(soonDays).String())
		list = slices.DeleteFunc(list, func(c Consent) bool { return !Soon(c.From, c.Until, out.Today) })
		return list[:min(len(list), 20)], err
	}
	none := false // shows nobody: no line
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		list, err := soon(q)
		none = len(list) == 0
		return err
	})
	if none || err != nil {
		return out, err
	}
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		out.Consents = nil
		list, err := soon(q)
		if err != nil {
			return journal.Event{}, err
		}
		for _, c := range list { // only of files still open to them
			about := c.Person
			if _, err := s.cases.Allow(ctx, q, access.AgreementRead, &about); err == nil {
				out.Consents = append(out.Consents, c)
			} else if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Forbidden) {
				return journal.Event{}, err
			}
		}
		if out.People, err = names(q, actor.Org, out.Consents); err != nil {
			return journal.Event{}, err
		}
		subjects := make([]core.ID, 0, len(out.Consents))
		for _, c := range out.Consents {
			subjects = append(subjects, c.Person)
		}
		return journal.Event{Kind: "list", Subjects: subjects}, nil
	})
	return out, err
}

// GivenToMe lists what others share with the person who signed in, as somebody close.
func (s *Service) GivenToMe(ctx context.Context) (Waiting, error) {
	out := Waiting{Today: s.cases.Today(ctx)}
	actor := core.ActorFrom(ctx)
	if err := s.cases.Access.Can(ctx, access.AgreementRead, access.Resource{Org: actor.Org, Person: actor.ID}); err != nil {
		return out, err
	}
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		list, err := s.listConsents(q, consentsToWhom, actor.Org, actor.ID, out.Today.String())
		if err != nil {
			return err
		}
		for _, c := range list {
			if c.State(out.Today) == Live {
				out.Consents = append(out.Consents, c)
			}
		}
		out.People, err = names(q, actor.Org, out.Consents)
		return err
	})
	return out, err
}
