package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/access/passkey"
	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/casefile/reach"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/message"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/rekey"
	"codeberg.org/parvis/parvis/internal/web"
	"codeberg.org/parvis/parvis/internal/webhook"
	"codeberg.org/parvis/parvis/rights"
)

// openRooms opens the law and the database, side by side, and puts the rooms
// together, the lower ones first.
func (s *Server) openRooms(ctx context.Context, cfg Config, ring *secret.Keyring) error {
	rules := cfg.Law
	if rules == nil {
		var err error
		if rules, err = s.Dir.Law(); err != nil {
			return err
		}
	}
	engine := make(chan error, 1)
	go func() {
		var err error
		s.Law, s.engine, err = openLaw(rules)
		engine <- errors.Join(err, i18n.Load())
	}()
	database, ring, err := rekey.Open(ctx, s.keyPlace(cfg), ring, db.Config{
		URL:   s.databaseURL(cfg),
		Clock: s.Clock,
		Log:   s.log,
		VFS:   cfg.VFS,
	})
	s.DB, s.ring = database, ring
	if err := errors.Join(err, <-engine); err != nil {
		return err
	}
	fields, err := secret.NewFields(rand.Reader, ring)
	if err != nil {
		return err
	}
	s.Journal = journal.New(s.DB, nil)
	if err := s.raise(ctx, ring); err != nil {
		return err
	}
	settings, err := ReadSettings(cfg.Settings, s.Dir.Path)
	if err != nil {
		return err
	}
	doorOptions, err := settings.access(access.Options{Demo: cfg.Demo, Log: s.log})
	if err != nil {
		return err
	}
	s.Access, err = access.New(s.DB, s.Journal, fields, ring.Derive("session"), doorOptions)
	if err != nil {
		return err
	}
	keys, err := passkey.New(passkey.Deps{DB: s.DB, Access: s.Access, Journal: s.Journal, Fields: fields, Clock: s.Clock, Address: settings.Address})
	if err != nil {
		return errs.Wrap(errs.Invalid, "cli.settings.address", err, "why", err.Error())
	}
	issuers, err := settings.issuers(issuer.Deps{DB: s.DB, Access: s.Access, Journal: s.Journal, Fields: fields, Clock: s.Clock})
	if err != nil {
		return errs.Wrap(errs.Invalid, "cli.settings.address", err, "why", err.Error())
	}
	deps := casefile.Deps{
		DB: s.DB, Access: s.Access, Journal: s.Journal, Fields: fields, Engine: s.engine, Clock: s.Clock, Log: s.log,
		PhoneKey: func(number string) string { return ring.HMAC("phone", number) },
		Place:    newPlaces(s.Access, s.Clock).of,
	}
	if s.Cases, err = casefile.New(deps); err != nil {
		return err
	}
	if err := s.openPapers(ctx, cfg, settings.Papers, ring); err != nil {
		return err
	}
	s.Cards = card.New(card.Deps{DB: s.DB, Access: s.Access, Journal: s.Journal, Fields: fields, Clock: s.Clock, Random: rand.Reader, Files: filesOf(s.Cases), Vault: s.Papers})
	senders, err := settings.senders()
	if err != nil {
		return errs.Wrap(errs.Invalid, "cli.settings.bad", err, "path", cfg.Settings, "why", err.Error())
	}
	var box *message.Box
	if cfg.Demo { // nothing leaves: its screens show what would
		box = &message.Box{}
		senders = message.Senders{message.SMS: box, message.Email: box}
	}
	s.Codes = code.New(code.Deps{
		DB: s.DB, Access: s.Access, Journal: s.Journal, Fields: fields, Clock: s.Clock, Random: rand.Reader, Senders: senders,
		Lookup: func(kind, address string) string { return ring.HMAC("code "+kind, address) }, Number: casefile.NormalPhone, Files: codeFilesOf(s.Cases), Reach: reachOf,
	})
	s.Imports = intake.New(s.Cases)
	if s.Talks, err = talk.New(s.Cases, rules); err != nil {
		return err
	}
	s.Webhooks, err = webhook.New(webhook.Deps{DB: s.DB, Access: s.Access, Journal: s.Journal, Fields: fields, Clock: s.Clock, Log: s.log, Private: cfg.WebhookPrivate})
	if err != nil {
		return err
	}
	agreements, err := agreement.New(s.Cases, ring.Derive("agreement"))
	if err != nil {
		return err
	}
	if s.Retention, err = retention.New(s.Cases, s.Journal); err != nil {
		return err
	}
	s.Journal.Tell(func(tx *db.Tx, org core.ID, e journal.Event) error {
		return errors.Join(s.Webhooks.Tap(tx, org, e), s.Retention.Tap(tx, org, e))
	})
	var doors *web.Demo
	if cfg.Demo {
		doors = demoDoors()
		err = s.seed(ctx, cfg, deps, ring.Derive("agreement"))
	} else {
		s.SetUp, _, err = s.Access.FirstStart(system(ctx))
	}
	if err != nil {
		return err
	}
	pages, err := web.New(web.Config{
		Papers: s.Papers,
		Access: s.Access, Keys: keys, Cards: s.Cards, Codes: s.Codes, Box: box, Issuers: issuers, Cases: s.Cases, Webhooks: s.Webhooks, Agreements: agreements, Journal: s.Journal, Law: s.Law, LawFiles: rules, Communes: s.Dir.Communes(s.log), Clock: s.Clock, Log: s.log,
		Key: ring.Derive("web"), Demo: doors,
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.Handle("/openfisca/", openfisca.Handler(s.Law, "/openfisca"))
	s.handler = s.requests.count(s.proxies.believe(s.probes(s.ready, mux)))
	return nil
}

// raise gives the journal its key, and brings into its trees the lines of before
// there were any.
func (s *Server) raise(ctx context.Context, ring *secret.Keyring) error {
	key, err := journal.NewKey(s.Dir.Install, ring.Derive("journal"))
	if err != nil {
		return err
	}
	s.Journal.SignWith(key)
	told := int64(-1)
	return s.Journal.Raise(ctx, func(done, all int64) {
		if tenth := 10 * done / max(all, 1); tenth != told {
			told = tenth
			s.log.Info("lines of the journal enter their tree", "done", done, "all", all)
		}
	})
}

// openLaw reads and checks rule files.
func openLaw(files fs.FS) (*rights.Law, *casefile.LawEngine, error) {
	l, err := rights.Load(files)
	if err != nil {
		return nil, nil, errs.Wrap(errs.Invalid, "cli.rights.unusable", err)
	}
	engine, err := casefile.NewLawEngine(l)
	if err != nil {
		return nil, nil, fmt.Errorf("law: %w", err)
	}
	return l, engine, nil
}

// system is the context of what the program does by itself.
func system(ctx context.Context) context.Context {
	return core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "server"})
}

