package casefile

import (
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
)

// stayVariables are what rights read of the right to stay. One answer in
// people's words, titre_sejour, gives several of them: it is asked last, and
// once.
var stayVariables = [...]string{"titre_sejour", "nationalite", "sejour_regulier", "dispense_duree_titre_sejour", "sejour_prestations_familiales", "duree_possession_titre_sejour"}

// ofStay tells whether a variable is one of stayVariables.
func ofStay(variable string) bool { return slices.Contains(stayVariables[:], variable) }

// implied are the cells that one answer says besides its own.
//
// Nationality and the citizenship of the Union open the same rights; a resident
// card, refugees, subsidiary protection and statelessness need no five years
// (CASF art. L262-4, 2°) and open family benefits (CSS art. D512-1). Every permit,
// the receipt of a request for one (CESEDA art. L431-3) and a request for asylum
// (art. L541-1) are a regular stay: state medical aid is for who has none (CASF
// art. L251-1). The right of residence of a citizen of the Union is not, by itself.
func implied(variable, value string) map[string]string {
	if variable != "titre_sejour" {
		return nil
	}
	switch value {
	case "nationalite_francaise":
		return map[string]string{"nationalite": "FR"}
	case "carte_resident", "refugie", "protection_subsidiaire", "apatride":
		return map[string]string{"sejour_regulier": "true", "dispense_duree_titre_sejour": "true", "sejour_prestations_familiales": "true"}
	case "carte_sejour":
		return map[string]string{"sejour_regulier": "true", "dispense_duree_titre_sejour": "false", "sejour_prestations_familiales": "true"}
	case "visa_long_sejour", "demande_asile":
		return map[string]string{"sejour_regulier": "true", "dispense_duree_titre_sejour": "false"}
	case "recepisse": // of any permit, a resident's card too
		return map[string]string{"sejour_regulier": "true"}
	}
	return nil
}

// imply writes what a saved fact implies, as computed facts. What somebody said
// or saw of those cells is left alone.
func (w *factWriter) imply(f Fact) error {
	for _, name := range stayVariables {
		value, says := implied(f.Variable, f.Value)[name]
		if _, known := w.s.vocabulary.find(name); !says || !known || f.State != Known {
			continue
		}
		g := f
		g.Variable, g.Value, g.Source, g.Detail, g.ConflictWith = name, value, SourceComputed, "", ""
		var err error
		if g.ID, err = w.s.NewID(); err != nil {
			return err
		}
		if held := w.current(g); held != nil {
			if held.Source != SourceComputed || held.Value == g.Value {
				continue
			}
			if err := w.replace(held, g.ID); err != nil {
				return err
			}
		}
		w.facts = append(w.facts, g)
		if err := writeFact(w.tx, w.org, g); err != nil {
			return err
		}
	}
	return nil
}

// askedFor is the variable that a page asks for a missing one: the right to stay is
// first asked in people's words.
func (s *Service) askedFor(variable string, subject Subject, facts []Fact) string {
	if !ofStay(variable) {
		return variable
	}
	for i := range facts {
		if f := &facts[i]; f.Variable == "titre_sejour" && f.Subject == subject && f.Current() {
			return variable
		}
	}
	return "titre_sejour"
}

// stayAnswered tells whether somebody preferred not to say, or did not know, how
// they stay: nothing more is asked of it.
func stayAnswered(facts []Fact, subject Subject, month core.Month) bool {
	var group []Fact
	for i := range facts {
		if f := &facts[i]; f.Variable == "titre_sejour" && f.Subject == subject {
			group = append(group, *f)
		}
	}
	held := Holding(group, month)
	return held != nil && held.State != Known
}
