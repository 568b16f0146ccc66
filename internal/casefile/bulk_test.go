package casefile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Crowd makes many persons quickly, for benchmarks: rows as the use cases write
// them, without journal.
type Crowd struct {
	Org, Team, Worker core.ID
	People            int // made by the next call
	WithFile          int // one in so many has a household, facts and results

	rng   *rand.Rand
	n     int
	names []string
	given []string

	nameShare, givenShare []float64
	Files                 []core.ID // persons with a file
}

// NewCrowd draws names whose frequencies fall as those of a country do.
func NewCrowd(org, team, worker core.ID) *Crowd {
	c := &Crowd{Org: org, Team: team, Worker: worker, WithFile: 5, rng: rand.New(rand.NewPCG(1, 2))}
	parts := strings.Fields("ba be bo bou cha ché da de di dia do du fa fon gue ha ka kou la le li lo ma mar mi mo na ni nou pa pe ra ri ro sa se si so ta tan ti tou va ve vi")
	ends := strings.Fields("bert card det don dou gnon lard let llier llo mann mel nard net non quet rand rard reau ron sson tier tin ttin zio")
	for range 8000 {
		c.names = append(c.names, title(c.word(parts)+c.word(parts)+c.word(ends)))
	}
	for range 1500 {
		c.given = append(c.given, title(c.word(parts)+c.word(parts)+[]string{"", "ne", "lle", "n", "tte"}[c.rng.IntN(5)]))
	}
	c.nameShare, c.givenShare = shares(len(c.names), 25, 0.9), shares(len(c.given), 15, 1)
	return c
}

// shares are cumulated frequencies that fall as (rank+head)^-power: with these
// numbers the first family name has one person in 200, the first given name one in 75.
func shares(n int, head, power float64) []float64 {
	list := make([]float64, n)
	sum := 0.0
	for i := range list {
		sum += math.Pow(float64(i)+head, -power)
		list[i] = sum
	}
	for i := range list {
		list[i] /= sum
	}
	return list
}

func (c *Crowd) word(list []string) string { return list[c.rng.IntN(len(list))] }

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (c *Crowd) often(list []string, share []float64) string {
	i, _ := slices.BinarySearch(share, c.rng.Float64())
	return list[min(i, len(list)-1)]
}

func (c *Crowd) id() core.ID {
	c.n++
	return core.ID(fmt.Sprintf("0190%04x-%04x-7000-8000-%012x", c.n>>16, c.n&0xffff, c.rng.Uint64()&0xffffffffffff))
}

type rowsOf struct {
	into string
	cols int
	args []any
}

func (r *rowsOf) add(values ...any) { r.args, r.cols = append(r.args, values...), len(values) }

// flush writes fifty rows a statement, then one by one, so that few statements
// are compiled.
func (r *rowsOf) flush(tx *db.Tx) error {
	for len(r.args) > 0 {
		rows := 50
		if len(r.args) < rows*r.cols {
			rows = 1
		}
		var b strings.Builder
		b.WriteString("INSERT INTO " + r.into + " VALUES ")
		for i := range rows {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString("(" + marks(i*r.cols+1, r.cols) + ")")
		}
		if _, err := tx.Exec(b.String(), r.args[:rows*r.cols]...); err != nil {
			return err
		}
		r.args = r.args[rows*r.cols:]
	}
	return nil
}

