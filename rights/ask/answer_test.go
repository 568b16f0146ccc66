package ask_test

import (
	"context"
	"testing"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ask"
)

// page asks until a form comes, answering what comes before as the household does.
func page(t *testing.T, a *ask.Asker, l *rights.Law, d *described, form string) (*rights.Situation, rights.Subject, ask.Question) {
	t.Helper()
	s, person := d.situation(t, l)
	for range 30 {
		step, err := a.Next(context.Background(), s.Close(rights.Dossier), june, person)
		if err != nil {
			t.Fatal(err)
		}
		q, ok := step.Next()
		if !ok {
			t.Fatalf("%s is never asked", form)
		}
		if q.Form.Name == form {
			return s, person, q
		}
		if err := ask.Apply(s, q, d.reply(t, q)); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s does not come", form)
	return nil, rights.Subject{}, ask.Question{}
}

// « Je ne sais pas » and « je préfère ne pas dire » are answers: the page does not
// come back, and what it left open stays to verify.
func TestSilencesCostNothing(t *testing.T) {
	l := loadLaw(t)
	a := ask.New(l, ask.Options{})
	mother := households()[1]
	for _, silence := range []ask.Silence{ask.Unknown, ask.Refused} {
		s, person, q := page(t, a, l, &mother, "parent_seul")
		if err := ask.Apply(s, q, ask.Reply{Unsaid: silence}); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			step, err := a.Next(context.Background(), s.Close(rights.Dossier), june, person)
			if err != nil {
				t.Fatal(err)
			}
			next, ok := step.Next()
			if !ok {
				if step.Stop != ask.Unsaid {
					t.Errorf("%s: stopped %q, want unsaid", silence, step.Stop)
				}
				for _, r := range step.Results {
					if r.Right == "asf" && r.Verdict != rights.ToVerify {
						t.Errorf("%s: ASF is %s", silence, r.Verdict)
					}
				}
				break
			}
			if next.ID == q.ID {
				t.Fatalf("%s: %s comes back", silence, q.ID)
			}
			if err := ask.Apply(s, next, mother.reply(t, next)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// An answer in people's words sets some facts; the others of its page are asked by
// themselves.
func TestAChosenAnswer(t *testing.T) {
	l := loadLaw(t)
	a := ask.New(l, ask.Options{})
	employee := households()[0]
	s, person, q := page(t, a, l, &employee, "sejour")
	if err := ask.Apply(s, q, ask.Reply{Chosen: []string{"carte_sejour"}}); err != nil {
		t.Fatal(err)
	}
	step, err := a.Next(context.Background(), s.Close(rights.Dossier), june, person)
	if err != nil {
		t.Fatal(err)
	}
	next, ok := step.Next()
	if !ok || len(next.Form.Choices) > 0 || len(next.Cells) != 1 {
		t.Errorf("after a permit that does not settle it: %+v", next)
	}
}

func TestWrongAnswers(t *testing.T) {
	l := loadLaw(t)
	a := ask.New(l, ask.Options{})
	employee := households()[0]
	s, _, q := page(t, a, l, &employee, "activite")
	key := q.Cells[0].Key()
	for name, r := range map[string]ask.Reply{
		"no such choice": {Values: map[ask.Key]rights.Value{key: rights.ChoiceOf("astronaute")}},
		"the wrong kind": {Values: map[ask.Key]rights.Value{key: rights.Number(3)}},
		"no such answer": {Chosen: []string{"oui"}},
	} {
		if err := ask.Apply(s, q, r); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	other := rights.NewSituation(l)
	if err := ask.Apply(other, q, ask.Reply{Unsaid: ask.Unknown}); err == nil {
		t.Error("an answer about nobody is taken")
	}
}
