package casefile_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
)

// The next question is the one that rights/ask finds most useful: what people do
// before their wage, whatever the alphabet or the law's files say; the right to
// stay last; and a page read again asks the same.
func TestNextQuestionIsTheMostUseful(t *testing.T) {
	w := lawWorld(t)
	id := motherOfTwo(t, w)
	must(t, w.Recompute(w.claire, id, 0))
	var asked []string
	for range 40 {
		q, ok, err := w.NextQuestion(w.claire, id)
		must(t, err)
		if !ok {
			break
		}
		again, _, err := w.NextQuestion(w.claire, id)
		must(t, err)
		if again.ID != q.ID {
			t.Errorf("asked %s, then %s", q.ID, again.ID)
		}
		name := q.Cells[0].Of.Name
		asked = append(asked, name)
		a := casefile.Answer{Question: q.ID, Subject: q.Subject, Source: casefile.SourceSaid, State: casefile.Known, Values: map[string]string{}}
		for _, c := range q.Cells {
			a.Values[c.Of.Name] = plausible(c)
		}
		must(t, w.AnswerQuestion(w.claire, id, a))
	}
	if len(asked) == 0 || asked[0] != "activite" || asked[len(asked)-1] != "titre_sejour" {
		t.Errorf("asked %v: want what she does first, the right to stay last", asked)
	}
	if len(asked) > 20 {
		t.Errorf("%d questions: %v", len(asked), asked)
	}
	t.Log(asked)
}
