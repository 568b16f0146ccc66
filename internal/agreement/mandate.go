package agreement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Measure is a measure of legal protection (code civil, art. 425 and following).
type Measure string

// The measures. Under a curatelle the person does acts of administration alone; under a
// tutelle, or where a relative is empowered to represent, somebody else signs with them.
const (
	MeasureNone      Measure = "none"
	MeasureSafeguard Measure = "safeguard" // sauvegarde de justice
	MeasureCuratelle Measure = "curatelle"
	MeasureTutelle   Measure = "tutelle"
	MeasureFamily    Measure = "family" // habilitation familiale
)

// Measures lists them, in the order of a page.
func Measures() []Measure {
	return []Measure{MeasureNone, MeasureSafeguard, MeasureCuratelle, MeasureTutelle, MeasureFamily}
}

// CoSigned tells whether somebody must sign with the person.
func (m Measure) CoSigned() bool { return m == MeasureTutelle || m == MeasureFamily }

// Named tells whether whoever assists or represents is written down.
func (m Measure) Named() bool { return m.CoSigned() || m == MeasureCuratelle }

// Terms are the durations of a mandate, in days: at most a year.
func Terms() []int { return []int{1, 31, 182, 365} }

const (
	maxProcedures = 10
	maxMandates   = 50
)

// MandateInput is what the page sends.
type MandateInput struct {
	Procedures   []string
	Days         int
	From         core.Date
	Measure      Measure
	Guardian     string // who assists or represents
	GuardianMark string // their name, written by them
	Lang         string
	Read         ReadHow
	Signed       SignHow
	Mark         string
	Card         string        // its code, to sign with it
	PIN          secret.String // and its PIN
	Code         string        // that was sent to the person
	Client       access.Client // from where the card or the code was typed
}

func (in MandateInput) signature() signature {
	return signature{how: in.Signed, mark: in.Mark, card: in.Card, pin: in.PIN, code: in.Code, client: in.Client}
}

