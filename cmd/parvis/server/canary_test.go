package server_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/backup"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/rekey"
)

// The canaries: what somebody's name, note, telephone, street, table and words are
// made of. No test data elsewhere has them.
const (
	canaryName   = "Zyxquartz"
	canaryGiven  = "Wolframine"
	canaryNote   = "chardonneret enroue du mardi"
	canaryPhone  = "0612345987"
	canaryStreet = "impasse des Oropendolas"
	canaryRow    = "Quetzalcanari"
)

// more are other rooms in which words are kept, each with its own canary.
var more = []struct {
	page   string // and what its form is sent to; FILE is the person's
	values map[string]string
	canary string
}{
	{"FILE/paroles", map[string]string{"words": "Je veux revoir les gypaetes barbus.", "said_on": "04/06/2026"}, "gypaetes barbus"},
	{"FILE/appels", map[string]string{"kind": "call", "direction": "out", "party": "Bailleur Lagopede", "says": "La tourterelle rappellera jeudi", "on": "10/06/2026"}, "tourterelle rappellera"},
	{"/accueil", map[string]string{"words": "La dame au casoar", "reason": "news"}, "dame au casoar"},
}

// TestNothingReadableIsLeftOnTheDisk: a person, a note, an imported table, prints
// and a backup later, no byte of them is readable anywhere Parvis wrote: data
// directory, write-ahead log, temporary files, backups; while it runs and after.
func TestNothingReadableIsLeftOnTheDisk(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("SQLITE_TMPDIR", tmp)
	home := t.TempDir()
	var logged bytes.Buffer
	s, err := server.Open(t.Context(), server.Config{
		Data: filepath.Join(home, "data"), KeyDir: filepath.Join(home, "keys"), Listen: "127.0.0.1:0", Demo: true,
		Log: slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	v := newVisitor(t, s.URL())
	created, opened := v.send(t, "/personnes/nouvelle", "/personnes/nouvelle", url.Values{
		"usual_name": {canaryName}, "given_names": {canaryGiven}, "birth": {"1984"}, "phone": {canaryPhone}, "address": {canaryStreet}, "seen": {"1"},
	})
	if !strings.Contains(opened, canaryName) {
		t.Fatalf("no file was opened: %s\n%.600s", created, opened)
	}
	if _, page := v.send(t, created+"/notes/nouvelle", created+"/notes/nouvelle", url.Values{"kind": {"counter"}, "visibility": {"team"}, "text": {canaryNote}}); !strings.Contains(page, canaryNote) {
		t.Fatalf("no note was written\n%.600s", page)
	}
	for _, said := range more {
		at := strings.ReplaceAll(said.page, "FILE", created)
		values := url.Values{}
		for name, value := range said.values {
			values[name] = []string{value}
		}
		if _, page := v.send(t, at, at, values); !strings.Contains(page, said.canary) {
			t.Errorf("%s: %q was not kept", at, said.canary)
		}
	}
	v.upload(t, "/importer", "gens.csv", "Nom;Prénom;Date de naissance\n"+canaryRow+";"+canaryGiven+";12/03/1984\n")
	for _, kind := range []string{"plan", "file"} {
		at, page := v.send(t, map[string]string{"plan": created, "file": created + "/export"}[kind], created+"/imprimer", url.Values{"quoi": {kind}})
		if !strings.Contains(page, canaryName) {
			t.Fatalf("no %s was printed", kind)
		}
		if pdf := v.get(t, at+"/pdf"); !strings.HasPrefix(pdf, "%PDF-") {
			t.Errorf("no PDF of the %s", kind)
		}
	}
	if page := v.get(t, "/personnes?q="+canaryName); !strings.Contains(page, canaryGiven) {
		t.Error("the search does not find the person")
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	copies := backup.Service{DB: s.DB, Journal: s.Journal, Dir: s.Dir.Path, Small: server.SmallFiles(), Install: s.Dir.Install, Log: slog.New(slog.DiscardHandler)}
	made, err := copies.Make(ctx, backup.Order{Dir: filepath.Join(home, "copies"), To: []age.Recipient{id.Recipient()}})
	if err != nil {
		t.Fatal(err)
	}
	look := func(when string) {
		t.Helper()
		seen := 0
		for _, place := range []string{home, tmp} {
			for path, b := range dbtest.ReadAll(t, place) {
				seen++
				b = bytes.ToLower(b)
				for _, clear := range []string{"SQLite format 3\x00", canaryName, canaryGiven, canaryNote, canaryPhone, canaryPhone[1:], canaryStreet, "Oropendolas", canaryRow, "chardonneret", "gypaete", "Lagopede", "tourterelle", "casoar"} {
					if bytes.Contains(b, bytes.ToLower([]byte(clear))) {
						t.Errorf("%s: %s holds %q in clear", when, path, clear)
					}
				}
			}
		}
		if seen < 5 {
			t.Errorf("%s: only %d files were looked at", when, seen)
		}
	}
	look("running")
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	look("stopped")
	renewed(t, home)
	look("with another key")
	if text := strings.ToLower(logged.String()); strings.Contains(text, strings.ToLower(canaryName)) || strings.Contains(text, canaryPhone) {
		t.Error("a canary is in the log")
	}
	if made.Bytes < 100<<10 {
		t.Errorf("the backup holds %d bytes", made.Bytes)
	}
}

// renewed gives the installation another key: everything that was sealed is sealed
// again, whatever the room that sealed it.
func renewed(t *testing.T, home string) {
	t.Helper()
	data := filepath.Join(home, "data")
	place := secret.Place{DataDir: data, ConfigDir: filepath.Join(home, "keys"), HasData: true}
	ring, _, err := secret.Open(place, nil)
	if err != nil {
		t.Fatal(err)
	}
	install, err := secret.InstallID(data)
	if err != nil {
		t.Fatal(err)
	}
	rows := db.Config{URL: "sqlite:" + filepath.Join(data, "parvis.db")}
	next, err := rekey.Renew(t.Context(), rekey.Order{Place: place, Ring: ring, Install: install, DB: rows})
	if err != nil {
		t.Fatal(err)
	}
	d, ring, err := rekey.Open(t.Context(), place, next, rows)
	if err != nil {
		t.Fatal(err)
	}
	n, err := rekey.Reseal(t.Context(), d, ring)
	if err != nil || n < 50 {
		t.Errorf("sealed again: %d, %v", n, err)
	}
	if old, err := rekey.Waiting(t.Context(), d, ring); err != nil || len(old) != 1 || old[0].Waiting != 0 {
		t.Errorf("waiting: %+v, %v", old, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// send fills in the form of a page and gives where it led and what that shows.
func (v *visitor) send(t *testing.T, page, action string, values url.Values) (path, body string) {
	t.Helper()
	_, asked, found := strings.Cut(v.get(t, page), `action="`+action+`"`)
	if !found {
		t.Fatalf("%s has no form to %s", page, action)
	}
	asked, _, _ = strings.Cut(asked, "</form>")
	for _, field := range hidden.FindAllStringSubmatch(asked, -1) {
		if !values.Has(field[1]) {
			values.Add(field[1], field[2])
		}
	}
	response, err := v.client.PostForm(v.url+action, values)
	if err != nil {
		t.Fatal(err)
	}
	return v.read(t, response)
}

func (v *visitor) read(t *testing.T, response *http.Response) (path, body string) {
	t.Helper()
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s\n%.400s", response.Request.URL.Path, response.Status, b)
	}
	return response.Request.URL.Path, string(b)
}

// upload sends a page's form with a file.
func (v *visitor) upload(t *testing.T, action, name, content string) {
	t.Helper()
	_, asked, _ := strings.Cut(v.get(t, action), `action="`+action+`"`)
	asked, _, _ = strings.Cut(asked, "</form>")
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	fields := map[string]string{}
	for _, field := range hidden.FindAllStringSubmatch(asked, -1) {
		fields[field[1]] = field[2]
	}
	if _, team, found := strings.Cut(asked, `<option value="`); found {
		fields["team"], _, _ = strings.Cut(team, `"`)
	}
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, content); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	response, err := v.client.Post(v.url+action, form.FormDataContentType(), &b)
	if err != nil {
		t.Fatal(err)
	}
	if at, page := v.read(t, response); at == action {
		t.Fatalf("the table was not taken:\n%.400s", page)
	}
}
