package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"codeberg.org/parvis/parvis/internal/core/errs"
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
)

// door is what the outside meets: the main address, the one of the metrics, and
// the way everything ends.
type door struct {
	log      *slog.Logger
	listener net.Listener
	metrics  net.Listener
	url      string
	requests *requestCount
	stopping *atomic.Bool
}

// newDoor makes a closed door; log may be nil.
func newDoor(log *slog.Logger) door {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return door{log: log, requests: &requestCount{}, stopping: &atomic.Bool{}}
}

// bind takes the main address.
func (d *door) bind(ctx context.Context, where string, orFree bool) error {
	l, err := listen(ctx, where, orFree)
	if err != nil {
		return err
	}
	d.listener, d.url = l, "http://"+address(l)
	return nil
}

// bindMetrics takes the address of the metrics; "" means none.
func (d *door) bindMetrics(ctx context.Context, where string) error {
	if where == "" {
		return nil
	}
	var err error
	d.metrics, err = listen(ctx, where, false)
	return err
}

// secure serves the certificate of two PEM files; "" and "" mean plain HTTP.
func (d *door) secure(certFile, keyFile string) error {
	if certFile == "" && keyFile == "" {
		return nil
	}
	if certFile == "" || keyFile == "" {
		return errs.New(errs.Invalid, "cli.tls.both")
	}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return errs.Wrap(errs.Invalid, "cli.tls.unreadable", err, "cert", certFile, "key", keyFile)
	}
	d.url = "https://" + address(d.listener)
	d.listener = tls.NewListener(d.listener, &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	})
	return nil
}

// URL is where a browser on this machine finds the server: "http://127.0.0.1:8080".
func (d *door) URL() string { return d.url }

// probes adds the two questions that whoever keeps the machine running may ask:
// is the process alive, and can it work.
func (d *door) probes(ready func(context.Context) error, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What no page of ours answers (probes, programs' JSON) is opened by no browser
		// as a page, in no frame. Pages put their own policy in the place of this one.
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		switch r.URL.Path {
		case "/healthz":
			plain(w, http.StatusOK, "ok\n")
		case "/readyz":
			err := ready(r.Context())
			if d.stopping.Load() {
				err = errors.New("shutting down")
			}
			if err != nil {
				d.log.Warn("not ready", "err", err)
				plain(w, http.StatusServiceUnavailable, "unavailable\n")
				return
			}
			plain(w, http.StatusOK, "ready\n")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// serve answers until ctx ends, then stops accepting and lets requests end. It
// returns nil after a clean end.
func (d *door) serve(ctx context.Context, h http.Handler) error {
	servers := []*http.Server{d.newServer(h)}
	listeners := []net.Listener{d.listener}
	if d.metrics != nil {
		servers = append(servers, d.newServer(http.HandlerFunc(d.requests.writeMetrics)))
		listeners = append(listeners, d.metrics)
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
		failures = append(failures, fmt.Errorf("serve %s: %w", d.url, err))
	}
	d.stopping.Store(true)
	d.log.Info("stopping", "drain", drainTimeout.String())
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
	d.listener, d.metrics = nil, nil // closed by their servers
	return errors.Join(failures...)
}

func (d *door) newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
	}
}

// close gives back the listeners that serve did not take.
func (d *door) close() error {
	var failures []error
	for _, l := range []net.Listener{d.listener, d.metrics} {
		if l != nil {
			failures = append(failures, l.Close())
		}
	}
	d.listener, d.metrics = nil, nil
	return errors.Join(failures...)
}
