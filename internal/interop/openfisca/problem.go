package openfisca

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Problem is what is wrong with a request, at a path of its JSON. It is always
// the client's to correct.
type Problem struct {
	Path []string
	code string
	args []any
	near []string
}

// Error is the English message with its path.
func (p *Problem) Error() string {
	return strings.Join(p.Path, "/") + ": " + p.Message("en")
}

// Message says what is wrong and what to write instead, in French ("fr") or
// English (any other tag).
func (p *Problem) Message(lang string) string {
	texts := messages[p.code]
	s := texts[0]
	if lang != "fr" {
		s = texts[1]
	}
	args := make([]any, len(p.args))
	for i, a := range p.args {
		if w, ok := a.(word); ok {
			a = w.in(lang)
		}
		args[i] = a
	}
	s = fmt.Sprintf(s, args...)
	if len(p.near) > 0 {
		ask := "Did you mean %s?"
		if lang == "fr" {
			ask = "Vouliez-vous dire %s ?"
		}
		s += " " + fmt.Sprintf(ask, strings.Join(p.near, ", "))
	}
	return s
}

// JSON is the body existing clients expect: the message at its path.
func (p *Problem) JSON(lang string) []byte {
	var body any = p.Message(lang)
	for i := len(p.Path) - 1; i >= 0; i-- {
		body = map[string]any{p.Path[i]: body}
	}
	if len(p.Path) == 0 {
		body = map[string]any{"error": body}
	}
	b, err := json.Marshal(body)
	if err != nil { // strings only: cannot happen
		return []byte(`{"error":"bad request"}`)
	}
	return b
}

// messages holds the two languages of the API, French then English: clients are
// programs, whose logs are read by developers.
var messages = map[string][2]string{
	"bad_json":          {"Ce n'est pas du JSON lisible: %s.", "This is not readable JSON: %s."},
	"not_utf8":          {"Le texte n'est pas en UTF-8.", "The text is not UTF-8."},
	"not_object":        {"Il faut un objet JSON { … } ici.", "A JSON object { … } is expected here."},
	"no_persons":        {"Il manque « individus », avec au moins une personne.", "“individus” is missing, with at least one person."},
	"unknown_entity":    {"Cette entité n'existe pas. Entités: individus, familles, foyers_fiscaux, menages.", "This entity does not exist. Entities: individus, familles, foyers_fiscaux, menages."},
	"too_many":          {"Trop de %s: %d au plus par demande.", "Too many %s: at most %d in a request."},
	"bad_role":          {"Ce rôle attend un nom de personne ou une liste de noms.", "This role expects a person's name or a list of names."},
	"unknown_person":    {"« %s » n'est pas déclaré dans « individus ».", "“%s” is not declared in “individus”."},
	"person_twice":      {"« %s » a déjà une place dans « %s ».", "“%s” already has a place in “%s”."},
	"too_many_in_role":  {"%d personne(s) au plus dans ce rôle.", "At most %d person(s) in this role."},
	"unknown_variable":  {"La variable « %s » n'existe pas.", "The variable “%s” does not exist."},
	"wrong_entity":      {"« %s » est une variable de « %s », pas de « %s ».", "“%s” is a variable of “%s”, not of “%s”."},
	"need_periods":      {"Donnez les valeurs par période, par exemple {\"2025-01\": …}.", "Give values by period, for instance {\"2025-01\": …}."},
	"bad_period":        {"« %s » n'est pas une période. Écrivez 2025-01, 2025, month:2025-01:3, year:2025 ou ETERNITY.", "“%s” is not a period. Write 2025-01, 2025, month:2025-01:3, year:2025 or ETERNITY."},
	"month_for_year":    {"« %s » est annuelle: écrivez la période %s.", "“%s” is yearly: write the period %s."},
	"year_for_month":    {"« %s » est mensuelle et ne se répartit pas: écrivez la période %s.", "“%s” is monthly and is not spread over a year: write the period %s."},
	"needs_period":      {"« %s » change avec le temps: écrivez un mois ou une année.", "“%s” changes over time: write a month or a year."},
	"period_too_long":   {"Cette période est trop longue.", "This period is too long."},
	"null_elsewhere":    {"null ne s'écrit que comme valeur d'une période, pour demander un calcul.", "null may only be written as the value of a period, to ask for a computation."},
	"wrong_type":        {"« %s » attend %s, pas %s.", "“%s” expects %s, not %s."},
	"no_such_choice":    {"« %s » n'est pas une valeur de « %s ». Valeurs: %s.", "“%s” is not a value of “%s”. Values: %s."},
	"no_such_date":      {"« %s » n'est pas une date qui existe. Écrivez AAAA-MM-JJ.", "“%s” is not a date that exists. Write YYYY-MM-DD."},
	"out_of_range":      {"Ce nombre n'est pas plausible.", "This number is not plausible."},
	"text_too_long":     {"Ce texte est trop long.", "This text is too long."},
	"too_deep":          {"Des objets trop imbriqués.", "Objects nested too deep."},
	"no_value_in_law":   {"La loi embarquée ne sait pas calculer « %s » ici: %s.", "The embedded law cannot compute “%s” here: %s."},
	"unknown_parameter": {"Le paramètre « %s » n'existe pas.", "The parameter “%s” does not exist."},
	"method":            {"Cette adresse se demande par %s.", "This address is asked by %s."},
	"nowhere":           {"Il n'y a rien à cette adresse. Toutes sont dans %s.", "There is nothing at this address. All are in %s."},
	"busy":              {"Trop de calculs à la fois. Recommencez dans quelques secondes.", "Too many calculations at once. Try again in a few seconds."},
	"assumed":           {"Ces faits manquent et auraient été supposés: %s.", "These facts are missing and would have been assumed: %s."},
	"nothing_asked":     {"Rien n'est demandé: mettez null à la place d'une valeur.", "Nothing is asked: put null in the place of a value."},
}

// in says the word in a language.
func (w word) in(lang string) string {
	both, ok := kinds[string(w)]
	switch {
	case !ok:
		return string(w)
	case lang == "fr":
		return both[0]
	}
	return both[1]
}

var kinds = map[string][2]string{
	"number":  {"un nombre", "a number"},
	"boolean": {"true ou false", "true or false"},
	"date":    {"une date AAAA-MM-JJ entre guillemets", "a date YYYY-MM-DD in quotes"},
	"text":    {"un texte entre guillemets", "a text in quotes"},
	"choice":  {"un texte entre guillemets", "a text in quotes"},
}
