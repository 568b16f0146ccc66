// Package web is everything a browser sees of Parvis: it puts the pages of each
// area on the kit and gives back one handler.
//
// The pages call services only; they hold no SQL and decide nothing of rights.
//
//	handler, err := web.New(web.Config{Access: access, Cases: cases, Law: law, Clock: clk, Log: log, Key: key})
package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/access/passkey"
	agreed "codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile"
	load "codeberg.org/parvis/parvis/internal/casefile/caseload"
	contests "codeberg.org/parvis/parvis/internal/casefile/contest"
	"codeberg.org/parvis/parvis/internal/casefile/death"
	"codeberg.org/parvis/parvis/internal/casefile/draft"
	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	notebook "codeberg.org/parvis/parvis/internal/casefile/note"
	months "codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/casefile/printout"
	accesses "codeberg.org/parvis/parvis/internal/casefile/seen"
	spaces "codeberg.org/parvis/parvis/internal/casefile/space"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/directory"
	"codeberg.org/parvis/parvis/internal/duty/demand"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	children "codeberg.org/parvis/parvis/internal/duty/safeguard"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/message"
	"codeberg.org/parvis/parvis/internal/vault"
	"codeberg.org/parvis/parvis/internal/web/account"
	"codeberg.org/parvis/parvis/internal/web/agreement"
	"codeberg.org/parvis/parvis/internal/web/api"
	"codeberg.org/parvis/parvis/internal/web/caseload"
	"codeberg.org/parvis/parvis/internal/web/codes"
	"codeberg.org/parvis/parvis/internal/web/contest"
	welcome "codeberg.org/parvis/parvis/internal/web/desk"
	"codeberg.org/parvis/parvis/internal/web/entitled"
	"codeberg.org/parvis/parvis/internal/web/entry"
	"codeberg.org/parvis/parvis/internal/web/exchange"
	"codeberg.org/parvis/parvis/internal/web/info"
	"codeberg.org/parvis/parvis/internal/web/keeping"
	"codeberg.org/parvis/parvis/internal/web/keys"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/life"
	"codeberg.org/parvis/parvis/internal/web/me"
	"codeberg.org/parvis/parvis/internal/web/note"
	"codeberg.org/parvis/parvis/internal/web/offline"
	"codeberg.org/parvis/parvis/internal/web/outlook"
	"codeberg.org/parvis/parvis/internal/web/papers"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/internal/web/printed"
	"codeberg.org/parvis/parvis/internal/web/proof"
	"codeberg.org/parvis/parvis/internal/web/safeguard"
	"codeberg.org/parvis/parvis/internal/web/seen"
	"codeberg.org/parvis/parvis/internal/web/simulate"
	"codeberg.org/parvis/parvis/internal/web/space"
	conversation "codeberg.org/parvis/parvis/internal/web/talk"
	"codeberg.org/parvis/parvis/internal/web/team"
	"codeberg.org/parvis/parvis/internal/web/today"
	"codeberg.org/parvis/parvis/internal/web/trial"
	"codeberg.org/parvis/parvis/internal/webhook"
	"codeberg.org/parvis/parvis/rights"
)

// Config is what the pages need.
type Config struct {
	Access   *access.Service
	Keys     *passkey.Service
	Cards    *card.Service
	Issuers  *issuer.Service // nil: none
	Codes    *code.Service   // nil: none
	Box      *message.Box    // the demonstration's, which sends nothing; nil elsewhere
	Cases    *casefile.Service
	Webhooks *webhook.Service
	Journal  Journal // what it signed is verified, with an account and without
	// Agreements are what people agreed to; nil makes them with a key drawn from Key.
	Agreements *agreed.Service
	Law        *rights.Law
	// Papers are what people keep; nil where they cannot be kept: there are no pages then.
	Papers *vault.Service
	// LawFiles are the rule files in force, on which another rule is tried; nil when
	// none can be.
	LawFiles fs.FS
	// Communes is the list of communes; nil for the embedded one.
	Communes *directory.Communes
	Clock    clock.Clock
	Log      *slog.Logger
	Key      []byte    // 32 secret bytes, the same from one start to the next
	Random   io.Reader // nil: the system's
	// Demo opens /demo/enter/worker and /demo/enter/person and shows the banner;
	// nil outside the demonstration.
	Demo *Demo
	// TwoWays, in tests, checks each page against html/template.
	TwoWays bool
}

