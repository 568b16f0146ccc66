package code

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/message"
)

// way is a stored way, and what its person's files say.
type way struct {
	org, id, holder core.ID
	person          core.ID // the file that the holder enters
	kind            message.Kind
	lookup          string
	address         string
	discreet        bool
	from, to        int64 // hours
	lang            string
	made            int64
	used            string
	reach           Reach
	shared          bool
}

// serves tells whether a code may go by the way, and let its person in.
func (w way) serves() bool {
	safe := w.reach.SMS
	if w.kind == message.Email {
		safe = w.reach.Email
	}
	return safe && !w.reach.Dead && w.person != "" && !(w.shared && w.reach.Protected)
}

// hour tells whether a message may arrive in an hour of the day.
func (w way) hour(h int) bool {
	if w.from <= w.to {
		return int64(h) >= w.from && int64(h) < w.to
	}
	return int64(h) >= w.from || int64(h) < w.to // over midnight
}

const (
	wayColumns = `w.org_id, w.id, w.holder, w.kind, w.lookup, w.address, w.discreet, w.from_hour, w.to_hour, w.lang, w.made_at, w.used_on, COALESCE(h.person, '')`
	wayFrom    = ` FROM code_way w LEFT JOIN holder h ON h.org_id = w.org_id AND h.id = w.holder WHERE `
	waysAt     = `SELECT ` + wayColumns + wayFrom + `w.lookup = $1 AND w.ended_at = 0 ORDER BY w.made_at, w.id LIMIT 20`
	waysOf     = `SELECT ` + wayColumns + wayFrom + `w.org_id = $1 AND w.holder = $2 AND w.ended_at = 0 ORDER BY w.made_at, w.id LIMIT 20`
	insertWay  = `INSERT INTO code_way (org_id, id, holder, kind, lookup, address, discreet, from_hour, to_hour, lang, made_at, made_by, used_on, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', 0)`
	usedWay = `UPDATE code_way SET used_on = $3 WHERE org_id = $1 AND id = $2`
	endWay  = `UPDATE code_way SET ended_at = $3 WHERE org_id = $1 AND id = $2 AND ended_at = 0`
	houseOf = `SELECT name, place FROM org WHERE org_id = $1`
)

func (s *Service) list(q db.Querier, sql string, args ...any) ([]way, error) {
	var all []way
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var w way
		var sealed []byte
		err := r.Scan(&w.org, &w.id, &w.holder, &w.kind, &w.lookup, &sealed, &w.discreet, &w.from, &w.to, &w.lang, &w.made, &w.used, &w.person)
		if err != nil {
			return err
		}
		plain, err := s.Fields.Open("code_way", "address", string(w.id), sealed)
		w.address = string(plain)
		all = append(all, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read where codes go: %w", err)
	}
	return all, nil
}

// at are the ways of an address, of every organisation: the address comes before anybody
// is known.
func (s *Service) at(q db.Querier, lookup string) ([]way, error) {
	all, err := s.list(q, waysAt, lookup)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if err := s.know(q, &all[i]); err != nil {
			return nil, err
		}
		all[i].shared = slices.ContainsFunc(all, func(o way) bool { return o.person != all[i].person && o.org == all[i].org })
	}
	return all, nil
}

// know completes a way with what its person's files say.
func (s *Service) know(q db.Querier, w *way) error {
	if w.person == "" {
		return nil
	}
	r, err := s.Reach(q, w.org, w.person)
	if errs.Is(err, errs.NotFound) {
		w.person = ""
		return nil
	}
	w.reach = r
	return err
}

// Way is a way as pages show it.
type Way struct {
	ID       core.ID
	Kind     message.Kind
	Shown    string // « •••• 41 22 »: whoever looks over a shoulder learns little
	Discreet bool
	From, To int // hours, 0 and 24 for always
	MadeAt   time.Time
	UsedOn   core.Date // zero = never
	Serves   bool      // nothing in the person's file stops it
	Shared   bool      // somebody else receives codes there too
}

// mask hides most of an address.
func mask(kind message.Kind, address string) string {
	if kind == message.Email {
		name, host, _ := strings.Cut(address, "@")
		r := []rune(name)
		return string(r[:1]) + "•••@" + host
	}
	return "•••• " + address[max(0, len(address)-4):len(address)-2] + " " + address[len(address)-2:]
}

func (w way) shown() (Way, error) {
	out := Way{ID: w.id, Kind: w.kind, Shown: mask(w.kind, w.address), Discreet: w.discreet || w.reach.Discreet, From: int(w.from), To: int(w.to),
		MadeAt: time.UnixMicro(w.made).UTC(), Serves: w.serves(), Shared: w.shared}
	if w.used == "" {
		return out, nil
	}
	var err error
	out.UsedOn, err = core.ParseDate(w.used)
	return out, err
}

