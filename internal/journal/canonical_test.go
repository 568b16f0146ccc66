package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"codeberg.org/parvis/parvis/internal/core"
)

// TestFormIsAContract pins the bytes and the leaf of one event: if this test has
// to change, the form needs a new version and docs/journal.md a new chapter.
func TestFormIsAContract(t *testing.T) {
	salt := bytes.Repeat([]byte{7}, saltBytes)
	closed := closedPart{
		At: 1781161200000001, ID: "019ea000-0000-7000-8000-000000000001",
		Actor:    core.Actor{ID: "019ea000-0000-7000-8000-00000000000a", AAL: 2, Session: "019ea000-0000-7000-8000-00000000000b", Teams: []core.ID{"t2", "t1"}},
		ObjectID: "019ea000-0000-7000-8000-00000000000c", Detail: map[string]string{"law": "c0ffee", "from": "1"},
	}.encode(nil)
	wantClosed := `{"aal":2,"actor":"019ea000-0000-7000-8000-00000000000a","at":1781161200000001,` +
		`"detail":{"from":"1","law":"c0ffee"},"id":"019ea000-0000-7000-8000-000000000001",` +
		`"object_id":"019ea000-0000-7000-8000-00000000000c","session":"019ea000-0000-7000-8000-00000000000b","teams":["t1","t2"],"v":1}`
	if diff := cmp.Diff(wantClosed, string(closed)); diff != "" {
		t.Errorf("closed part (-want +got):\n%s", diff)
	}
	open := openPart{
		Tree: "019ea000-0000-7000-8000-00000000000d", Seq: 12, Org: "019ea000-0000-7000-8000-00000000000e",
		Day: core.Date{Year: 2026, Month: time.June, Day: 11}, Kind: "fact.save", ActorKind: core.ActorWorker,
		Function: "assistante sociale", Object: "fact", Reason: "« Mme H. » est là\n\"\\\u2028\x01",
		Subjects: [][]byte{commit(salt, []byte("b")), commit(salt, []byte("a"))}, Closed: commit(salt, closed),
	}.encode(nil)
	wantOpen := `{"actor":"worker","closed":"I6iAXxANjoOie0O6j3gYYbnY-IS7URVsJ0FX2Zqg3lI","day":"2026-06-11",` +
		`"function":"assistante sociale","kind":"fact.save","object":"fact","org":"019ea000-0000-7000-8000-00000000000e",` +
		`"reason":"« Mme H. » est là\n\"\\` + "\u2028" + `\u0001","seq":12,` +
		`"subjects":["IU3gsvBhC7af-fwchSfLif9JOy4I6bp4smKjUZmf6KE","j7_Pu8qEvFYzAhWGmgA_cUw-tdrTeFuIDrSllNMXYlA"],` +
		`"tree":"019ea000-0000-7000-8000-00000000000d","v":1}`
	if diff := cmp.Diff(wantOpen, string(open)); diff != "" {
		t.Errorf("open part (-want +got):\n%s", diff)
	}
	// Version 2: the same, and the code of a printed paper.
	paper := openPart{
		Tree: "019ea000-0000-7000-8000-00000000000d", Seq: 13, Org: "019ea000-0000-7000-8000-00000000000e",
		Day: core.Date{Year: 2026, Month: time.June, Day: 11}, Kind: "plan.print", ActorKind: core.ActorWorker, Code: "7QFM2K", Object: "sheet", Closed: commit(salt, closed),
	}.encode(nil)
	wantPaper := `{"actor":"worker","closed":"I6iAXxANjoOie0O6j3gYYbnY-IS7URVsJ0FX2Zqg3lI","code":"7QFM2K","day":"2026-06-11",` +
		`"kind":"plan.print","object":"sheet","org":"019ea000-0000-7000-8000-00000000000e","seq":13,"tree":"019ea000-0000-7000-8000-00000000000d","v":2}`
	if diff := cmp.Diff(wantPaper, string(paper)); diff != "" {
		t.Errorf("open part of a paper (-want +got):\n%s", diff)
	}
	plain := sha256.Sum256(append(bytes.Clone(salt), open...))
	if got := hex.EncodeToString(commit(salt, open)); got != hex.EncodeToString(plain[:]) {
		t.Errorf("leaf is %s, want SHA-256(salt ‖ event)", got)
	}
}

// TestCanonicalFormSurvivesReading: what was written reads back the same, any JSON
// reader understands it, and writing it again gives the same bytes.
func TestCanonicalFormSurvivesReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		want := openPart{
			Tree: core.ID(text.Draw(t, "tree")), Seq: rapid.Int64Min(0).Draw(t, "seq"), Org: core.ID(text.Draw(t, "org")),
			Day: core.Date{Year: 2026, Month: time.June, Day: rapid.IntRange(1, 30).Draw(t, "day")}, Kind: text.Draw(t, "kind"),
			ActorKind: core.ActorKind(text.Draw(t, "actor")), Function: text.Draw(t, "function"),
			Object: text.Draw(t, "object"), Reason: text.Draw(t, "reason"), Code: text.Draw(t, "code"), Closed: bytes.Repeat([]byte{1}, 32),
		}
		data := want.encode(nil)
		if !json.Valid(data) {
			t.Fatalf("not JSON: %s", data)
		}
		got, err := decodeOpen(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("open part changed (-want +got):\n%s", diff)
		}
		closed := closedPart{At: 1, ID: "i", Actor: core.Actor{ID: "a", AAL: 2}, Detail: rapid.MapOf(text, text).Draw(t, "detail")}
		back, err := decodeClosed(closed.encode(nil))
		if err != nil {
			t.Fatal(err)
		}
		if len(closed.Detail) == 0 {
			closed.Detail = nil
		}
		if diff := cmp.Diff(closed, back); diff != "" {
			t.Fatalf("closed part changed (-want +got):\n%s", diff)
		}
	})
}

func TestDecodeRefusesWhatIsNotCanonical(t *testing.T) {
	good := string(openPart{Tree: "t", Seq: 1, Day: core.Date{Year: 2026, Month: 6, Day: 1}, Kind: "search", ActorKind: core.ActorWorker, Closed: []byte{1}}.encode(nil))
	if _, err := decodeOpen([]byte(good)); err != nil {
		t.Fatalf("the good one is refused: %v", err)
	}
	for name, data := range map[string]string{
		"a space":         "{ " + good[1:],
		"another version": good[:len(good)-len(`"v":1}`)] + `"v":2}`,
		"unknown member":  `{"a":1,` + good[1:],
		"no day":          `{"actor":"worker","v":1}`,
		"not JSON":        "journal",
		"trailing bytes":  good + "{}",
	} {
		if _, err := decodeOpen([]byte(data)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
