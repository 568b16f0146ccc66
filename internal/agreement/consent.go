package agreement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/reach"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// List is what a file's page of agreements shows.
type List struct {
	Person    core.ID
	Identity  casefile.Identity
	Today     core.Date
	Consents  []Consent // the latest first
	Partners  []access.Team
	Relatives []Relative
	Outside   []Outside // hours opened outside the team, the latest first
	Vital     bool      // what is vital may be opened in an emergency
	People
}

// Relative is somebody of the household who has a file of their own: they may be
// given an access.
type Relative struct {
	ID   core.ID
	Name string
}

// List reads the agreements of a file: for a team that accompanies the person, or for
// the person.
func (s *Service) List(ctx context.Context, person core.ID) (List, error) {
	var out List
	today := s.cases.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		out = List{Today: today}
		o, err := s.cases.Allow(ctx, q, access.AgreementRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		out.Person = person
		if out.Identity, err = identity(q, o.Org, person); err != nil {
			return journal.Event{}, err
		}
		if out.Consents, err = s.listConsents(q, s.consentsOf(ctx), o.Org, person); err != nil {
			return journal.Event{}, err
		}
		if err := s.around(ctx, q, o.Org, &out); err != nil {
			return journal.Event{}, err
		}
		var who []core.ID
		for _, h := range out.Outside {
			who = append(who, h.Worker)
		}
		if out.People, err = names(q, o.Org, out.Consents, who...); err != nil {
			return journal.Event{}, err
		}
		if core.ActorFrom(ctx).Kind != core.ActorPerson {
			if err := s.receivers(q, o, person, &out); err != nil {
				return journal.Event{}, err
			}
		}
		return journal.Event{Kind: "agreement.read", Subjects: o.Humans}, nil
	})
	return out, err
}

// consentsOf is the query of a file's agreements: a person reads those of the file they
// signed in to, whatever workers believe of who is who.
func (s *Service) consentsOf(ctx context.Context) string {
	if core.ActorFrom(ctx).Kind == core.ActorPerson {
		return ownConsents
	}
	return consentsOf
}

const (
	ownConsents = `SELECT ` + consentColumns + consentFrom + `c.person_id = $2 ORDER BY c.id DESC LIMIT 100`
	// Those of the home today, parents and children, who have a file.
	selectRelatives = `SELECT DISTINCT r.id FROM (
	SELECT o.person_id AS id FROM household_member m JOIN household_member o ON o.org_id = m.org_id AND o.household_id = m.household_id
	WHERE m.org_id = $1 AND m.person_id = $2 AND m.valid_to = '' AND o.valid_to = ''
	UNION SELECT k.b FROM kinship k WHERE k.org_id = $1 AND k.kind = 'parent_of' AND k.a = $2
	UNION SELECT k.a FROM kinship k WHERE k.org_id = $1 AND k.kind = 'parent_of' AND k.b = $2) r
JOIN casefile f ON f.org_id = $1 AND f.person_id = r.id WHERE r.id <> $2 ORDER BY r.id LIMIT 20`
)

// receivers lists to whom something may be shared: the other teams of the organisation,
// and those of the household who have a file.
func (s *Service) receivers(q db.Querier, o casefile.Opened, person core.ID, out *List) error {
	teams, err := access.Teams(q, o.Org)
	if err != nil {
		return err
	}
	for _, t := range teams {
		if !slices.Contains(o.Teams(), t.ID) {
			out.Partners = append(out.Partners, t)
		}
	}
	var ids []core.ID
	rows, err := q.Query(selectRelatives, o.Org, person)
	if err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}); err != nil {
		return fmt.Errorf("read relatives: %w", err)
	}
	for _, id := range ids {
		i, err := identity(q, o.Org, id)
		if err != nil {
			return err
		}
		out.Relatives = append(out.Relatives, Relative{id, i.DisplayName()})
	}
	return nil
}

