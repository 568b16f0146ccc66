package talk_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// BenchmarkNight is a night over a thousand files under the law of the repository: the
// first, in which everything is computed and stored; one in which nothing changed; and
// one in the month after, in which everything is computed and compared again. It
// reports the processor time of a file, the looking for causes included.
func BenchmarkNight(b *testing.B) {
	const files = 1_000
	r := lawRig(b, "")
	fillFiles(r, files)
	cpu := func() time.Duration {
		var u syscall.Rusage
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	for _, night := range []struct {
		name string
		jump time.Duration
	}{{"first", 0}, {"same", 0}, {"month", 30 * 24 * time.Hour}} {
		b.Run(night.name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				r.now.now = r.now.now.Add(night.jump)
				b.StartTimer()
				before, began := cpu(), time.Now()
				r.nightOf(b)
				b.ReportMetric(float64((cpu()-before).Microseconds())/1000/files, "cpu-ms/file")
				b.ReportMetric(time.Since(began).Seconds(), "s/night")
			}
		})
	}
}

// nightOf runs the coming night to its end, job after job.
func (r *rig) nightOf(b *testing.B) {
	b.Helper()
	ctx, org := context.Background(), core.ActorFrom(r.Claire).Org
	must(b, r.s.Start(ctx))
	r.now.now = r.now.now.Add(24 * time.Hour)
	var id core.ID
	left := func() (n int64) {
		must(b, r.DB.Read(ctx, func(q db.Querier) error {
			return q.QueryRow(`SELECT COUNT(*), COALESCE(MIN(id), '') FROM talk_run WHERE org_id = $1 AND ended_at = 0 AND started_at <= $2`, org, r.now.now.UnixMicro()).Scan(&n, &id)
		}))
		return n
	}
	for left() > 0 {
		must(b, r.s.Run(ctx, db.Job{Kind: talk.Job, Org: org, Args: []core.ID{id}}))
	}
}

// letters writes a number as a name may be.
func letters(n int) string {
	if n < 26 {
		return string(rune('a' + n))
	}
	return letters(n/26) + string(rune('a'+n%26))
}

// fillFiles opens families of one to five, as workers fill them: more or less is known.
func fillFiles(r *rig, n int) {
	r.t.Helper()
	d := rand.New(rand.NewPCG(11, 7))
	ctx := casefile.ComputeLater(r.Claire)
	since := core.PartialDate{Year: 2023, Month: 1}
	var people []core.ID
	for i := range n {
		id := r.Person("Camille", "Essai "+letters(i), fmt.Sprintf("%d-%02d-%02d", 1955+d.IntN(30), 1+d.IntN(12), 1+d.IntN(28)))
		for c := range d.IntN(4) {
			_, err := r.AddToHousehold(ctx, id, casefile.HouseholdInput{Identity: casefile.Identity{GivenNames: "Enfant" + letters(c), UsualName: "Essai " + letters(i),
				Birth: core.PartialDate{Year: 2004 + d.IntN(22), Month: 1 + d.IntN(5), Day: 1 + d.IntN(28)}}, LivesIn: true, Relation: casefile.RelationChild})
			must(r.t, err)
		}
		home, err := r.Household(r.Claire, id, core.Date{})
		must(r.t, err)
		known := d.IntN(4) // how much of the file is filled
		var in []casefile.FactInput
		add := func(s casefile.Subject, variable, value string) {
			if d.IntN(4) <= known {
				in = append(in, casefile.FactInput{Subject: s, Variable: variable, Value: value, State: casefile.Known, From: since, Source: casefile.SourceSaid})
			}
		}
		wage := strconv.Itoa([]int{0, 0, 600, 1300, 1800}[d.IntN(5)])
		add(about(id), "activite", []string{"actif", "chomeur", "inactif", "retraite"}[d.IntN(4)])
		add(about(id), "nationalite", []string{"FR", "FR", "FR", "DZ"}[d.IntN(4)])
		for _, v := range []string{"salaire_net", "salaire_imposable", "salaire_de_base"} {
			add(about(id), v, wage)
		}
		add(about(id), "chomage_net", strconv.Itoa([]int{0, 0, 700}[d.IntN(3)]))
		if home.ID != "" {
			at := casefile.Subject{Kind: casefile.AboutDwelling, ID: home.ID}
			add(at, "loyer", strconv.Itoa(300+d.IntN(500)))
			add(at, "statut_occupation_logement", []string{"locataire_vide", "locataire_hlm", "proprietaire"}[d.IntN(3)])
			add(at, "depcom", []string{"79191", "75056", "44109"}[d.IntN(3)])
		}
		if len(in) > 0 {
			_, err := r.SaveFacts(ctx, id, in)
			must(r.t, err)
		}
		if people = append(people, id); len(people) == 50 {
			r.tell(people...)
			people = people[:0]
		}
	}
	if len(people) > 0 {
		r.tell(people...)
	}
}
