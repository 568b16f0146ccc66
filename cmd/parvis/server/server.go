// Package server is an installation that runs: its data directory, its key, its
// database, its services and its listener, put together once. The commands start
// it, and so do tests, in-process and on a free port:
//
//	s, err := server.Open(ctx, server.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", …})
//	go s.Serve(ctx)
//	http.Get(s.URL() + "/healthz")
//
// It holds wiring, no logic. Nothing is served before Serve, and nothing that was
// acknowledged is lost when its context ends: it stops accepting, lets requests
// end for at most ten seconds, then closes the database.
package server

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/backup"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/vault"
	"codeberg.org/parvis/parvis/internal/webhook"
	"codeberg.org/parvis/parvis/rights"
)

// readyTimeout bounds how long the database may take to say that it answers.
const readyTimeout = 2 * time.Second

// Config says what to run and where. Listen and Data have no default here: the
// commands give them.
type Config struct {
	Data     string // data directory
	Database string // "" for SQLite in the data directory, or "postgres://…"
	KeyFile  string // "" for the usual place
	KeyDir   string // configuration directory of the keys; "" for the user's

	Listen        string   // "host:port"; port 0 takes a free one
	OrFree        bool     // take a free port when Listen's is busy
	MetricsListen string   // "" for no metrics
	Proxies       []string // reverse proxies that are believed: addresses or networks
	CertFile      string   // TLS certificate and key, PEM; both or none
	KeyPEM        string

	// Settings is a settings file; "" for settings.toml in the data directory.
	Settings string

	// WebhookPrivate lets webhooks reach this installation's own network, and http.
	WebhookPrivate bool

	// Backup is what the server backs up by itself; nothing when its Every is 0.
	Backup Backup

	Demo      bool // made-up people in a directory that is marked so
	RealClock bool // the demo reads the machine's clock instead of its own

	Law      fs.FS       // rule files; nil for the embedded ones
	Clock    clock.Clock // nil for the system's
	Log      *slog.Logger
	VFS      string              // tests: a VFS that delays or loses syncs
	Still    bool                // benchmarks: nothing but answering, no job and no sweep
	Progress func(done, all int) // seeding the demo, in files; may be nil
}

// Backup says where backups go, for whom, and how often.
type Backup struct {
	backup.Order
	Every time.Duration // 0 for never
}

// Server is an installation, open. Close it, or let Serve do it.
type Server struct {
	Dir     Dir
	Clock   clock.Clock
	DB      *db.DB
	Journal *journal.Journal
	Law     *rights.Law
	Access  *access.Service
	Cards   *card.Service
	Codes   *code.Service
	Cases   *casefile.Service
	Imports *intake.Service
	Talks   *talk.Service
	// Papers are what people keep.
	Papers *vault.Service
	// Webhooks tells other programs what happens.
	Webhooks *webhook.Service
	// Retention ends the life of files.
	Retention *retention.Service

	// Sheet is the recovery sheet of the key that was made just now, else "".
	Sheet string
	// SetUp is the token of the one link that opens an installation without any
	// worker, else "".
	SetUp string

	engine *casefile.LawEngine
	ring   *secret.Keyring // with the keys of before, once the database is open
	still  bool
	backup Backup

	door
	proxies proxies
	handler http.Handler
}

// Open prepares everything short of answering: it binds the address first, so that
// a busy port is known before anything is written. Errors are errs.Error with a
// sentence for the operator.
func Open(ctx context.Context, cfg Config) (_ *Server, err error) {
	s := &Server{Clock: cfg.Clock, still: cfg.Still, backup: cfg.Backup, door: newDoor(cfg.Log)}
	if s.Clock == nil {
		s.Clock = clock.System{}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	trusted, err := parseProxies(cfg.Proxies)
	if err != nil {
		return nil, err
	}
	s.proxies = trusted
	if err := s.bind(ctx, cfg.Listen, cfg.OrFree); err != nil {
		return nil, err
	}
	if err := s.secure(cfg.CertFile, cfg.KeyPEM); err != nil {
		return nil, err
	}
	if err := s.bindMetrics(ctx, cfg.MetricsListen); err != nil {
		return nil, err
	}
	if cfg.Demo {
		s.Dir, s.Clock, err = OpenDemoDir(cfg.Data, s.Clock, !cfg.RealClock)
	} else {
		s.Dir, err = OpenDir(cfg.Data)
	}
	if err != nil {
		return nil, err
	}
	ring, err := s.openKey(cfg)
	if err != nil {
		return nil, err
	}
	err = s.openRooms(ctx, cfg, ring)
	if again, trouble := s.forgetPartial(err); again {
		err = s.openRooms(ctx, cfg, ring)
	} else {
		err = errors.Join(err, trouble)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) keyPlace(cfg Config) secret.Place {
	return secret.Place{
		DataDir:   s.Dir.Path,
		KeyFile:   cfg.KeyFile,
		ConfigDir: cfg.KeyDir,
		// Rows elsewhere are not seen from here: where an installation has begun, a
		// missing key is lost, and a new one would open nothing.
		HasData: s.Dir.HasDatabase() || (cfg.Database != "" && s.Dir.Install != ""),
	}
}

// openKey finds the installation's key, or makes one at the first start.
func (s *Server) openKey(cfg Config) (*secret.Keyring, error) {
	ring, made, err := secret.Open(s.keyPlace(cfg), rand.Reader)
	if err != nil {
		return nil, err
	}
	if made {
		s.Sheet = ring.Sheet()
	}
	s.Dir.Install, err = secret.InstallID(s.Dir.Path)
	return ring, err
}

// Handler answers what the listener would receive, for tests.
func (s *Server) Handler() http.Handler { return s.handler }

// ready tells whether the server can work now.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.DB.Check(ctx)
}

// Serve answers until ctx ends, then shuts down cleanly and closes everything. It
// returns nil after a clean end.
func (s *Server) Serve(ctx context.Context) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	wait := func() {}
	if !s.still {
		wait = s.background(inner)
	}
	err := s.serve(ctx, s.handler)
	stop() // only now: a request that was being answered may have left a job
	wait()
	return errors.Join(err, s.Close())
}

// Close gives everything back: listeners that Serve did not take, the database.
func (s *Server) Close() error {
	err := s.door.close()
	if s.DB != nil {
		err = errors.Join(err, s.DB.Close())
	}
	return err
}

// databaseURL is where the rows are.
func (s *Server) databaseURL(cfg Config) string {
	if cfg.Database != "" {
		return cfg.Database
	}
	return s.Dir.Database()
}
