package bulk_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/bulk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

func engine(t testing.TB) *casefile.LawEngine {
	t.Helper()
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	e, err := casefile.NewLawEngine(l)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var june = rights.MonthOf(2026, 6)

// draw makes a file as a worker fills one: more or less is known of each adult, some
// answers are « je ne sais pas », some births are a year.
func draw(r *rand.Rand, n int) *casefile.Picture {
	id := func(i int) core.ID { return core.ID(fmt.Sprintf("%04d-%d", n, i)) }
	p := &casefile.Picture{Month: june - core.Month(r.IntN(3)), Claimant: id(0)}
	adults, children := 1+r.IntN(2), r.IntN(4)
	var family casefile.Family
	unit := casefile.TaxUnit{}
	home := casefile.PictureDwelling{ID: core.ID(fmt.Sprintf("%04d-home", n))}
	home.Reference = id(0)
	for i := range adults + children {
		q := casefile.PicturePerson{ID: id(i), Birth: core.PartialDate{Year: 1955 + r.IntN(50), Month: 1 + r.IntN(12), Day: 1 + r.IntN(28)}}
		if i >= adults {
			q.Birth.Year = 2004 + r.IntN(22)
			family.Children, unit.Dependants, home.Children = append(family.Children, q.ID), append(unit.Dependants, q.ID), append(home.Children, q.ID)
		} else {
			family.Parents, unit.Declarants = append(family.Parents, q.ID), append(unit.Declarants, q.ID)
			if adults == 2 {
				q.Couple = casefile.Married
			}
			if i == 1 {
				home.Partner = q.ID
			}
		}
		if r.IntN(12) == 0 {
			q.Birth.Month, q.Birth.Day = 0, 0
		}
		p.Persons = append(p.Persons, q)
	}
	p.Families, p.TaxUnits, p.Dwelling = []casefile.Family{family}, []casefile.TaxUnit{unit}, home
	known := r.IntN(4) // how much of the file is filled
	add := func(s casefile.Subject, variable, value string) {
		if r.IntN(4) > known {
			return
		}
		c := casefile.Cell{Variable: variable, Subject: s, From: rights.MonthOf(2023, 1), Until: p.Month, State: casefile.Known, Value: value}
		if r.IntN(25) == 0 {
			c.State, c.Value = []casefile.State{casefile.Unknown, casefile.Refused}[r.IntN(2)], ""
		}
		p.Cells = append(p.Cells, c)
	}
	for i := range adults {
		s := casefile.Subject{Kind: casefile.AboutPerson, ID: id(i)}
		wage := strconv.Itoa([]int{0, 0, 600, 1300, 1800}[r.IntN(5)])
		add(s, "activite", []string{"actif", "chomeur", "inactif", "retraite"}[r.IntN(4)])
		add(s, "nationalite", []string{"FR", "FR", "FR", "DZ"}[r.IntN(4)])
		add(s, "salaire_net", wage)
		add(s, "salaire_imposable", wage)
		add(s, "salaire_de_base", wage)
		add(s, "chomage_net", strconv.Itoa([]int{0, 0, 700}[r.IntN(3)]))
		add(s, "aah", "0")
		add(s, "enceinte", []string{"true", "false"}[r.IntN(2)])
	}
	at := casefile.Subject{Kind: casefile.AboutDwelling, ID: home.ID}
	add(at, "loyer", strconv.Itoa(300+r.IntN(500)))
	add(at, "statut_occupation_logement", []string{"locataire_vide", "locataire_hlm", "proprietaire"}[r.IntN(3)])
	add(at, "depcom", []string{"79191", "75056", "44109"}[r.IntN(3)])
	return p
}

// TestBulkIsThePageOfEachFile: many files at once say what each says alone.
func TestBulkIsThePageOfEachFile(t *testing.T) {
	e := engine(t)
	r := rand.New(rand.NewPCG(11, 7))
	var list []*casefile.Picture
	for i := range 90 {
		list = append(list, draw(r, i))
	}
	got, err := bulk.New(e).Evaluate(context.Background(), list)
	if err != nil {
		t.Fatal(err)
	}
	open, settled := 0, 0
	for i, p := range list {
		want, err := e.Evaluate(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		diff := cmp.Diff(want, got[i], cmpopts.IgnoreFields(casefile.Outcome{}, "Detail", "Explanation"), cmpopts.IgnoreFields(casefile.Missing{}, "Rank"), cmpopts.EquateEmpty())
		if diff != "" {
			t.Errorf("file %d (−page +bulk):\n%s", i, diff)
		}
		for _, o := range got[i] {
			if o.Status == casefile.ToVerify {
				open++
			} else {
				settled++
			}
		}
	}
	if open < 100 || settled < 100 {
		t.Errorf("too few of one kind: %d to verify, %d settled", open, settled)
	}
}

func BenchmarkBulk(b *testing.B) {
	e := engine(b)
	r := rand.New(rand.NewPCG(11, 7))
	var list []*casefile.Picture
	for i := range 200 {
		list = append(list, draw(r, i))
	}
	l := bulk.New(e)
	if _, err := l.Evaluate(context.Background(), list[:1]); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		if _, err := l.Evaluate(context.Background(), list); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(list)), "ms/file")
}