// Text is what is read to the person before they say yes, in a language.
func Text(lang string, in Input, to string) string {
	p := i18n.For(lang)
	what := make([]string, 0, len(in.Categories))
	for _, c := range Categories() {
		if slices.Contains(in.Categories, c) {
			what = append(what, p.T("agreements.category_"+string(c)))
		}
	}
	take := p.T("agreements.text1_no_copy")
	if in.Copy {
		take = p.T("agreements.text1_copy")
	}
	return p.T("agreements.text1", "to", to, "what", p.List(what), "purpose", in.Purpose, "from", p.Date(in.From), "until", p.Date(in.Until), "copy", take)
}

// Give writes down what the person agreed to: once they read or heard the text and
// saw the preview. Invalid on its fields; Conflict when an agreement with the same
// receiver already covers some of these days.
func (s *Service) Give(ctx context.Context, person core.ID, in Input) (core.ID, error) {
	in.Trim()
	today := s.cases.Today(ctx)
	if in.From.IsZero() {
		in.From = today
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
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
		to, err := s.checkReceiver(tx, o, person, in)
		if err != nil {
			return err
		}
		return s.insert(ctx, tx, o, person, id, in, to)
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// checkReceiver refuses a receiver who cannot be one, and days already covered; it
// gives the receiver's name.
func (s *Service) checkReceiver(q db.Querier, o casefile.Opened, person core.ID, in Input) (string, error) {
	var all List
	if err := s.receivers(q, o, person, &all); err != nil {
		return "", err
	}
	if in.Relative != "" && !in.Insists {
		r, err := reach.Of(q, o.Org, person)
		if err != nil {
			return "", err
		}
		if r.Protected {
			return "", errs.Fields{errs.New(errs.Invalid, "errs.agreements.near_protected").On("insiste")}
		}
	}
	to := ""
	for _, t := range all.Partners {
		if in.Team != "" && t.ID == in.Team {
			to = t.Name
		}
	}
	for _, r := range all.Relatives {
		if in.Relative != "" && r.ID == in.Relative {
			to = r.Name
		}
	}
	if to == "" {
		return "", errs.Fields{errs.New(errs.Invalid, "errs.agreements.to_unknown").On("to")}
	}
	var until string
	err := q.QueryRow(overlapping, o.Org, person, in.Team, in.Relative, in.From.String(), in.Until.String()).Scan(&until)
	if err == nil {
		day, err := core.ParseDate(until)
		if err != nil {
			return "", err
		}
		return "", errs.Fields{errs.New(errs.Invalid, "errs.agreements.overlap", "date", day).On("from")}
	}
	if !errors.Is(err, db.ErrNoRows) {
		return "", fmt.Errorf("agreements of the same days: %w", err)
	}
	var n int64
	if err := q.QueryRow(countConsents, o.Org, person).Scan(&n); err != nil {
		return "", fmt.Errorf("count agreements: %w", err)
	}
	if n >= maxConsents {
		return "", errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxConsents)
	}
	return to, nil
}

func (s *Service) insert(ctx context.Context, tx *db.Tx, o casefile.Opened, person, id core.ID, in Input, to string) error {
	text := Text(in.Lang, in, to)
	proof, err := json.Marshal(sealedProof{Text: text, Mark: in.signature().kept()})
	if err != nil {
		return fmt.Errorf("write the proof: %w", err)
	}
	sealedProof, err := s.cases.Fields.Seal("consent", "proof", string(id), proof)
	if err != nil {
		return fmt.Errorf("seal the proof: %w", err)
	}
	purpose, err := s.cases.Fields.Seal("consent", "purpose", string(id), []byte(in.Purpose))
	if err != nil {
		return fmt.Errorf("seal the purpose: %w", err)
	}
	gestures := []access.Gesture{access.See}
	if in.Copy {
		gestures = append(gestures, access.Take)
	}
	who, err := identity(tx, o.Org, person)
	if err != nil {
		return err
	}
	house, err := houseName(tx, o.Org)
	if err != nil {
		return err
	}
	facts := map[string]string{
		"kind": "consent", "id": string(id), "person": who.DisplayName(), "birth": who.Birth.String(), "house": house, "to": to, "purpose": in.Purpose,
		"categories": join(in.Categories), "gestures": join(gestures), "given": s.cases.Today(ctx).String(), "from": in.From.String(), "until": in.Until.String(),
		"lang": in.Lang, "read": string(in.Read), "text_version": strconv.FormatInt(textVersion, 10), "text_sha256": digest(text),
	}
	in.signature().facts(facts)
	document, err := s.cases.Fields.Seal("consent", "document", string(id), []byte(s.sign(facts)))
	if err != nil {
		return fmt.Errorf("seal a signed agreement: %w", err)
	}
	_, err = tx.Exec(insertConsent, o.Org, id, person, in.Team, in.Relative, purpose, join(in.Categories), join(gestures), in.From.String(), in.Until.String(),
		textVersion, in.Lang, string(in.Read), string(in.Signed), sealedProof, document, tx.Now(), core.ActorFrom(ctx).ID)
	if err != nil {
		return fmt.Errorf("insert agreement: %w", err)
	}
	return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "agreement.give", Subjects: o.Humans, Object: "consent", ObjectID: id, Reason: in.Purpose})
}

