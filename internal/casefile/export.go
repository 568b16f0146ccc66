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

// Dossier is the whole file of one person as it may leave the program. Third
// persons are masked in it already: whoever writes it down needs to leave
// nothing out.
//
// What is masked, and why (GDPR art. 15, 4: a copy shall not harm others; the
// file is the person's, what it says of others is theirs):
//
//   - of everybody else only the first name of use and what they are to the
//     person are told: no family name, no birth, no identifier;
//   - a fact about somebody else keeps its name, dates and source, and loses its
//     value and its document, unless they are a child of the person and a minor
//     on the day of the copy;
//   - a protected address is left out, even of the person's own copy: paper and
//     files travel, and others of the same roof read them.
type Dossier struct {
	Made      int64 // µs UTC
	Today     core.Date
	Person    Person
	Hidden    bool // the address is protected and left out
	Case      CaseFile
	TeamName  string
	People    []Companion
	Facts     []KeptFact
	Months    []RightsOfMonth // latest month first
	Decisions []Decision      // by right, the latest first
	Sheets    []Sheet         // oldest first
	Plan      ExportedPlan
	Merged    []MergedBefore // files gathered in this one
	Origins   []string       // identifiers in the programs the person was imported from
	Names     map[core.ID]string
	Law       string // digest of the law in force here today
	Parts     []ExportPart
}

// Companion is somebody of the household, as far as another's copy may tell.
type Companion struct {
	FirstName string
	Role      Role
	From      core.Date // of the stay; zero = since we know
	Until     core.Date // first day away; zero = still there
	LivesIn   bool
}

// Role is what somebody is to the file's person.
type Role string

// The roles.
const (
	RoleChild     Role = "child"
	RoleParent    Role = "parent"
	RolePartner   Role = "partner"
	RoleExPartner Role = "former_partner"
	RoleOther     Role = "another"
)

// KeptFact is one fact with its history: every row ever written, the replaced
// ones too.
type KeptFact struct {
	Fact
	Of     Variable
	Whose  string // first name of the subject when not the person's own; "" = theirs or the dwelling
	Role   Role   // of that subject; "" = theirs or the dwelling
	Masked bool   // value and document left out
}

// RightsOfMonth is the last calculation of one month.
type RightsOfMonth struct {
	Month       core.Month
	Law         string // digest of the law that gave it
	FactsDigest string
	ComputedAt  int64
	Results     []Result // by right
}

// CountMasked says how many facts lost their value.
func (d *Dossier) CountMasked() int {
	n := 0
	for _, f := range d.Facts {
		if f.Masked {
			n++
		}
	}
	return n
}

const maxExportMonths = 60

const (
	selectEvaluations = `SELECT id, month, law, facts_digest, computed_at FROM evaluation
WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY month DESC, id DESC LIMIT 500`
	selectAllResults = `SELECT evaluation_id, right_name, status, amount, least, most FROM right_result
WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY evaluation_id, right_name LIMIT 20000`
	selectSheetsOf = `SELECT code, kind, month, evaluation_id, at, by_worker FROM sheet WHERE org_id = $1 AND person_id IN ` + SameHuman + ` ORDER BY at, code LIMIT 1000`
	selectOrigins  = `SELECT value FROM person_origin WHERE org_id = $1 AND person_id IN ` + SameHuman + ` ORDER BY value LIMIT 20`
	// Everybody the file speaks of: those of its household, and who was there before.
	selectFirstNames = `SELECT id, usual_name, given_names, use_name, birth FROM person WHERE org_id = $1 AND id IN (`
)

// PreviewExport reads what a copy of the file would hold, for the page that
// shows it before anything leaves.
func (s *Service) PreviewExport(ctx context.Context, person core.ID, rooms ...Exporter) (*Dossier, error) {
	return s.dossier(ctx, person, journal.Event{Kind: "file.preview"}, rooms)
}

// Export reads the whole file for a copy that leaves the program. Its line is in
// the journal before it returns. It asks for a recent proof of who the actor is.
func (s *Service) Export(ctx context.Context, person core.ID, rooms ...Exporter) (*Dossier, error) {
	if err := s.Access.Recent(ctx); err != nil {
		return nil, err
	}
	return s.dossier(ctx, person, journal.Event{Kind: "file.export"}, rooms)
}

func (s *Service) dossier(ctx context.Context, person core.ID, line journal.Event, rooms []Exporter) (*Dossier, error) {
	today := s.Today(ctx)
	var d *Dossier
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.FileExport, &person)
		if err != nil {
			return journal.Event{}, err
		}
		if d, err = s.CopyOf(ctx, q, o, person, today, rooms); err != nil {
			return journal.Event{}, err
		}
		line.Subjects = o.Humans
		return line, nil
	})
	if err != nil {
		return nil, fmt.Errorf("export file: %w", err)
	}
	return d, nil
}