// Journal proves lines and printed papers: *journal.Journal is one.
type Journal interface {
	proof.Journal
	accesses.Prover
	retention.Journal
}

// Demo is whom the demonstration's doors let in.
type Demo = entry.Demo

// New makes the handler of every page. It fails when a template or a text does
// not compile.
func New(cfg Config) (http.Handler, error) {
	if cfg.Access == nil || cfg.Keys == nil || cfg.Cards == nil || cfg.Cases == nil || cfg.Webhooks == nil || cfg.Journal == nil || cfg.Law == nil || cfg.Clock == nil {
		return nil, fmt.Errorf("web: Access, Keys, Cards, Cases, Webhooks, Journal, Law and Clock are needed")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Issuers == nil {
		cfg.Issuers = &issuer.Service{} // none
	}
	if cfg.Communes == nil {
		cfg.Communes = directory.New(directory.Options{Log: cfg.Log})
	}
	house := &houses{access: cfg.Access, clock: cfg.Clock, log: cfg.Log, kept: map[core.ID]keptHouse{}}
	screens := spaces.New(cfg.Cases)
	k, err := kit.New(kit.Config{
		Log: cfg.Log, Clock: cfg.Clock, Random: cfg.Random, Key: cfg.Key,
		Sessions: cfg.Access, Drafts: draft.New(cfg.Cases), House: house.of, Demo: cfg.Demo != nil, TwoWays: cfg.TwoWays, OwnPage: space.Gate(screens),
		Pages: map[string]fs.FS{
			"account":   account.Pages,
			"agreement": agreement.Pages,
			"api":       api.Pages,
			"caseload":  caseload.Pages,
			"codes":     codes.Pages,
			"contest":   contest.Pages,
			"desk":      welcome.Pages,
			"entitled":  entitled.Pages,
			"entry":     entry.Pages,
			"exchange":  exchange.Pages,
			"info":      info.Pages,
			"keeping":   keeping.Pages,
			"keys":      keys.Pages,
			"life":      life.Pages,
			"me":        me.Pages,
			"note":      note.Pages,
			"papers":    papers.Pages,
			"outlook":   outlook.Pages,
			"person":    person.Pages,
			"printed":   printed.Pages,
			"proof":     proof.Pages,
			"safeguard": safeguard.Pages,
			"seen":      seen.Pages,
			"simulate":  simulate.Pages,
			"space":     space.Pages,
			"talk":      conversation.Pages,
			"team":      team.Pages,
			"today":     today.Pages,
			"trial":     trial.Pages,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	words := person.NewWords(cfg.Law, cfg.Communes)
	follow, err := load.New(cfg.Cases)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	var ways death.Ways
	if cfg.Cards != nil {
		ways = cfg.Cards
	}
	deaths, err := death.New(cfg.Cases, ways)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if cfg.Agreements == nil {
		seed := sha256.Sum256(append([]byte("agreement"), cfg.Key...))
		if cfg.Agreements, err = agreed.New(cfg.Cases, seed[:]); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	if cfg.Codes == nil {
		cfg.Codes = &code.Service{} // sends nothing
	}
	cfg.Agreements.Recognise(cfg.Cards, cfg.Codes)
	agreement.Register(k, cfg.Agreements, cfg.Codes, words)
	codes.Register(k, cfg.Access, cfg.Codes, cfg.Box)
	entry.Register(k, cfg.Access, cfg.Keys, cfg.Cards, cfg.Issuers, len(cfg.Codes.Kinds()) > 0, cfg.Demo)
	keys.Register(k, cfg.Access, cfg.Keys, cfg.Cards, cfg.Issuers, len(cfg.Codes.Kinds()) > 0)
	account.Register(k, cfg.Access, cfg.Cases)
	notes, err := notebook.New(cfg.Cases)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	exchange.Register(k, cfg.Cases, intake.New(cfg.Cases), cfg.Access, words, notes.Exporters()...)
	talks, err := talk.New(cfg.Cases, cfg.LawFiles)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	desks, err := desk.New(cfg.Cases)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	welcome.Register(k, desks)
	said := contests.New(cfg.Cases)
	demands, err := demand.New(cfg.Cases, entitled.Stops{Talks: talks, Agreements: cfg.Agreements})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	entitled.Register(k, cfg.Cases, demands)
	today.Register(k, cfg.Cases, talks, follow, said, cfg.Webhooks, words, cfg.Agreements, notes, demands)
	conversation.Register(k, cfg.Cases, talks, follow, words)
	person.Register(k, cfg.Cases, follow, cfg.Access, words, printout.New(cfg.Cases, notes.Exporters()...), cfg.Journal, note.Register(k, notes).Section, merge.New(cfg.Cases, notes, talks))
	caseload.Register(k, follow)
	life.Register(k, cfg.Cases, deaths, words)
	team.Register(k, cfg.Access, cfg.Webhooks)
	outlook.Register(k, months.New(cfg.Cases), words)
	trial.Register(k, months.New(cfg.Cases), words, cfg.Cases)
	contest.Register(k, cfg.Cases, said, words)
	journal := accesses.New(cfg.Cases, cfg.Journal)
	seen.Register(k, journal, cfg.Access, cfg.Journal)
	space.Register(k, cfg.Cases, screens)
	me.Register(k, cfg.Cases, follow, notes, journal, screens, words, cfg.Papers != nil)
	if cfg.Papers != nil {
		papers.Register(k, cfg.Cases, cfg.Papers)
	}
	keep, err := retention.New(cfg.Cases, cfg.Journal)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	keeping.Register(k, keep, cfg.Access, follow, words, notes.Exporters()...)
	apart, err := children.New(cfg.Cases)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	safeguard.Register(k, apart)
	info.Register(k, words)
	proof.Register(k, cfg.Journal)
	if err := offline.Register(k, cfg.Agreements.PublicKey()); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if err := simulate.Register(k, words, cfg.Cases); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if _, err := api.Register(k, cfg.Access, cfg.Cases, cfg.Webhooks); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return k, nil
}

// houses remembers for a minute where each organisation is, since every error
// page shows it.
type houses struct {
	access *access.Service
	clock  clock.Clock
	log    *slog.Logger

	mu   sync.Mutex
	kept map[core.ID]keptHouse
}

type keptHouse struct {
	house kit.House
	until time.Time
}

// of returns the house of an organisation ("" = the first one). A database that
// does not answer gives the last known one: an error page must not fail.
func (h *houses) of(ctx context.Context, org core.ID) kit.House {
	now := h.clock.Now()
	h.mu.Lock()
	kept, ok := h.kept[org]
	h.mu.Unlock()
	if ok && now.Before(kept.until) {
		return kept.house
	}
	// ctx may have lost its actor (a panic, a session that could not be read).
	o, err := h.access.House(core.WithActor(ctx, core.Actor{Org: org}))
	if err != nil {
		if !errs.Is(err, errs.NotFound) {
			h.log.Warn("house of the organisation", "org", org, "err", err)
		}
		return kept.house
	}
	house := kit.House{Org: o.Name, Address: strings.Join(strings.FieldsFunc(o.Address, func(r rune) bool { return r == '\n' || r == '\r' }), ", "), Phone: o.Phone, Hours: i18n.Typeset(o.Hours)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept[org] = keptHouse{house: house, until: now.Add(time.Minute)}
	return house
}
