package note_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// What a person writes waits on the first page of their teams until somebody says
// that they read it; a merge and its undo leave it with the one who wrote.
func TestWhatThePersonWritesWaitsToBeRead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		says := func(words string) {
			t.Helper()
			_, err := w.AddStatement(w.as(file), file, note.StatementInput{Words: words})
			must(t, err)
		}
		who := func() []note.Waiting {
			t.Helper()
			list, err := w.Waiting(w.hugo)
			must(t, err)
			return list
		}
		_, err := w.AddStatement(w.claire, file, note.StatementInput{Words: "Dit au guichet."})
		must(t, err)
		if got := who(); len(got) != 0 {
			t.Errorf("words taken down by a worker wait: %+v", got)
		}
		says("J'ai froid.")
		says("Et mal dormi.")
		if got := who(); len(got) != 1 || got[0].Person != file || got[0].Name != "Samira Haddad" || got[0].Since != today() {
			t.Fatalf("%+v", got)
		}
		if list, err := w.Waiting(w.karim); err != nil || len(list) != 0 {
			t.Errorf("another team: %+v, %v", list, err)
		}
		page, err := w.ListWords(w.claire, file, "", "", 0)
		must(t, err)
		says("Encore un mot.") // while Claire reads
		for _, bad := range []struct {
			err  error
			kind errs.Kind
		}{{w.Heard(w.karim, file, page.Waiting), errs.Forbidden}, {w.Heard(w.as(file), file, page.Waiting), errs.NotFound}} {
			if !errs.Is(bad.err, bad.kind) {
				t.Errorf("%v, want kind %d", bad.err, bad.kind)
			}
		}
		must(t, w.Heard(w.claire, file, page.Waiting))
		if got := who(); len(got) != 1 {
			t.Errorf("what came while it was read is lost: %+v", got)
		}

		// One with another file, it waits under the name that is kept; apart again, under
		// the one who wrote.
		kept := w.file(w.claire, w.teamA, "Samira", "Hadad")
		must(t, merge.New(w.cases, w.Service).Merge(w.claire, merge.Input{Keep: kept, Other: file}))
		if got := who(); len(got) != 1 || got[0].Person != kept {
			t.Errorf("merged: %+v", got)
		}
		if page, err = w.ListWords(w.claire, kept, "", "", 0); err != nil || page.Waiting == "" {
			t.Errorf("merged: %+v, %v", page.Waiting, err)
		}
		must(t, merge.New(w.cases, w.Service).Undo(w.claire, kept, file, nil))
		if got := who(); len(got) != 1 || got[0].Person != file {
			t.Errorf("apart: %+v", got)
		}
		if page, err = w.ListWords(w.claire, file, "", "", 0); err != nil {
			t.Fatal(err)
		}
		must(t, w.Heard(w.hugo, file, page.Waiting))
		must(t, w.Heard(w.hugo, file, page.Waiting))
		if got := who(); len(got) != 0 {
			t.Errorf("read, and it waits: %+v", got)
		}
	})
}
