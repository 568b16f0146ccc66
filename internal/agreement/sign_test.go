package agreement_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// cards are those of the world, cheap to harden.
func (w *world) cards() *card.Service {
	return card.New(card.Deps{DB: w.DB, Access: w.Access.(*access.Service), Journal: w.Journal, Fields: w.Fields.(*secret.Fields), Clock: w.Clock, Random: rand.NewChaCha8([32]byte{4}),
		Cost: access.PasswordCost{MemoryKiB: 64, Passes: 1, Lanes: 1},
		Files: func(ctx context.Context, q db.Querier, action access.Action, person core.ID) (card.File, error) {
			o, err := w.Allow(ctx, q, action, &person)
			return card.File{Person: person, Humans: o.Humans}, err
		}})
}

// system makes cards without a recent proof.
func (w *world) cardOf(cards *card.Service, person core.ID) string {
	w.T.Helper()
	ctx := core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: core.ActorFrom(w.Claire).Org})
	made, err := cards.Make(ctx, person, "402817", "402817")
	must(w.T, err)
	return made.Code.Reveal()
}

// Somebody signs with their own card and PIN, and with nobody else's; a wrong PIN leaves
// no agreement and counts a try.
func TestSignedWithACard(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cards := w.cards()
		w.agreed.Recognise(cards, nil)
		own := w.cardOf(cards, w.mia)
		noe := w.Person("Noé", "Sow", "1988-01-01")
		others := w.cardOf(cards, noe)
		in := w.input()
		in.Signed, in.Mark, in.Client = agreement.SignCard, "", access.Client{Address: "192.0.2.7"}
		for name, c := range map[string]struct {
			code  string
			pin   secret.String
			field string
		}{
			"no card":              {"", "402817", "carte"},
			"no PIN":               {own, "", "pin"},
			"not a card":           {"ABCD-EFGH", "402817", "carte"},
			"a wrong PIN":          {own, "111112", "carte"},
			"somebody else's card": {others, "402817", "carte"},
		} {
			in.Card, in.PIN = c.code, c.pin
			if _, err := w.agreed.Give(w.Claire, w.mia, in); !slices.Contains(fieldsOf(err), c.field) && errs.KindOf(err) != errs.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		all, err := w.agreed.List(w.Claire, w.mia)
		must(t, err)
		if len(all.Consents) > 0 {
			t.Fatalf("an agreement nobody gave: %+v", all.Consents)
		}
		in.Card, in.PIN = own, "402817"
		id, err := w.agreed.Give(w.Claire, w.mia, in)
		must(t, err)
		o, err := w.agreed.Open(w.Claire, w.mia, id)
		must(t, err)
		v, err := agreement.Verify([]byte(agreement.WithText(o.Document, o.Text)), "")
		must(t, err)
		if o.Mark != "" || v.Fact("signed") != "card" || strings.Contains(o.Document, own) || v.Text != o.Text {
			t.Errorf("%q %s", o.Mark, o.Document)
		}
		in.Card = own
		_, err = w.agreed.Give(w.Karim, w.mia, in)
		kind(t, "a team that does not accompany", err, errs.Forbidden)
		mandate := mandateInput()
		mandate.Signed, mandate.Mark, mandate.Card, mandate.PIN = agreement.SignCard, "", own, "402817"
		_, err = w.agreed.GiveMandate(w.Claire, w.mia, mandate)
		must(t, err)
	})
}

