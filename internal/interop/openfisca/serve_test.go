package openfisca

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// TestCalculationsTakeTurns: a flood of requests waits, then is told to come back;
// it never runs all at once.
func TestCalculationsTakeTurns(t *testing.T) {
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := &handler{law: l, slots: make(chan struct{}, 2), quick: newQuick(l)}
		ask := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.calculate(w, httptest.NewRequestWithContext(t.Context(), "POST", "/openfisca/calculate", strings.NewReader(`{"individus":{"a":{}}}`)))
			return w
		}
		if w := ask(); w.Code != http.StatusOK || len(h.slots) != 0 {
			t.Fatalf("alone: %d %s, %d slots kept", w.Code, w.Body, len(h.slots))
		}
		h.slots <- struct{}{} // two long calculations
		h.slots <- struct{}{}
		var wg sync.WaitGroup
		refused := make(chan *httptest.ResponseRecorder, 3)
		for range 3 {
			wg.Go(func() { refused <- ask() })
		}
		wg.Wait() // the bubble's clock goes on by itself
		close(refused)
		for w := range refused {
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "à la fois") {
				t.Errorf("%d %s, want a 503 that says when to come back", w.Code, w.Body)
			}
		}
		wg.Go(func() {
			if w := ask(); w.Code != http.StatusOK {
				t.Errorf("once a slot is free: %d", w.Code)
			}
		})
		synctest.Wait()
		<-h.slots
		wg.Wait()
		if len(h.slots) != 1 {
			t.Errorf("%d slots taken, want the one of the long calculation", len(h.slots))
		}
	})
}
