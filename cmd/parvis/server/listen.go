package server

import (
	"context"
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

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // whoever asked may have left
}