// CopyOf reads the copy of an opened file, third persons masked, in the caller's
// snapshot and under the caller's line of the journal.
func (s *Service) CopyOf(ctx context.Context, q db.Querier, o Opened, person core.ID, today core.Date, rooms []Exporter) (*Dossier, error) {
	d, err := s.readDossier(q, o, person, today)
	if err != nil {
		return nil, err
	}
	// What workers believe of who is who gives nobody another's file.
	if core.ActorFrom(ctx).Kind == core.ActorPerson && len(d.Merged) > 0 {
		return nil, errs.New(errs.Conflict, "errs.exchange.own_merged")
	}
	d.Parts, err = readParts(ctx, q, o, person, rooms)
	return d, err
}

func (s *Service) readDossier(q db.Querier, o Opened, person core.ID, today core.Date) (*Dossier, error) {
	d := &Dossier{Made: s.Clock.Now().UnixMicro(), Today: today, Case: o.Cases[0], Law: s.Engine.Digest()}
	var err error
	if d.Person, err = s.ReadPerson(q, o.Org, person); err != nil {
		return nil, err
	}
	if a := &d.Person.Address; a.Protected {
		d.Hidden = true
		*a = Address{Protected: true}
	}
	names, err := teamNames(q, o.Org)
	if err != nil {
		return nil, err
	}
	d.TeamName = names[d.Case.Team]
	view, err := ReadHousehold(q, o.Org, person, today)
	if err != nil {
		return nil, err
	}
	facts, err := ReadFacts(q, o, person)
	if err != nil {
		return nil, err
	}
	others, err := loadOthers(q, o.Org, person, view, facts)
	if err != nil {
		return nil, err
	}
	d.People = companions(view, person, others)
	for _, f := range facts {
		d.Facts = append(d.Facts, s.keep(f, person, view, others, today, d.Hidden))
	}
	slices.SortStableFunc(d.Facts, func(a, b KeptFact) int {
		return s.vocabulary.index(a.Variable) - s.vocabulary.index(b.Variable)
	})
	if d.Months, err = loadMonths(q, o.Org, person); err != nil {
		return nil, err
	}
	for i := range d.Months {
		d.Months[i].Results = slices.DeleteFunc(d.Months[i].Results, func(r Result) bool { return d.Hidden && s.Local(r.Right) })
	}
	rows, err := q.Query(selectDecisions, o.Org, person)
	if err = db.Each(rows, err, func(r *db.Rows) error {
		var from core.ID // the file it was decided in
		dec, err := ScanDecision(r, &from)
		if !d.Hidden || !s.Local(dec.Right) {
			d.Decisions = append(d.Decisions, dec)
		}
		return err
	}); err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	rows, err = q.Query(selectSheetsOf, o.Org, person)
	if err = db.Each(rows, err, func(r *db.Rows) error {
		sh := Sheet{Person: person}
		err := r.Scan(&sh.Code, &sh.Kind, &sh.Month, &sh.Evaluation, &sh.At, &sh.By)
		d.Sheets = append(d.Sheets, sh)
		return err
	}); err != nil {
		return nil, fmt.Errorf("read sheets: %w", err)
	}
	rows, err = q.Query(selectOrigins, o.Org, person)
	if err = db.Each(rows, err, func(r *db.Rows) error {
		var v string
		err := r.Scan(&v)
		d.Origins = append(d.Origins, v)
		return err
	}); err != nil {
		return nil, fmt.Errorf("read origins: %w", err)
	}
	if d.Plan, err = exportPlan(q, o.Org, person); err != nil {
		return nil, err
	}
	if d.Merged, err = s.exportMerged(q, o.Org, person); err != nil {
		return nil, err
	}
	who := append(d.Plan.workers(), d.Case.Referent)
	for _, m := range d.Merged {
		who = append(who, m.By)
	}
	for _, f := range d.Facts {
		who = append(who, f.RecordedBy)
	}
	for _, dec := range d.Decisions {
		who = append(who, dec.By)
	}
	for _, sh := range d.Sheets {
		who = append(who, sh.By)
	}
	d.Names, err = access.Names(q, o.Org, who...)
	return d, err
}

