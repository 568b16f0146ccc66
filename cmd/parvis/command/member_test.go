package command_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/cmd/parvis/command"
	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
)

// TestTheOnlyAdministratorLostTheirTelephone: the link works on the server that is
// running, and the old ways in are over.
func TestTheOnlyAdministratorLostTheirTelephone(t *testing.T) {
	home := t.TempDir()
	data := filepath.Join(home, "data")
	s, err := server.Open(t.Context(), server.Config{Data: data, KeyDir: filepath.Join(home, ".config"), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	system := core.Actor{Kind: core.ActorSystem, ID: "test"}
	system.Org, err = s.Access.CreateOrganisation(core.WithActor(t.Context(), system), access.Organisation{Name: "CCAS d'essai", Place: "Europe/Paris"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Access.AddWorker(core.WithActor(t.Context(), system), access.Worker{Login: "claire", Name: "Claire Maurel", Administers: true}); err != nil {
		t.Fatal(err)
	}
	run := func(login string) (int, string, string) {
		var out, told bytes.Buffer
		code := command.Main(context.WithoutCancel(t.Context()), []string{"member", "rescue", "--data", data, "--url", "https://parvis.example/", login}, command.Env{
			Stdout: &out, Stderr: &told, Getenv: func(name string) string { return map[string]string{"HOME": home, "LANG": "en"}[name] }})
		return code, strings.TrimSpace(out.String()), told.String()
	}
	if code, out, told := run("nobody"); code == 0 || out != "" || !strings.Contains(told, "nobody") {
		t.Errorf("nobody: %d %q %q", code, out, told)
	}
	code, out, told := run("Claire")
	token, found := strings.CutPrefix(out, "https://parvis.example/invitation?jeton=")
	if code != 0 || !found {
		t.Fatalf("claire: %d %q %q", code, out, told)
	}
	browser, err := s.Access.NewBrowser()
	if err != nil {
		t.Fatal(err)
	}
	view, err := s.Access.OpenInvite(t.Context(), token, browser)
	if err != nil || !view.Reset || view.Login != "claire" {
		t.Errorf("the link opens %+v, %v", view, err)
	}
}