// Fill writes one batch of people in a transaction.
func (c *Crowd) Fill(tx *db.Tx, people int) error {
	person := rowsOf{into: `person (org_id, id, version, usual_name, given_names, birth_name, use_name, title, birth, languages,
	interpreter, phone, channel, hours, no_fixed, protected, address, postcode, city, commune, sort_name, search_text, created_at, created_by)`}
	cases := rowsOf{into: `casefile (org_id, id, person_id, team_id, worker_id, opened_on, phase, last_contact_from_person_at, sort_name, version)`}
	keys := rowsOf{into: `name_key (org_id, person_id, kind, key, also)`}
	homes, stays, kin := rowsOf{into: `household`}, rowsOf{into: `household_member`}, rowsOf{into: `kinship`}
	facts, evaluations, results := rowsOf{into: `fact (org_id, file_id, id, subject_kind, subject_id, variable, valid_from, valid_to, state, value,
	source, detail, seen_on, recorded_at, recorded_by, superseded_by, superseded_at, conflict_with)`}, rowsOf{into: `evaluation (org_id, file_id, id, month, law,
	facts_digest, computed_at, computed_by, situation)`}, rowsOf{into: `right_result (org_id, file_id, evaluation_id, right_name, status, amount, least, most,
	missing, detail, explanation)`}
	var home, adult core.ID
	for i := range people {
		id := c.id()
		who := Identity{UsualName: c.often(c.names, c.nameShare), GivenNames: c.often(c.given, c.givenShare) + " " + c.often(c.given, c.givenShare),
			Birth: core.PartialDate{Year: 1935 + c.rng.IntN(85), Month: 1 + c.rng.IntN(12), Day: 1 + c.rng.IntN(28)}}
		person.add(c.Org, id, 1, who.UsualName, who.GivenNames, "", "", "madame", who.Birth.String(), "fr", "", nil, "sms", "après 17 h", 0, 0,
			"7, rue des Tanneurs", "79000", "Valsèvre", "79191", sortName(who), searchText(who), 0, c.Worker)
		for _, k := range nameKeys(who) {
			keys.add(c.Org, id, k.kind, k.key, k.also)
		}
		if i%3 == 0 { // a home of three
			home, adult = c.id(), id
			homes.add(c.Org, home, 1, 0, c.Worker)
		}
		stays.add(c.Org, c.id(), home, id, "", "", 0, 1, 0, c.Worker)
		if i%3 != 0 {
			kin.add(c.Org, c.id(), "parent_of", adult, id, "", "", "", 1, 0, c.Worker)
		}
		if i%c.WithFile != 0 {
			continue
		}
		cases.add(c.Org, c.id(), id, c.Team, c.Worker, "2025-01-01", "active", 0, sortName(who), 1)
		for _, v := range []string{"salaire_net", "salaire_imposable", "metier", "contrat_travail", "heures_semaine", "epargne", "titre_sejour", "enceinte"} {
			value := map[string]string{"salaire_net": "940", "salaire_imposable": "970", "metier": "aide-soignante", "contrat_travail": "cdi", "heures_semaine": "35", "epargne": "1200", "titre_sejour": "carte_resident", "enceinte": "false"}[v]
			facts.add(c.Org, id, c.id(), "person", id, v, "2025-01", "", "known", value, "document", "bulletin de paie", "2026-06-04", 0, c.Worker, "", 0, "")
		}
		old := c.id()
		facts.add(c.Org, id, c.id(), "household", home, "loyer", "2025-09", "", "known", "530", "said", "", "2026-06-04", 0, c.Worker, old, 1, "")
		facts.add(c.Org, id, old, "household", home, "loyer", "2025-09", "", "known", "548", "said", "", "2026-06-04", 0, c.Worker, "", 0, "")
		e := c.id()
		evaluations.add(c.Org, id, e, 2026*12+5, "law-1", "x", 1, c.Worker, []byte("{}"))
		for _, r := range []string{"af", "aide_logement"} {
			results.add(c.Org, id, e, r, "probable", 10_000, 10_000, 10_000, "", []byte(strings.Repeat("x", 3000)), nil)
		}
		c.Files = append(c.Files, id)
	}
	for _, r := range []*rowsOf{&person, &keys, &cases, &homes, &stays, &kin, &facts, &evaluations, &results} {
		if err := r.flush(tx); err != nil {
			return fmt.Errorf("%s: %w", r.into, err)
		}
	}
	return nil
}

// Name is a name that many bear, and Rare one that few do.
func (c *Crowd) Name(i int) (common, rare, given string) {
	return c.names[i%5], c.names[4000+i%1000], c.given[i%20]
}
