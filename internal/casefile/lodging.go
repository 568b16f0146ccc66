package casefile

import (
	"context"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Lodging is a stay of the file's person under somebody else's roof.
type Lodging struct {
	Host     core.ID   // somebody known; "" = Identity says who
	Identity Identity  // empty = the host was not named
	With     []core.ID // who goes along, of the household as it is
	From     core.Date // first day there
	Until    core.Date // first day gone; zero = still there
}

// Lodge opens a stay of the file's person, and of those who go along, as guests in
// the dwelling of a host; a host who is not named is no member of it. Their rent is
// no longer theirs (BuildPicture). Somebody whom another team accompanies cannot be
// the host, as nobody may be added to a household by name alone.
//
// errs.Fields on "from", "until", "person" or the names of the identity.
func (s *Service) Lodge(ctx context.Context, file core.ID, in Lodging) error {
	in.Identity.Trim()
	today := s.Today(ctx)
	var f errs.Fields
	if in.From.IsZero() {
		f.Add("from", "errs.casefile.date_missing")
	}
	checkStay(&f, in.From, in.Until, today)
	if in.Host == "" && in.Identity != (Identity{}) {
		if err := in.Identity.Validate(today); err != nil {
			fields, ok := err.(errs.Fields)
			if !ok {
				return err
			}
			f = append(f, fields...)
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.editHousehold(ctx, file, core.Date{}, func(e *householdEdit) error {
		home, err := e.hostHome(ctx, in)
		if err != nil {
			return err
		}
		e.view.ID = home
		return e.goTo(home, append([]core.ID{e.file}, in.With...), in.From, in.Until, true)
	})
}

// mayEnter checks that the actor may put people under the roof of a host: their
// household and that of everybody there will show each other. That a household
// shows the host — an ex, a parent — opens nothing: what counts is who accompanies
// the host and those who live there. A roof that is the file's already is theirs.
func (e *householdEdit) mayEnter(ctx context.Context, host core.ID, there HouseholdView) error {
	if slices.ContainsFunc(e.view.Members, func(m Member) bool { return m.Person == host }) {
		return nil
	}
	if _, err := e.mayShow(ctx, host); err != nil {
		return err
	}
	for _, m := range there.Members {
		if m.Person == host || slices.ContainsFunc(e.view.Members, func(o Member) bool { return o.Person == m.Person }) {
			continue
		}
		if _, err := e.mayShow(ctx, m.Person); err != nil {
			return err
		}
	}
	return nil
}

// hostHome is the dwelling of a host on the first day of the stay.
func (e *householdEdit) hostHome(ctx context.Context, in Lodging) (core.ID, error) {
	id := in.Host
	var err error
	switch {
	case id != "":
		if id, _, err = ReadAliases(e.tx, e.org, id); err != nil {
			return "", err
		}
	case in.Identity == (Identity{}):
		return e.newHousehold()
	default:
		if id, err = e.s.NewID(); err != nil {
			return "", err
		}
	}
	if id == e.file || slices.Contains(in.With, id) {
		return "", errs.Fields{errs.New(errs.Invalid, "errs.home.host_goes").On("person")}
	}
	if in.Host == "" {
		if _, err := e.human(ctx, id, HouseholdInput{Identity: in.Identity}); err != nil {
			return "", err
		}
	}
	there, err := ReadHousehold(e.tx, e.org, id, in.From)
	if err != nil {
		return "", err
	}
	if in.Host != "" {
		if err := e.mayEnter(ctx, id, there); err != nil {
			return "", err
		}
	}
	if len(there.Members)+1+len(in.With) > maxStays/4 {
		return "", errs.Fields{errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxStays/4).On("person")}
	}
	if there.ID != "" {
		return there.ID, nil
	}
	home, err := e.newHousehold()
	if err != nil {
		return "", err
	}
	return home, e.stay(home, id, core.Date{}, core.Date{}, false)
}
