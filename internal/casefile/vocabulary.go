package casefile

import "slices"

// vocabulary is what may be known of a household: the law's inputs and the few
// facts that people alone read.
type vocabulary struct {
	list   []Variable // in the order of pages
	byName map[string]int
	// together are the amounts that the law files ask on one page, of each of them,
	// in the order of that page: they stand side by side on one pay slip.
	together map[string][]string
}

func newVocabulary(inputs []Variable) *vocabulary {
	v := &vocabulary{byName: map[string]int{}}
	for _, in := range inputs {
		if in.Name == "date_naissance" {
			continue // the person's birth
		}
		in.Engine = true
		in.Theme = themeOf(in)
		if in.Type == TypeAmount && in.Max == 0 {
			in.Max = 10_000_000
		}
		v.list = append(v.list, in)
	}
	for _, own := range ownVariables() {
		if !slices.ContainsFunc(inputs, func(in Variable) bool { return in.Name == own.Name }) {
			v.list = append(v.list, own)
		}
	}
	order := Themes()
	slices.SortStableFunc(v.list, func(a, b Variable) int {
		if a.Theme != b.Theme {
			return slices.Index(order, a.Theme) - slices.Index(order, b.Theme)
		}
		return rankOf(a.Name) - rankOf(b.Name)
	})
	for i, x := range v.list {
		v.byName[x.Name] = i
	}
	v.together = v.pages()
	return v
}

func (v *vocabulary) pages() map[string][]string {
	pages := map[string][]string{}
	for _, x := range v.list {
		if x.Page == "" || x.Type != TypeAmount {
			continue
		}
		var same []Variable
		for _, other := range v.list {
			if other.Page == x.Page && other.Entity == x.Entity && other.Type == TypeAmount {
				same = append(same, other)
			}
		}
		slices.SortFunc(same, func(a, b Variable) int { return a.Place - b.Place })
		for _, other := range same {
			pages[x.Name] = append(pages[x.Name], other.Name)
		}
	}
	return pages
}

func (v *vocabulary) find(name string) (Variable, bool) {
	i, ok := v.byName[name]
	if !ok {
		return Variable{}, false
	}
	return v.list[i], true
}

func (v *vocabulary) index(name string) int {
	if i, ok := v.byName[name]; ok {
		return i
	}
	return len(v.list)
}

// Variables lists what may be known, in the order of the pages.
func (s *Service) Variables() []Variable { return slices.Clone(s.vocabulary.list) }

// Variable finds one by name.
func (s *Service) Variable(name string) (Variable, bool) { return s.vocabulary.find(name) }

// ownVariables are facts that no rule reads: they tell a human where things
// stand.
func ownVariables() []Variable {
	month := func(name string, e Entity, t ValueType, unit string, theme Theme) Variable {
		return Variable{Name: name, Entity: e, Type: t, Unit: unit, Period: PeriodMonth, Theme: theme, Max: 10_000_000}
	}
	contract := month("contrat_travail", EntityPerson, TypeChoice, "", ThemeWork)
	contract.Choices = []string{"cdi", "cdd", "interim", "apprentissage", "independant", "insertion", "sans_contrat"}
	permit := month("titre_sejour", EntityPerson, TypeChoice, "", ThemeStay)
	permit.Choices = []string{"nationalite_francaise", "europe", "carte_resident", "carte_sejour", "refugie", "protection_subsidiaire", "apatride", "visa_long_sejour", "recepisse", "demande_asile", "autre"}
	hours := month("heures_semaine", EntityPerson, TypeNumber, "h/semaine", ThemeWork)
	hours.Max = 80
	rooms := month("nombre_pieces", EntityDwelling, TypeInteger, "", ThemeHousing)
	rooms.Min, rooms.Max = 1, 30
	end := month("titre_sejour_fin", EntityPerson, TypeDate, "", ThemeStay)
	return []Variable{
		month("metier", EntityPerson, TypeText, "", ThemeWork),
		contract, hours,
		month("salaire_net_social", EntityPerson, TypeAmount, "€/mois", ThemeIncome),
		rooms,
		month("charges_locatives", EntityDwelling, TypeAmount, "€/mois", ThemeHousing),
		month("aide_logement_recue", EntityPerson, TypeAmount, "€/mois", ThemeAid),
		month("pension_alimentaire_jugement", EntityPerson, TypeBool, "", ThemeFamily),
		month("epargne", EntityPerson, TypeAmount, "€", ThemeMoney),
		permit, end,
	}
}

// themeOf puts an input of the law under a theme.
func themeOf(v Variable) Theme {
	if t, ok := themes()[v.Name]; ok {
		return t
	}
	switch {
	case v.Entity == EntityDwelling:
		return ThemeHousing
	case v.Entity == EntityPerson && v.Type == TypeAmount:
		return ThemeIncome
	}
	return ThemeFamily
}

func themes() map[string]Theme {
	m := map[string]Theme{}
	for theme, names := range map[Theme][]string{
		ThemeWork: {"activite", "apprenti", "stagiaire", "date_debut_chomage", "ass_precondition_remplie", "boursier", "scolarite", "rsa_jeune_condition_heures_travail_remplie"},
		ThemeIncome: {"salaire_de_base", "salaire_net", "salaire_imposable", "chomage_net", "chomage_imposable", "retraite_brute", "retraite_nette",
			"retraite_imposable", "pensions_invalidite", "mbnc_impo", "mbic_imps", "mbic_impv"},
		ThemeFamily: {"date_naissance", "statut_marital", "enceinte", "garde_alternee", "rsa_isolement_recent", "pensions_alimentaires_percues", "asf_conditions_remplies"},
		ThemeHealth: {"handicap", "taux_incapacite", "aah_restriction_substantielle_durable_acces_emploi", "aah_conjugalise_eligible", "aeeh_niveau_handicap", "inapte_travail"},
		ThemeMoney:  {"livret_a", "epargne_revenus_non_imposables"},
		ThemeStay:   {"nationalite", "sejour_regulier", "en_france_depuis_trois_mois", "duree_possession_titre_sejour", "sejour_prestations_familiales", "dispense_duree_titre_sejour"},
	} {
		for _, n := range names {
			m[n] = theme
		}
	}
	return m
}

// rankOf orders variables inside a theme: what people say first comes first.
func rankOf(name string) int {
	order := []string{
		"metier", "contrat_travail", "heures_semaine", "activite", "salaire_net_social", "salaire_net", "salaire_imposable", "salaire_de_base",
		"statut_occupation_logement", "loyer", "charges_locatives", "nombre_pieces", "depcom", "coloc", "logement_chambre",
		"titre_sejour", "titre_sejour_fin", "nationalite",
	}
	if i := slices.Index(order, name); i >= 0 {
		return i
	}
	return len(order)
}
