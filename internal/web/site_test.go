package web_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/access/passkey"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/casefile/reach"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/message"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/vault"
	"codeberg.org/parvis/parvis/internal/vault/blob"
	"codeberg.org/parvis/parvis/internal/web"
	"codeberg.org/parvis/parvis/internal/webhook"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// site is the whole of the pages on a real database, with an organisation, two
// teams, two workers and Samira Haddad's household.
type site struct {
	handler http.Handler
	access  *access.Service
	cases   *casefile.Service
	hooks   *webhook.Service
	papers  *vault.Service
	clock   clock.Clock
	db      *db.DB
	org     core.ID
	worker  core.ID
	samira  core.ID
	south   core.ID // the other team
	other   core.ID // of the other team
	codes   *code.Service
	box     *message.Box    // what codes would be sent as
	note    core.ID         // in Samira's file, shared with her
	ctx     context.Context // Claire's
}

// movable is a clock that a test moves by hand.
type movable struct{ now time.Time }

func (m *movable) Now() time.Time { return m.now }

func newSite(t testing.TB) *site {
	t.Helper()
	clk := &movable{now: dbtest.Clock().Now()}
	return openSite(t, clk)
}

func openSite(t testing.TB, clk clock.Clock) *site {
	t.Helper()
	return openSiteLog(t, clk, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
}

// openSiteLog is a site that writes a given log.
func openSiteLog(t testing.TB, clk clock.Clock, log *slog.Logger) *site {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d := dbtest.OpenSQLite(t, db.Config{Clock: clk})
	ring, err := secret.NewKeyring(dbtest.Key())
	ok(err)
	fields, err := secret.NewFields(rand.Reader, ring)
	ok(err)
	l, err := rights.Load(law.Files)
	ok(err)
	engine, err := casefile.NewLawEngine(l)
	ok(err)
	j := journal.New(d, nil)
	key, err := journal.NewKey("00112233445566778899aabbccddeeff", ring.Derive("journal"))
	ok(err)
	j.SignWith(key)
	s := &site{clock: clk, db: d}
	s.access, err = access.New(d, j, fields, ring.Derive("session"), access.Options{Demo: true, Log: log, Password: access.PasswordCost{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	ok(err)
	s.cases, err = casefile.New(casefile.Deps{
		DB: d, Access: s.access, Journal: j, Fields: fields, Engine: engine, Clock: clk, Log: log,
		PhoneKey: func(number string) string { return ring.HMAC("phone", number) },
	})
	ok(err)
	system := core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test"})
	s.org, err = s.access.CreateOrganisation(system, access.Organisation{
		Name: "CCAS de Valsèvre", Address: "2 place du Marché\nValsèvre", Phone: "02 61 91 40 10",
		Hours: "du lundi au vendredi, 9 h à 12 h et 13 h 30 à 17 h", Place: "Europe/Paris",
	})
	ok(err)
	system = core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: s.org})
	team := s.team(t, system, "Polyvalence")
	south := s.team(t, system, "Secteur Sud")
	s.south = south
	s.worker, err = s.access.AddWorker(system, access.Worker{Login: "c.maurel", Name: "Claire Maurel", Function: "assistante sociale", Works: true, Administers: true, Active: true, Teams: []core.ID{team}})
	ok(err)
	second, err := s.access.AddWorker(system, access.Worker{Login: "n.lefevre", Name: "Nadia Lefèvre", Function: "conseillère", Works: true, Active: true, Teams: []core.ID{south}})
	ok(err)
	s.ctx = core.WithActor(context.Background(), core.Actor{Kind: core.ActorWorker, ID: s.worker, Org: s.org, Teams: []core.ID{team}, AAL: 2})
	s.seed(t, team)
	nadia := core.WithActor(context.Background(), core.Actor{Kind: core.ActorWorker, ID: second, Org: s.org, Teams: []core.ID{south}, AAL: 2})
	s.other, err = s.cases.CreatePerson(nadia, casefile.NewPerson{Team: south, Identity: casefile.Identity{UsualName: "Sow", GivenNames: "Ibrahima", Title: casefile.TitleMonsieur, Birth: core.PartialDate{Year: 1988}}})
	ok(err)
	s.hooks, err = webhook.New(webhook.Deps{DB: d, Access: s.access, Journal: j, Fields: fields, Clock: clk, Log: log, Private: true})
	ok(err)
	j.Tell(s.hooks.Tap)
	person := s.samira
	keys, err := passkey.New(passkey.Deps{DB: d, Access: s.access, Journal: j, Fields: fields, Clock: clk})
	ok(err)
	store, err := blob.OpenFolder(t.TempDir())
	ok(err)
	seal, err := vault.NewSeal(ring.Derive("vault"), nil)
	ok(err)
	s.papers, err = vault.New(vault.Deps{Cases: s.cases, Blobs: store, Seal: seal, Digest: ring.Derive("papers"), Health: vault.HealthOwn, Demo: true, Log: log})
	ok(err)
	cards := card.New(card.Deps{Vault: s.papers, DB: d, Access: s.access, Journal: j, Fields: fields, Clock: clk, Random: rand.Reader, Cost: access.PasswordCost{MemoryKiB: 64, Passes: 1, Lanes: 1},
		Files: func(ctx context.Context, q db.Querier, action access.Action, person core.ID) (card.File, error) {
			o, err := s.cases.Allow(ctx, q, action, &person)
			if err != nil {
				return card.File{}, err
			}
			i, err := casefile.ReadIdentity(q, o.Org, person)
			return card.File{Person: person, Humans: o.Humans, Called: card.Called{Title: string(i.Title), UsualName: i.UsualName, GivenNames: i.GivenNames, FirstNameOfUse: i.FirstNameOfUse}}, err
		}})
	s.box = &message.Box{}
	s.codes = code.New(code.Deps{DB: d, Access: s.access, Journal: j, Fields: fields, Clock: clk, Random: rand.Reader, Senders: message.Senders{message.SMS: s.box, message.Email: s.box},
		Lookup: func(kind, address string) string { return ring.HMAC("code "+kind, address) }, Number: casefile.NormalPhone,
		Files: func(ctx context.Context, q db.Querier, action access.Action, person core.ID) (code.File, error) {
			o, err := s.cases.Allow(ctx, q, action, &person)
			return code.File{Person: person, Humans: o.Humans}, err
		},
		Reach: func(q db.Querier, org, person core.ID) (code.Reach, error) {
			r, err := reach.Of(q, org, person)
			return code.Reach{SMS: r.SMS, Email: r.Email, Discreet: r.Discreet, Protected: r.Protected, Dead: r.Dead, Birth: r.Birth}, err
		}})
	s.handler, err = web.New(web.Config{
		Papers: s.papers,
		Access: s.access, Keys: keys, Cards: cards, Codes: s.codes, Box: s.box, Cases: s.cases, Webhooks: s.hooks, Journal: j, Law: l, Clock: clk, Log: log, Key: ring.Derive("web"), TwoWays: !measured(t),
		Demo: &web.Demo{
			Worker: func(r *http.Request) (access.DemoVisitor, error) {
				if login := r.URL.Query().Get("login"); login != "" {
					return access.DemoVisitor{Login: login}, nil
				}
				return access.DemoVisitor{Login: "c.maurel"}, nil
			},
			Person: func(*http.Request) (access.DemoVisitor, error) {
				return access.DemoVisitor{Org: s.org, Person: person}, nil
			},
		},
		LawFiles: law.Files,
	})
	ok(err)
	return s
}

func (s *site) team(t testing.TB, ctx context.Context, name string) core.ID {
	t.Helper()
	admin := core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "test", Org: s.org})
	id, err := s.access.CreateTeam(admin, name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// seed writes Samira Haddad, her children, her mother, the children's father and
// what is known of them.
func (s *site) seed(t testing.TB, team core.ID) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	s.samira, err = s.cases.CreatePerson(s.ctx, casefile.NewPerson{
		Team:     team,
		Identity: casefile.Identity{UsualName: "Haddad", GivenNames: "Samira", Title: casefile.TitleMadame, Birth: core.PartialDate{Year: 1992, Month: 2, Day: 3}},
		Contact: casefile.Contact{Languages: []string{"ar", "fr"}, Interpreter: casefile.InterpreterWritten, Phone: "06 39 98 41 22", Hours: "après 17 h",
			Channel: casefile.ChannelSMSNeutral, Address: casefile.Address{Lines: []string{"7, rue des Tanneurs"}, Postcode: "35000", City: "Rennes", Commune: "35238"}},
	})
	ok(err)
	date := func(s string) core.Date {
		d, err := core.ParseDate(s)
		ok(err)
		return d
	}
	born := func(s string) core.PartialDate {
		d, err := core.ParsePartialDate(s)
		ok(err)
		return d
	}
	add := func(in casefile.HouseholdInput) {
		t.Helper()
		_, err := s.cases.AddToHousehold(s.ctx, s.samira, in)
		ok(err)
	}
	add(casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationChild, From: date("2025-09-01"), Identity: casefile.Identity{UsualName: "Belkacem", GivenNames: "Yanis", Birth: born("2017-03-14")}})
	add(casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationChild, From: date("2025-09-01"), Identity: casefile.Identity{UsualName: "Belkacem", GivenNames: "Lina", Birth: born("2022-01-20")}})
	add(casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationParent, From: date("2025-09-01"), Identity: casefile.Identity{UsualName: "Haddad", GivenNames: "Fatiha", Title: casefile.TitleMadame, Birth: born("1959-05-02")}})
	file, err := s.cases.OpenFile(s.ctx, s.samira, 0)
	ok(err)
	me := casefile.Subject{Kind: casefile.AboutPerson, ID: s.samira}
	home := casefile.Subject{Kind: casefile.AboutDwelling, ID: file.Household.ID}
	seen := date("2026-06-04")
	_, err = s.cases.SaveFacts(s.ctx, s.samira, []casefile.FactInput{
		{Subject: me, Variable: "metier", State: casefile.Known, Value: "agente d'entretien", Source: casefile.SourceSaid, From: born("2026-01-05"), SeenOn: seen},
		{Subject: me, Variable: "salaire_net", State: casefile.Known, Value: "940", Source: casefile.SourceDocument, Detail: "3 bulletins", From: born("2026-01"), SeenOn: seen},
		{Subject: home, Variable: "loyer", State: casefile.Known, Value: "530", Source: casefile.SourceSaid, From: born("2025-09"), SeenOn: seen},
		{Subject: home, Variable: "statut_occupation_logement", State: casefile.Known, Value: "locataire_vide", Source: casefile.SourceDocument, Detail: "Bail", From: born("2025-09"), SeenOn: seen},
		{Subject: home, Variable: "depcom", State: casefile.Known, Value: "35238", Source: casefile.SourceDocument, Detail: "Bail", From: born("2025-09"), SeenOn: seen},
		{Subject: me, Variable: "activite", State: casefile.Known, Value: "actif", Source: casefile.SourceSaid, SeenOn: seen},
		{Subject: me, Variable: "salaire_imposable", State: casefile.Known, Value: "900", Source: casefile.SourceDocument, Detail: "Avis d'impôt", From: born("2023-01"), SeenOn: seen},
		{Subject: me, Variable: "chomage_imposable", State: casefile.Known, Value: "0", Source: casefile.SourceSaid, From: born("2023-01"), SeenOn: seen},
		{Subject: me, Variable: "pensions_invalidite", State: casefile.Known, Value: "0", Source: casefile.SourceSaid, From: born("2023-01"), SeenOn: seen},
		{Subject: me, Variable: "pensions_alimentaires_percues", State: casefile.Known, Value: "0", Source: casefile.SourceSaid, From: born("2023-01"), SeenOn: seen},
		{Subject: me, Variable: "nationalite", State: casefile.Known, Value: "FR", Source: casefile.SourceDocument, Detail: "Carte d'identité", SeenOn: seen},
		{Subject: me, Variable: "epargne", State: casefile.Refused, Source: casefile.SourceSaid, SeenOn: seen},
	})
	ok(err)
	file, err = s.cases.OpenFile(s.ctx, s.samira, 0)
	ok(err)
	for _, f := range file.Facts {
		if f.Variable == "loyer" {
			_, err = s.cases.SaveFacts(s.ctx, s.samira, []casefile.FactInput{{Subject: home, Variable: "loyer", State: casefile.Known, Value: "548", Source: casefile.SourceSaid, From: born("2025-09"), SeenOn: seen, Replaces: f.ID}})
			ok(err)
		}
	}
	notes, err := note.New(s.cases)
	ok(err)
	s.note, err = notes.Write(s.ctx, s.samira, note.Input{Kind: note.Visit, Visibility: note.ForPerson, On: seen, Text: "Visite chez elle avec [[Mme Bernard]], du bailleur.\n\nLe chauffage marche de nouveau."})
	ok(err)
	_, err = notes.AddStatement(s.ctx, s.samira, note.StatementInput{Note: s.note, Words: "Il fait encore froid la nuit.", On: seen, Reread: casefile.RereadAloud})
	ok(err)
	_, err = s.cases.Decide(s.ctx, s.samira, casefile.DecisionInput{Right: "asf", Kind: casefile.Claimed})
	ok(err)
}

// colleague adds somebody to Claire's team, for the tests that need one.
func (s *site) colleague(t testing.TB, login, name string) string {
	t.Helper()
	system := core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: s.org})
	id, err := s.access.AddWorker(system, access.Worker{Login: login, Name: name, Works: true, Active: true, Teams: core.ActorFrom(s.ctx).Teams})
	if err != nil {
		t.Fatal(err)
	}
	return string(id)
}

// measured tells a benchmark: it shows each page once.
func measured(t testing.TB) bool {
	_, yes := t.(*testing.B)
	return yes
}
