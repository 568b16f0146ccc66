package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/platform/outbound"
)

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"1.1.1.1": true, "90.84.1.2": true, "2a01:e0a::1": true, "2606:4700::1111": true,
		"127.0.0.1": false, "127.8.9.1": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "198.18.0.1": false, "203.0.113.5": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "fe80::1": false, "fc00::1": false, "fd12::1": false,
		"ff02::1": false, "fec0::1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:0:1::1": false, "2001:db8::1": false,
	} {
		if got := outbound.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if outbound.Public(netip.Addr{}) {
		t.Error("no address at all is public")
	}
}

// Neither an address nor a name leads to this machine, unless it is allowed.
func TestThisMachineIsOutOfReach(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/there", http.StatusFound)
		}
	}))
	defer server.Close()
	guarded := outbound.New(outbound.Options{Timeout: 5 * time.Second})
	for _, url := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), strings.Replace(server.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		res, err := guarded.Get(url)
		if err == nil {
			t.Errorf("%s: %d", url, res.StatusCode)
			if err := res.Body.Close(); err != nil {
				t.Fatal(err)
			}
		} else if !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if asked != 0 {
		t.Errorf("asked %d times", asked)
	}
	open := outbound.New(outbound.Options{Timeout: 5 * time.Second, Private: true})
	res, err := open.Get(server.URL + "/away")
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusFound || asked != 1 {
		t.Errorf("a redirect was followed: %d, %d requests", res.StatusCode, asked)
	}
}
