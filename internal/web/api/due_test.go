package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile/due"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/webhook"
)

// A step whose day has come is told once to a program that listens, by its ids; the
// program then reads the step with its token.
func TestStepsOfTheDayAreTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var bodies []string
		receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var b strings.Builder
			if err := r.Write(&b); err != nil {
				t.Error(err)
			}
			bodies = append(bodies, b.String())
		}))
		defer receiver.Close()
		file := "/api/v1/persons/" + h.person()
		today := h.ask("POST", file+"/steps", `{"title":"Appeler la CAF","who":"worker","due_on":"2026-06-11"}`).must(201).id()
		h.ask("POST", file+"/steps", `{"title":"Plus tard","who":"worker","due_on":"2026-06-12"}`).must(201)
		over := h.ask("POST", file+"/steps", `{"title":"Finie","who":"worker","due_on":"2026-06-11"}`).must(201).id()
		h.ask("POST", file+"/steps/"+over+"/move", `{"state":"done"}`, "If-Match", `"1"`).must(204)
		if _, _, err := h.hooks.Add(h.claire, webhook.EndpointInput{Name: "Agenda", URL: receiver.URL, Kinds: []webhook.Kind{webhook.StepDue}}); err != nil {
			t.Fatal(err)
		}
		runner := db.NewRunner(h.cases.DB)
		h.hooks.Listen(runner)
		system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "due"})
		tell := func(at time.Time) {
			t.Helper()
			h.clock.now = at
			for _, work := range []func() error{
				func() error { return due.Tell(system, h.cases) },
				func() error { return runner.Drain(t.Context()) },
				func() error { return h.hooks.Drain(t.Context()) },
			} {
				if err := work(); err != nil {
					t.Fatal(err)
				}
			}
		}
		tell(time.Date(2026, 6, 11, 3, 0, 0, 0, time.UTC)) // 5 h in Paris: nobody is up
		if len(bodies) != 0 {
			t.Fatalf("told before the morning: %v", bodies)
		}
		tell(time.Date(2026, 6, 11, 4, 0, 0, 0, time.UTC))
		tell(time.Date(2026, 6, 11, 9, 0, 0, 0, time.UTC))
		if len(bodies) != 1 || !strings.Contains(bodies[0], today) || strings.Contains(bodies[0], "CAF") {
			t.Fatalf("told: %v", bodies)
		}
		h.ask("GET", file+"/steps/"+today, "").must(200)
		tell(time.Date(2026, 6, 12, 9, 0, 0, 0, time.UTC))
		if len(bodies) != 2 {
			t.Errorf("the next day: %d", len(bodies))
		}
	})
}
