package draft_test

import (
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/draft"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Fatalf("error %v, want kind %d", err, kind)
	}
}

func TestDraftsSurviveTheSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		drafts := draft.New(w.Service)
		fields := map[string][]string{"note": {"« Ce n'est pas une dette. »"}, "to": {"a", "b"}}
		owner := core.ActorFrom(w.Claire)
		id, err := drafts.Keep(w.Nobody, owner, "/personnes/1/faits", fields)
		must(t, err)
		typed, err := drafts.Get(w.Claire, id)
		must(t, err)
		if typed["note"][0] != fields["note"][0] || len(typed["to"]) != 2 {
			t.Errorf("draft %+v", typed)
		}
		if list, err := drafts.List(w.Claire); err != nil || len(list) != 1 || list[0].Path != "/personnes/1/faits" {
			t.Errorf("drafts %+v, %v", list, err)
		}
		_, err = drafts.Get(w.Karim, id)
		wantKind(t, err, errs.NotFound)
		for range 25 {
			_, err = drafts.Keep(w.Nobody, owner, "/x", fields)
			must(t, err)
		}
		list, err := drafts.List(w.Claire)
		must(t, err)
		if len(list) != 20 {
			t.Errorf("%d drafts kept, want the 20 latest", len(list))
		}
		must(t, drafts.Drop(w.Claire, list[0].ID))
		must(t, drafts.Drop(w.Claire, list[0].ID))

		_, err = drafts.Keep(w.Nobody, owner, "//evil.example/", fields)
		wantKind(t, err, errs.Invalid)
		_, err = drafts.Keep(w.Nobody, owner, "/x", map[string][]string{"note": {strings.Repeat("x", 70_000)}})
		wantKind(t, err, errs.TooLarge)
		_, err = drafts.Keep(w.Nobody, core.Actor{}, "/x", fields)
		wantKind(t, err, errs.Unauthenticated)

		late := draft.New(w.At(clock.Fixed(dbtest.Clock().Now().Add(7*24*time.Hour + time.Second))))
		list, err = late.List(w.Claire)
		must(t, err)
		if len(list) != 0 {
			t.Errorf("after seven days: %d drafts", len(list))
		}
		must(t, late.Sweep(w.Claire))
	})
}
