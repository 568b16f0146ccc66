package journal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func prove(t testing.TB, j *journal.Journal, person core.ID, at journal.Place) journal.Proof {
	t.Helper()
	p, err := j.Prove(worker(t.Context(), org), []core.ID{person}, at)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryLineProves(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := signing(t, d)
		ctx := worker(t.Context(), org)
		record(t, d, j, ctx, journal.Event{Kind: "fact.save", Subjects: []core.ID{bilal, anna}, Reason: "accord du 4 juin", Object: "fact", ObjectID: "fact-1"})
		first := linesOf(t, d, org, anna)[0]
		write(t, d, j, org, 150)
		before := sign(t, j, org)
		write(t, d, j, org, 70)
		p := prove(t, j, anna, journal.Place{Tree: first.Tree, Seq: 0})
		text := p.Text()
		for _, secret := range []string{string(bilal), "worker-1", "fact-1", "1781161200"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("the proof tells %q", secret)
			}
		}
		read, err := journal.ParseProof([]byte(" \r\n" + strings.ReplaceAll(string(text), "\n", "\r\n") + "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, public := range []string{"", j.PublicKey()} {
			got, err := read.Verify(public)
			if err != nil {
				t.Fatal(err)
			}
			if got.Kind != "fact.save" || got.Day != first.Day || got.Function != "assistante sociale" || got.Reason != "accord du 4 juin" || !got.Person ||
				got.Size != 221 || got.Seq != 0 || got.Install != install || got.Believed != (public == "") {
				t.Errorf("proven: %+v", got)
			}
		}
		for seq := int64(1); seq < 221; seq += 11 {
			n := seq - 1 // the line's number in its writing
			if n >= 150 {
				n -= 150
			}
			p := prove(t, j, core.ID(fmt.Sprint("person-", n%9)), journal.Place{Tree: first.Tree, Seq: seq})
			if _, err := p.Verify(j.PublicKey()); err != nil {
				t.Errorf("line %d: %v", seq, err)
			}
		}
		now, path, err := j.ProveGrowth(t.Context(), org, before)
		if err != nil {
			t.Fatal(err)
		}
		if err := journal.CheckGrowth(before, now, path); err != nil {
			t.Error(err)
		}
		other := before
		other.Root[0] ^= 1
		if err := journal.CheckGrowth(other, now, path); err == nil {
			t.Error("another tree grew into this one")
		}

		for name, at := range map[string]journal.Place{
			"not about them": {Tree: first.Tree, Seq: 5}, "no such line": {Tree: first.Tree, Seq: 900}, "before the first": {Tree: first.Tree, Seq: -1}, "no such tree": {Tree: "other", Seq: 0},
		} {
			if _, err := j.Prove(ctx, []core.ID{anna}, at); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v, want NotFound", name, err)
			}
		}
		if _, err := j.Prove(worker(t.Context(), "elsewhere"), []core.ID{anna}, journal.Place{Tree: first.Tree}); !errs.Is(err, errs.NotFound) {
			t.Errorf("another organisation: %v, want NotFound", err)
		}
		if _, err := j.Prove(ctx, nil, journal.Place{Tree: first.Tree}); !errs.Is(err, errs.NotFound) {
			t.Errorf("nobody: %v, want NotFound", err)
		}
	})
}