// A consent is signed as a mandate is: its facts and its text verify anywhere, and what was
// changed does not.
func TestAConsentVerifies(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.input()
		in.Signed, in.Mark = agreement.SignDrawn, "M10 20"+strings.Repeat("L30 40", 900)
		id, err := w.agreed.Give(w.Claire, w.mia, in)
		must(t, err)
		o, err := w.agreed.Open(w.person(w.mia), w.mia, id)
		must(t, err)
		if len(o.Document) > 2000 {
			t.Errorf("%d bytes do not fit a QR code", len(o.Document))
		}
		v, err := agreement.Verify([]byte(o.Document), o.Key)
		must(t, err)
		if v.Fact("kind") != "consent" || v.Fact("person") != "Mia Haddad" || v.Fact("to") != "Insertion" || v.Fact("categories") != "situation" || v.Text != "" {
			t.Errorf("%+v", v)
		}
		whole := agreement.WithText(o.Document, o.Text)
		if _, err := agreement.Verify([]byte(strings.Replace(whole, "accepte", "refuse", 1)), ""); !errors.Is(err, agreement.ErrText) {
			t.Errorf("another text: %v", err)
		}
		if _, err := agreement.Verify([]byte(strings.Replace(whole, "to=Insertion", "to=La presse", 1)), ""); !errors.Is(err, agreement.ErrSignature) {
			t.Errorf("another receiver: %v", err)
		}
	})
}

// The picture of a paper is kept sealed and comes back byte for byte; what is not a picture
// is refused, and nobody else reads it.
func TestTheSignedPaper(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, err := w.agreed.Give(w.Claire, w.mia, w.input())
		must(t, err)
		mandate, err := w.agreed.GiveMandate(w.Claire, w.mia, mandateInput())
		must(t, err)
		picture := append([]byte("\xff\xd8\xff\xe0"), bytes.Repeat([]byte("papier signé "), 100_000)...) // three pieces
		for name, bad := range map[string][]byte{"nothing": nil, "a page": []byte("<html>"), "a program": []byte("MZ\x90"), "too much": make([]byte, agreement.MaxPaper+1)} {
			if err := w.agreed.AddPaper(w.Claire, w.mia, id, bad); !slices.Contains(fieldsOf(err), "file") {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, w.agreed.AddPaper(w.Claire, w.mia, id, picture))
		must(t, w.agreed.AddPaper(w.Claire, w.mia, mandate, []byte("%PDF-1.7\n")))
		all, err := w.agreed.Papers(w.Claire, w.mia, id)
		must(t, err)
		if len(all.List) != 1 || all.List[0].Format != agreement.JPEG || all.List[0].Bytes != int64(len(picture)) {
			t.Fatalf("%+v", all.List)
		}
		_, data, err := w.agreed.ReadPaper(w.Claire, w.mia, id, all.List[0].ID)
		must(t, err)
		if !bytes.Equal(data, picture) {
			t.Error("the picture came back changed")
		}
		_, _, err = w.agreed.ReadPaper(w.Claire, w.mia, mandate, all.List[0].ID)
		kind(t, "of another agreement", err, errs.NotFound)
		_, _, err = w.agreed.ReadPaper(w.Karim, w.mia, id, all.List[0].ID)
		kind(t, "another team", err, errs.Forbidden)
		noe := w.Person("Noé", "Sow", "1988-01-01")
		kind(t, "another file", w.agreed.AddPaper(w.Claire, noe, id, picture), errs.NotFound)
		for range 4 {
			must(t, w.agreed.AddPaper(w.Claire, w.mia, id, []byte("\x89PNG\r\n\x1a\n")))
		}
		kind(t, "a sixth", w.agreed.AddPaper(w.Claire, w.mia, id, picture), errs.Invalid)
	})
}

// What runs is spoken of before it ends, and not from its first day.
func TestSoon(t *testing.T) {
	from := casetest.Today()
	for _, c := range []struct {
		days, after int
		want        bool
	}{{365, 334, false}, {365, 335, true}, {365, 365, true}, {365, 366, false}, {30, 0, false}, {30, 22, false}, {30, 23, true}, {1, 0, false}, {1, 1, true}} {
		if got := agreement.Soon(from, from.AddDays(c.days), from.AddDays(c.after)); got != c.want {
			t.Errorf("%d days, after %d: %v", c.days, c.after, got)
		}
	}
}
