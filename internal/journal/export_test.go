package journal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func export(t testing.TB, j *journal.Journal, closed bool) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := j.Export(t.Context(), &b, closed); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func checkExport(t testing.TB, text, public string, kept ...journal.Checkpoint) journal.Report {
	t.Helper()
	_, r, err := journal.CheckExport(strings.NewReader(text), public, kept...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// town writes lines of two organisations and the installation, some erased.
func town(t testing.TB, d *db.DB) *journal.Journal {
	j := signing(t, d)
	write(t, d, j, org, 45)
	sign(t, j, org)
	write(t, d, j, other, 3)
	write(t, d, j, "", 2)
	ctx := worker(t.Context(), org)
	record(t, d, j, ctx, journal.Event{Kind: "fact.save", Subjects: []core.ID{anna}, Reason: "une <raison> & \u2028 « des accents »"})
	line := linesOf(t, d, org, anna)[0]
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorOrgAdmin, ID: "manager-1", Org: org})
	if err := d.Tx(ctx, func(tx *db.Tx) error {
		_, err := j.Erase(ctx, tx, journal.Erasure{Lines: []journal.Place{{Tree: line.Tree, Seq: 10}, {Tree: line.Tree, Seq: 11}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return j
}

func TestExportHoldsTheWholeJournal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := town(t, d)
		for _, closed := range []bool{false, true} {
			text := export(t, j, closed)
			for _, public := range []string{"", j.PublicKey()} {
				r := checkExport(t, text, public)
				if !r.Well() || r.Lines != 52 || r.Trees != 3 || r.Erased != 2 || r.Checkpoints != 4 {
					t.Errorf("closed %v: %+v", closed, r)
				}
			}
			if got := strings.Contains(text, "worker-1"); got != closed {
				t.Errorf("closed %v: the worker's id is there: %v", closed, got)
			}
			for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
				if !json.Valid([]byte(line)) {
					t.Errorf("line %d is not JSON: %s", n+1, line)
				}
			}
		}
	})
}

var closedMember = regexp.MustCompile(`"closed":\{[^}]*\},`)

// TestExportTellsTampering changes an export in every way that comes to mind; each
// must be seen, and what is said must name the place.
func TestExportTellsTampering(t *testing.T) {
	d := dbtest.OpenSQLite(t, db.Config{Clock: dbtest.Clock()})
	j := town(t, d)
	text := export(t, j, true)
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, `"seq":20,`) })
	swap := func(edit func(l []string) []string) string { return strings.Join(edit(slices.Clone(lines)), "") }
	var one, two struct {
		Salt string `json:"salt"`
		Leaf string `json:"leaf"`
	}
	if json.Unmarshal([]byte(lines[at]), &one) != nil || json.Unmarshal([]byte(lines[at+1]), &two) != nil {
		t.Fatal("no lines 20 and 21")
	}
	for name, c := range map[string]struct {
		text, fault string
	}{
		"a row edited":       {swap(func(l []string) []string { l[at] = strings.Replace(l[at], "file.open", "file.read", 1); return l }), fmt.Sprintf("line %d of the file: the event is not", at+1)},
		"a salt swapped":     {swap(func(l []string) []string { l[at] = strings.Replace(l[at], one.Salt, two.Salt, 1); return l }), fmt.Sprintf("line %d of the file: the event is not", at+1)},
		"a leaf swapped":     {swap(func(l []string) []string { l[at] = strings.Replace(l[at], one.Leaf, two.Leaf, 1); return l }), fmt.Sprintf("line %d of the file: the event is not", at+1)},
		"a line removed":     {swap(func(l []string) []string { return slices.Delete(l, at, at+1) }), fmt.Sprintf("line %d of the file: lines 20 to 20 are missing", at+1)},
		"two lines reversed": {swap(func(l []string) []string { l[at], l[at+1] = l[at+1], l[at]; return l }), fmt.Sprintf("line %d of the file: not in order", at+2)},
		"a line twice":       {swap(func(l []string) []string { return slices.Insert(l, at, l[at]) }), fmt.Sprintf("line %d of the file: not in order", at+2)},
		"the instant moved":  {swap(func(l []string) []string { l[at] = strings.Replace(l[at], `"at":1781`, `"at":1791`, 1); return l }), "closed part"},
		"not JSON":           {swap(func(l []string) []string { l[at] = "x" + l[at]; return l }), fmt.Sprintf("line %d of the file: cannot be read", at+1)},
		"something follows":  {swap(func(l []string) []string { l[at] = strings.TrimSuffix(l[at], "\n") + "}\n"; return l }), fmt.Sprintf("line %d of the file: cannot be read", at+1)},
		"cut after a line":   {strings.Join(lines[:at], ""), "the file is cut"},
		"cut in a line":      {text[:len(text)/2], "the file is cut"},
		"cut at the end":     {text[:len(text)-1], "the file is cut"},
		"the end removed":    {strings.Join(lines[:len(lines)-1], ""), "the file is cut"},
		"a checkpoint gone":  {swap(func(l []string) []string { return slices.Delete(l, len(l)-2, len(l)-1) }), "under no signature"},
		"a size forged":      {swap(func(l []string) []string { l[len(l)-2] = strings.Replace(l[len(l)-2], `\n3\n`, `\n2\n`, 1); return l }), fmt.Sprintf("line %d of the file: a checkpoint that", len(lines)-1)},
		"a tree gone": {swap(func(l []string) []string {
			return slices.DeleteFunc(l, func(s string) bool { return strings.Contains(s, `"org":"`+string(other)) })
		}), "lines 0 to 2 are missing at the end"},
		"the worker hidden": {swap(func(l []string) []string { l[at] = closedMember.ReplaceAllString(l[at], ""); return l }), fmt.Sprintf("line %d of the file: the closed part", at+1)},
		"a line added":      {text + lines[at], fmt.Sprintf("line %d of the file: not in order", len(lines)+1)},
		"the date changed":  {strings.Replace(text, `"made":"2026`, `"made":"2025`, 1), "was changed since it was made"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.text == text {
				t.Fatal("nothing was changed")
			}
			r := checkExport(t, c.text, j.PublicKey())
			if !strings.Contains(r.String(), c.fault) {
				t.Errorf("faults %q, want one with %q", r.String(), c.fault)
			}
		})
	}
	t.Run("signed by somebody else", func(t *testing.T) {
		forger := journal.New(d, nil)
		forger.SignWith(key(t, install, 9))
		change(t, d, `DELETE FROM journal_checkpoint`)
		forged := export(t, forger, true)
		if r := checkExport(t, forged, ""); !r.Well() {
			t.Errorf("by its own key: %s", r.String())
		}
		if r := checkExport(t, forged, j.PublicKey()); !strings.Contains(r.String(), "did not sign") {
			t.Errorf("by ours: %q", r.String())
		}
	})
	for _, not := range []string{"", "\n", "hello\n", "{}\n", `{"parvis_journal":2,"install":"","key":"","made":""}` + "\n"} {
		if _, _, err := journal.CheckExport(strings.NewReader(not), ""); err == nil {
			t.Errorf("%q is taken for an export", not)
		}
	}
}

