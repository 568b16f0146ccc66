package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"syscall"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// listen binds an address; orFree takes any free port of the same host when the
// asked one is busy.
func listen(ctx context.Context, address string, orFree bool) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "cli.listen.form", err, "address", address)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if orFree && errors.Is(err, syscall.EADDRINUSE) {
		l, err = config.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	}
	var malformed *net.AddrError
	switch {
	case err == nil:
		return l, nil
	case errors.As(err, &malformed):
		return nil, errs.Wrap(errs.Invalid, "cli.listen.form", err, "address", address)
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, errs.Wrap(errs.Unavailable, "cli.listen.busy", err, "address", address)
	case errors.Is(err, syscall.EACCES):
		return nil, errs.Wrap(errs.Unavailable, "cli.listen.denied", err, "address", address)
	}
	return nil, errs.Wrap(errs.Unavailable, "cli.listen.failed", err, "address", address)
}

// withTLS serves the certificate of two PEM files, "" and "" for plain HTTP.
func withTLS(l net.Listener, certFile, keyFile string) (net.Listener, error) {
	if certFile == "" && keyFile == "" {
		return l, nil
	}
	if certFile == "" || keyFile == "" {
		return nil, errs.New(errs.Invalid, "cli.tls.both")
	}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "cli.tls.unreadable", err, "cert", certFile, "key", keyFile)
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}), nil
}

// address is how a browser on this machine reaches a listener: an unspecified
// host is the loopback.
func address(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return l.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// probes adds the two questions that whoever keeps the machine running may ask:
// is the process alive, and can it work.
func (s *Server) probes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			plain(w, http.StatusOK, "ok\n")
		case "/readyz":
			if err := s.ready(r.Context()); err != nil {
				s.log.Warn("not ready", "err", err)
				plain(w, http.StatusServiceUnavailable, "unavailable\n")
				return
			}
			plain(w, http.StatusOK, "ready\n")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // whoever asked may have left
}
