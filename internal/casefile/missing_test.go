package casefile

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is read by hand is what the library reads, whatever is stored.
func FuzzReadMissing(f *testing.F) {
	for _, list := range [][]Missing{
		{},
		{{Variable: "loyer", Subject: Subject{AboutDwelling, "0190"}}},
		{{Variable: "salaire_net", Subject: Subject{AboutPerson, "a"}, From: 24_300, Until: 24_302}, {Variable: "âge", Subject: Subject{AboutPerson, "b"}, Until: 1}},
		{{Variable: "x", Subject: Subject{AboutPerson, "a"}, Sentence: "Dit-elle « oui » ?"}, {Variable: "y", Sentence: `Un "mot" <b> & \\ une ligne` + "\n"}},
	} {
		text, err := json.Marshal(list)
		if err != nil {
			f.Fatal(err)
		}
		if _, ok := scanMissing(string(text)); ok != (len(list) > 0 && list[len(list)-1].Variable != "y") {
			f.Errorf("%s: read by hand: %t", text, ok)
		}
		f.Add(string(text))
	}
	for _, text := range []string{"", "[", "null", `[{"variable":"a"}]`, `[{"variable":"a","subject":{"Kind":"person","ID":"b"},"from":1,"until":}]`,
		`[{"variable":"a","subject":{"Kind":"person","ID":"b"},"from":1.5}]`, `[{"variable":"a","subject":{"Kind":"person","ID":"b"}}]x`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want []Missing
		wrong := json.Unmarshal([]byte(text), &want)
		got, err := readMissing(text)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("%q: error %v, the library says %v", text, err, wrong)
		}
		if err == nil && !cmp.Equal(want, got) {
			t.Fatalf("%q: %s", text, cmp.Diff(want, got))
		}
	})
}