func TestAProofThatWasChangedFails(t *testing.T) {
	d := dbtest.OpenSQLite(t, db.Config{Clock: dbtest.Clock()})
	j := signing(t, d)
	ctx := worker(t.Context(), org)
	record(t, d, j, ctx, journal.Event{Kind: "file.open", Subjects: []core.ID{anna}})
	record(t, d, j, ctx, journal.Event{Kind: "file.open", Subjects: []core.ID{anna, bilal}})
	write(t, d, j, org, 40)
	tree := linesOf(t, d, org, anna)[0].Tree
	text := string(prove(t, j, anna, journal.Place{Tree: tree, Seq: 0}).Text())
	second := prove(t, j, anna, journal.Place{Tree: tree, Seq: 1})
	lines := strings.Split(text, "\n")
	if len(lines) < 16 {
		t.Fatalf("%d lines:\n%s", len(lines), text)
	}
	for name, changed := range map[string]string{
		"the day":          strings.Replace(text, `"day":"2026-06-11"`, `"day":"2026-06-12"`, 1),
		"the gesture":      strings.Replace(text, "file.open", "file.read", 1),
		"the person":       strings.Replace(text, "person: "+string(anna), "person: "+string(bilal), 1),
		"the index":        strings.Replace(text, "index 0", "index 1", 1),
		"the size":         strings.Replace(text, "\n42\n", "\n43\n", 1),
		"a hash":           strings.Replace(text, lines[8], lines[9], 1),
		"a hash removed":   strings.Replace(text, lines[8]+"\n", "", 1),
		"a hash added":     strings.Replace(text, lines[8]+"\n", lines[8]+"\n"+lines[8]+"\n", 1),
		"the event":        strings.Replace(text, lines[4], "event: "+string(second.Event), 1),
		"cut":              text[:len(text)-30],
		"cut in the path":  strings.Join(lines[:9], "\n"),
		"without its salt": strings.Replace(text, lines[5], "salt: ", 1),
		"nothing":          "",
		"another heading":  strings.Replace(text, "line 1", "line 2", 1),
		"too long":         text + strings.Repeat("x", 70<<10),
	} {
		if changed == text {
			t.Fatalf("%s: nothing was changed", name)
		}
		p, err := journal.ParseProof([]byte(changed))
		if err == nil {
			_, err = p.Verify(j.PublicKey())
		}
		if !errors.Is(err, journal.ErrNotProof) && !errors.Is(err, journal.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := journal.ParseProof([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Verify(key(t, install, 9).Public()); !errors.Is(err, journal.ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := p.Verify("not a key"); err == nil {
		t.Error("no key at all verifies")
	}
}

func TestReceiptOfAPrintedPaper(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := signing(t, d)
		for _, in := range []core.ID{org, other} { // two organisations may draw the same code
			record(t, d, j, worker(t.Context(), in), journal.Event{Kind: "plan.print", Subjects: []core.ID{anna}, Object: "sheet", ObjectID: "7QFM2K", Code: "7QFM2K"})
			record(t, d, j, worker(t.Context(), in), journal.Event{Kind: "plan.print", Subjects: []core.ID{anna}, Object: "sheet", ObjectID: "7QFM2K", Code: "7QFM2K"})
		}
		write(t, d, j, org, 40)
		marks := map[string]core.ID{}
		for _, in := range []core.ID{org, other} {
			err := d.Read(t.Context(), func(q db.Querier) error {
				mark, err := journal.Mark(q, in, "7QFM2K")
				marks[mark] = in
				if none, err := journal.Mark(q, in, "000000"); none != "" || err != nil {
					t.Errorf("the mark of nothing: %q, %v", none, err)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(marks) != 2 {
			t.Fatalf("marks: %v", marks)
		}
		for mark, in := range marks {
			if len(mark) != 19 {
				t.Errorf("mark %q", mark)
			}
			p, err := j.Receipt(t.Context(), "7QFM2K", " "+strings.ToLower(strings.ReplaceAll(mark, "-", " ")))
			if err != nil {
				t.Fatal(err)
			}
			read, err := journal.ParseProof(p.Text())
			if err != nil {
				t.Fatal(err)
			}
			got, err := read.Verify(j.PublicKey())
			if err != nil || got.Code != "7QFM2K" || got.Kind != "plan.print" || got.Org != in || got.Seq != 0 || got.Person {
				t.Errorf("proven: %+v, %v", got, err)
			}
			if bytes.Contains(p.Text(), []byte(anna)) {
				t.Error("the receipt names the person")
			}
			for name, wrong := range map[string][2]string{
				"another mark": {"7QFM2K", "0000-0000-0000-0000"}, "another code": {"7QFM2J", mark}, "cut": {"7QFM2K", mark[:18]}, "long": {"7QFM2K", mark + "0"}, "no code": {"", mark}, "no mark": {"7QFM2K", ""}, "signs": {"'; --", "'; --"},
			} {
				if _, err := j.Receipt(t.Context(), wrong[0], wrong[1]); !errs.Is(err, errs.NotFound) {
					t.Errorf("%s: %v, want NotFound", name, err)
				}
			}
		}
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			return j.Record(worker(t.Context(), org), tx, journal.Event{Kind: "plan.print", Code: "é"})
		})
		if !errs.Is(err, errs.Internal) {
			t.Errorf("a code that is none: %v", err)
		}
		if r := check(t, j); !r.Well() {
			t.Error(r.String())
		}
	})
}

// FuzzParseProof: what is read is written the same, and nothing panics.
func FuzzParseProof(f *testing.F) {
	d := dbtest.OpenSQLite(f, db.Config{Clock: dbtest.Clock()})
	j := signing(f, d)
	ctx := worker(f.Context(), org)
	record(f, d, j, ctx, journal.Event{Kind: "plan.print", Subjects: []core.ID{anna}, Code: "7QFM2K"})
	record(f, d, j, ctx, journal.Event{Kind: "file.open", Subjects: []core.ID{anna}})
	tree := linesOf(f, d, org, anna)[0].Tree
	text := prove(f, j, anna, journal.Place{Tree: tree}).Text()
	f.Add(text)
	f.Add([]byte(journal.ReceiptHeading + "\nkey: \nevent: \nsalt: \n\nc2sp.org/tlog-proof@v1\nindex 0\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := journal.ParseProof(data)
		if err != nil {
			return
		}
		if got, err := p.Verify(j.PublicKey()); err == nil && (got.Tree != tree || got.Seq > 1) {
			t.Errorf("%q proves %+v", data, got)
		}
	})
}

// BenchmarkProve is one proof in a tree of 200,000 lines that was signed already:
// the reads, the path and the checkpoint's signature verified.
func BenchmarkProve(b *testing.B) {
	clk := &moving{now: time.Date(2026, 6, 11, 9, 0, 0, 0, time.UTC)}
	d := dbtest.OpenSQLite(b, db.Config{Clock: clk})
	j := journal.New(d, rand.Reader)
	j.SignWith(key(b, install, 7))
	for range 200_000 / linesADay {
		write(b, d, j, org, linesADay)
		clk.now = clk.now.AddDate(0, 0, 1)
	}
	sign(b, j, org)
	var tree core.ID
	if err := d.Read(b.Context(), func(q db.Querier) error {
		return q.QueryRow(`SELECT tree FROM journal_head WHERE org_id = $1`, org).Scan(&tree)
	}); err != nil {
		b.Fatal(err)
	}
	ctx := worker(b.Context(), org)
	people := make([]core.ID, 9)
	for i := range people {
		people[i] = core.ID(fmt.Sprint("person-", i))
	}
	b.Run("prove", func(b *testing.B) {
		n := int64(0)
		start := cpuTime(b)
		for b.Loop() {
			n++
			if _, err := j.Prove(ctx, people, journal.Place{Tree: tree, Seq: n * 7919 % 200_000}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64((cpuTime(b)-start).Nanoseconds())/1000/float64(n), "cpu-µs/op")
	})
	p, err := j.Prove(ctx, people, journal.Place{Tree: tree, Seq: 123})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if _, err := p.Verify(j.PublicKey()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("checkpoint", func(b *testing.B) {
		for b.Loop() {
			record(b, d, j, ctx, journal.Event{Kind: "file.open"})
			sign(b, j, org)
		}
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			if r := check(b, j); !r.Well() {
				b.Fatal(r.String())
			}
		}
		b.ReportMetric(200_000*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	})
}
