package browsertest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/browsertest"
	"codeberg.org/parvis/parvis/internal/demo"
	"codeberg.org/parvis/parvis/internal/testkit"
)

// openWithIssuers runs a demo whose settings name npm's provider twice: for workers,
// and for persons. Its clock is the provider's, the machine's.
func openWithIssuers(t *testing.T) (*house, *testkit.Provider) {
	t.Helper()
	p := testkit.StartProvider(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	hidden := write("secret", testkit.ProviderSecret)
	describe := func(id, name, of string) string {
		return "[[issuer]]\nid = \"" + id + "\"\nname = \"" + name + "\"\nfor = \"" + of + "\"\nurl = \"" + p.URL + "\"\nclient_id = \"parvis\"\nsecret_file = \"" + hidden +
			"\"\n[[issuer.level]]\nacr = \"eidas2\"\naal = 2\n"
	}
	settings := write("settings.toml", describe("ville", "Annuaire de la ville", "workers")+describe("public", "Identité du public", "persons"))
	h := openHouse(t, func(c *server.Config) {
		c.Demo, c.RealClock, c.Settings = true, true, settings
		c.Clock.(*wheel).now = time.Now()
	})
	for _, path := range []string{"/entrer/retour/ville", "/entrer/retour/public", "/entrer"} {
		p.Control("back", named(h)+path)
	}
	return h, p
}

// at says who is at the provider's keyboard: they press a button there.
func at(p *testkit.Provider, account string) {
	p.Control("account", account, "acr", "eidas2", "amr", "pwd,otp", "page", "1")
}

const pressThere = "Je suis bien moi"

// TestAWorkerSignsInElsewhere: Claire links her account of the town's directory from
// her own page, comes in with it, proves who she is with it, and unlinks it. Another
// account opens nothing. The provider is another site: cookies must survive the way.
func TestAWorkerSignsInElsewhere(t *testing.T) {
	b := browsertest.Start(t)
	h, p := openWithIssuers(t)
	for _, screen := range []browsertest.Screen{{}, {Width: 360, Script: true}} {
		at(p, "claire")
		v := b.Visit(t, named(h), screen)
		enterDemo(v, "worker")
		v.Open("/compte/cles-d-acces")
		v.Follow(say("signin.issuer.link", "name", "Annuaire de la ville"))
		v.Press(pressThere)
		v.MustShow(say("signin.issuer.linked"), "Annuaire de la ville", say("signin.keys.used_never"))
		v.Open("/compte")
		v.Press(say("web.frame.leave"))
		v.Follow(say("signin.issuer.enter", "name", "Annuaire de la ville"))
		if v.Shows(pressThere) { // the provider may remember who is there
			v.Press(pressThere)
		}
		v.MustShow("Claire Maurel")

		v.Open("/confirmer?suite=/compte/cles-d-acces")
		v.Follow(say("signin.issuer.confirm", "name", "Annuaire de la ville"))
		v.Press(pressThere) // asked again, whatever it remembers
		v.MustShow(say("signin.confirm.done"))
		if v.Path() != "/compte/cles-d-acces" {
			t.Errorf("the proof leads to %s", v.Path())
		}
		if n := v.SidewaysScroll(); n > 0 {
			t.Errorf("%s scrolls sideways by %d px", v.Path(), n)
		}

		other := b.Visit(t, named(h), screen)
		at(p, "inconnu")
		other.Open("/entrer")
		other.Follow(say("signin.issuer.enter", "name", "Annuaire de la ville"))
		other.Press(pressThere)
		other.MustShow(say("signin.issuer.failed"), say("errs.signin.issuer_unknown"))

		v.Press(say("signin.issuer.unlink"))
		v.MustShow(say("signin.issuer.unlinked"))
		at(p, "claire")
		other.Open("/entrer")
		other.Follow(say("signin.issuer.enter", "name", "Annuaire de la ville"))
		if other.Shows(pressThere) {
			other.Press(pressThere)
		}
		other.MustShow(say("signin.issuer.failed"))

		// Leaving here offers to leave there.
		v.Open("/compte")
		v.Press(say("web.frame.leave"))
		v.MustShow(say("signin.issuer.leave"))
	}
}

// TestAPersonSignsInElsewhere: Samira comes in with her card, links the account she has
// as everybody does, comes in with it from her phone; somebody else's account opens
// nothing and says the same as one that does not exist. She takes it away.
func TestAPersonSignsInElsewhere(t *testing.T) {
	b := browsertest.Start(t)
	h, p := openWithIssuers(t)
	code, err := demo.CardCode()
	if err != nil {
		t.Fatal(err)
	}
	for _, screen := range []browsertest.Screen{{Width: 360}, {Script: true}} {
		stranger := b.Visit(t, named(h), screen)
		at(p, "quelquun")
		stranger.Open("/entrer")
		stranger.Follow(say("signin.issuer.enter", "name", "Identité du public"))
		stranger.Press(pressThere)
		stranger.MustShow(say("errs.signin.issuer_nobody"))
		if stranger.Path() != "/carte" {
			t.Errorf("an account that nobody linked leads to %s", stranger.Path())
		}

		at(p, "samira")
		v := b.Visit(t, named(h), screen)
		v.Open("/carte")
		v.Fill(say("signin.card.code"), code)
		v.Fill(say("signin.card.pin"), demo.CardPIN)
		v.Press(say("web.entry.go"))
		v.Open("/moi/cles-d-acces")
		v.MustShow(say("signin.issuer.accounts_person"))
		v.Follow(say("signin.issuer.link", "name", "Identité du public"))
		v.Press(pressThere)
		v.MustShow(say("signin.issuer.linked"), "Identité du public")
		if n := v.SidewaysScroll(); n > 0 {
			t.Errorf("%s scrolls sideways by %d px", v.Path(), n)
		}
		v.Press(say("web.frame.leave"))
		v.Open("/carte")
		v.Follow(say("signin.issuer.enter", "name", "Identité du public"))
		if v.Shows(pressThere) {
			v.Press(pressThere)
		}
		if !strings.HasPrefix(v.Path(), "/moi") {
			t.Fatalf("her account leads to %s", v.Path())
		}

		// The worker's page counts it, and names nothing of it.
		worker := b.Visit(t, named(h), screen)
		enterDemo(worker, "worker")
		worker.Open(firstFile(worker) + "/acces")
		worker.MustShow("1 compte relié")

		v.Open("/moi/cles-d-acces")
		v.Press(say("signin.issuer.unlink"))
		v.MustShow(say("signin.issuer.unlinked"))
		v.Press(say("web.frame.leave"))
		v.Open("/carte")
		v.Follow(say("signin.issuer.enter", "name", "Identité du public"))
		if v.Shows(pressThere) {
			v.Press(pressThere)
		}
		v.MustShow(say("errs.signin.issuer_nobody"))
	}
}
