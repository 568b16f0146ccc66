package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
)

// fullFile gives Samira 500 facts, most of them replaced or ended, as ten years of
// accompaniment leave, and 200 notes.
func fullFile(b *testing.B, s *site) {
	b.Helper()
	month := core.PartialDate{Year: 2017, Month: 1}
	left := 500
	for left > 0 {
		var cells []casefile.FactInput
		for i, variable := range []string{"salaire_net", "salaire_imposable", "heures_semaine", "epargne", "pensions_alimentaires_percues", "chomage_net",
			"aide_logement_recue", "salaire_net_social", "loyer", "charges_locatives"} {
			if left == 0 {
				break
			}
			left--
			cells = append(cells, casefile.FactInput{Variable: variable, State: casefile.Known, Value: fmt.Sprint(10 + i + left%60), From: month,
				Source: casefile.SourceDocument, Detail: "bulletin"})
		}
		if _, err := s.cases.SaveFacts(casefile.ComputeLater(s.ctx), s.samira, cells); err != nil {
			b.Fatal(err)
		}
		if month.Month++; month.Month > 12 {
			month = core.PartialDate{Year: month.Year + 1, Month: 1}
		}
	}
	if err := s.cases.Recompute(s.ctx, s.samira, 0); err != nil {
		b.Fatal(err)
	}
	notes, err := note.New(s.cases)
	if err != nil {
		b.Fatal(err)
	}
	for n := range 200 {
		_, err := notes.Write(s.ctx, s.samira, note.Input{Kind: note.Phone, Visibility: note.ForTeam,
			Text: fmt.Sprintf("Appel %d. Le dossier avance, les pièces sont demandées pour la semaine prochaine.", n)})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFullFile is the page of a person with 500 facts and 200 notes, and the
// whole copy of that file: processor time of the process for each, session,
// permission and journal included.
func BenchmarkFullFile(b *testing.B) {
	s := newSite(b)
	fullFile(b, s)
	c := s.open(b)
	c.get("/demo/enter/worker")

	base, err := http.NewRequest(http.MethodGet, c.base, nil)
	if err != nil {
		b.Fatal(err)
	}
	cookies := c.http.Jar.Cookies(base.URL)
	path := "/personnes/" + string(s.samira)
	used := func() time.Duration {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	run := func(name, path string, warm int) {
		b.Run(name, func(b *testing.B) {
			var size int
			get := func() {
				r := httptest.NewRequest(http.MethodGet, c.base+path, nil)
				for _, cookie := range cookies {
					r.AddCookie(cookie)
				}
				r.Header.Set("Accept-Encoding", "gzip")
				w := httptest.NewRecorder()
				s.handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%s: status %d", path, w.Code)
				}
				size = w.Body.Len()
			}
			for range warm {
				get()
			}
			before := used()
			b.ResetTimer()
			for range b.N {
				get()
			}
			b.StopTimer()
			b.ReportMetric(float64(used()-before)/float64(b.N)/1e6, "cpu-ms/op")
			b.ReportMetric(float64(size)/1000, "kB/page")
		})
	}
	run("page", path, 50)
	preview := c.get(path + "/export").must(200)
	b.Run("export", func(b *testing.B) {
		before := used()
		for range b.N {
			if archive := preview.send(c, path+"/export", "forme", "zip"); len(archive.body) < 10_000 {
				b.Fatalf("a copy of %d bytes", len(archive.body))
			}
		}
		b.ReportMetric(float64(used()-before)/float64(b.N)/1e6, "cpu-ms/op")
	})
}
