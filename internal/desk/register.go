package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Entry is somebody who asked to be called when a plan of alert is set off: by their
// wish, or asked by somebody else whom they do not oppose. It holds what the
// decree 2004-926 of 1 September 2004 (CASF art. R121-2 ff.) lists and how they can
// safely be reached, nothing else, and is no file.
type Entry struct {
	ID      core.ID   `json:"-"`
	AskedOn core.Date `json:"-"`
	Version int64     `json:"-"`

	Name     string `json:"name"`  // « Mme Fontaine Odette »
	Birth    string `json:"birth"` // a date or a year, as people write it
	Ground   string `json:"ground"`
	Address  string `json:"address"`
	Phone    string `json:"phone"`
	Safe     string `json:"safe,omitempty"`     // how and when to reach them safely
	Contact  string `json:"contact,omitempty"`  // whom to warn, with their phone
	HomeHelp string `json:"homehelp,omitempty"` // the service that comes to their home
	AskedBy  string `json:"asked_by"`           // a code of Askers
	Asker    string `json:"asker,omitempty"`    // who, when somebody else asked, in writing
}

// Limits of the register.
const (
	maxEntries   = 3000 // of one organisation: all are read to be put in order
	maxEntryLine = 160
	entryPage    = 50
)

// Grounds lists in what capacity somebody is on the register, all at home. Decree
// 2004-926 of 1 September 2004.
func Grounds() []string { return []string{"over_65", "over_60", "disabled"} }

// Askers lists who may ask; somebody else does so in writing. Decree 2004-926.
func Askers() []string { return []string{"self", "guardian", "third"} }

func (e *Entry) clean() error {
	var f errs.Fields
	for _, c := range []struct {
		field string
		value *string
		need  bool
	}{
		{"name", &e.Name, true}, {"birth", &e.Birth, false}, {"address", &e.Address, true}, {"phone", &e.Phone, false}, {"safe", &e.Safe, false},
		{"contact", &e.Contact, false}, {"homehelp", &e.HomeHelp, false}, {"asker", &e.Asker, false},
	} {
		*c.value = line(&f, c.field, *c.value, maxEntryLine)
		if c.need && *c.value == "" {
			f.Add(c.field, "errs.desk.needed")
		}
	}
	if !slices.Contains(Grounds(), e.Ground) {
		f.Add("ground", "errs.desk.choice")
	}
	if !slices.Contains(Askers(), e.AskedBy) {
		f.Add("asked_by", "errs.desk.choice")
	}
	if e.AskedBy != "self" && e.Asker == "" && slices.Contains(Askers(), e.AskedBy) {
		f.Add("asker", "errs.desk.asker")
	}
	return f.Err()
}

func (s *Service) sealEntry(id core.ID, e Entry) ([]byte, error) {
	plain, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("an entry of the register: %w", err)
	}
	sealed, err := s.cases.Fields.Seal("call_register", "said", string(id), plain)
	if err != nil {
		return nil, fmt.Errorf("seal an entry of the register: %w", err)
	}
	return sealed, nil
}

func (s *Service) scanEntry(r interface{ Scan(...any) error }) (Entry, error) {
	var id core.ID
	var asked string
	var sealed []byte
	var version int64
	if err := r.Scan(&id, &asked, &sealed, &version); err != nil {
		return Entry{}, err
	}
	plain, err := s.cases.Fields.Open("call_register", "said", string(id), sealed)
	if err != nil {
		return Entry{}, fmt.Errorf("open an entry of the register: %w", err)
	}
	var e Entry
	if err := json.Unmarshal(plain, &e); err != nil {
		return Entry{}, fmt.Errorf("an entry of the register: %w", err)
	}
	e.ID, e.Version = id, version
	e.AskedOn, err = core.ParseDate(asked)
	return e, err
}

const (
	insertEntry  = `INSERT INTO call_register (org_id, id, asked_on, said, version) VALUES ($1, $2, $3, $4, 1)`
	updateEntry  = `UPDATE call_register SET said = $3, version = version + 1 WHERE org_id = $1 AND id = $2 AND version = $4`
	deleteCalls  = `DELETE FROM call_made WHERE org_id = $1 AND entry_id = $2`
	deleteEntry  = `DELETE FROM call_register WHERE org_id = $1 AND id = $2`
	selectEntry  = `SELECT id, asked_on, said, version FROM call_register WHERE org_id = $1 AND id = $2`
	selectAll    = `/* every row: the register is read whole, to be put in order of names that are sealed */ SELECT id, asked_on, said, version FROM call_register WHERE org_id = $1 LIMIT 3000`
	countEntries = `/* every row: to keep within the limit */ SELECT COUNT(*) FROM call_register WHERE org_id = $1`
)

