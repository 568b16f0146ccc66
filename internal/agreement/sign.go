package agreement

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// SignHow is how the person said yes.
type SignHow string

// The ways. A drawn mark is a path of SVG; a typed one is the person's name by their own
// hand; of a paper, where it is kept. With their card and its PIN, or with a code that
// was sent to them, the mark is empty: the way itself says who was there.
const (
	SignDrawn SignHow = "drawn"
	SignTyped SignHow = "typed"
	SignCard  SignHow = "card"
	SignCode  SignHow = "code"
	SignPaper SignHow = "paper"
)

// Cards recognises a card and its PIN at the counter: *card.Service is one.
type Cards interface {
	// Present tells whether the card is one of a person's, humans being their files. A try
	// counts as it does at the door. Unauthenticated or Invalid when it is not.
	Present(ctx context.Context, org core.ID, humans []core.ID, code string, pin secret.String, client access.Client) error
}

// Codes recognises a code that was sent to a person.
type Codes interface {
	// Given spends a code that was sent to one of a person's ways for signing.
	// Unauthenticated when it is not the one.
	Given(ctx context.Context, org core.ID, humans []core.ID, code string, client access.Client) error
}

// Recognise says by what a person may be recognised at the counter; nil where there is
// no such way. Before the first use.
func (s *Service) Recognise(cards Cards, codes Codes) { s.cards, s.codes = cards, codes }

// signature is how somebody says yes, as every form sends it.
type signature struct {
	how    SignHow
	mark   string
	card   string
	pin    secret.String
	code   string
	client access.Client
}

func (g signature) validate(f *errs.Fields) {
	switch g.how {
	case SignDrawn:
		if !drawn(g.mark) {
			f.Add("mark", "errs.agreements.mark_drawn")
		}
	case SignTyped, SignPaper:
		if g.mark == "" {
			f.Add("mark", "errs.agreements.mark_"+string(g.how))
			return
		}
		line(f, "mark", g.mark, maxName)
	case SignCard:
		if strings.TrimSpace(g.card) == "" {
			f.Add("carte", "errs.agreements.card_missing")
		}
		if g.pin.Reveal() == "" {
			f.Add("pin", "errs.agreements.pin_missing")
		}
	case SignCode:
		if strings.TrimSpace(g.code) == "" {
			f.Add("code", "errs.agreements.code_missing")
		}
	default:
		f.Add("signed", "errs.agreements.signed_missing")
	}
}

// kept is what is written of the mark: nothing where the way itself tells.
func (g signature) kept() string {
	if g.how == SignCard || g.how == SignCode {
		return ""
	}
	return g.mark
}

// facts adds what a signed proof says of the mark: a drawing by its digest, so that the
// proof fits a QR code.
func (g signature) facts(to map[string]string) {
	to["signed"] = string(g.how)
	if g.how == SignDrawn {
		to["mark_sha256"] = digest(g.mark)
		return
	}
	to["mark"] = g.kept()
}

// present recognises the person by their card or a code, where they sign so: after the
// terms were found right, and before the transaction that writes, since a card takes its
// time and counts its tries.
func (s *Service) present(ctx context.Context, org core.ID, humans []core.ID, g signature) error {
	field := "carte"
	var err error
	switch g.how {
	case SignCard:
		if s.cards == nil {
			return errs.Fields{errs.New(errs.Invalid, "errs.agreements.signed_missing").On("signed")}
		}
		err = s.cards.Present(ctx, org, humans, g.card, g.pin, g.client)
	case SignCode:
		field = "code"
		if s.codes == nil {
			return errs.Fields{errs.New(errs.Invalid, "errs.agreements.signed_missing").On("signed")}
		}
		err = s.codes.Given(ctx, org, humans, g.code, g.client)
	case SignDrawn, SignTyped, SignPaper:
	}
	var held *errs.Error
	if errs.Is(err, errs.TooMany) && errors.As(err, &held) { // what was typed of the agreement stays
		wait := *held
		wait.Kind, wait.Field = errs.Invalid, field
		return errs.Fields{&wait}
	}
	if errs.Is(err, errs.Unauthenticated) {
		key := "errs.agreements.card_refused"
		if field == "code" {
			key = "errs.agreements.code_refused"
		}
		return errs.Fields{errs.Wrap(errs.Invalid, key, err).On(field)}
	}
	return err
}

// recognise is present where the person signs with a card or a code, once check found
// the file open and the terms right.
func (s *Service) recognise(ctx context.Context, g signature, check func(db.Querier) (casefile.Opened, error)) error {
	if g.how != SignCard && g.how != SignCode {
		return nil
	}
	var o casefile.Opened
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		o, err = check(q)
		return err
	})
	if err != nil {
		return err
	}
	return s.present(ctx, o.Org, o.Humans, g)
}

// houseName is what the organisation is called.
func houseName(q db.Querier, org core.ID) (string, error) {
	var name string
	if err := q.QueryRow(selectHouse, org).Scan(&name); err != nil {
		return "", fmt.Errorf("name of the organisation: %w", err)
	}
	return name, nil
}
