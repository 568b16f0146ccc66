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
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Limits of a connection. A page is small and a form is short; whoever is slower
// than this is not a person.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 60 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10 // bytes
	drainTimeout  = 10 * time.Second
	readyTimeout  = 2 * time.Second
)

// Config says what to run and where. Listen and Data have no default here: the
// commands give them.
type Config struct {
	Data     string // data directory
	Database string // "" for SQLite in the data directory, or "postgres://…"
	KeyFile  string // "" for the usual place
	KeyDir   string // configuration directory of the keys; "" for the user's

	Listen        string // "host:port"; port 0 takes a free one
	OrFree        bool   // take a free port when Listen's is busy
	MetricsListen string // "" for no metrics
	CertFile      string // TLS certificate and key, PEM; both or none
	KeyPEM        string

	Demo      bool // made-up people in a directory that is marked so
	RealClock bool // the demo reads the machine's clock instead of its own

	Clock    clock.Clock // nil for the system's
	Log      *slog.Logger
	VFS      string              // tests: a VFS that delays or loses syncs
	Progress func(done, all int) // seeding the demo, in files; may be nil
}

// Server is an installation, open. Close it, or let Serve do it.
type Server struct {
	Dir     Dir
	Clock   clock.Clock
	DB      *db.DB
	Journal *journal.Journal

	// Sheet is the recovery sheet of the key that was made just now, else "".
	Sheet string

	log      *slog.Logger
	listener net.Listener
	metrics  net.Listener
	handler  http.Handler
	url      string
	requests requestCount
	stopping atomic.Bool
}

// Open prepares everything short of answering: it binds the address first, so that
// a busy port is known before anything is written. Errors are errs.Error with a
// sentence for the operator.
func Open(ctx context.Context, cfg Config) (_ *Server, err error) {
	s := &Server{Clock: cfg.Clock, log: cfg.Log}
	if s.Clock == nil {
		s.Clock = clock.System{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := s.bind(ctx, cfg); err != nil {
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
	if err := s.openRooms(ctx, cfg, ring); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) bind(ctx context.Context, cfg Config) error {
	l, err := listen(ctx, cfg.Listen, cfg.OrFree)
	if err != nil {
		return err
	}
	s.listener = l
	if s.listener, err = withTLS(l, cfg.CertFile, cfg.KeyPEM); err != nil {
		s.listener = l
		return err
	}
	s.url = "http://" + address(l)
	if cfg.CertFile != "" {
		s.url = "https://" + address(l)
	}
	if cfg.MetricsListen != "" {
		s.metrics, err = listen(ctx, cfg.MetricsListen, false)
	}
	return err
}

// openKey finds the installation's key, or makes one at the first start.
func (s *Server) openKey(cfg Config) (*secret.Keyring, error) {
	ring, made, err := secret.Open(secret.Place{
		DataDir:   s.Dir.Path,
		KeyFile:   cfg.KeyFile,
		ConfigDir: cfg.KeyDir,
		HasData:   s.Dir.HasDatabase(),
	}, rand.Reader)
	if err != nil {
		return nil, err
	}
	if made {
		s.Sheet = ring.Sheet()
	}
	s.Dir.Install, err = secret.InstallID(s.Dir.Path)
	return ring, err
}

// URL is where a browser on this machine finds the server: "http://127.0.0.1:8080".
func (s *Server) URL() string { return s.url }

// Handler answers what the listener would receive, for tests.
func (s *Server) Handler() http.Handler { return s.handler }

// ready tells whether the server can work now.
func (s *Server) ready(ctx context.Context) error {
	if s.stopping.Load() {
		return errors.New("shutting down")
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.DB.Check(ctx)
}

// Serve answers until ctx ends, then shuts down cleanly and closes everything. It
// returns nil after a clean end.
func (s *Server) Serve(ctx context.Context) error {
	servers := []*http.Server{s.newServer(s.handler)}
	listeners := []net.Listener{s.listener}
	if s.metrics != nil {
		servers = append(servers, s.newServer(http.HandlerFunc(s.writeMetrics)))
		listeners = append(listeners, s.metrics)
	}
	ended := make(chan error, len(servers))
	for i, server := range servers {
		go func() { ended <- server.Serve(listeners[i]) }()
	}
	var failures []error
	running := len(servers)
	select {
	case <-ctx.Done():
	case err := <-ended:
		running--
		failures = append(failures, fmt.Errorf("serve %s: %w", s.url, err))
	}
	s.stopping.Store(true)
	s.log.Info("stopping", "drain", drainTimeout.String())
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(drain); err != nil {
			failures = append(failures, fmt.Errorf("drain: %w", err), server.Close())
		}
	}
	for range running {
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			failures = append(failures, err)
		}
	}
	s.listener, s.metrics = nil, nil // closed by their servers
	return errors.Join(append(failures, s.Close())...)
}

func (s *Server) newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// Close gives everything back: listeners that Serve did not take, the database.
func (s *Server) Close() error {
	var failures []error
	for _, l := range []net.Listener{s.listener, s.metrics} {
		if l != nil {
			failures = append(failures, l.Close())
		}
	}
	s.listener, s.metrics = nil, nil
	if s.DB != nil {
		failures = append(failures, s.DB.Close())
	}
	return errors.Join(failures...)
}

// databaseURL is where the rows are.
func (s *Server) databaseURL(cfg Config) string {
	if cfg.Database != "" {
		return cfg.Database
	}
	return s.Dir.Database()
}
