package openfisca_test

import (
	"encoding/json"
	"io/fs"
	"testing"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// BenchmarkLoad reads, checks and prepares the embedded law: what a process does
// when it starts.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := rights.Load(fs.FS(law.Files)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOneHousehold computes the two rights of the ground floor for one
// household, full input, with the reference interpreter: reading the JSON,
// computing, explaining.
func BenchmarkOneHousehold(b *testing.B) {
	l := loadLaw(b)
	hs := households(b)
	var bodies [][]byte
	var months []rights.Month
	for i := 0; i < len(hs); i += 90 {
		body, err := json.Marshal(hs[i].Input)
		if err != nil {
			b.Fatal(err)
		}
		m, err := rights.ParseMonth(hs[i].Month)
		if err != nil {
			b.Fatal(err)
		}
		bodies, months = append(bodies, body), append(months, m)
	}
	b.Run("read", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := openfisca.Read(l, bodies[i%len(bodies)]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("evaluate", func(b *testing.B) {
		var totals []*rights.Total
		for _, body := range bodies {
			req, err := openfisca.Read(l, body)
			if err != nil {
				b.Fatal(err)
			}
			totals = append(totals, req.Situation.Close(rights.OpenFisca))
		}
		b.ResetTimer()
		for i := 0; b.Loop(); i++ {
			if _, err := totals[i%len(totals)].Evaluate(months[i%len(totals)], "af", "aide_logement"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("both", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			req, err := openfisca.Read(l, bodies[i%len(bodies)])
			if err != nil {
				b.Fatal(err)
			}
			if _, err := req.Situation.Close(rights.OpenFisca).Evaluate(months[i%len(bodies)], "af", "aide_logement"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDossier evaluates every right of a file where little is known: the
// unknown facts are completed.
func BenchmarkDossier(b *testing.B) {
	l := loadLaw(b)
	body := []byte(`{"individus":{"a":{"date_naissance":{"ETERNITY":"1990-03-01"}},"b":{"date_naissance":{"ETERNITY":"1992-03-01"}},
		"c":{"date_naissance":{"ETERNITY":"2018-03-01"}},"d":{"date_naissance":{"ETERNITY":"2020-03-01"}}},
		"familles":{"f":{"parents":["a","b"],"enfants":["c","d"]}},"foyers_fiscaux":{"t":{"declarants":["a","b"],"personnes_a_charge":["c","d"]}},
		"menages":{"m":{"personne_de_reference":["a"],"conjoint":["b"],"enfants":["c","d"],"loyer":{"month:2025-06:13":8000}}}}`)
	m := rights.MonthOf(2026, 6)
	for b.Loop() {
		req, err := openfisca.Read(l, body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := req.Situation.Close(rights.Dossier).Evaluate(m); err != nil {
			b.Fatal(err)
		}
	}
}