// loadOthers reads who the file speaks of besides its person: those its
// household shows today, and the subjects of facts who have left.
func loadOthers(q db.Querier, org, person core.ID, view HouseholdView, facts []Fact) (map[core.ID]Human, error) {
	others := map[core.ID]Human{}
	var gone []core.ID
	for id, h := range view.Humans {
		if id != person {
			others[id] = h
		}
	}
	for _, f := range facts {
		if id := f.Subject.ID; f.Subject.Kind == AboutPerson && id != person && !slices.Contains(gone, id) {
			if _, shown := others[id]; !shown {
				gone = append(gone, id)
			}
		}
	}
	if len(gone) == 0 {
		return others, nil
	}
	rows, err := q.Query(selectFirstNames+marks(2, len(gone))+")", append([]any{org}, anys(gone)...)...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var h Human
		var i Identity
		var birth string
		if err := r.Scan(&h.ID, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse, &birth); err != nil {
			return err
		}
		h.FirstName = i.FirstName()
		var err error
		h.Birth, err = core.ParsePartialDate(birth)
		others[h.ID] = h
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who was there: %w", err)
	}
	return others, nil
}

// roleOf is what somebody is to the person, today or before.
func roleOf(view HouseholdView, person, other core.ID) Role {
	role := RoleOther
	for _, k := range view.Kin {
		switch {
		case k.Kind == ParentOf && k.A == person && k.B == other:
			return RoleChild
		case k.Kind == ParentOf && k.A == other && k.B == person:
			return RoleParent
		case k.Kind == Couple && (k.A == person && k.B == other || k.A == other && k.B == person):
			if k.Until.IsZero() || view.On.Before(k.Until) {
				return RolePartner
			}
			role = RoleExPartner
		}
	}
	return role
}

func companions(view HouseholdView, person core.ID, others map[core.ID]Human) []Companion {
	var list []Companion
	in := map[core.ID]bool{}
	for _, m := range view.Members {
		if m.Person == person {
			continue
		}
		in[m.Person] = true
		list = append(list, Companion{FirstName: others[m.Person].FirstName, Role: roleOf(view, person, m.Person), From: m.From, Until: m.Until, LivesIn: true})
	}
	var away []core.ID
	for id := range others {
		if !in[id] {
			away = append(away, id)
		}
	}
	slices.Sort(away)
	for _, id := range away {
		list = append(list, Companion{FirstName: others[id].FirstName, Role: roleOf(view, person, id)})
	}
	return list
}

func (s *Service) keep(f Fact, person core.ID, view HouseholdView, others map[core.ID]Human, today core.Date, hidden bool) KeptFact {
	k := KeptFact{Fact: f}
	k.Of, _ = s.vocabulary.find(f.Variable)
	if k.Of.Name == "" { // a name that the law no longer has
		k.Of = Variable{Name: f.Variable, Type: TypeText}
	}
	switch {
	case f.Subject.Kind == AboutPerson && f.Subject.ID != person:
		h := others[f.Subject.ID]
		k.Whose, k.Role = h.FirstName, roleOf(view, person, f.Subject.ID)
		k.Masked = k.Role != RoleChild || !surelyMinor(h.Birth, today)
	case hidden && Locating(f.Variable):
		k.Masked = true
	}
	if k.Masked {
		k.Value, k.Detail = "", ""
	}
	return k
}

// surelyMinor tells whether somebody is under 18 whatever their birth day is.
func surelyMinor(birth core.PartialDate, on core.Date) bool {
	if birth.IsZero() {
		return false
	}
	_, oldest := birth.AgeOn(on)
	return oldest < 18
}

func loadMonths(q db.Querier, org, file core.ID) ([]RightsOfMonth, error) {
	var months []RightsOfMonth
	at := map[core.ID]int{}
	rows, err := q.Query(selectEvaluations, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var e evaluation
		if err := r.Scan(&e.id, &e.month, &e.law, &e.factsDigest, &e.computedAt); err != nil {
			return err
		}
		if n := len(months); n < maxExportMonths && (n == 0 || months[n-1].Month != e.month) {
			at[e.id] = n
			months = append(months, RightsOfMonth{Month: e.month, Law: e.law, FactsDigest: e.factsDigest, ComputedAt: e.computedAt})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read calculations: %w", err)
	}
	rows, err = q.Query(selectAllResults, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var res Result
		if err := r.Scan(&res.Evaluation, &res.Right, &res.Status, &res.Amount, &res.Min, &res.Max); err != nil {
			return err
		}
		if i, shown := at[res.Evaluation]; shown {
			res.Month = months[i].Month
			months[i].Results = append(months[i].Results, res)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	return months, nil
}

// SharedCopy reads the copy of an opened file, third persons masked and without what
// other rooms have of it, in the caller's snapshot and under the caller's line of the
// journal: whoever shares a part of it takes away the rest before showing it.
func (s *Service) SharedCopy(q db.Querier, o Opened, person core.ID, today core.Date) (*Dossier, error) {
	return s.readDossier(q, o, person, today)
}
