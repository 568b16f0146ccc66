package vault

import (
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// Sort is what a paper is, as people name it.
type Sort string

// The sorts that have a rule or a name of their own; Unsorted is any other paper.
const (
	IDCard       Sort = "id_card"
	Passport     Sort = "passport"
	Permit       Sort = "permit"     // titre de séjour
	PermitAsk    Sort = "permit_ask" // récépissé, attestation de prolongation
	FamilyBook   Sort = "family_book"
	Birth        Sort = "birth_act"
	Payslip      Sort = "payslip"
	TaxNotice    Sort = "tax_notice"
	CAFNotice    Sort = "caf_notice"
	Pension      Sort = "pension"
	JobSeeker    Sort = "job_seeker"
	Lease        Sort = "lease"
	RentReceipt  Sort = "rent_receipt"
	HomeBill     Sort = "home_bill"
	Hosting      Sort = "hosting" // attestation d'hébergement
	HealthRights Sort = "health_rights"
	C2S          Sort = "c2s"
	Disability   Sort = "disability"
	Contract     Sort = "contract"
	Judgment     Sort = "judgment"
	School       Sort = "school"
	Diploma      Sort = "diploma"
	BankDetails  Sort = "bank_details"
	Licence      Sort = "licence"
	Unsorted     Sort = "unsorted"
)

// rule is what is known of a sort: where people look for it, the words of a file's name
// that tell it, and when its end is to be thought of.
type rule struct {
	sort     Sort
	category Category
	words    []string // folded; the first rule of which one is in the name wins
	ahead    int      // days before the end from which it is said; 0 = it has no end
	latest   int      // days before the end until which renewing is best; 0 = not said
}

// rules are in the order in which names are tried: the more precise first.
func rules() []rule {
	return []rule{
		// CESEDA art. R431-5: renewal is asked for between the 120th and the 60th day before
		// the end.
		{PermitAsk, Residence, []string{"recepisse", "prolongation d'instruction", "prolongation instruction", "api anef"}, 30, 0},
		{Permit, Residence, []string{"titre de sejour", "titre sejour", "carte de sejour", "carte sejour", "carte de resident", "vls-ts", "vls ts"}, 120, 60},
		{IDCard, Identity, []string{"carte d'identite", "carte identite", "carte nationale", "cni"}, 90, 0},
		{Passport, Identity, []string{"passeport", "passport"}, 90, 0},
		{Licence, Identity, []string{"permis de conduire", "permis conduire"}, 60, 0},
		// CSS art. R861-16 and following: a year, renewed in the four to two months before.
		{C2S, Health, []string{"c2s", "complementaire sante", "css attestation"}, 120, 60},
		{HealthRights, Health, []string{"attestation de droits", "attestation droits", "carte vitale", "securite sociale", "ameli"}, 30, 0},
		{Disability, Health, []string{"mdph", "cdaph", "rqth", "invalidite", "cmi"}, 180, 0},
		{FamilyBook, Family, []string{"livret de famille", "livret famille"}, 0, 0},
		{Birth, Family, []string{"acte de naissance", "acte naissance", "extrait de naissance"}, 0, 0},
		{Judgment, Justice, []string{"jugement", "ordonnance", "convention parentale", "tribunal"}, 0, 0},
		{Payslip, Resources, []string{"bulletin de paie", "bulletin de salaire", "bulletin paie", "bulletin salaire", "fiche de paie", "fiche paie", "bulletin", "ressources"}, 0, 0},
		{TaxNotice, Resources, []string{"avis d'impot", "avis impot", "avis d'imposition", "avis imposition", "impot"}, 0, 0},
		{CAFNotice, Resources, []string{"attestation caf", "caf", "quotient familial", "msa"}, 0, 0},
		{Pension, Resources, []string{"retraite", "carsat", "agirc"}, 0, 0},
		{JobSeeker, Work, []string{"france travail", "pole emploi", "demandeur d'emploi"}, 0, 0},
		{Contract, Work, []string{"contrat de travail", "contrat travail", "cdi", "cdd", "attestation employeur"}, 0, 0},
		{Lease, Housing, []string{"bail", "contrat de location", "etat des lieux"}, 0, 0},
		{RentReceipt, Housing, []string{"quittance", "avis d'echeance", "avis echeance", "loyer"}, 0, 0},
		{Hosting, Housing, []string{"attestation d'hebergement", "attestation hebergement", "hebergement"}, 0, 0},
		{HomeBill, Housing, []string{"facture", "edf", "engie", "electricite", "gaz", "justificatif de domicile", "assurance habitation"}, 0, 0},
		{School, Studies, []string{"certificat de scolarite", "certificat scolarite", "scolarite"}, 0, 0},
		{Diploma, Studies, []string{"diplome", "baccalaureat", "certificat"}, 0, 0},
		{BankDetails, Bank, []string{"rib", "iban", "releve d'identite bancaire"}, 0, 0},
		{Unsorted, Other, nil, 30, 0},
	}
}

// Sorts lists them in the order of a list: by category.
func Sorts() []Sort {
	var out []Sort
	for _, c := range Categories() {
		for _, r := range rules() {
			if r.category == c {
				out = append(out, r.sort)
			}
		}
	}
	return out
}

func (s Sort) rule() (rule, bool) {
	for _, r := range rules() {
		if r.sort == s {
			return r, true
		}
	}
	return rule{}, false
}

// Known tells whether s is one of them.
func (s Sort) Known() bool { _, ok := s.rule(); return ok }

// Category is where people look for it.
func (s Sort) Category() Category {
	if r, ok := s.rule(); ok {
		return r.category
	}
	return Other
}

// Ends tells whether such a paper has a last day that is worth writing down.
func (s Sort) Ends() bool { r, _ := s.rule(); return r.ahead > 0 }

// Guess tells what a paper may be, by the name of its file: Unsorted when the name says
// nothing. A human confirms it.
func Guess(name string) Sort {
	text := " " + casefile.Fold(name) + " "
	for _, r := range rules() {
		for _, w := range r.words {
			w = casefile.Fold(w)
			if strings.Contains(text, " "+w+" ") || len(w) > 5 && strings.Contains(text, " "+w) {
				return r.sort
			}
		}
	}
	return Unsorted
}

// Extended is the last day on which an identity card is good in France when it is later
// than the one on it; zero when it is not. Those of adults issued from 2 January 2004 to
// 31 December 2013 are good for five years more (décret n° 2013-1188 of 18 December 2013).
func (p Paper) Extended() core.Date {
	longerFrom, longerUntil := core.Date{Year: 2004, Month: 1, Day: 2}, core.Date{Year: 2013, Month: 12, Day: 31}
	if p.Sort != IDCard || p.IssuedOn.IsZero() || p.ExpiresOn.IsZero() || p.IssuedOn.Before(longerFrom) || longerUntil.Before(p.IssuedOn) {
		return core.Date{}
	}
	if p.ExpiresOn.Year-p.IssuedOn.Year < 9 { // a child's card is one of five years: those end
		return core.Date{}
	}
	return core.DateOf(p.ExpiresOn.Time().AddDate(5, 0, 0))
}

// LastDay is the last day on which a paper is good; zero when it has none.
func (p Paper) LastDay() core.Date {
	if d := p.Extended(); !d.IsZero() {
		return d
	}
	return p.ExpiresOn
}

// Stage is where a paper is before its end.
type Stage string

// The stages.
const (
	Good    Stage = ""
	Renew   Stage = "renew"   // it is time to think of it
	Late    Stage = "late"    // the best days to renew are over, the paper is still good
	Expired Stage = "expired" // its last day is over
)

// Stage tells where a paper is on a day.
func (p Paper) Stage(today core.Date) Stage {
	last := p.LastDay()
	r, _ := p.Sort.rule()
	switch {
	case last.IsZero():
		return Good
	case last.Before(today):
		return Expired
	case r.latest > 0 && last.AddDays(-r.latest).Before(today):
		return Late
	case !today.Before(last.AddDays(-r.ahead)) && r.ahead > 0:
		return Renew
	}
	return Good
}

// RenewFrom and RenewUntil are the days between which a paper is best renewed; zero when
// no text says them.
func (p Paper) RenewFrom() core.Date {
	if r, _ := p.Sort.rule(); r.latest > 0 && !p.LastDay().IsZero() {
		return p.LastDay().AddDays(-r.ahead)
	}
	return core.Date{}
}

// RenewUntil is the other end of RenewFrom.
func (p Paper) RenewUntil() core.Date {
	if r, _ := p.Sort.rule(); r.latest > 0 && !p.LastDay().IsZero() {
		return p.LastDay().AddDays(-r.latest)
	}
	return core.Date{}
}
