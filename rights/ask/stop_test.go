package ask

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

var june = rights.MonthOf(2026, 6)

// household is drawn: what it would answer is drawn when asked, and holds.
type household struct {
	t     testing.TB
	p     Marginals
	r     *rand.Rand
	told  *rights.Situation // what was answered, some of it « je ne sais pas »
	whole *rights.Situation // the truth
	who   rights.Subject
}

func drawHousehold(t testing.TB, l *rights.Law, seed uint64) *household {
	h := &household{t: t, p: Marginals{l, june}, r: rand.New(rand.NewPCG(seed, 7)), told: rights.NewSituation(l), whole: rights.NewSituation(l)}
	adults, children := 1+h.r.IntN(2), []int{0, 0, 1, 2, 3}[h.r.IntN(5)]
	oldest := 19 + h.r.IntN(60)
	if children > 0 {
		oldest = 20 + h.r.IntN(30)
	}
	var born []rights.Day
	for i := range adults + children {
		age := max(18, oldest-h.r.IntN(4))
		if i >= adults {
			age = h.r.IntN(max(1, min(20, oldest-18)))
		}
		born = append(born, june.FirstDay()-rights.Day(age*365+h.r.IntN(365)+1))
	}
	for _, s := range []*rights.Situation{h.told, h.whole} {
		var family, tax, home []rights.Member
		for i := range adults + children {
			p := s.AddPerson(fmt.Sprintf("p%d", i))
			roles := [3]rights.Role{rights.Child, rights.Dependant, rights.HouseholdChild}
			if i < adults {
				roles = [3]rights.Role{rights.Parent, rights.Declarant, [2]rights.Role{rights.Reference, rights.Partner}[i]}
			}
			family = append(family, rights.Member{Person: p, Role: roles[0]})
			tax = append(tax, rights.Member{Person: p, Role: roles[1]})
			home = append(home, rights.Member{Person: p, Role: roles[2]})
			h.must(s.Set(p, "date_naissance", rights.Always(), rights.Date(born[i])))
		}
		s.AddGroup(rights.Family, "f", family...)
		s.AddGroup(rights.TaxUnit, "t", tax...)
		s.AddGroup(rights.Household, "m", home...)
	}
	return h
}

func (h *household) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// answer answers a page: one fact in ten nobody knows, or will not say.
func (h *household) answer(q Question, silences bool) {
	var refs []rights.FactRef
	for _, c := range q.Cells {
		refs = append(refs, c.FactRef)
	}
	order(refs)
	truth := Reply{Values: map[Key]rights.Value{}}
	whole := h.whole.Close(rights.Dossier)
	for _, d := range h.p.draw(h.r, whole, refs, nil) {
		truth.Values[Key{d.Variable, whole.ID(d.Subject)}] = d.Value
	}
	h.must(Apply(h.whole, q, truth))
	said := truth
	if silences && h.r.IntN(10) == 0 {
		said = Reply{Unsaid: []Silence{Unknown, Refused}[h.r.IntN(2)]}
	}
	h.must(Apply(h.told, q, said))
}

// truth completes what was never asked and evaluates.
func (h *household) truth(names []string) map[string]rights.Result {
	for range 20 {
		whole := h.whole.Close(rights.Dossier)
		results, err := whole.EvaluateFor(june, h.who, names...)
		h.must(err)
		out := map[string]rights.Result{}
		missing := missingOf(results)
		for _, r := range results {
			out[r.Right] = r
		}
		if len(missing) == 0 {
			return out
		}
		q := Question{}
		for _, f := range missing {
			q.add(h.p.law, f)
		}
		h.answer(q, false)
	}
	h.t.Fatal("the facts of a household do not end")
	return nil
}

func number(t testing.TB, name string, usual int) int {
	s := os.Getenv(name)
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A verdict that was proved is the one that every answer leads to, and stopping by
// probability is wrong once in two hundred at most. `make properties` draws
// five thousand households; PARVIS_HOUSEHOLDS_FROM begins after that many, to
// draw them in several runs.
func TestStoppingRules(t *testing.T) {
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	households, from := number(t, "PARVIS_HOUSEHOLDS", 100), number(t, "PARVIS_HOUSEHOLDS_FROM", 0)
	sure := New(l, Options{})
	engine := NewColumns(l)
	proved, wrong, guessed, misguessed, pages, told, stops := 0, 0, 0, 0, 0, 0, map[Stop]int{}
	for seed := from; seed < from+households; seed++ {
		// Half of the households stop by probability where they can.
		a := sure
		if seed%2 == 1 {
			a = New(l, Options{Engine: engine, Margin: 0.004})
		}
		h := drawHousehold(t, l, uint64(seed))
		verdicts := map[string]rights.Status{}
		var ranges []rights.Result // every range that was told on the way
		var guess map[string]bool
		var open []string
		for n := 0; ; n++ {
			step, err := a.Next(context.Background(), h.told.Close(rights.Dossier), june, h.who, open...)
			h.must(err)
			open = open[:0]
			for _, r := range step.Results {
				verdicts[r.Right] = r.Verdict
				if r.Min != nil && !r.Elsewhere {
					ranges = append(ranges, r)
				}
				if r.Elsewhere { // nothing is said of a local aid before the town is known
					delete(verdicts, r.Right)
				}
				if r.Verdict == rights.ToVerify || r.Elsewhere {
					open = append(open, r.Right)
				}
			}
			q, ok := step.Next()
			if !ok {
				stops[step.Stop]++
				guess = step.guess
				break
			}
			if n > 60 {
				t.Fatalf("household %d: the questions do not end: %s", seed, q.ID)
			}
			pages++
			h.answer(q, true)
		}
		var names []string
		for _, r := range l.Rights() {
			names = append(names, r.Name)
		}
		truth := h.truth(names)
		for _, r := range ranges {
			if amount := truth[r.Right].Amount; amount != nil && (*amount < *r.Min || *amount > *r.Max) {
				t.Errorf("household %d: %s was told from %v to %v, it is %v", seed, r.Right, r.Min, r.Max, amount)
			}
		}
		told += len(ranges)
		for name, verdict := range verdicts {
			if truth[name].Verdict == rights.ToVerify {
				continue // the law itself does not settle it
			}
			due, isGuess := guess[name]
			switch {
			case verdict != rights.ToVerify:
				proved++
				if truth[name].Verdict != verdict {
					wrong++
					t.Errorf("household %d: %s was proved %s, it is %s", seed, name, verdict, truth[name].Verdict)
				}
			case isGuess:
				guessed++
				if due != (truth[name].Verdict == rights.Probable) {
					misguessed++
				}
			}
		}
	}
	if misguessed*200 > guessed {
		t.Errorf("stopped by probability: %d of %d wrong, at most one in two hundred", misguessed, guessed)
	}
	t.Logf("%d households, %.1f pages each, stops %v: proved %d, wrong %d; stopped by probability %d, wrong %d; %d ranges told", households, float64(pages)/float64(households), stops, proved, wrong, guessed, misguessed, told)
}
