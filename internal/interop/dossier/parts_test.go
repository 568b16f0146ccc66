package dossier_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/interop/dossier"
)

// What another room has of a file stands in both forms, under its name.
func TestPartsOfOtherRooms(t *testing.T) {
	d := &casefile.Dossier{Parts: []casefile.ExportPart{{
		Name: "sheets", JSON: []map[string]string{{"text": "deux\nlignes"}}, Masked: 2,
		Rows: []casefile.ExportRow{{Label: "4 juin", Text: "<deux>\nlignes", More: "noté"}},
	}}}
	var out bytes.Buffer
	if err := dossier.WriteJSON(&out, d); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Parts  map[string][]map[string]string
		Masked struct{ Others int }
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Parts["sheets"][0]["text"] != "deux\nlignes" || doc.Masked.Others != 2 {
		t.Errorf("JSON: %s", out.String())
	}
	out.Reset()
	if err := dossier.WriteHTML(&out, d, dossier.Words{Org: "CCAS"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"&lt;deux&gt;\nlignes", "2 passages qui parlent", `<th scope="row">4 juin</th>`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
