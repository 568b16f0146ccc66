package server

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// proxies are the reverse proxies whose word is taken on who is asking. Anybody
// else may write the same headers: theirs are ignored.
type proxies []netip.Prefix

// parseProxies reads addresses and networks: "10.0.0.7", "10.0.0.0/8", "::1".
func parseProxies(list []string) (proxies, error) {
	var all proxies
	for _, text := range list {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil {
				return nil, errs.Wrap(errs.Invalid, "cli.listen.proxy", err, "value", text)
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		all = append(all, prefix.Masked())
	}
	return all, nil
}

func (p proxies) trusts(address netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}

// believe gives next the address and the protocol that a trusted proxy names: the
// last hop of X-Forwarded-For that is not itself a trusted proxy.
func (p proxies) believe(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !p.trusts(peer.Addr()) {
			next.ServeHTTP(w, r)
			return
		}
		asked := *r
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			asked.RemoteAddr = net.JoinHostPort(hop.Unmap().String(), "0")
			if !p.trusts(hop) {
				break
			}
		}
		if r.TLS == nil && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
			asked.TLS = &tls.ConnectionState{}
		}
		next.ServeHTTP(w, &asked)
	})
}