// filesOf tells the room of cards which file an actor may act upon.
func filesOf(cases *casefile.Service) func(context.Context, db.Querier, access.Action, core.ID) (card.File, error) {
	return func(ctx context.Context, q db.Querier, action access.Action, person core.ID) (card.File, error) {
		o, err := cases.Allow(ctx, q, action, &person)
		if err != nil {
			return card.File{}, err
		}
		i, err := casefile.ReadIdentity(q, o.Org, person)
		return card.File{Person: person, Humans: o.Humans, Called: card.Called{Title: string(i.Title), UsualName: i.UsualName, GivenNames: i.GivenNames, FirstNameOfUse: i.FirstNameOfUse}}, err
	}
}

// codeFilesOf tells the room of codes the same.
func codeFilesOf(cases *casefile.Service) func(context.Context, db.Querier, access.Action, core.ID) (code.File, error) {
	return func(ctx context.Context, q db.Querier, action access.Action, person core.ID) (code.File, error) {
		o, err := cases.Allow(ctx, q, action, &person)
		return code.File{Person: person, Humans: o.Humans}, err
	}
}

// reachOf tells it how a person may be reached.
func reachOf(q db.Querier, org, person core.ID) (code.Reach, error) {
	r, err := reach.Of(q, org, person)
	return code.Reach{SMS: r.SMS, Email: r.Email, Discreet: r.Discreet, Protected: r.Protected, Dead: r.Dead, Birth: r.Birth}, err
}
