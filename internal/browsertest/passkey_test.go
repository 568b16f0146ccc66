package browsertest_test

import (
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// named is a house's address by its name: keys are bound to names, not to numbers.
func named(h *house) string { return strings.Replace(h.URL(), "127.0.0.1", "localhost", 1) }

// TestAWorkersPasskeys: Claire adds a key, comes in with it, renames it, adds
// another from a second computer, takes the first one away; a device that does not
// recognise her, or holds nothing, opens nothing and says so.
func TestAWorkersPasskeys(t *testing.T) {
	b := browsertest.Start(t)
	h := openHouse(t, nil)
	v := b.Visit(t, named(h), browsertest.Screen{Script: true})
	settle(t, h, v)
	phone := v.Authenticator()

	v.Open("/compte/cles-d-acces")
	v.MustShow(say("signin.keys.none"))
	v.Fill(say("signin.keys.name"), " ")
	v.Press(say("signin.keys.go"))
	v.MustShow(say("errs.signin.key_name"))
	if v.Path() != "/compte/cles-d-acces" {
		t.Fatalf("a key without name led to %s", v.Path())
	}
	phone.Forget()
	v.Fill(say("signin.keys.name"), "Téléphone de Claire")
	v.Press(say("signin.keys.go"))
	v.MustShow(say("signin.keys.added"), "Téléphone de Claire", say("signin.keys.used_never"))

	v.Open("/compte")
	v.Press(say("web.frame.leave"))
	v.Press(say("signin.keys.enter"))
	v.MustShow("Claire Maurel")
	v.Open("/compte/cles-d-acces")
	if v.Shows(say("signin.keys.used_never")) {
		t.Error("a key that served says that it never did")
	}
	v.Unfold(say("signin.keys.change"))
	v.FillIn("Téléphone de Claire", say("signin.keys.name"), "Vieux téléphone")
	v.PressIn("Téléphone de Claire", say("signin.keys.rename"))
	v.MustShow("Vieux téléphone")

	// The device does not recognise who holds it: nothing is sent, the page says so.
	v.Open("/compte")
	v.Press(say("web.frame.leave"))
	phone.Verifies(false)
	v.PressAndSee(say("signin.keys.enter"), say("signin.keys.cancelled"))
	phone.Verifies(true)

	// A device that holds a key of another site, or none.
	other := b.Visit(t, named(h), browsertest.Screen{Script: true})
	other.Open("/entrer")
	other.Authenticator()
	other.PressAndSee(say("signin.keys.enter"), say("signin.keys.cancelled"))

	v.Press(say("signin.keys.enter"))
	v.Open("/compte/cles-d-acces")
	v.Unfold(say("signin.keys.change"))
	v.PressIn("Vieux téléphone", say("signin.keys.revoke"))
	v.MustShow(say("signin.keys.revoked"), say("signin.keys.none"))
	v.Open("/compte")
	v.Press(say("web.frame.leave"))
	if phone.Keys() == 0 {
		t.Fatal("the device lost its key")
	}
	v.Press(say("signin.keys.enter"))
	v.MustShow(say("errs.signin.key_refused"))
}

// TestAGraveGestureAsksForAProof: half an hour after coming in, inviting a colleague
// asks who is there; the key answers; what was typed is on the page again.
func TestAGraveGestureAsksForAProof(t *testing.T) {
	b := browsertest.Start(t)
	h := openHouse(t, nil)
	v := b.Visit(t, named(h), browsertest.Screen{Script: true})
	secret := settle(t, h, v)
	v.Authenticator()
	v.Open("/compte/cles-d-acces")
	v.Fill(say("signin.keys.name"), "Bureau")
	v.Press(say("signin.keys.go"))
	for _, way := range []string{"key", "code"} {
		h.clock.Turn(15 * time.Minute)
		v.Open("/equipe")
		v.FillIn(say("web.team.invite"), say("web.team.name"), "Nadia Lefèvre")
		v.FillIn(say("web.team.invite"), say("web.team.login"), "n.lefevre."+way)
		v.Press(say("web.team.make_link"))
		v.MustShow(say("signin.confirm.title"), say("signin.confirm.key"))
		if way == "key" {
			v.Press(say("signin.confirm.key"))
		} else {
			v.Fill(say("signin.confirm.code"), code(t, secret, h.clock.Now()))
			v.Press(say("signin.confirm.go"))
		}
		v.MustShow(say("signin.confirm.done"))
		if got := v.Value(say("web.team.name")); got != "Nadia Lefèvre" {
			t.Fatalf("%s: the form came back with %q", way, got)
		}
		v.Press(say("web.team.make_link"))
		v.MustShow(say("web.team.link_for", "name", "Nadia Lefèvre"))
	}
}

// TestAColleagueGivesAccessBack, without script: Nadia lost her phone; Claire
// compares the code and confirms; Nadia chooses a new password on her own screen.
func TestAColleagueGivesAccessBack(t *testing.T) {
	b := browsertest.Start(t)
	h := openHouse(t, nil)
	claire := b.Visit(t, h.URL(), browsertest.Screen{})
	settle(t, h, claire)
	claire.Open("/equipe")
	claire.FillIn(say("web.team.invite"), say("web.team.name"), "Nadia Lefèvre")
	claire.FillIn(say("web.team.invite"), say("web.team.login"), "n.lefevre")
	claire.Press(say("web.team.make_link"))
	link := browsertest.Eval[string](claire, "document.querySelector('.key').textContent")
	enrol := func(v *browsertest.Visitor) {
		t.Helper()
		secret := browsertest.Eval[string](v, "document.querySelector('bdi.key').textContent")
		v.Fill(say("web.entry.password"), password)
		v.Fill(say("web.enrol.code_label"), code(t, secret, h.clock.Now()))
		v.Press(say("web.entry.go"))
		v.MustShow("Nadia Lefèvre")
	}
	nadia := b.Visit(t, h.URL(), browsertest.Screen{Width: 360})
	nadia.Open(link)
	enrol(nadia)
	nadia.ClearCookies()

	nadia.Open("/entrer")
	nadia.Follow(say("signin.lost.link"))
	nadia.Fill(say("web.entry.login"), "N.Lefevre")
	nadia.Press(say("signin.lost.ask"))
	shown := browsertest.Eval[string](nadia, "document.querySelector('.key').textContent")
	if nadia.Shows(say("signin.lost.approved")) {
		t.Fatal("approved before anybody looked")
	}
	claire.Open("/compte")
	claire.Follow(say("signin.resets.link"))
	claire.MustShow("Nadia Lefèvre", shown)
	claire.Press(say("signin.resets.yes"))
	claire.MustShow(say("signin.resets.approved"), say("signin.resets.none"))
	nadia.Follow(say("signin.lost.look"))
	nadia.MustShow(say("signin.lost.approved"), shown)
	nadia.Press(say("signin.lost.go"))
	enrol(nadia)

	// A login that does not exist shows the same page; nobody ever sees its request.
	nobody := b.Visit(t, h.URL(), browsertest.Screen{})
	nobody.Open("/entrer/perdu")
	nobody.Fill(say("web.entry.login"), "personne.inconnue")
	nobody.Press(say("signin.lost.ask"))
	nobody.MustShow(say("signin.lost.code"), say("signin.lost.look"))
	claire.Open("/equipe/demandes")
	claire.MustShow(say("signin.resets.none"))
}
