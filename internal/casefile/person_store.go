package casefile

import (
	"errors"
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const selectIdentity = `SELECT usual_name, given_names, use_name, title, birth FROM person WHERE org_id = $1 AND id = $2`

// ReadIdentity reads how a person is called, and their birth. The caller has asked
// whether it may.
func ReadIdentity(q db.Querier, org, id core.ID) (Identity, error) {
	var i Identity
	var birth string
	err := q.QueryRow(selectIdentity, org, id).Scan(&i.UsualName, &i.GivenNames, &i.FirstNameOfUse, &i.Title, &birth)
	if errors.Is(err, db.ErrNoRows) {
		return i, errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	if err == nil {
		i.Birth, err = core.ParsePartialDate(birth)
	}
	if err != nil {
		return i, fmt.Errorf("read person %s: %w", id, err)
	}
	return i, nil
}

const selectCases = `SELECT id, team_id, worker_id, opened_on, phase, last_contact_from_person_at, version, ` + diedOn + `
FROM casefile WHERE org_id = $1 AND person_id IN ` + SameHuman + ` AND phase = 'active' ORDER BY id LIMIT 20`

// diedOn is the day a person died, as one of those who are one with them says, empty
// while they live.
const diedOn = `(SELECT MAX(x.died_on) FROM person x WHERE x.org_id = $1 AND x.id IN ` + SameHuman + `)`

// selectEnded is the last accompaniment of a person whom nobody accompanies.
const selectEnded = `SELECT id, team_id, worker_id, opened_on, phase, last_contact_from_person_at, version, ` + diedOn + `
FROM casefile WHERE org_id = $1 AND person_id = $2 AND phase = 'archive' ORDER BY id DESC LIMIT 1`

func loadCases(q db.Querier, org, person core.ID) ([]CaseFile, error) {
	return readCases(q, selectCases, org, person)
}

func loadEnded(q db.Querier, org, person core.ID) ([]CaseFile, error) {
	return readCases(q, selectEnded, org, person)
}

func readCases(q db.Querier, sql string, org, person core.ID) ([]CaseFile, error) {
	var list []CaseFile
	rows, err := q.Query(sql, org, person)
	return list, db.Each(rows, err, func(r *db.Rows) error {
		c := CaseFile{Person: person}
		var day, died string
		if err := r.Scan(&c.ID, &c.Team, &c.Referent, &day, &c.Phase, &c.LastContactFromPersonAt, &c.Version, &died); err != nil {
			return err
		}
		if c.Died, err = core.ParsePartialDate(died); err != nil {
			return err
		}
		c.OpenedOn, err = StoredDate(day)
		list = append(list, c)
		return err
	})
}

const (
	personColumns = `version, usual_name, given_names, birth_name, use_name, title, birth, languages, interpreter,
	phone, channel, hours, no_fixed, protected, address, postcode, city, commune`
	selectPerson = `SELECT ` + personColumns + ` FROM person WHERE org_id = $1 AND id = $2`
	// keepBefore copies a person's row before it changes; selectBefore reads the
	// oldest copy made after $3.
	keepBefore = `INSERT INTO person_before (org_id, person_id, id, at, by_worker, ` + personColumns + `)
SELECT org_id, id, $3, $4, $5, ` + personColumns + ` FROM person WHERE org_id = $1 AND id = $2`
	selectBefore = `SELECT ` + personColumns + ` FROM person_before WHERE org_id = $1 AND person_id = $2 AND id > $3 ORDER BY id LIMIT 1`
	// protectedElsewhere finds a file merged into $2 whose address is protected.
	protectedElsewhere = `SELECT COUNT(*) FROM person_alias al JOIN person o ON o.org_id = al.org_id AND o.id = al.alias_id
WHERE al.org_id = $1 AND al.person_id = $2 AND al.ended_at = 0 AND o.protected = 1`
)

// ReadPerson reads a person as pages, programs and prints show them: a protected
// address says that it is, and nothing of where.
func (s *Service) ReadPerson(q db.Querier, org, id core.ID) (Person, error) {
	p, err := s.loadWhole(q, org, id)
	return p.masked(), err
}

// loadOpened is ReadPerson of a file that Allow opened: whom nobody was merged into
// has no protected address elsewhere.
func (s *Service) loadOpened(q db.Querier, o Opened, id core.ID) (Person, error) {
	if !o.alone {
		return s.ReadPerson(q, o.Org, id)
	}
	p, err := s.scanPerson(q.QueryRow(selectPerson, o.Org, id), id)
	return p.masked(), err
}

// masked is the person without a protected address.
func (p Person) masked() Person {
	if a := p.Address; a.Protected {
		p.Address = Address{Protected: true, NoFixed: a.NoFixed}
	}
	return p
}

// keepAddress puts back the address of a form that was not shown it.
func (p *Person) keepAddress(stored Address) error {
	a := &p.Address
	if !stored.Protected || len(a.Lines) > 0 || a.Postcode != "" || a.City != "" || a.Commune != "" {
		return nil
	}
	if !a.Protected && (len(stored.Lines) > 0 || stored.Postcode != "" || stored.City != "") {
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.address_unprotect").On("address")}
	}
	kept := stored
	kept.Protected, kept.NoFixed = a.Protected, a.NoFixed
	*a = kept
	return nil
}

// loadWhole reads a person, a protected address too: for writing and for the one
// gesture that shows it. The address of somebody merged with a file where it is
// protected is protected.
func (s *Service) loadWhole(q db.Querier, org, id core.ID) (Person, error) {
	p, err := s.scanPerson(q.QueryRow(selectPerson, org, id), id)
	if err != nil || p.Address.Protected {
		return p, err
	}
	var n int64
	if err := q.QueryRow(protectedElsewhere, org, id).Scan(&n); err != nil {
		return p, fmt.Errorf("read person %s: %w", id, err)
	}
	p.Address.Protected = n > 0
	return p, nil
}

func (s *Service) scanPerson(row db.Row, id core.ID) (Person, error) {
	p := Person{ID: id}
	var birth, languages, lines string
	var sealed []byte
	a := &p.Address
	err := row.Scan(&p.Version, &p.UsualName, &p.GivenNames, &p.BirthName, &p.FirstNameOfUse, &p.Title, &birth,
		&languages, &p.Interpreter, &sealed, &p.Channel, &p.Hours, &a.NoFixed, &a.Protected, &lines, &a.Postcode, &a.City, &a.Commune)
	if errors.Is(err, db.ErrNoRows) {
		return p, errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	if err != nil {
		return p, fmt.Errorf("read person %s: %w", id, err)
	}
	if p.Birth, err = core.ParsePartialDate(birth); err != nil {
		return p, fmt.Errorf("read person %s: %w", id, err)
	}
	p.Languages = split(languages, " ")
	a.Lines = split(lines, "\n")
	if len(sealed) > 0 {
		phone, err := s.Fields.Open("person", "phone", string(id), sealed)
		if err != nil {
			return p, fmt.Errorf("open the phone of person %s: %w", id, err)
		}
		p.Phone = string(phone)
	}
	return p, nil
}

func split(s, sep string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, sep)
}

const insertPerson = `INSERT INTO person (org_id, id, version, usual_name, given_names, birth_name, use_name, title, birth, languages,
	interpreter, phone, channel, hours, no_fixed, protected, address, postcode, city, commune, sort_name, search_text, created_at, created_by)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`

const updatePerson = `UPDATE person SET version = version + 1, usual_name = $3, given_names = $4, birth_name = $5, use_name = $6, title = $7,
	birth = $8, languages = $9, interpreter = $10, phone = $11, channel = $12, hours = $13, no_fixed = $14, protected = $15, address = $16,
	postcode = $17, city = $18, commune = $19, sort_name = $20, search_text = $21
WHERE org_id = $1 AND id = $2 AND version = $22`

// personArgs are the arguments $1 to $21 that both statements share.
func (s *Service) personArgs(org core.ID, p Person) ([]any, error) {
	var sealed []byte
	if p.Phone != "" {
		var err error
		if sealed, err = s.Fields.Seal("person", "phone", string(p.ID), []byte(p.Phone)); err != nil {
			return nil, fmt.Errorf("seal the phone of person %s: %w", p.ID, err)
		}
	}
	a := p.Address
	return []any{org, p.ID, p.UsualName, p.GivenNames, p.BirthName, p.FirstNameOfUse, p.Title, p.Birth.String(),
		strings.Join(p.Languages, " "), p.Interpreter, sealed, p.Channel, p.Hours, a.NoFixed, a.Protected,
		strings.Join(a.Lines, "\n"), a.Postcode, a.City, a.Commune, sortName(p.Identity), searchText(p.Identity)}, nil
}

// keysOf are the search keys of a person, the phone's included.
func (s *Service) keysOf(p Person) []nameKey {
	keys := nameKeys(p.Identity)
	if p.Phone != "" {
		keys = append(keys, nameKey{kind: keyPhone, key: s.PhoneKey(p.Phone)})
	}
	return keys
}

func (s *Service) insertPersonRow(tx *db.Tx, org core.ID, p Person, by core.ID) error {
	args, err := s.personArgs(org, p)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(insertPerson, append(args, tx.Now(), by)...); err != nil {
		return fmt.Errorf("insert person: %w", err)
	}
	return insertKeys(tx, org, p.ID, s.keysOf(p))
}

// insertKeys writes the search keys of a person in one statement.
func insertKeys(tx *db.Tx, org, person core.ID, keys []nameKey) error {
	if len(keys) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(`INSERT INTO name_key (org_id, person_id, kind, key, also) VALUES `)
	args := []any{org, person}
	for i, k := range keys {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "($1, $2, $%d, $%d, $%d)", len(args)+1, len(args)+2, len(args)+3)
		args = append(args, k.kind, k.key, k.also)
	}
	b.WriteString(" ON CONFLICT DO NOTHING")
	if _, err := tx.Exec(b.String(), args...); err != nil {
		return fmt.Errorf("insert search keys: %w", err)
	}
	return nil
}

const deleteKey = `DELETE FROM name_key WHERE org_id = $1 AND kind = $2 AND key = $3 AND person_id = $4`

// RemoveKeys deletes what finds a person, before the person goes.
func (s *Service) RemoveKeys(tx *db.Tx, org, person core.ID) error {
	p, err := s.ReadPerson(tx, org, person)
	if err != nil {
		return err
	}
	return replaceKeys(tx, org, person, s.keysOf(p), nil)
}

// replaceKeys deletes the keys a person no longer has and writes the new ones.
func replaceKeys(tx *db.Tx, org, person core.ID, before, after []nameKey) error {
	keep := map[nameKey]bool{}
	for _, k := range after {
		keep[k] = true
	}
	had := map[nameKey]bool{}
	for _, k := range before {
		had[k] = true
		if keep[k] {
			continue
		}
		if _, err := tx.Exec(deleteKey, org, k.kind, k.key, person); err != nil {
			return fmt.Errorf("delete search keys: %w", err)
		}
	}
	var fresh []nameKey
	for _, k := range after {
		if !had[k] {
			fresh = append(fresh, k)
		}
	}
	return insertKeys(tx, org, person, fresh)
}

const insertCase = `INSERT INTO casefile (org_id, id, person_id, team_id, worker_id, opened_on, phase, last_contact_from_person_at, sort_name, version)
VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8, 1)`

const (
	renameCases = `UPDATE casefile SET sort_name = $3 WHERE org_id = $1 AND person_id IN ` + SameHuman
	renameTalk  = `UPDATE right_to_talk SET sort_name = $3 WHERE org_id = $1 AND person_id = $2`
	touchCases  = `UPDATE casefile SET last_contact_from_person_at = $3, version = version + 1
WHERE org_id = $1 AND person_id IN ` + SameHuman + ` AND phase = 'active' AND last_contact_from_person_at < $3`
)

// StoredDate reads a day as stored: ” is the zero Date.
func StoredDate(s string) (core.Date, error) {
	if s == "" {
		return core.Date{}, nil
	}
	return core.ParseDate(s)
}

// marks writes "$first, $first+1, …" for n parameters.
func marks(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}

func anys(ids []core.ID) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return list
}
