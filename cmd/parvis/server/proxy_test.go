package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestHeadersBesidePages: probes and programs' answers say to browsers what pages do,
// behind a trusted proxy too.
func TestHeadersBesidePages(t *testing.T) {
	trusted, err := parseProxies([]string{"10.0.0.7"})
	if err != nil {
		t.Fatal(err)
	}
	d := newDoor(nil)
	h := trusted.believe(d.probes(func(context.Context) error { return nil }, http.NotFoundHandler()))
	for _, path := range []string{"/healthz", "/readyz", "/openfisca/spec"} {
		for proto, want := range map[string]string{"": "", "https": "max-age=31536000; includeSubDomains"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.RemoteAddr = "10.0.0.7:5"
			r.Header.Set("X-Forwarded-Proto", proto)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header(); got.Get("Strict-Transport-Security") != want || got.Get("X-Content-Type-Options") != "nosniff" ||
				got.Get("Content-Security-Policy") != "default-src 'none'; base-uri 'none'; frame-ancestors 'none'" {
				t.Errorf("%s over %q: %v", path, proto, got)
			}
		}
	}
}

func TestOnlyATrustedProxyIsBelieved(t *testing.T) {
	trusted, err := parseProxies([]string{"10.0.0.0/8", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, peer, forwarded, proto string
		want                         string
		secure                       bool
	}{
		{"a visitor who claims to be another", "203.0.113.9:5", "198.51.100.1", "https", "203.0.113.9:5", false},
		{"through the proxy", "10.0.0.7:5", "198.51.100.1", "https", "198.51.100.1:0", true},
		{"a visitor who adds hops in front", "10.0.0.7:5", "1.2.3.4, 198.51.100.1", "http", "198.51.100.1:0", false},
		{"through two proxies", "10.0.0.7:5", "198.51.100.1, 10.0.0.9", "", "198.51.100.1:0", false},
		{"rubbish", "10.0.0.7:5", "me", "", "10.0.0.7:5", false},
		{"nothing said", "[::1]:5", "", "https", "[::1]:5", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			r.Header.Set("X-Forwarded-For", c.forwarded)
			r.Header.Set("X-Forwarded-Proto", c.proto)
			var got string
			var secure bool
			trusted.believe(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, secure = r.RemoteAddr, r.TLS != nil
			})).ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want || secure != c.secure {
				t.Errorf("got %s, TLS %t; want %s, %t", got, secure, c.want, c.secure)
			}
		})
	}
	if _, err := parseProxies([]string{"nginx"}); err == nil {
		t.Error("a name was taken for an address")
	}
}
