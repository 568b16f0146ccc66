// Package population draws made-up households: a reference population to measure
// on, to try a change of the law on, and to complete facts from. Nobody in it
// exists.
//
// Household i of a seed is the same on every machine and in whatever order
// households are drawn. There are nearly three persons in a household: the mix of
// households is the one of people whom social workers meet, with more families
// than France has, and says nothing about France. Inside it the shares follow,
// rounded, published figures:
//
//   - families with children (Insee Focus 249, 2020): a quarter have one parent;
//     1.8 children there, 1.9 with two; a fifth of families have three or more;
//   - net wages (Insee Première 1971, 2022): first decile 1 436 €, median
//     2 091 €, ninth decile 4 162 €, in full time; a fifth of jobs are part time;
//   - activity (Insee, Enquête Emploi): among those of working age about two
//     thirds work and one in fourteen looks for a job; both are shifted here
//     towards the people met, one in seven looking for a job;
//   - pensions (Drees, Les retraités et les retraites): about 1 500 € net on
//     average, a third below 1 000 €.
package population

import (
	"math"
	"math/rand/v2"

	"codeberg.org/parvis/parvis/rights/ir"
)

// Activity is an adult's main activity, numbered as the law's enumeration
// activite.
type Activity uint8

// The activities.
const (
	Working Activity = iota
	Unemployed
	Student
	Retired
	Inactive
)

// Income is a monthly income in euros that changed once at most: Before until
// the month Since, Now from it on. Since 0 is an income that never changed.
type Income struct {
	Before, Now float64
	Since       ir.Month
}

// Person is a person of a household.
type Person struct {
	Born     ir.Day
	Child    bool
	Married  bool
	Activity Activity
	Wage     Income // net
	Benefit  Income // unemployment insurance, net
	Pension  Income // old age, net
	Invalid  float64
	Support  float64 // maintenance received for the children
	Jobless  ir.Day  // first day without work, 0 for none
	LongWork bool    // five years of work in the ten before
	Disabled float64 // rate of incapacity
	Hindered bool    // from finding work (RSDAE)
	Pregnant bool
	Savings  float64
	School   uint8 // of a child, numbered as the law's enumeration scolarite
	Shared   bool  // in shared custody
}

// Home is a household: adults first, who are the parents of the children.
type Home struct {
	People  []Person
	Adults  int
	Housing uint8 // numbered as the law's enumeration statut_occupation_logement
	Rent    float64
	Town    int // in Towns
	Recent  bool
}

// Towns are the communes that households are drawn in, by INSEE code: zones I,
// II and III of housing benefit.
func Towns() []string {
	return []string{
		"75056", "93066", "92050", "94028", "69123", "13055", "33063", "59350", "31555", "44109", "67482", "35238", "87085",
		"63113", "80021", "97411", "97105", "23096", "48095", "15014", "58194",
	}
}

const (
	owner       = 2
	socialRent  = 3
	emptyRent   = 4
	furnished   = 5
	freeOfRent  = 6
	townsCount  = 21
	metropolis4 = 4 // the first towns are in zone I
)

// drawer draws one household after the other.
type drawer struct {
	pcg   rand.PCG
	r     *rand.Rand
	month ir.Month
}

func (d *drawer) chance(share float64) bool { return d.r.Float64() < share }

// pick returns the first index whose cumulated share passes a draw.
func (d *drawer) pick(shares ...float64) int {
	x := d.r.Float64()
	for i, s := range shares {
		if x -= s; x < 0 {
			return i
		}
	}
	return len(shares) - 1
}

func (d *drawer) born(from, to int) ir.Day {
	days := from*365 + d.r.IntN((to-from+1)*365)
	return d.month.FirstDay() - ir.Day(days)
}