// FuzzCheckExport: no bytes make the check panic, and none but the true ones pass.
func FuzzCheckExport(f *testing.F) {
	d := dbtest.OpenSQLite(f, db.Config{Clock: dbtest.Clock()})
	j := signing(f, d)
	write(f, d, j, org, 3)
	text := export(f, j, true)
	f.Add([]byte(text))
	f.Add([]byte(strings.Replace(text, `"seq":1`, `"seq":2`, 1)))
	f.Add([]byte(`{"parvis_journal":1,"install":"x","key":"y","made":"z"}` + "\n{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, r, err := journal.CheckExport(bytes.NewReader(data), j.PublicKey())
		if err == nil && r.Well() && string(data) != text {
			t.Errorf("passes: %q", data)
		}
	})
}

// FuzzParseCheckpoint: what is read is what was signed.
func FuzzParseCheckpoint(f *testing.F) {
	d := dbtest.OpenSQLite(f, db.Config{Clock: dbtest.Clock()})
	j := signing(f, d)
	write(f, d, j, org, 3)
	c := sign(f, j, org)
	f.Add(c.Note)
	f.Add("parvis/x/y\n1\n\n\n\n— x y\n")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := journal.ParseCheckpoint(text, j.PublicKey()); err == nil && (got.Size != c.Size || got.Root != c.Root || got.Tree != c.Tree) {
			t.Errorf("%q reads as %+v", text, got)
		}
		if _, err := journal.ParseCheckpoints(text, j.PublicKey()); err == nil && strings.TrimSpace(text) != "" && !strings.Contains(text, "parvis/") {
			t.Errorf("%q is a file of checkpoints", text)
		}
	})
}