// Open reads one agreement of a file, with its text and its mark.
func (s *Service) Open(ctx context.Context, person, id core.ID) (Opened, error) {
	var out Opened
	today := s.cases.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.cases.Allow(ctx, q, access.AgreementRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		out = Opened{Today: today, Key: s.PublicKey()}
		if out.Consent, err = s.loadConsent(q, o.Org, id); err != nil {
			return journal.Event{}, err
		}
		if !slices.Contains(o.Humans, out.Consent.Person) {
			return journal.Event{}, errs.New(errs.NotFound, "errs.agreements.not_found")
		}
		kept, err := s.loadProof(q, o.Org, id)
		if err != nil {
			return journal.Event{}, err
		}
		out.Text, out.Mark, out.Document = kept.Text, kept.Mark, kept.document
		if out.People, err = names(q, o.Org, []Consent{out.Consent}); err != nil {
			return journal.Event{}, err
		}
		out.Identity = out.Persons[out.Consent.Person]
		return journal.Event{Kind: "agreement.read", Subjects: o.Humans, Object: "consent", ObjectID: id}, nil
	})
	return out, err
}

// Opened is one agreement, whole.
type Opened struct {
	Consent  Consent
	Identity casefile.Identity
	Today    core.Date
	Text     string
	Mark     string
	Document string // signed, of the facts alone: it fits a QR code; "" for agreements of before
	Key      string // the public key of this installation, in base64
	People
}

// Receiver is the name of whom it is shared with.
func (p People) Receiver(c Consent) string {
	if c.Team != "" {
		return p.Teams[c.Team]
	}
	return p.Persons[c.Relative].DisplayName()
}

// Revoke takes an agreement back at once: the person themself, or a worker of their
// team on their word. To take it back twice is to take it back once.
func (s *Service) Revoke(ctx context.Context, person, id core.ID) error {
	actor := core.ActorFrom(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.AgreementRevoke, &person)
		if err != nil {
			return err
		}
		c, err := s.loadConsent(tx, o.Org, id)
		if err != nil {
			return err
		}
		if !slices.Contains(o.Humans, c.Person) {
			return errs.New(errs.NotFound, "errs.agreements.not_found")
		}
		n, err := tx.Exec(endConsent, o.Org, id, tx.Now(), string(actor.Kind), actor.ID)
		if err != nil || n == 0 {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "agreement.revoke", Subjects: o.Humans, Object: "consent", ObjectID: id})
	})
}
