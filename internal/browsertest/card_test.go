package browsertest_test

import (
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
	"codeberg.org/parvis/parvis/internal/demo"
)

// TestACardAndAPasskeyOfSamira: a worker makes her card; her phone scans it (the
// code after the # fills the field and leaves the address); she adds a key of her
// phone and comes in with it; without script she types the code. Then both of them
// open her space on the counter's screen, plainly, without the worker's session.
func TestACardAndAPasskeyOfSamira(t *testing.T) {
	b := browsertest.Start(t)
	h := openDemo(t)
	code, err := demo.CardCode() // the one that the command tells
	if err != nil {
		t.Fatal(err)
	}
	first := b.Visit(t, named(h), browsertest.Screen{})
	first.Open("/carte")
	first.Fill(say("signin.card.code"), code)
	first.Fill(say("signin.card.pin"), demo.CardPIN)
	first.Press(say("web.entry.go"))
	if first.Path() != "/moi" {
		t.Fatalf("the demonstration's card leads to %s", first.Path())
	}
	worker := b.Visit(t, named(h), browsertest.Screen{})
	enterDemo(worker, "worker")
	file := firstFile(worker)
	worker.Follow(say("signin.ways.link"))
	worker.Choose(say("signin.ways.pin_chosen"))
	worker.Fill(say("signin.ways.pin_field"), "482917")
	worker.Fill(say("signin.ways.pin_again"), "482918")
	worker.Press(say("signin.ways.remake"))
	worker.MustShow(say("errs.signin.pin_twice"))
	worker.Choose(say("signin.ways.pin_chosen"))
	worker.Fill(say("signin.ways.pin_field"), "482917")
	worker.Fill(say("signin.ways.pin_again"), "482917")
	worker.Press(say("signin.ways.remake"))
	worker.MustShow(say("signin.ways.made"))
	code = browsertest.Eval[string](worker, "document.querySelector('.key bdi').textContent")

	phone := b.Visit(t, named(h), browsertest.Screen{Width: 360, Script: true})
	phone.Authenticator()
	phone.Open("/carte#" + strings.ReplaceAll(code, "-", ""))
	if got := phone.Value(say("signin.card.code")); got != strings.ReplaceAll(code, "-", "") {
		t.Fatalf("the field holds %q", got)
	}
	if at := browsertest.Eval[string](phone, "location.href"); strings.Contains(at, "#") {
		t.Errorf("the code stays in the address: %s", at)
	}
	phone.Fill(say("signin.card.pin"), "111111")
	phone.Press(say("web.entry.go"))
	phone.MustShow(say("errs.signin.card_refused"))
	phone.Fill(say("signin.card.pin"), "482917")
	phone.Press(say("web.entry.go"))
	if phone.Path() != "/moi" {
		t.Fatalf("the card leads to %s", phone.Path())
	}
	phone.Follow(say("signin.own.door"))
	phone.Open("/moi/cles-d-acces")
	phone.Fill(say("signin.keys.name"), "Mon téléphone")
	phone.Press(say("signin.keys.go"))
	phone.MustShow("Mon téléphone")
	phone.Press(say("web.frame.leave"))
	phone.Press(say("signin.keys.enter"))
	phone.MustShow(say("signin.own.door"))

	bare := b.Visit(t, h.URL(), browsertest.Screen{Width: 320})
	bare.Open("/entrer")
	bare.Follow(say("signin.card.door"))
	bare.Fill(say("signin.card.code"), strings.ToLower(code))
	bare.Fill(say("signin.card.pin"), "482917")
	bare.Press(say("web.entry.go"))
	bare.Open("/moi/acces")
	bare.Press(say("web.account.close_others"))
	phone.Open("/moi")
	if phone.Path() == "/moi" {
		t.Error("closed elsewhere, and still in")
	}

	worker.Open(file + "/acces")
	worker.Press(say("signin.ways.beside_go"))
	if worker.Path() != "/moi" {
		t.Fatalf("beside leads to %s", worker.Path())
	}
	worker.MustShow("Vous êtes dans votre espace, à côté de")
	worker.Open(file)
	if worker.Status() == 200 && worker.Path() == file {
		t.Error("the worker's pages are open beside the person")
	}
	worker.Open("/moi")
	worker.Press(say("signin.beside.end"))
	worker.Open(file)
	if worker.Path() == file {
		t.Error("the worker's session came back by itself")
	}

	// She stops her card from home.
	bare.Open("/moi/acces")
	bare.Unfold(say("signin.own.stop"))
	bare.Press(say("signin.own.stop_go"))
	bare.MustShow(say("signin.ways.stopped"))
	bare.Open("/carte")
	bare.Fill(say("signin.card.code"), code)
	bare.Fill(say("signin.card.pin"), "482917")
	bare.Press(say("web.entry.go"))
	bare.MustShow(say("errs.signin.card_refused"))
}
