package directory

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// etalabCommune is one place of communes.json of @etalab/decoupage-administratif.
type etalabCommune struct {
	Code       string   `json:"code"`
	Name       string   `json:"nom"`
	Kind       string   `json:"type"`
	Seat       string   `json:"chefLieu"` // of a former commune: what it has become
	Commune    string   `json:"commune"`  // of an arrondissement
	Department string   `json:"departement"`
	Postcodes  []string `json:"codesPostaux"`
	Population int      `json:"population"`
}

// textOfJSON turns communes.json into the text form. That file does not name
// the départements: those of the embedded list are taken.
func textOfJSON(data []byte) (string, Problems) {
	var places []etalabCommune
	var problems Problems
	if err := json.Unmarshal(data, &places); err != nil {
		problems.add(0, "json", err.Error())
		return "", problems
	}
	known, err := unpack(embedded)
	if err != nil {
		problems.add(0, "json", err.Error())
		return "", problems
	}
	return textOf(places, known.departments)
}

// TextOfPackage turns the two files of the package, communes.json and
// departements.json, into the text form: for the generator of the embedded list.
func TextOfPackage(communes, departments []byte) (string, error) {
	var places []etalabCommune
	if err := json.Unmarshal(communes, &places); err != nil {
		return "", err
	}
	var named []struct {
		Code string `json:"code"`
		Name string `json:"nom"`
	}
	if err := json.Unmarshal(departments, &named); err != nil {
		return "", err
	}
	names := map[string]string{}
	for _, d := range named {
		names[d.Code] = d.Name
	}
	text, problems := textOf(places, names)
	if len(problems) > 0 {
		return "", problems
	}
	return text, nil
}

func textOf(places []etalabCommune, departments map[string]string) (string, Problems) {
	var problems Problems
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(departments)) {
		b.WriteString(code + ";" + departments[code] + "\n")
	}
	names := map[string]string{}
	for _, p := range places {
		if p.Kind == "commune-actuelle" {
			names[p.Code] = fold(p.Name)
		}
	}
	type former struct{ code, name, in string }
	seen := map[former]bool{}
	for i, p := range places {
		if strings.ContainsAny(p.Name, ";\n\r") {
			problems.add(i+1, "name", p.Name)
			continue
		}
		name, in, postcodes := p.Name, "", strings.Join(p.Postcodes, " ")
		switch p.Kind {
		case "commune-actuelle":
		case "arrondissement-municipal":
			name, in = strings.TrimSuffix(name, " Arrondissement"), p.Commune
		case "commune-deleguee", "commune-associee":
			in, postcodes = p.Seat, ""
			f := former{p.Code, fold(name), in}
			if f.name == names[in] || seen[f] { // it bears the name of what it has become
				continue
			}
			seen[f] = true
		default:
			problems.add(i+1, "kind", p.Kind)
			continue
		}
		b.WriteString(p.Code + ";" + name + ";" + postcodes + ";")
		if thousands := (p.Population + 500) / 1000; thousands > 0 && in == "" {
			b.WriteString(strconv.Itoa(thousands))
		}
		b.WriteString(";" + in + "\n")
	}
	return b.String(), problems
}