// of are the ways of a person.
func (s *Service) of(q db.Querier, org core.ID, humans []core.ID) ([]way, error) {
	var all []way
	for _, person := range humans {
		holder, err := access.HolderOf(q, org, person)
		if err != nil {
			return nil, err
		}
		if holder == "" {
			continue
		}
		list, err := s.list(q, waysOf, org, holder)
		if err != nil {
			return nil, err
		}
		for _, w := range list {
			others, err := s.at(q, w.lookup)
			if err != nil {
				return nil, err
			}
			for _, o := range others {
				if o.id == w.id {
					all = append(all, o)
				}
			}
		}
	}
	return all, nil
}

func showAll(all []way) ([]Way, error) {
	var out []Way
	for _, w := range all {
		one, err := w.shown()
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// Read lists where a person receives codes, for a worker who may make their card.
func (s *Service) Read(ctx context.Context, person core.ID) ([]Way, error) {
	var out []Way
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		file, err := s.Files(ctx, q, access.CardEdit, person)
		if err != nil {
			return journal.Event{}, err
		}
		all, err := s.of(q, core.ActorFrom(ctx).Org, file.Humans)
		if err != nil {
			return journal.Event{}, err
		}
		out, err = showAll(all)
		return journal.Event{Kind: "card.read", Subjects: file.Humans}, err
	})
	return out, err
}

// Own lists where the person who is in receives codes.
func (s *Service) Own(ctx context.Context) ([]Way, error) {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return nil, err
	}
	a := core.ActorFrom(ctx)
	var out []Way
	err := s.DB.Read(ctx, func(q db.Querier) error {
		all, err := s.of(q, a.Org, []core.ID{a.ID})
		if err != nil {
			return err
		}
		out, err = showAll(all)
		return err
	})
	return out, err
}

// Input is what the counter's form sends.
type Input struct {
	Address  string // a telephone number or an e-mail address
	Discreet bool
	Shared   bool // the person knows that somebody else receives codes there
	From, To int  // hours; 0 and 0 for always
	Lang     string
}

// Add has a person receive codes somewhere, at the counter. Invalid on the fields
// adresse, partage, heures, langue. It asks for a recent proof.
func (s *Service) Add(ctx context.Context, person core.ID, in Input) error {
	if err := s.Access.Recent(ctx); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		file, err := s.Files(ctx, tx, access.CardEdit, person)
		if err != nil {
			return err
		}
		r, err := s.Reach(tx, a.Org, file.Person)
		if err != nil {
			return err
		}
		kind, address, ok := s.address(in.Address)
		if in.From == 0 && in.To == 0 {
			in.To = 24
		}
		var f errs.Fields
		switch {
		case !ok || !s.Senders.Sends(kind):
			f.Add("adresse", "errs.codes.address")
		case kind == message.SMS && !r.SMS, kind == message.Email && !r.Email:
			f.Add("adresse", "errs.codes.unsafe")
		case r.Birth.IsZero():
			f.Add("adresse", "errs.codes.birth_missing")
		}
		if in.From < 0 || in.From > 23 || in.To < 1 || in.To > 24 || in.From == in.To {
			f.Add("heures", "errs.codes.hours")
		}
		if !i18n.Known(in.Lang) {
			f.Add("langue", "errs.codes.lang")
		}
		if err := f.Err(); err != nil {
			return err
		}
		holder, err := s.Access.MakeHolder(tx, a.Org, file.Person)
		if err != nil {
			return err
		}
		lookup := s.Lookup(string(kind), address)
		there, err := s.at(tx, lookup)
		if err != nil {
			return err
		}
		for _, w := range there {
			if w.org == a.Org && slices.Contains(file.Humans, w.person) {
				return errs.Fields{errs.New(errs.Invalid, "errs.codes.already").On("adresse")}
			}
			if w.org == a.Org && !in.Shared {
				return errs.Fields{errs.New(errs.Invalid, "errs.codes.shared").On("partage")}
			}
		}
		own, err := s.list(tx, waysOf, a.Org, holder)
		if err != nil {
			return err
		}
		if len(own) >= maxWays {
			return errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxWays).On("adresse")
		}
		id, err := s.Access.NewID()
		if err != nil {
			return err
		}
		sealed, err := s.Fields.Seal("code_way", "address", string(id), []byte(address))
		if err != nil {
			return fmt.Errorf("seal where codes go: %w", err)
		}
		if _, err := tx.Exec(insertWay, a.Org, id, holder, string(kind), lookup, sealed, in.Discreet, in.From, in.To, in.Lang, tx.Now(), a.ID); err != nil {
			return fmt.Errorf("keep where codes go: %w", err)
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "code.add", Subjects: file.Humans, Object: "code_way", ObjectID: id})
	})
}

// Stop ends a way of a person, by a worker, with what is open for the person; NotFound when
// it is not theirs.
func (s *Service) Stop(ctx context.Context, person, id core.ID) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		file, err := s.Files(ctx, tx, access.CardEdit, person)
		if err != nil {
			return err
		}
		if err := s.end(ctx, tx, file, id, "code.stop"); err != nil {
			return err
		}
		for _, person := range file.Humans { // whoever holds the telephone now goes out
			if err := s.Access.CloseSessionsOf(tx, core.ActorFrom(ctx).Org, person); err != nil {
				return err
			}
		}
		return nil
	})
}

