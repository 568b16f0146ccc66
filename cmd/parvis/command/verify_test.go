package command_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/cmd/parvis/command"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// TestVerifyADocument: a receipt and a line verify from a file alone; what was
// changed does not, and the exit code says so.
func TestVerifyADocument(t *testing.T) {
	d := dbtest.OpenSQLite(t, db.Config{Clock: dbtest.Clock()})
	j := journal.New(d, nil)
	key, err := journal.NewKey("00112233445566778899aabbccddeeff", bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	j.SignWith(key)
	ctx := core.WithActor(t.Context(), core.Actor{Kind: core.ActorWorker, ID: "w", Org: "o"})
	ctx = journal.WithFunction(ctx, "assistante sociale")
	var line journal.Entry
	var mark string
	err = d.Tx(ctx, func(tx *db.Tx) error {
		return j.Record(ctx, tx, journal.Event{Kind: "plan.print", Subjects: []core.ID{"anna"}, Reason: "accord du 4 juin", Code: "7QFM2K"})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Read(ctx, func(q db.Querier) error {
		lines, err := journal.ForOrg(q, "o", journal.Before{}, 1)
		if err != nil {
			return err
		}
		line = lines[0]
		mark, err = journal.Mark(q, "o", "7QFM2K")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	own, err := j.Prove(ctx, []core.ID{"anna"}, journal.Place{Tree: line.Tree, Seq: line.Seq})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := j.Receipt(ctx, "7QFM2K", mark)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run := func(text string, args ...string) (int, string) {
		t.Helper()
		file := filepath.Join(dir, "document.txt")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code := command.Main(context.Background(), append([]string{"verify", file}, args...), command.Env{
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" },
		})
		return code, out.String()
	}
	for name, p := range map[string]journal.Proof{"a line": own, "a receipt": receipt} {
		text := string(p.Text())
		code, said := run(text)
		for _, want := range []string{"11 juin 2026", "assistante sociale a imprimé votre plan", "7QF-M2K", "accord du 4 juin", "Comparez-la", "en dehors de lui"} {
			if code != 0 || !strings.Contains(said, want) {
				t.Errorf("%s: exit %d, without %q:\n%s", name, code, want, said)
			}
		}
		if code, said := run(text, "--public-key", j.PublicKey()); code != 0 || strings.Contains(said, "Comparez-la") {
			t.Errorf("%s with the key: exit %d\n%s", name, code, said)
		}
		other, err := journal.NewKey("00112233445566778899aabbccddeeff", bytes.Repeat([]byte{8}, 32))
		if err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]struct{ text, said string }{
			"changed":  {strings.Replace(text, "4 juin", "5 juin", 1), "a été changé"},
			"cut":      {text[:200], "coupé"},
			"resigned": {strings.Replace(text, "\n1\n", "\n2\n", 1), "n’est pas signé"},
			"no kind":  {"hello", "n’est pas un document"},
			"empty":    {"", "n’est pas un document"},
		} {
			if code, said := run(c.text); code != 1 || !strings.Contains(said, c.said) {
				t.Errorf("%s, %s: exit %d\n%s", name, what, code, said)
			}
		}
		if code, said := run(text, "--public-key", other.Public()); code != 1 || !strings.Contains(said, "n’est pas signé") {
			t.Errorf("%s with another key: exit %d\n%s", name, code, said)
		}
	}
}
