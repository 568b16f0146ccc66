package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// open starts nothing: it opens an installation of its own on a free port.
func open(t *testing.T, change func(*Config)) *Server {
	t.Helper()
	cfg := Config{Data: filepath.Join(t.TempDir(), "data"), KeyDir: t.TempDir(), Listen: "127.0.0.1:0"}
	if change != nil {
		change(&cfg)
	}
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// run serves until the returned stop is called, which returns what Serve did.
func run(t *testing.T, s *Server) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

func fetch(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestARequestInFlightEndsBeforeTheDatabaseCloses(t *testing.T) {
	s := open(t, nil)
	arrived, goOn := make(chan struct{}), make(chan struct{})
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-goOn
		if err := s.DB.Check(context.WithoutCancel(r.Context())); err != nil {
			t.Errorf("the database was closed under a request: %v", err)
		}
		plain(w, http.StatusOK, "whole")
	})
	stop := run(t, s)
	answer := make(chan string, 1)
	go func() {
		response, err := http.Get(s.URL())
		if err != nil {
			answer <- err.Error()
			return
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			answer <- err.Error()
			return
		}
		answer <- string(body)
	}()
	<-arrived
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	// The listener closes first; the request is still being answered.
	for !s.stopping.Load() {
		select {
		case err := <-ended:
			t.Fatalf("stopped with a request in flight: %v", err)
		default:
		}
	}
	probe := httptest.NewRecorder()
	s.probes(s.ready, http.NotFoundHandler()).ServeHTTP(probe, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if probe.Code != http.StatusServiceUnavailable {
		t.Errorf("/readyz while stopping: %d; a load balancer would send somebody here", probe.Code)
	}
	close(goOn)
	if got := <-answer; got != "whole" {
		t.Errorf("the request in flight got %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(s.URL(), "http://"), time.Second); err == nil {
		t.Error("the port is still open")
	}
}

func TestMetricsAreElsewhere(t *testing.T) {
	s := open(t, func(c *Config) { c.MetricsListen = "127.0.0.1:0" })
	metrics := "http://" + s.metrics.Addr().String()
	stop := run(t, s)
	client := &http.Client{}
	if status, _ := fetch(t, client, s.URL()+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	if status, _ := fetch(t, client, s.URL()+"/metrics"); status != http.StatusNotFound {
		t.Errorf("/metrics on the main address: %d, want 404", status)
	}
	status, text := fetch(t, client, metrics+"/metrics")
	if status != http.StatusOK || !strings.Contains(text, `parvis_http_requests_total{class="2xx"} 1`) || !strings.Contains(text, "parvis_goroutines ") {
		t.Errorf("/metrics: %d\n%s", status, text)
	}
	if status, _ := fetch(t, client, metrics+"/"); status != http.StatusNotFound {
		t.Errorf("another path beside the metrics: %d, want 404", status)
	}
	if err := stop(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestTLS(t *testing.T) {
	cert, key, pool := certificate(t)
	s := open(t, func(c *Config) { c.CertFile, c.KeyPEM = cert, key })
	if !strings.HasPrefix(s.URL(), "https://") {
		t.Errorf("URL %s, want https", s.URL())
	}
	stop := run(t, s)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	if status, body := fetch(t, client, s.URL()+"/readyz"); status != http.StatusOK || body != "ready\n" {
		t.Errorf("/readyz over TLS: %d %q", status, body)
	}
	client.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func certificate(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile, pool
}

// Settings that cannot be used stop the start and say why.
func TestSettings(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"address = \"https://p.example\"\n": "",
		"[sessions]\nidle = \"45m\"\nrecent = \"5m\"\n": "",
		"adress = \"https://p.example\"\n":              "adress",
		"[sessions]\nidle = \"45\"\n":                   "idle",
		"[sessions]\nabsolute = \"900h\"\n":             "absolute",
		"[[issuer]]\nid = \"ville\"\nname = \"Ville\"\nurl = \"https://id.example\"\nclient_id = \"p\"\nsecret_file = \"/run/secret\"\n[[issuer.level]]\nacr = \"eidas2\"\naal = 2\n": "",
		"[[issuer]]\nid = \"fc\"\nname = \"FranceConnect\"\nfor = \"persons\"\nurl = \"https://id.example\"\nclient_id = \"p\"\n[[issuer.level]]\nacr = \"eidas1\"\naal = 1\n":        "",
		"[[issuer]]\nid = \"fc\"\nname = \"FranceConnect\"\nfor = \"tous\"\nurl = \"https://id.example\"\nclient_id = \"p\"\n":                                                        "persons",
		"[[issuer]]\nid = \"ville\"\nname = \"Ville\"\nurl = \"http://id.example\"\nclient_id = \"p\"\n":                                                                              "https",
		"[[issuer]]\nid = \"ville\"\nclient_secret = \"x\"\n": "client_secret",
		"address = ": "toml",
	} {
		file := filepath.Join(t.TempDir(), "settings.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadSettings(file, "")
		if (want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want something about %q", text, err, want)
		}
	}
	if _, err := ReadSettings("", t.TempDir()); err != nil {
		t.Errorf("no file at all: %v", err)
	}
	if _, err := ReadSettings(filepath.Join(t.TempDir(), "none.toml"), ""); err == nil {
		t.Error("a file that was named and is not there")
	}
}