// Trim removes outer spaces and empty procedures, in place.
func (in *MandateInput) Trim() {
	for _, s := range []*string{&in.Guardian, &in.GuardianMark, &in.Mark} {
		*s = strings.TrimSpace(*s)
	}
	var list []string
	for _, p := range in.Procedures {
		if p = strings.Join(strings.Fields(p), " "); p != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	in.Procedures = list
}

// Validate checks the form on a day: fields procedures, days, from, measure, guardian,
// guardian_mark, lang, read, signed, mark, carte, pin, code.
func (in MandateInput) Validate(today core.Date) error {
	var f errs.Fields
	switch {
	case len(in.Procedures) == 0:
		f.Add("procedures", "errs.agreements.procedures_missing")
	case len(in.Procedures) > maxProcedures:
		f.Add("procedures", "errs.agreements.procedures_many", "max", maxProcedures)
	}
	for _, p := range in.Procedures {
		if utf8.RuneCountInString(p) < minPurpose {
			f.Add("procedures", "errs.agreements.procedures_missing")
		}
		line(&f, "procedures", p, maxName)
	}
	if !slices.Contains(Terms(), in.Days) {
		f.Add("days", "errs.agreements.days_missing")
	}
	switch {
	case in.From.IsZero():
		f.Add("from", "errs.agreements.from_missing")
	case in.From.Before(today):
		f.Add("from", "errs.agreements.from_past")
	case today.AddDays(maxDays).Before(in.From):
		f.Add("from", "errs.agreements.from_far")
	}
	if !slices.Contains(Measures(), in.Measure) {
		f.Add("measure", "errs.agreements.measure_missing")
	}
	if in.Measure.Named() && in.Guardian == "" {
		f.Add("guardian", "errs.agreements.guardian_missing")
	}
	if in.Measure.CoSigned() && in.GuardianMark == "" {
		f.Add("guardian_mark", "errs.agreements.guardian_mark")
	}
	line(&f, "guardian", in.Guardian, maxName)
	line(&f, "guardian_mark", in.GuardianMark, maxName)
	if !i18n.Known(in.Lang) {
		f.Add("lang", "errs.agreements.lang_missing")
	}
	if !slices.Contains(ReadHows(), in.Read) {
		f.Add("read", "errs.agreements.read_missing")
	}
	in.signature().validate(&f)
	return f.Err()
}

// Mandate is what a person asked the organisation to do in their name.
type Mandate struct {
	ID         core.ID
	Person     core.ID
	From       core.Date
	Until      core.Date // last day
	Measure    Measure
	Procedures []Procedure
	Guardian   string
	Text       string // as it was read
	Lang       string
	Read       ReadHow
	Signed     SignHow
	Mark       string
	GivenAt    int64
	GivenBy    core.ID
	Document   string // signed
}

// Procedure is one thing done in the person's name, taken back apart.
type Procedure struct {
	Name    string
	EndedAt int64 // µs UTC; 0 = it holds
	EndedBy core.ActorKind
}

// Live tells whether something of the mandate holds on a day.
func (m Mandate) Live(today core.Date) bool {
	return !m.Until.Before(today) && slices.ContainsFunc(m.Procedures, func(p Procedure) bool { return p.EndedAt == 0 })
}

// mandateContent is what is sealed of a mandate.
type mandateContent struct {
	Procedures   []string `json:"procedures"`
	Guardian     string   `json:"guardian,omitempty"`
	GuardianMark string   `json:"guardian_mark,omitempty"`
	Text         string   `json:"text"`
	Lang         string   `json:"lang"`
	Read         ReadHow  `json:"read"`
	Signed       SignHow  `json:"signed"`
	Mark         string   `json:"mark"`
}

const (
	mandateColumns = `id, person_id, from_day, until_day, measure, content, document, given_at, given_by`
	mandatesOf     = `SELECT ` + mandateColumns + ` FROM mandate WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` ORDER BY id DESC LIMIT 50`
	ownMandates    = `SELECT ` + mandateColumns + ` FROM mandate WHERE org_id = $1 AND person_id = $2 ORDER BY id DESC LIMIT 50`
	countMandates  = `SELECT COUNT(*) FROM mandate WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman
	insertMandate  = `INSERT INTO mandate (org_id, ` + mandateColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	selectEnds     = `SELECT place, at, by_kind FROM mandate_end WHERE org_id = $1 AND mandate_id = $2 ORDER BY place`
	insertEnd      = `INSERT INTO mandate_end (org_id, mandate_id, place, at, by_kind, by_id) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
	selectHouse    = `SELECT name FROM org WHERE org_id = $1`
)

// Mandates is what a file's page shows of them.
type Mandates struct {
	Person   core.ID
	Identity casefile.Identity
	House    string
	Today    core.Date
	List     []Mandate // the latest first
	People
}

// MandateText is what is read to the person before they sign, in a language.
func MandateText(lang, house string, in MandateInput) string {
	p := i18n.For(lang)
	text := p.T("agreements.mandate_text1", "house", house, "what", p.List(in.Procedures), "from", p.Date(in.From), "until", p.Date(lastDay(in.From, in.Days)))
	if in.Measure.Named() {
		text += " " + p.T("agreements.mandate_text1_"+string(in.Measure), "guardian", in.Guardian)
	}
	return text
}

func lastDay(from core.Date, days int) core.Date { return from.AddDays(days - 1) }

// ReadMandates reads the mandates of a file: for a team that accompanies the person, or for
// the person.
func (s *Service) ReadMandates(ctx context.Context, person core.ID) (Mandates, error) {
	var out Mandates
	today := s.cases.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		out = Mandates{Today: today}
		o, err := s.cases.Allow(ctx, q, access.AgreementRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		sql := mandatesOf
		if core.ActorFrom(ctx).Kind == core.ActorPerson {
			sql = ownMandates
		}
		out.Person = person
		if out.Identity, err = identity(q, o.Org, person); err != nil {
			return journal.Event{}, err
		}
		if out.House, err = houseName(q, o.Org); err != nil {
			return journal.Event{}, err
		}
		if out.List, err = s.listMandates(q, o.Org, sql, person); err != nil {
			return journal.Event{}, err
		}
		var who []core.ID
		for _, m := range out.List {
			who = append(who, m.GivenBy)
		}
		if out.People, err = names(q, o.Org, nil, who...); err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: "mandate.read", Subjects: o.Humans}, nil
	})
	return out, err
}

func (s *Service) listMandates(q db.Querier, org core.ID, sql string, person core.ID) ([]Mandate, error) {
	var list []Mandate
	rows, err := q.Query(sql, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		m, err := s.scanMandate(r)
		list = append(list, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read mandates: %w", err)
	}
	for i := range list {
		m := &list[i]
		rows, err := q.Query(selectEnds, org, m.ID)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var place, at int64
			var by core.ActorKind
			if err := r.Scan(&place, &at, &by); err != nil {
				return err
			}
			if place >= 0 && int(place) < len(m.Procedures) {
				m.Procedures[place].EndedAt, m.Procedures[place].EndedBy = at, by
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read the ends of %s: %w", m.ID, err)
		}
	}
	return list, nil
}

func (s *Service) scanMandate(r interface{ Scan(...any) error }) (Mandate, error) {
	var m Mandate
	var from, until string
	var content, document []byte
	if err := r.Scan(&m.ID, &m.Person, &from, &until, &m.Measure, &content, &document, &m.GivenAt, &m.GivenBy); err != nil {
		return m, err
	}
	plain, err := s.cases.Fields.Open("mandate", "content", string(m.ID), content)
	if err != nil {
		return m, fmt.Errorf("open mandate %s: %w", m.ID, err)
	}
	var c mandateContent
	if err := json.Unmarshal(plain, &c); err != nil {
		return m, fmt.Errorf("read mandate %s: %w", m.ID, err)
	}
	for _, name := range c.Procedures {
		m.Procedures = append(m.Procedures, Procedure{Name: name})
	}
	m.Guardian, m.Text, m.Lang, m.Read, m.Signed, m.Mark = c.Guardian, c.Text, c.Lang, c.Read, c.Signed, c.Mark
	if plain, err = s.cases.Fields.Open("mandate", "document", string(m.ID), document); err != nil {
		return m, fmt.Errorf("open the document of %s: %w", m.ID, err)
	}
	m.Document = string(plain)
	if m.From, err = core.ParseDate(from); err != nil {
		return m, err
	}
	m.Until, err = core.ParseDate(until)
	return m, err
}

// GiveMandate writes a mandate down and signs its facts. Invalid on its fields.
func (s *Service) GiveMandate(ctx context.Context, person core.ID, in MandateInput) (core.ID, error) {
	in.Trim()
	today := s.cases.Today(ctx)
	if in.From.IsZero() {
		in.From = today
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	actor := core.ActorFrom(ctx)
	check := func(q db.Querier) (casefile.Opened, error) {
		o, err := s.cases.Allow(ctx, q, access.AgreementGive, &person)
		if err != nil {
			return o, err
		}
		return o, in.Validate(today)
	}
	if err := s.recognise(ctx, in.signature(), check); err != nil {
		return "", err
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := check(tx)
		if err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, person); err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRow(countMandates, o.Org, person).Scan(&n); err != nil {
			return fmt.Errorf("count mandates: %w", err)
		}
		if n >= maxMandates {
			return errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxMandates)
		}
		who, err := identity(tx, o.Org, person)
		if err != nil {
			return err
		}
		house, err := houseName(tx, o.Org)
		if err != nil {
			return err
		}
		text := MandateText(in.Lang, house, in)
		facts := map[string]string{
			"kind": "mandate", "id": string(id), "person": who.DisplayName(), "birth": who.Birth.String(), "mandatary": house, "given": today.String(),
			"from": in.From.String(), "until": lastDay(in.From, in.Days).String(), "days": strconv.Itoa(in.Days), "measure": string(in.Measure),
			"guardian": in.Guardian, "guardian_mark": in.GuardianMark, "lang": in.Lang, "read": string(in.Read),
			"text_version": strconv.FormatInt(textVersion, 10), "text_sha256": digest(text),
		}
		for i, p := range in.Procedures {
			facts[fmt.Sprintf("procedure_%02d", i+1)] = p
		}
		in.signature().facts(facts)
		content, err := json.Marshal(mandateContent{Procedures: in.Procedures, Guardian: in.Guardian, GuardianMark: in.GuardianMark, Text: text, Lang: in.Lang,
			Read: in.Read, Signed: in.Signed, Mark: in.signature().kept()})
		if err != nil {
			return fmt.Errorf("write a mandate: %w", err)
		}
		sealed, err := s.cases.Fields.Seal("mandate", "content", string(id), content)
		if err != nil {
			return fmt.Errorf("seal a mandate: %w", err)
		}
		document, err := s.cases.Fields.Seal("mandate", "document", string(id), []byte(s.sign(facts)))
		if err != nil {
			return fmt.Errorf("seal a mandate: %w", err)
		}
		_, err = tx.Exec(insertMandate, o.Org, id, person, in.From.String(), lastDay(in.From, in.Days).String(), string(in.Measure), sealed, document, tx.Now(), actor.ID)
		if err != nil {
			return fmt.Errorf("insert a mandate: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "mandate.give", Subjects: o.Humans, Object: "mandate", ObjectID: id})
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// EndProcedure takes one procedure of a mandate back, by its place from 0: the person, or
// a worker on their word. To take it back twice is to take it back once.
func (s *Service) EndProcedure(ctx context.Context, person, id core.ID, place int) error {
	actor := core.ActorFrom(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.AgreementRevoke, &person)
		if err != nil {
			return err
		}
		m, err := s.scanMandate(tx.QueryRow(`SELECT `+mandateColumns+` FROM mandate WHERE org_id = $1 AND id = $2`, o.Org, id))
		if errors.Is(err, db.ErrNoRows) || err == nil && (!slices.Contains(o.Humans, m.Person) || place < 0 || place >= len(m.Procedures)) {
			return errs.New(errs.NotFound, "errs.agreements.mandate_unknown")
		}
		if err != nil {
			return fmt.Errorf("read mandate %s: %w", id, err)
		}
		n, err := tx.Exec(insertEnd, o.Org, id, place, tx.Now(), string(actor.Kind), actor.ID)
		if err != nil || n == 0 {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "mandate.revoke", Subjects: o.Humans, Object: "mandate", ObjectID: id})
	})
}