// draw makes a household, in the memory of another one.
func (d *drawer) draw(h *Home, seed, i uint64) {
	d.pcg.Seed(seed, i)
	*h = Home{People: h.People[:0], Adults: 1, Town: d.r.IntN(townsCount)}
	kind := d.pick(0.18, 0.12, 0.17, 0.53) // alone, couple, one parent, two parents
	children := 0
	switch kind {
	case 2:
		children = 1 + d.pick(0.45, 0.36, 0.14, 0.05)
		h.Recent = d.chance(0.3)
	case 3:
		children = 1 + d.pick(0.34, 0.43, 0.17, 0.06)
	}
	if kind == 1 || kind == 3 {
		h.Adults = 2
	}
	from, to := 20, 84
	if children > 0 {
		from, to = 22, 54
	}
	first := d.born(from, to)
	married := h.Adults == 2 && d.chance(0.7)
	for k := range h.Adults {
		born := first
		if k > 0 {
			born += ir.Day(d.r.IntN(6*365) - 3*365)
		}
		h.People = append(h.People, d.adult(born, married))
	}
	if kind == 2 && d.chance(0.35) {
		h.People[0].Support = float64(100 + 10*d.r.IntN(25))
	}
	if children > 0 && d.chance(0.02) {
		h.People[h.Adults-1].Pregnant = true
	}
	oldest := min(20, int(d.month.FirstDay()-first)/365-19)
	for range children {
		h.People = append(h.People, d.child(max(oldest, 0)))
	}
	d.housing(h)
}

func (d *drawer) adult(born ir.Day, married bool) Person {
	p := Person{Born: born, Married: married}
	age := int(d.month.FirstDay()-born) / 365
	switch {
	case age >= 64:
		p.Activity = Retired
	case age < 25:
		p.Activity = []Activity{Working, Unemployed, Student, Inactive}[d.pick(0.5, 0.15, 0.25, 0.1)]
	default:
		p.Activity = []Activity{Working, Unemployed, Inactive}[d.pick(0.7, 0.15, 0.15)]
	}
	if age < 64 && d.chance(0.06) {
		p.Disabled = []float64{0.5, 0.6, 0.8}[d.r.IntN(3)]
		p.Hindered = d.chance(0.5)
	}
	since := d.month - ir.Month(1+d.r.IntN(30))
	switch p.Activity {
	case Working:
		p.Wage.Now = d.wage()
		if d.chance(0.35) { // another job, or none before
			p.Wage.Since = since
			if d.chance(0.6) {
				p.Wage.Before = d.wage()
			}
		}
	case Unemployed:
		p.Jobless = since.FirstDay()
		p.LongWork = d.chance(0.4)
		last := d.wage()
		p.Wage = Income{Before: last, Since: since}
		if d.chance(0.6) {
			p.Benefit = Income{Now: cents(max(600, last*0.7)), Since: since}
		}
	case Retired:
		if p.Pension.Now = cents(500 * math.Exp(math.Abs(d.r.NormFloat64())*0.75)); d.chance(0.04) {
			p.Pension.Now = 0
		}
	case Inactive:
		if d.chance(0.08) {
			p.Invalid = float64(400 + d.r.IntN(600))
		}
	}
	if d.chance(0.3) {
		p.Savings = float64(d.r.IntN(60) * 100)
	}
	return p
}

// wage draws a net monthly wage.
func (d *drawer) wage() float64 {
	w := min(max(2091*math.Exp(d.r.NormFloat64()*0.42), 1370), 9000)
	if d.chance(0.2) {
		w *= 0.3 + 0.5*d.r.Float64()
	}
	return cents(w)
}

func (d *drawer) child(oldest int) Person {
	p := Person{Born: d.born(0, oldest), Child: true, Shared: d.chance(0.04)}
	switch age := int(d.month.FirstDay()-p.Born) / 365; {
	case age < 3:
	case age < 6:
		p.School = 1
	case age < 11:
		p.School = 2
	case age < 15:
		p.School = 3
	case age < 18:
		p.School = 4
	default:
		p.School = 5
	}
	if d.chance(0.02) {
		p.Disabled = 0.5
	}
	return p
}

func (d *drawer) housing(h *Home) {
	h.Housing = []uint8{socialRent, emptyRent, furnished, owner, freeOfRent}[d.pick(0.40, 0.27, 0.08, 0.2, 0.05)]
	size := float64(len(h.People))
	switch h.Housing {
	case socialRent:
		h.Rent = math.Round(230 + 55*size + 60*d.r.Float64())
	case emptyRent, furnished:
		h.Rent = math.Round(350 + 90*size + 150*d.r.Float64())
		if h.Town < metropolis4 {
			h.Rent += 250
		}
	}
}

func cents(x float64) float64 { return math.Round(x*100) / 100 }
