// Package outbound is the way out to addresses that somebody typed: an HTTP client
// that cannot be led into the installation's own network.
//
// Guarantees: the address that is dialled is the one that was checked (a name that
// answers something else the second time gains nothing), no proxy is asked, no
// redirect is followed, no cookie is kept, a whole exchange takes at most Timeout.
// It does not bound what the caller reads of a body.
//
//	client := outbound.New(outbound.Options{Timeout: 10 * time.Second})
//	res, err := client.Do(req) // errors.Is(err, outbound.ErrAddress): not a public address
package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrAddress says that the name leads to an address that is not public.
var ErrAddress = errors.New("not a public address")

// Options of a client.
type Options struct {
	Timeout time.Duration // of a whole exchange; must be positive
	// Private lets the client reach any address, those of the installation's own
	// network too: an installation whose other programs run beside it.
	Private bool
}

// New makes a client. It opens a connection for each request.
func New(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: o.Timeout, KeepAlive: -1}
	if !o.Private {
		// Control runs after the name was resolved, on the address that is about to be
		// dialled, and before the first packet.
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrAddress, err)
			}
			ip, err := netip.ParseAddr(host)
			if err != nil || !Public(ip) {
				return ErrAddress
			}
			return nil
		}
	}
	return &http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true, ForceAttemptHTTP2: false,
			TLSHandshakeTimeout: o.Timeout, ResponseHeaderTimeout: o.Timeout, MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reserved are the networks that lead nowhere on the public Internet, beside those
// that net/netip knows by name, or that carry another address inside theirs.
// Source: IANA special-purpose address registries (RFC 6890 and its updates).
func reserved() []string {
	return []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	}
}

// Public tells whether an address is one of the public Internet: not of this
// machine, of a private network, of a link, of a group, nor reserved.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsValid() || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, network := range reserved() {
		if netip.MustParsePrefix(network).Contains(ip) {
			return false
		}
	}
	return true
}
