package lawtext_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/testkit"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
	"codeberg.org/parvis/parvis/rights"
)

// everyNth household of the recorded ones is explained: they are varied enough.
const everyNth = 20

// recorded gives what the engine says of one recorded household in every nth.
func recorded(t *testing.T, l *rights.Law, nth int, each func(id string, result rights.Result)) {
	t.Helper()
	f, err := os.Open(filepath.Join(testkit.Shared(t), "data", "oracle", "households-public.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 4<<20)
	for n := 0; lines.Scan(); n++ {
		if n%nth != 0 {
			continue
		}
		var h struct {
			ID, Month string
			Input     json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			t.Fatal(err)
		}
		month, err := rights.ParseMonth(h.Month)
		if err != nil {
			t.Fatal(err)
		}
		r, err := openfisca.Read(l, h.Input)
		if err != nil {
			t.Fatalf("%s: %v", h.ID, err)
		}
		results, err := r.Situation.Close(rights.OpenFisca).Evaluate(month)
		if err != nil {
			t.Fatalf("%s: %v", h.ID, err)
		}
		for _, result := range results {
			if !result.Elsewhere {
				each(h.ID, result)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// TestExplanationsAreTold reads what the engine really says of recorded
// households, every right, and looks for lines, parameters and reasons that an
// English or Arabic page would leave in French or without words.
func TestExplanationsAreTold(t *testing.T) {
	l := load(t)
	told := map[string]bool{}
	recorded(t, l, everyNth, func(_ string, result rights.Result) { tell(t, l, result, told) })
	if len(told) < 100 {
		t.Errorf("only %d sentences were met", len(told))
	}
	t.Logf("%d sentences met in explanations", len(told))
}

// What somebody reads: at most forty lines and twenty kilobytes, in a machine's form
// and in words.
const (
	mostLines = 40
	mostBytes = 20_000
)

// TestExplanationsAreShort looks at every right of every recorded household.
func TestExplanationsAreShort(t *testing.T) {
	l := load(t)
	p := i18n.For(i18n.French)
	seen, longest, biggest := 0, 0, 0
	recorded(t, l, 1, func(id string, result rights.Result) {
		e := result.Explanation
		packed, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		words := 0
		said := map[string]bool{}
		for i, line := range e.Lines {
			words += len(lawtext.Say(p, line.Key, line.Sentence).Text) + len(strings.Join(line.Articles, " ; ")) + 2*line.Depth + 24
			for _, q := range line.Parameters {
				words += len(lawtext.Say(p, lawtext.Param(q.Name), q.Label).Text) + 40
				if q.From == "" {
					t.Errorf("%s: %s: %s has no date", id, result.Right, q.Name)
				}
			}
			value := ""
			if line.Value != nil { // two tax units have each their own income
				value = line.Value.String()
			}
			key := fmt.Sprint(line.Variable, line.Subjects, line.Spans, value)
			if i > 0 && said[key] {
				t.Errorf("%s: %s says « %s » %v %v twice", id, result.Right, line.Sentence, line.Subjects, line.Spans)
			}
			said[key] = true
		}
		seen, longest, biggest = seen+1, max(longest, len(e.Lines)), max(biggest, len(packed))
		if len(e.Lines) > mostLines || len(packed) > mostBytes || words > mostBytes {
			t.Errorf("%s: %s is told in %d lines, %d bytes, %d bytes of words", id, result.Right, len(e.Lines), len(packed), words)
		}
	})
	t.Logf("%d explanations: at most %d lines, %d bytes", seen, longest, biggest)
}

// tell checks that a result can be told in each language; told remembers the
// sentences already looked at.
func tell(t *testing.T, l *rights.Law, result rights.Result, told map[string]bool) {
	t.Helper()
	check := func(key, french string) {
		if told[key] {
			return
		}
		told[key] = true
		if french == "" {
			t.Errorf("%s: a line of %s has no sentence", result.Right, key)
		}
		for _, tag := range []string{i18n.English, i18n.Arabic} {
			p := i18n.For(tag)
			if said := lawtext.Say(p, key, french); said.Lang != "" && !named(p, key) {
				t.Errorf("%s: %s of %s stays French: « %s »", tag, key, result.Right, french)
			}
		}
	}
	for _, line := range result.Explanation.Lines {
		check(line.Key, line.Sentence)
		for _, q := range line.Parameters {
			check(lawtext.Param(q.Name), q.Label)
		}
		if line.Value == nil || line.Kind != rights.KindChoice {
			continue
		}
		for _, tag := range []string{i18n.English, i18n.Arabic} {
			p, value := i18n.For(tag), line.Value.String()
			said := lawtext.Value(p, l, line.Variable, value)
			if (said.Lang != "" || said.Text == value) && !p.Has("casefile.choice."+line.Variable+"."+value) {
				t.Errorf("%s: the value %s of %s has no words", tag, value, line.Variable)
			}
		}
	}
	for _, reason := range result.Reasons {
		check(lawtext.Reason(reason), reason)
	}
}
