package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// browser is a client with cookies that follows redirects, as people's do.
type browser struct {
	t    testing.TB
	base string
	http *http.Client
	lang string
}

// page is what it got.
type page struct {
	t      testing.TB
	status int
	path   string // after redirects, with the query
	body   string
	header http.Header
}

func (s *site) open(t testing.TB) *browser {
	t.Helper()
	srv := httptest.NewServer(s.handler)
	t.Cleanup(srv.Close)
	return newBrowser(t, srv.URL)
}

func newBrowser(t testing.TB, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, http: &http.Client{Jar: jar}, lang: "fr"}
}

// another is a second browser at the same site, without the cookies.
func (b *browser) another() *browser { return newBrowser(b.t, b.base) }

func (b *browser) do(req *http.Request) page {
	b.t.Helper()
	req.Header.Set("Accept-Language", b.lang)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{b.t, res.StatusCode, res.Request.URL.RequestURI(), string(body), res.Header}
}

func (b *browser) get(path string) page {
	b.t.Helper()
	req, err := http.NewRequest("GET", b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

// post sends a form; pairs are name, value.
func (b *browser) post(path string, form url.Values) page {
	b.t.Helper()
	req, err := http.NewRequest("POST", b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// send fills the page's form of that action (the last one) and sends it.
func (p page) send(b *browser, action string, pairs ...string) page {
	p.t.Helper()
	i := strings.LastIndex(p.body, `action="`+action+`"`)
	if i < 0 {
		p.t.Fatalf("%s has no form to %s", p.path, action)
	}
	form := url.Values{}
	inside, _, _ := strings.Cut(p.body[i:], "</form>")
	for _, m := range hiddenField.FindAllStringSubmatch(inside, -1) {
		form.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	for j := 0; j+1 < len(pairs); j += 2 { // the page's own value gives way, one named twice is sent twice
		form.Del(pairs[j])
	}
	for j := 0; j+1 < len(pairs); j += 2 {
		form.Add(pairs[j], pairs[j+1])
	}
	return b.post(action, form)
}

func (p page) must(status int, words ...string) page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: status %d, want %d\n%s", p.path, p.status, status, p.text())
	}
	for _, w := range words {
		if !strings.Contains(p.text(), w) {
			p.t.Fatalf("%s does not show %q:\n%s", p.path, w, p.text())
		}
	}
	return p
}

// mustNot looks for words in the whole page, its attributes included; a bare number is
// looked for in what a reader sees, standing alone: an identifier may hold any digits.
func (p page) mustNot(words ...string) page {
	p.t.Helper()
	for _, w := range words {
		shown := strings.Contains(p.body, w)
		if number.MatchString(w) {
			shown = regexp.MustCompile(`(^|[^\w-])` + w + `($|[^\w-])`).MatchString(p.text())
		}
		if shown {
			p.t.Errorf("%s shows %q", p.path, w)
		}
	}
	return p
}

var number = regexp.MustCompile(`^\d+$`)

var tags = regexp.MustCompile(`(?s)<style.*?</style>|<svg.*?</svg>|<[^>]+>`)

// text is what a reader sees, with plain spaces.
func (p page) text() string {
	s := html.UnescapeString(tags.ReplaceAllString(p.body, " "))
	s = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2068", "", "\u2069", "", "\u2066", "").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}

// totp is the code of RFC 6238 that an authenticator shows for a secret.
func totp(t testing.TB, secret string, now time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(strings.TrimRight(secret, "="), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(now.Unix()/30))
	mac := hmac.New(sha1.New, key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff)%1_000_000)
}

var shownSecret = regexp.MustCompile(`<bdi class="key" dir="ltr">([A-Z2-7 ]+)</bdi>`)

func TestInvitationThenSignIn(t *testing.T) {
	s := newSite(t)
	clk := s.clock.(*movable)
	admin := s.open(t)
	admin.get("/demo/enter/worker").must(200)
	team := regexp.MustCompile(`name="teams" value="([^"]+)"`).FindStringSubmatch(admin.get("/equipe").must(200, "Nadia Lefèvre").body)[1]
	// Somebody who accompanies people in no team could never open a file.
	admin.get("/equipe").send(admin, "/equipe", "login", "t.nouveau", "name", "Thomas Nouveau", "roles", "works").must(422, "Choisissez au moins une équipe")
	made := admin.get("/equipe").send(admin, "/equipe", "login", "t.nouveau", "name", "Thomas Nouveau", "function", "éducateur", "roles", "works", "teams", team).
		must(200, "Voici le lien de Thomas Nouveau.")
	link := regexp.MustCompile(`/invitation\?jeton=[A-Za-z0-9_-]+`).FindString(made.body)
	if link == "" {
		t.Fatal("no link")
	}
	b := admin.another()
	invite := b.get(link).must(200, "Votre place est prête.", "Thomas Nouveau")
	secret := shownSecret.FindStringSubmatch(invite.body)[1]
	const password = "la place est grande ce matin"
	again := invite.send(b, "/invitation", "password", "court", "code", "000000").must(422)
	if got := shownSecret.FindStringSubmatch(again.body)[1]; got != secret {
		t.Fatal("the secret changed while the page was corrected")
	}
	again.send(b, "/invitation", "password", password, "code", totp(t, secret, clk.now)).must(200, "Bienvenue.", "Jeudi 11 juin")
	admin.get(link).must(404)

	b.get("/compte").must(200, "Thomas Nouveau").send(b, "/sortir").must(200, "Vous êtes sorti.")
	b.get("/personnes").must(200, "Bonjour. Entrez !")
	clk.now = clk.now.Add(time.Minute)
	signIn := b.get("/personnes?q=haddad")
	signIn.send(b, "/entrer", "login", "t.nouveau", "password", "faux mot de passe").must(422, "Bonjour. Entrez !").mustNot("faux mot de passe")
	code := signIn.send(b, "/entrer", "login", "t.nouveau", "password", password).must(200, "Votre code à six chiffres")
	code.send(b, "/entrer/code", "code", "123456").must(422)
	if in := code.send(b, "/entrer/code", "code", totp(t, secret, clk.now)).must(200, "Haddad"); in.path != "/personnes?q=haddad" {
		t.Errorf("led to %s", in.path)
	}
}

func TestWorkerReadsAndWritesAFile(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker").must(200, "Des droits dont parler", "Samira Haddad")
	path := "/personnes/" + string(s.samira)
	b.get("/personnes?q=hadad").must(200, "Samira Haddad")
	b.get(path).must(200, "34 ans, née le 3 février 1992. Parle arabe et français", "06 39 98 41 22, après 17 h", "SMS sans nom de service",
		"548 € par mois", "530 € par mois , ce qu’on croyait avant", "Épargne : préfère ne pas dire", "Demandée, noté le 11 juin", "Fatiha", "3 personnes : Samira, Yanis et Lina")

	// A refused value stays in the form with its reason.
	rent := b.get(path+"/faits/loyer").must(200, "Ce qu’on sait : 548 € par mois")
	bad := rent.send(b, path+"/faits/loyer", "state", "known", "value", "beaucoup", "source", "said", "from", "12/2025").must(422, "Une réponse est à revoir.")
	if !strings.Contains(bad.body, `value="beaucoup"`) || !strings.Contains(bad.body, `value="12/2025"`) || !strings.Contains(bad.body, `aria-invalid="true"`) {
		t.Error("what was typed is lost")
	}
	bad.send(b, path+"/faits/loyer", "state", "known", "value", "560,50", "source", "document", "detail", "Quittance", "from", "06/2026", "change", "new").
		must(200, "C’est gardé.", "560,50 € par mois", "Sur papier : Quittance")

	// The decision, then its kind of non-take-up; the right falls silent until reopened.
	why := b.get(path+"/droits/ppa").must(200).send(b, path+"/droits/ppa", "choix", "not_wanted").must(200, "Pourquoi, si elle veut le dire")
	b.get(path).must(200, "Mme Haddad n’en veut pas.")
	why.send(b, path+"/droits/ppa/precisions", "non_take_up", "non_demande").must(200, "C’est noté.", "Mme Haddad n’en veut pas.")
	right := b.get(path+"/droits/ppa").must(200, "Pas souhaitée, décidé le 11 juin 2026, avec Claire Maurel", "Elle le connaît et ne le demande pas")
	right.send(b, path+"/droits/ppa", "choix", "reopened").must(200, "C’est noté.")

	// The printed sheet, found again by its code.
	sheet := b.get(path).send(b, path+"/fiche").must(200, "Mes droits probables", "Samira Haddad. Fiche faite le 11 juin 2026 avec Claire Maurel.", "CCAS de Valsèvre")
	code := regexp.MustCompile(`<bdi class="code">([0-9A-Z-]+)</bdi>`).FindStringSubmatch(sheet.body)[1]
	b.get("/personnes?q="+strings.ToLower(strings.ReplaceAll(code, "-", ""))).must(200, "Samira Haddad", "Code de la fiche.")
	b.get(sheet.path+"?langue=ar").must(200, "حقوقي المحتملة")
	b.get(sheet.path+"?langue=fr-x-falc").must(200, "Le calcul peut se tromper.")
	if large := b.get(sheet.path + "?format=grand").must(200); !strings.Contains(large.body, `class="sheet large"`) {
		t.Error("no large print")
	}
}

func TestTwoTabsKeepBothVersions(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira) + "/faits/loyer"
	first, second := b.get(path), b.get(path)
	first.send(b, path, "state", "known", "value", "500", "source", "said").must(200, "C’est gardé.")
	choose := second.send(b, path, "state", "known", "value", "600", "source", "said").must(200, "Deux personnes ont écrit en même temps.", "500 €", "600 €", "Compte en ce moment")
	// The version that waits is the last form of the page.
	choose.send(b, "/personnes/"+string(s.samira)+"/choisir").must(200, "C’est choisi.", "600 € par mois").mustNot("Deux versions")
}

func TestAnEndedSessionGivesTheTextBack(t *testing.T) {
	s := newSite(t)
	clk := s.clock.(*movable)
	b := s.open(t)
	b.get("/demo/enter/worker")
	form := b.get("/personnes/nouvelle").must(200)
	clk.now = clk.now.Add(3 * time.Hour)
	door := form.send(b, "/personnes/nouvelle", "usual_name", "Gebremedhin", "given_names", "Tesfay", "hours", "le matin").must(200, "Vous étiez absent un moment.", "votre texte vous attend")
	next, err := url.Parse(door.path)
	if err != nil {
		t.Fatal(err)
	}
	b.get("/demo/enter/worker").must(200, "Un texte vous attend.")
	back := b.get(next.Query().Get("suite")).must(200, "Voici votre texte.")
	for _, v := range []string{`value="Gebremedhin"`, `value="Tesfay"`, `value="le matin"`} {
		if !strings.Contains(back.body, v) {
			t.Errorf("%s is lost", v)
		}
	}
	back.send(b, "/personnes/nouvelle", "usual_name", "Gebremedhin", "given_names", "Tesfay").must(200, "Le dossier est ouvert.", "Tesfay Gebremedhin")
	b.get("/").must(200).mustNot("Un texte vous attend.")
}

func TestLookAlikesAreShownBeforeASecondFile(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	form := b.get("/personnes/nouvelle")
	asked := form.send(b, "/personnes/nouvelle", "usual_name", "Hadad", "given_names", "Samira", "birth", "1992").must(409, "Est-ce déjà quelqu’un d’ici ?", "Samira Haddad")
	asked.send(b, "/personnes/nouvelle", "usual_name", "Hadad", "given_names", "Samira", "birth", "1992", "seen", "oui").must(200, "Le dossier est ouvert.")
}

func TestImpossibleDates(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	for _, birth := range []string{"31/02/1990", "12/03/2031", "hier", "1700"} {
		p := b.get("/personnes/nouvelle").send(b, "/personnes/nouvelle", "usual_name", "Sans", "birth", birth).must(422)
		if !strings.Contains(p.body, `id="f-birth-e"`) {
			t.Errorf("%s: the field does not say why", birth)
		}
	}
}

func TestWhatIsNotTheirsIsNotThere(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	// Another team's person: found, told apart, not openable.
	found := b.get("/personnes?q=sow").must(200, "Ibrahima Sow", "Secteur Sud", "Une autre équipe")
	found.mustNot(`href="/personnes/` + string(s.other))
	for _, path := range []string{"", "/identite", "/foyer", "/faits/loyer", "/question", "/droits/af", "/temps", "/choisir"} {
		if p := b.get("/personnes/" + string(s.other) + path).mustNot("Sow"); p.status != 403 && p.status != 404 {
			t.Errorf("%s: %d", p.path, p.status)
		}
	}
	person := b.another()
	person.get("/demo/enter/person").must(200, "Bonjour Madame Haddad", "Voir quelqu’un", "02 61 91 40 10").mustNot("€")
	person.get("/moi/fiche").must(200, "Mes droits probables")
	for _, path := range []string{"/personnes", "/personnes/" + string(s.samira), "/equipe", "/compte"} {
		person.get(path).must(404)
	}
	nobody := b.another()
	for _, path := range []string{"/", "/personnes", "/personnes/" + string(s.samira), "/equipe", "/compte", "/moi"} {
		nobody.get(path).must(200, "Bonjour. Entrez !").mustNot("Haddad")
	}
}

// pagesOf lists every page that a worker, a person and nobody can open.
func pagesOf(s *site) map[string][]string {
	file := "/personnes/" + string(s.samira)
	return map[string][]string{
		"worker": {file + "/codes",
			"/", "/personnes", "/personnes?q=haddad", "/personnes?q=zzz", "/personnes/nouvelle", "/importer", file + "/export", file, file + "?mois=2025-09", file + "/identite", file + "/foyer",
			file + "/faits", file + "/faits/loyer", file + "/faits/activite", file + "/faits/epargne", file + "/faits/titre_sejour_fin", file + "/choisir", file + "/temps", file + "/question",
			file + "/droits/af", file + "/droits/aide_logement", file + "/droits/asf", file + "/paroles", file + "/appels", file + "/buts/nouveau", file + "/demarches/nouvelle",
			file + "/notes", file + "/notes?q=chauffage&pour=person", file + "/notes?rencontre=letter", file + "/notes/nouvelle", file + "/notes/mots", file + "/notes/mots?note=" + string(s.note),
			file + "/notes/" + string(s.note), file + "/notes/" + string(s.note) + "/corriger", file + "/notes/" + string(s.note) + "/retirer",
			file + "/demarches/nouvelle?droit=asf", "/equipe", "/equipe/structure", "/equipe/logiciels", "/compte", "/guichets", "/regles", "/regles/af",
			"/suivis", "/suivis?qui=moi&contact=3&echeance=oui&droit=oui&nom=had&etat=fini", file + "/suivi", file + "/suivi/fin", file + "/suivi/relais", "/relais", "/absence", file + "/deces", file + "/adresse", file + "/avenir", file + "/avenir/essai",
			"/accueil", "/accueil/passages", "/accueil/passages?from=2026-06-01&reason=letter&file=non", "/accueil/groupes", "/accueil/obstacles", "/accueil/obstacles?service=caf&kind=refused", "/accueil/obstacles/caf/2026", "/accueil/chiffres", "/accueil/appels", "/accueil/registre", "/ce-qui-est-compte", file + "/passages",
			file + "/foyer/naissance", file + "/foyer/heberge?q=haddad", file + "/foyer/chez", file + "/vu", file + "/contestations", file + "/ecran",
			file + "/papiers", file + "/papiers/manquants",
			"/archives", file + "/conservation", "/equipe/conservation", file + "/enfance", file + "/donnees", file + "/donnees/notice",
			file + "/accords", file + "/accords/nouveau", "/partages", "/urgences", file + "/mandats", file + "/mandats/nouveau", "/hors-equipe/" + string(s.other)},
		"person": {"/moi/donnees", "/moi/donnees/notice", "/moi/donnees/notice?langue=ar", "/moi/codes", "/moi/papiers", "/moi/papiers/partager",
			"/moi", "/moi/accords", "/moi/mandats", "/moi/plan", "/moi/passages", "/moi/avenir", "/moi/notes", "/moi/mots", "/moi/mots?note=" + string(s.note), "/moi/fiche", "/moi/fiche?langue=fr-x-falc", "/moi/situation", "/moi/ecran", "/moi/vu", "/moi/vu/2026-06", "/moi/vu/2026-06/verifier", "/moi/vu/2026-06/papier?langue=ar", "/guichets", "/regles"},
		"": {"/entrer", "/simulateur", "/guichets", "/regles", "/regles/aide_logement", "/verifier", "/journal/cle", "/code"},
	}
}

var rawKey = regexp.MustCompile(`(papers|web|casefile|common|errs|access|law|steps|notes|caseload|life|home|seen|contest|proof|agreements|codes|policy|space|desk|keeping|safeguard|entitled)\.[a-z_]+\.[a-z_]+|\{[a-z_]+\}`)

func TestEveryPageInEveryLanguage(t *testing.T) {
	s := newSite(t)
	for who, paths := range pagesOf(s) {
		for _, tag := range i18n.Tags() {
			b := s.open(t)
			if who != "" {
				b.get("/demo/enter/" + who)
			}
			b.get("/guichets?lang=" + tag)
			for _, path := range paths {
				p := b.get(path).must(200)
				if m := rawKey.FindString(p.text()); m != "" {
					t.Errorf("%s %s: shows %q", tag, path, m)
				}
				if n := strings.Count(p.body, "<h1"); n != 1 {
					t.Errorf("%s %s: %d h1", tag, path, n)
				}
				for _, bad := range []string{"ZgotmplZ", " style=", "<no value>", "%!"} {
					if strings.Contains(p.body, bad) {
						t.Errorf("%s %s: has %q", tag, path, bad)
					}
				}
				ids := map[string]bool{}
				for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(p.body, -1) {
					if ids[m[1]] {
						t.Errorf("%s %s: id %s twice", tag, path, m[1])
					}
					ids[m[1]] = true
				}
				for _, m := range regexp.MustCompile(` (?:for|aria-labelledby|aria-describedby)="([^"]+)"`).FindAllStringSubmatch(p.body, -1) {
					for id := range strings.FieldsSeq(m[1]) {
						if !ids[id] {
							t.Errorf("%s %s: nothing has id %s", tag, path, id)
						}
					}
				}
			}
		}
	}
}

// packed is what a page and its stylesheets weigh on the wire, in bytes.
func packed(t testing.TB, s *site, b *browser, path string) (whole, css int) {
	t.Helper()
	body := b.get(path).must(200).body
	whole = gzipped(t, []byte(body))
	fetched := map[string]bool{} // a browser fetches each asset once
	var fetch func(path string)
	fetch = func(path string) {
		if fetched[path] {
			return
		}
		fetched[path] = true
		asset := b.get(path).must(200).body
		if strings.HasSuffix(path, ".woff2") {
			whole += len(asset)
			return
		}
		n := gzipped(t, []byte(asset))
		whole += n
		if strings.HasSuffix(path, ".css") {
			css += n
			for _, f := range regexp.MustCompile(`url\((/static/[^)]+)\)`).FindAllStringSubmatch(asset, -1) {
				fetch(f[1])
			}
		}
	}
	for _, m := range regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(body, -1) {
		fetch(m[1])
	}
	return whole, css
}

func gzipped(t testing.TB, data []byte) int {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

func TestPagesAreLight(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	whole, css := packed(t, s, b, "/entrer")
	t.Logf("sign-in: %d bytes in all, %d of CSS", whole, css)
	if whole > 30<<10 {
		t.Errorf("the sign-in page weighs %d bytes, more than 30 kB", whole)
	}
	for who, paths := range pagesOf(s) {
		b := s.open(t)
		if who != "" {
			b.get("/demo/enter/" + who)
		}
		for _, path := range paths {
			if _, css := packed(t, s, b, path); css > 8<<10 {
				t.Errorf("%s: %d bytes of CSS, more than 8 kB", path, css)
			}
		}
	}
}

func BenchmarkPersonFile(b *testing.B) {
	s := openSite(b, dbtest.Clock())
	client := s.open(b)
	client.get("/demo/enter/worker")
	base, err := url.Parse(client.base)
	if err != nil {
		b.Fatal(err)
	}
	cookies := client.http.Jar.Cookies(base)
	for _, encoding := range []string{"identity", "gzip"} {
		b.Run(encoding, func(b *testing.B) {
			for b.Loop() {
				req := httptest.NewRequest("GET", "/personnes/"+string(s.samira), nil)
				req.Header.Set("Accept-Encoding", encoding)
				for _, c := range cookies {
					req.AddCookie(c)
				}
				w := httptest.NewRecorder()
				s.handler.ServeHTTP(w, req)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

func TestSomebodyKnownJoinsTheHousehold(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	known := b.get("/personnes/nouvelle").send(b, "/personnes/nouvelle", "usual_name", "Benali", "given_names", "Nour", "birth", "2015").must(200, "Le dossier est ouvert.")
	id, _, _ := strings.Cut(strings.TrimPrefix(known.path, "/personnes/"), "?")
	path := "/personnes/" + string(s.samira) + "/foyer"
	b.get(path + "?q=haddad").mustNot(`name="person" value="` + string(s.samira))
	b.get(path+"?q=benali").must(200, "Est-ce l’une de ces personnes ?", "Nour Benali").
		send(b, path, "person", id, "relation", "child", "lives", "oui", "from", "01/06/2026").must(200, "C’est gardé.", "Nour Benali", "son enfant")
	b.get(path).send(b, path, "relation", "child", "lives", "oui", "given_names", "Adam", "birth", "12/2031").must(422)
	b.get("/personnes/"+string(s.samira)).must(200, "4 personnes : Samira, Nour, Yanis et Lina")
}

func TestAColleagueChangesTeam(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	href := regexp.MustCompile(`href="(/equipe/membre\?qui=[^"]+)"[^>]*>(?:<svg.*?</svg>)?Modifier<span class="vh"> Nadia`)
	found := href.FindStringSubmatch(b.get("/equipe").body)
	if found == nil {
		t.Fatal("no link to change Nadia Lefèvre")
	}
	path := found[1]
	who := strings.TrimPrefix(path, "/equipe/membre?qui=")
	teams := regexp.MustCompile(`name="teams" value="([^"]+)"`).FindAllStringSubmatch(b.get(path).must(200, "Nadia Lefèvre", "Secteur Sud").body, -1)
	if len(teams) != 2 {
		t.Fatalf("%d teams to choose from, want 2", len(teams))
	}
	send := func(more ...string) page {
		old := b.get(path)
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(old.body)[1]
		return old.send(b, "/equipe/membre/modifier", append([]string{"qui", who, "version", version, "name", "Nadia Lefèvre", "function", "conseillère", "roles", "works"}, more...)...)
	}
	send().must(422, "Choisissez au moins une équipe")
	send("teams", teams[0][1]).must(200, "Équipe Polyvalence. n.lefevre").mustNot("Équipe Secteur Sud")
	old := b.get(path).send(b, "/equipe/membre/modifier", "qui", who, "version", "1", "name", "Autre", "roles", "works", "teams", teams[1][1]).must(422, "Quelqu’un a changé cela entre-temps")
	if !strings.Contains(old.body, `value="Autre"`) || strings.Contains(old.body, `name="version" value="1"`) {
		t.Error("what was typed is lost, or cannot be sent again")
	}
	b.get("/equipe/membre?qui=019eb57b-0980-7ffa-a52f-7c2d2105adc4").must(404)
}

func TestTheSummaryNamesTheFields(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	b.get("/equipe").send(b, "/equipe", "roles", "administers").must(422, "Nom : Ce champ est nécessaire.", "Son identifiant : Ce champ est nécessaire.").mustNot("<!--label")
}