// AddEntry puts somebody on the register, today, as they wish: agreed says so. Invalid
// by field.
func (s *Service) AddEntry(ctx context.Context, e Entry, agreed bool) (core.ID, error) {
	if err := s.can(ctx, access.RegisterEdit); err != nil {
		return "", err
	}
	err := e.clean()
	if !agreed {
		fields, _ := errors.AsType[errs.Fields](err)
		fields.Add("agreed", "errs.desk.agreed")
		err = fields
	}
	if err != nil {
		return "", err
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	sealed, err := s.sealEntry(id, e)
	if err != nil {
		return "", err
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		var n int
		if err := tx.QueryRow(countEntries, org).Scan(&n); err != nil {
			return fmt.Errorf("count the register: %w", err)
		}
		if n >= maxEntries {
			return errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxEntries)
		}
		if _, err := tx.Exec(insertEntry, org, id, s.Today(ctx).String(), sealed); err != nil {
			return fmt.Errorf("insert an entry: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "register.add", Object: "register", ObjectID: id})
	})
	return id, err
}

// EditEntry corrects one. Conflict when a colleague did meanwhile.
func (s *Service) EditEntry(ctx context.Context, e Entry) error {
	if err := s.can(ctx, access.RegisterEdit); err != nil {
		return err
	}
	if err := e.clean(); err != nil {
		return err
	}
	sealed, err := s.sealEntry(e.ID, e)
	if err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		if _, err := s.entry(tx, org, e.ID); err != nil {
			return err
		}
		n, err := tx.Exec(updateEntry, org, e.ID, sealed, e.Version)
		if err != nil {
			return fmt.Errorf("change an entry: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "errs.desk.entry_changed")
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "register.edit", Object: "register", ObjectID: e.ID})
	})
}

// RemoveEntry takes somebody off the register for good, with the calls made to them:
// they ask it at any time, in any way. To do it twice is to do it once.
func (s *Service) RemoveEntry(ctx context.Context, id core.ID) error {
	if err := s.can(ctx, access.RegisterEdit); err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		if _, err := tx.Exec(deleteCalls, org, id); err != nil {
			return fmt.Errorf("forget calls: %w", err)
		}
		n, err := tx.Exec(deleteEntry, org, id)
		if err != nil {
			return fmt.Errorf("forget an entry: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "register.remove", Object: "register", ObjectID: id})
	})
}

func (s *Service) entry(q db.Querier, org, id core.ID) (Entry, error) {
	e, err := s.scanEntry(q.QueryRow(selectEntry, org, id))
	if errors.Is(err, db.ErrNoRows) {
		return e, errs.New(errs.NotFound, "errs.desk.entry_not_found")
	}
	if err != nil {
		return e, fmt.Errorf("read an entry: %w", err)
	}
	return e, nil
}

// Entry reads one, with its line in the journal.
func (s *Service) Entry(ctx context.Context, id core.ID) (Entry, error) {
	var e Entry
	if err := s.can(ctx, access.RegisterRead); err != nil {
		return e, err
	}
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		var err error
		e, err = s.entry(q, core.ActorFrom(ctx).Org, id)
		return journal.Event{Kind: "register.read", Object: "register", ObjectID: id}, err
	})
	return e, err
}

// register reads everybody, in the order of names.
func (s *Service) register(q db.Querier, org core.ID) ([]Entry, error) {
	var list []Entry
	rows, err := q.Query(selectAll, org)
	err = db.Each(rows, err, func(r *db.Rows) error {
		e, err := s.scanEntry(r)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the register: %w", err)
	}
	slices.SortFunc(list, func(a, b Entry) int {
		return strings.Compare(casefile.Fold(a.Name)+string(a.ID), casefile.Fold(b.Name)+string(b.ID))
	})
	return list, nil
}

// Register is a page of it, by name; page counts from 0.
type Register struct {
	Items []Entry
	More  bool // another page follows
	Empty bool // nobody at all
}

// ListRegister reads a page of fifty, with one line in the journal.
func (s *Service) ListRegister(ctx context.Context, page int) (Register, error) {
	var out Register
	if err := s.can(ctx, access.RegisterRead); err != nil {
		return out, err
	}
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		all, err := s.register(q, core.ActorFrom(ctx).Org)
		out = Register{Empty: len(all) == 0}
		from := min(max(page, 0)*entryPage, len(all))
		out.Items, out.More = all[from:min(from+entryPage, len(all))], from+entryPage < len(all)
		return journal.Event{Kind: "register.read", Object: "register"}, err
	})
	return out, err
}
