package web_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rsc.io/qr"

	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/qrcode"
)

var codeOnPaper = regexp.MustCompile(`Code ([0-9A-Z]{3}-[0-9A-Z]{3})\b`)

var markOnPaper = regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){3}`)

// Who saw a file, on paper, bears a code, a mark and its receipt too: in the person's
// own space and at the counter.
func TestAPaperOfWhoSawIsVerified(t *testing.T) {
	s := newSite(t)
	for door, path := range map[string]string{"person": "/moi/vu/2026-06/papier", "worker": "/personnes/" + string(s.samira) + "/vu/2026-06"} {
		b := s.open(t)
		b.get("/demo/enter/" + door)
		paper := b.get(path).must(200, "Marque du journal", "/verifier", "Ce carré est le reçu de ce papier")
		mark := markOnPaper.FindString(paper.text())
		code := codeOnPaper.FindStringSubmatch(paper.text())
		if mark == "" || code == nil {
			t.Fatalf("%s: no mark or no code on the paper", door)
		}
		nobody := s.open(t)
		nobody.get("/verifier").send(nobody, "/verifier", "code", code[1], "marque", mark, "texte", "").
			must(200, "vérifié", "11 juin 2026", "qui a vu votre dossier").mustNot("Samira", "Haddad")
		receipt := nobody.post("/verifier/recu", url.Values{"code": {code[1]}, "marque": {mark}})
		drawn, err := qrcode.Draw(html.UnescapeString(receipt.body), qr.L)
		if err != nil || receipt.status != 200 || !strings.Contains(paper.body, `d="`+drawn.Path+`"`) {
			t.Errorf("%s: the square is not the receipt (%d), %v", door, receipt.status, err)
		}
		if again := markOnPaper.FindString(b.get(path).text()); again == mark || again == "" {
			t.Errorf("%s: another print bears the mark %q, after %q", door, again, mark)
		}
		end := "/pdf"
		if pdf := b.get(path + end + "?langue=ar&format=grand"); !strings.HasPrefix(pdf.body, "%PDF-") {
			t.Errorf("%s: no PDF", door)
		}
	}
}

// A printed paper bears a mark; whoever holds it verifies it without an account,
// takes the receipt, and the receipt verifies too.
func TestAPrintedPaperIsVerifiedWithoutAnAccount(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira)
	for _, kind := range []string{"plan", "fiche"} {
		file := b.get(path)
		var paper page
		if kind == "plan" {
			paper = file.send(b, path+"/imprimer", "quoi", "plan").must(200, "/verifier")
		} else {
			paper = file.send(b, path+"/fiche").must(200, "/verifier")
		}
		code, mark := paper.path[strings.LastIndex(paper.path, "/")+1:], markOnPaper.FindString(paper.body)
		if mark == "" {
			t.Fatalf("%s: no mark on the paper", kind)
		}
		nobody := s.open(t)
		form := nobody.get("/verifier").must(200, "Vérifier un papier")
		seen := form.send(nobody, "/verifier", "code", strings.ToLower(code), "marque", strings.ToLower(mark), "texte", "").
			must(200, "vérifié", "11 juin 2026", "assistante sociale a imprimé", code)
		seen.mustNot("Haddad", "Samira", "Maurel")
		receipt := seen.send(nobody, "/verifier/recu", "code", code, "marque", mark)
		if receipt.status != 200 || !strings.HasPrefix(receipt.body, journal.ReceiptHeading) {
			t.Fatalf("%s: receipt %d %.100q", kind, receipt.status, receipt.body)
		}
		text := html.UnescapeString(receipt.body)
		// The paper bears the same receipt, for a camera; printed again it is the same.
		code2, err := qrcode.Draw(text, qr.L)
		if err != nil || !strings.Contains(paper.body, `d="`+code2.Path+`"`) || !strings.Contains(b.get(paper.path+"?langue=ar").body, code2.Path) {
			t.Errorf("%s: the square of the paper is not its receipt (%d bytes), %v", kind, len(text), err)
		}
		if pdf := b.get(paper.path + "/pdf"); !strings.HasPrefix(pdf.body, "%PDF-") {
			t.Errorf("%s: no PDF", kind)
		}
		form.send(nobody, "/verifier", "code", "", "marque", "", "texte", text).must(200, "vérifié", code)
		form.send(nobody, "/verifier", "code", "", "marque", "", "texte", strings.Replace(text, "2026-06-11", "2026-06-10", 1)).must(422, "a été changé", "2026-06-10")
		form.send(nobody, "/verifier", "code", "", "marque", "", "texte", strings.Replace(text, "\n4", "\n5", 1)[:len(text)-30]).must(422)
		for _, wrong := range [][2]string{{code, "0000-0000-0000-0000"}, {"AAA-AAA", mark}, {"", ""}, {"<script>", "<script>"}} {
			form.send(nobody, "/verifier", "code", wrong[0], "marque", wrong[1], "texte", "").must(422, "Nous ne trouvons pas")
			if p := nobody.post("/verifier/recu", url.Values{"code": {wrong[0]}, "marque": {wrong[1]}}); p.status != 404 {
				t.Errorf("receipt of %q: %d", wrong, p.status)
			}
		}
	}
	nobody := s.open(t)
	nobody.get("/journal/cle").must(200, "parvis/00112233")
	if key := nobody.get("/.well-known/parvis-journal-key"); key.status != 200 || !strings.HasPrefix(key.body, "parvis/00112233") {
		t.Errorf("the key for programs: %d %q", key.status, key.body)
	}
	if p := nobody.get("/verifier?code=7QF-M2K"); !strings.Contains(p.body, "7QF-M2K") {
		t.Error("the code of the address is not in the form")
	}
}
