// Package rights computes social rights from law files: what a household can
// probably claim, how much, why line by line, and what is missing to be sure.
// It proposes; people decide.
//
// A law is read once, from an fs.FS of rule files, and is then safe for
// concurrent use:
//
//	l, err := rights.Load(law.Files)
//	s := rights.NewSituation(l)
//	anne := s.AddPerson("anne")
//	s.AddGroup(rights.Family, "famille", rights.Member{Person: anne, Role: rights.Parent})
//	err = s.Set(anne, "salaire_net", rights.InMonth(m), rights.Number(1200))
//	t := s.Close(rights.Dossier)
//	for _, r := range t.Evaluate(m, "af", "aide_logement") { … }
//
// A Situation holds cells that are known, unknown or refused. Close says what an
// absent cell means: its OpenFisca default (profile OpenFisca), or our
// presumption, else unknown (profile Dossier). A known value of a computed
// variable overrides its rule.
//
// Guarantees: standard library only, no clock, no file, no network; the same law
// and the same facts give the same bits on every machine; an evaluation always
// ends. Amounts leave as whole cents. Nothing here ranks people.
package rights