// StopOwn ends a way of the person who is in.
func (s *Service) StopOwn(ctx context.Context, id core.ID) error {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	if a.Kind != core.ActorPerson {
		return errs.New(errs.Forbidden, "access.error.forbidden")
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		return s.end(ctx, tx, File{Person: a.ID, Humans: []core.ID{a.ID}}, id, "code.stop_own")
	})
}

func (s *Service) end(ctx context.Context, tx *db.Tx, file File, id core.ID, kind string) error {
	org := core.ActorFrom(ctx).Org
	all, err := s.of(tx, org, file.Humans)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(w way) bool { return w.id == id }) {
		return errs.New(errs.NotFound, "access.error.not_found")
	}
	n, err := tx.Exec(endWay, org, id, tx.Now())
	if err != nil {
		return fmt.Errorf("end where codes go: %w", err)
	}
	if n == 0 {
		return nil
	}
	return s.Journal.Record(ctx, tx, journal.Event{Kind: kind, Subjects: file.Humans, Object: "code_way", ObjectID: id})
}

// AskToSign sends a code to one of a person's ways, with which they sign what a worker
// wrote with them.
func (s *Service) AskToSign(ctx context.Context, person, id core.ID) error {
	var file File
	err := s.DB.Read(ctx, func(q db.Querier) error {
		var err error
		file, err = s.Files(ctx, q, access.AgreementGive, person)
		return err
	})
	if err != nil {
		return err
	}
	org := core.ActorFrom(ctx).Org
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		all, err := s.of(tx, org, file.Humans)
		if err != nil {
			return err
		}
		for _, w := range all {
			if w.id == id && w.serves() {
				_, err := s.ask(tx, toSign, w.lookup, w.id)
				return err
			}
		}
		return errs.New(errs.NotFound, "access.error.not_found")
	})
}

// ToSign lists by which ways a person may sign, for a worker who writes an agreement with
// them.
func (s *Service) ToSign(ctx context.Context, person core.ID) ([]Way, error) {
	var out []Way
	err := s.DB.Read(ctx, func(q db.Querier) error {
		file, err := s.Files(ctx, q, access.AgreementGive, person)
		if err != nil {
			return err
		}
		all, err := s.of(q, core.ActorFrom(ctx).Org, file.Humans)
		if err != nil {
			return err
		}
		out, err = showAll(slices.DeleteFunc(all, func(w way) bool { return !w.serves() }))
		return err
	})
	return out, err
}

const newestToSign = `SELECT id FROM code_sent WHERE lookup = $1 AND purpose = 'sign' AND about = $2 AND used_at = 0 AND ends_at > $3 ORDER BY made_at DESC, id DESC LIMIT 1`

// Given spends a code that AskToSign sent to one of a person's ways: humans are their
// files. Unauthenticated when it is not one. The caller has asked whether the actor may
// act upon the file, and writes the line.
func (s *Service) Given(ctx context.Context, org core.ID, humans []core.ID, typed string, client access.Client) error {
	var waiting []core.ID
	err := s.DB.Read(ctx, func(q db.Querier) error {
		all, err := s.of(q, org, humans)
		if err != nil {
			return err
		}
		for _, w := range all {
			var id core.ID
			err := q.QueryRow(newestToSign, w.lookup, w.id, s.Clock.Now().UnixMicro()).Scan(&id)
			if errors.Is(err, db.ErrNoRows) || err == nil && !w.serves() {
				continue
			}
			if err != nil {
				return fmt.Errorf("read a code: %w", err)
			}
			waiting = append(waiting, id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range waiting {
		hold, err := s.Access.HoldNow(ctx, "code try", string(id), client)
		if err != nil {
			return err
		}
		c, err := s.try(ctx, id, toSign, typed)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		return s.DB.Tx(ctx, func(tx *db.Tx) error {
			n, err := tx.Exec(useOne, id, tx.Now())
			if err != nil {
				return fmt.Errorf("use a code: %w", err)
			}
			if n == 0 {
				return refused()
			}
			return s.Access.Release(tx, hold)
		})
	}
	return s.fail(ctx, org, "code")
}

// house is the name of the organisation that a message names, "" when it would be two.
func (s *Service) house(q db.Querier, all []way) (string, error) {
	for _, w := range all {
		if w.org != all[0].org {
			return "", nil
		}
	}
	var name, place string
	if err := q.QueryRow(houseOf, all[0].org).Scan(&name, &place); err != nil {
		return "", fmt.Errorf("name of the organisation: %w", err)
	}
	return name, nil
}

func (s *Service) place(q db.Querier, org core.ID) (*time.Location, error) {
	var name, place string
	if err := q.QueryRow(houseOf, org).Scan(&name, &place); err != nil {
		return nil, fmt.Errorf("time zone of the organisation: %w", err)
	}
	loc, err := time.LoadLocation(place)
	if err != nil {
		return nil, fmt.Errorf("time zone of the organisation: %w", err)
	}
	return loc, nil
}

// same compares a code with what was typed, spaces and dashes aside, without telling how
// much of it is right.
func same(code, typed string) bool {
	typed = strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "\u202f", "").Replace(typed)
	a, b := sha256.Sum256([]byte(code)), sha256.Sum256([]byte(typed))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
