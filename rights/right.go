package rights

import (
	"fmt"

	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// Right is what a right says about itself, from its law file. Sentences are
// French; the catalogues hold the other languages under law.<name>.
type Right struct {
	Name       string   `json:"name"` // of the amount's rule, OpenFisca's name
	Title      string   `json:"title"`
	Entity     Entity   `json:"entity"`
	Paid       string   `json:"paid,omitempty"` // rule of what reaches the account, "" when it is the same
	Per        Per      `json:"per"`
	Decides    string   `json:"decides"`
	Easy       []string `json:"easy"`    // easy-read sentences
	Entails    []string `json:"entails"` // what claiming entails
	Contest    []string `json:"contest"`
	Procedure  []string `json:"procedure"` // what to do, in order
	Papers     []Paper  `json:"papers"`
	Counters   []string `json:"counters"`
	Phones     []string `json:"phones"` // numbers, or that there is none in common
	Online     []string `json:"online"` // where on the web, or that there is no way
	Delays     []string `json:"delays"` // when the answer comes, from when the right runs
	NotCovered []string `json:"not_covered"`
	Texts      []string `json:"texts"`
	Reserved   []string `json:"reserved"`            // facts without which it is never announced as probable
	Territory  string   `json:"territory,omitempty"` // rule that says where a local aid exists, "" everywhere
	File       string   `json:"file"`
}

// Per says what an amount is for.
type Per string

// What amounts are for.
const (
	PerMonth Per = "month" // €/mois
	PerYear  Per = "year"  // €/an: once a year, or for a school year
	NoAmount Per = ""      // a yes or no
)

func perOf(t ir.Type) Per {
	switch {
	case t.Kind != ir.Number || !t.Unit.Money():
		return NoAmount
	case t.Unit.String() == "€/an":
		return PerYear
	}
	return PerMonth
}

// Paper is a paper to bring and the text that requires it.
type Paper struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
}

// sheet turns the sheet of a right into its Right.
func (l *Law) sheet(file string, s *lang.Sheet) (Right, Problems) {
	r := Right{Name: s.Name, Title: s.Title, File: file}
	var wrong Problems
	known := func(pos lang.Pos, name string) bool {
		if l.prog.Var(name) >= 0 {
			return true
		}
		advice := ""
		if near := l.Nearest(name); len(near) > 0 {
			advice = fmt.Sprintf("« %s » ?", near[0])
		}
		wrong = append(wrong, Problem{File: file, Pos: pos, Message: fmt.Sprintf("« %s » n'est déclaré nulle part", name), Advice: advice})
		return false
	}
	if known(s.Pos, s.Name) {
		v := &l.prog.IR.Vars[l.prog.Var(s.Name)]
		r.Entity, r.Per = v.Entity, perOf(v.Type)
	}
	for _, line := range s.Lines {
		switch line.Head {
		case "versé":
			if known(line.Pos, line.Name) {
				r.Paid = line.Name
			}
		case "sous réserve":
			if known(line.Pos, line.Name) {
				r.Reserved = append(r.Reserved, line.Name)
			}
		case "territoire":
			if known(line.Pos, line.Name) {
				r.Territory = line.Name
			}
		case "décide":
			r.Decides = line.Text
		case "facile":
			r.Easy = append(r.Easy, line.Text)
		case "entraîne":
			r.Entails = append(r.Entails, line.Text)
		case "contester":
			r.Contest = append(r.Contest, line.Text)
		case "papier":
			r.Papers = append(r.Papers, Paper{line.Text, line.Source})
		case "démarche":
			r.Procedure = append(r.Procedure, line.Text)
		case "guichet":
			r.Counters = append(r.Counters, line.Text)
		case "téléphone":
			r.Phones = append(r.Phones, line.Text)
		case "en ligne":
			r.Online = append(r.Online, line.Text)
		case "délai":
			r.Delays = append(r.Delays, line.Text)
		case "ne couvre pas":
			r.NotCovered = append(r.NotCovered, line.Text)
		case "texte":
			r.Texts = append(r.Texts, line.Text)
		}
	}
	return r, wrong
}
