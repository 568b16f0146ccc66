package web_test

import (
	"regexp"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// TestTwoHomonymsMergedByMistakeAndParted is the journey without script: two people
// with the same name and phone, made one, a fact written, parted again.
func TestTwoHomonymsMergedByMistakeAndParted(t *testing.T) {
	for _, script := range []struct{ lang, title, go_, done, parted string }{
		{"fr", "C’est la même personne que…", "Réunir les deux dossiers", "Les deux dossiers n’en font plus qu’un.", "Les deux dossiers sont séparés."},
		{"ar", "هو الشخص نفسه الذي…", "جمع الملفين", "أصبح الملفان ملفًا واحدًا.", "تم فصل الملفين."},
		{"en", "This is the same person as…", "Make the two files one", "The two files are one now.", "The two files are apart."},
	} {
		t.Run(script.lang, func(t *testing.T) {
			s := newSite(t)
			team := core.ActorFrom(s.ctx).Teams[0]
			made, err := s.cases.CreatePerson(s.ctx, casefile.NewPerson{Team: team, SeenDuplicates: true,
				Identity: casefile.Identity{UsualName: "Hadad", GivenNames: "Samira", Birth: core.PartialDate{Year: 1992}}, Contact: casefile.Contact{Phone: "06 39 98 41 22"}})
			if err != nil {
				t.Fatal(err)
			}
			b := s.open(t)
			b.lang = script.lang
			b.get("/demo/enter/worker")
			file, other := "/personnes/"+string(s.samira), "/personnes/"+string(made)
			tab := s.open(t)
			tab.lang = script.lang
			tab.get("/demo/enter/worker")

			b.get(file).must(200)
			found := b.get(file+"/reunir?q=hadad").must(200, "Samira Hadad").mustNot("/reunir?avec=" + string(s.samira))
			if regexp.MustCompile(`avec=`+string(s.other)).MatchString(found.body) || !regexp.MustCompile(`avec=`+string(made)).MatchString(found.body) {
				t.Fatal("the search offers the wrong files")
			}
			cards := b.get(file+"/reunir?avec="+string(made)).must(200, "Samira Haddad", "Samira Hadad", "1992", script.go_)
			late := tab.get(file + "/reunir?avec=" + string(made)).must(200)
			b.get(file + "/reunir?avec=" + string(s.other)).mustNot("Sow") // another team's
			one := cards.send(b, file+"/reunir", "reason", "Même téléphone").must(200, script.done, "Samira Hadad", "Même téléphone")
			if one.path != file {
				t.Fatalf("led to %s", one.path)
			}
			late.send(tab, file+"/reunir").must(200) // the second tab says the same
			if p := b.get(other).must(200, "Samira Haddad"); p.path != file {
				t.Fatalf("the other address leads to %s", p.path)
			}
			b.get(other+"/identite").must(200, "Samira")
			b.get("/personnes?q=samira+hadad").must(200, "Samira Haddad").mustNot(string(made))

			form := b.get(file + "/faits/enceinte").must(200)
			form.send(b, file+"/faits/enceinte", "state", "known", "value", "true", "source", "said", "from", "06/2026").must(200)
			part := b.get(file + "/separer/" + string(made)).must(200)
			refused := part.send(b, file+"/separer/"+string(made)).must(422)
			rows := regexp.MustCompile(`name="(row-[0-9a-f-]+)"`).FindAllStringSubmatch(refused.body, -1)
			if len(rows) == 0 {
				t.Fatalf("nothing asked: %s", refused.text())
			}
			var pairs []string
			for _, r := range rows {
				pairs = append(pairs, r[1], string(made))
			}
			refused.send(b, file+"/separer/"+string(made), pairs...).must(200, script.parted).mustNot("separer")
			if p := b.get(other).must(200, "Samira Hadad"); p.path != other {
				t.Fatalf("the other file is at %s", p.path)
			}
			b.get(file + "/separer/" + string(made)).must(409)
		})
	}
}
