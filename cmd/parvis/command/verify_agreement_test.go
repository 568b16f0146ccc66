package command_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/cmd/parvis/command"
)

// TestVerifyAMandate signs as docs/agreements.md says, apart from the program, and has the
// program verify; a changed letter exits with 1.
func TestVerifyAMandate(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))
	facts := "parvis agreement v1\nfrom=2026-06-11\nkind=mandate\nperson=Samira Haddad\nprocedure_01=écrire à la CPAM\nuntil=2026-07-11\n"
	public := "parvis/agreement:" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	document := facts + "\npublic-key " + public + "\nsignature " + base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(facts))) + "\n"
	file := filepath.Join(t.TempDir(), "mandat.txt")
	run := func(text string, more ...string) (int, string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code := command.Main(context.Background(), append([]string{"verify", file}, more...), command.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
			Getenv: func(name string) string { return map[string]string{"LANG": "fr_FR.UTF-8"}[name] }})
		return code, out.String()
	}
	if code, out := run(document); code != 0 || !strings.Contains(out, "procedure_01: écrire à la CPAM") || !strings.Contains(out, public) {
		t.Errorf("%d %s", code, out)
	}
	if code, out := run(strings.ReplaceAll(document, "\n", "\r\n")); code != 0 {
		t.Errorf("with the line ends of Windows: %d %s", code, out)
	}
	if code, out := run(document, "--public-key", public); code != 0 || strings.Contains(out, "La clé est celle") {
		t.Errorf("with its key: %d %s", code, out)
	}
	for name, bad := range map[string]string{
		"another day": strings.Replace(document, "2026-07-11", "2027-07-11", 1),
		"cut":         document[:len(document)-30],
		"empty":       "parvis agreement v1\n",
	} {
		if code, out := run(bad); code != 1 {
			t.Errorf("%s: %d %s", name, code, out)
		}
	}
	if code, out := run(document, "--public-key", "parvis/agreement:"+base64.StdEncoding.EncodeToString(make([]byte, 32))); code != 1 {
		t.Errorf("another key: %d %s", code, out)
	}
}
