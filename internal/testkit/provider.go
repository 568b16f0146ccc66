package testkit

import (
	"bufio"
	"bytes"
	_ "embed" // the provider
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed provider.mjs
var provider []byte

// ProviderSecret is the secret of the one client of Provider, « parvis ».
const ProviderSecret = "le secret du client, assez long pour servir"

// Provider is a real OpenID Connect provider: npm's oidc-provider.
type Provider struct {
	URL string
	t   testing.TB
}

// StartProvider runs one until the test ends. backs are the addresses that it may
// answer to.
func StartProvider(t testing.TB, backs ...string) *Provider {
	t.Helper()
	root := Root(t)
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(filepath.Join(root, "node_modules", "oidc-provider")); err != nil || missing != nil {
		Missing(t, "node and oidc-provider (npm ci)")
	}
	program := filepath.Join(t.TempDir(), "provider.mjs")
	if err := os.WriteFile(program, provider, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, append([]string{program, root}, backs...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // the provider ends with its input,
		_ = cmd.Wait() // and how it ends says nothing of us
		if t.Failed() {
			t.Log(said.String())
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "http://") {
			p := &Provider{URL: lines.Text(), t: t}
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return p
		}
	}
	t.Fatalf("the provider did not start: %s", said.String())
	return nil
}

// Control tells the provider who is at the keyboard: the pairs account, acr, amr,
// email, verified and page, as its source says; or back, one more address.
func (p *Provider) Control(pairs ...string) {
	p.t.Helper()
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	res, err := http.Get(p.URL + "/control?" + q.Encode())
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
}
