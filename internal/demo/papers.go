package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/vault"
)

// madeUp is a paper of the demonstration's person.
type madeUp struct {
	file    string
	sort    vault.Sort
	issued  core.Date
	expires core.Date
	shown   bool // to the team that accompanies her
	lines   []string
}

// SeedPapers gives the demonstration's person her papers, once she has a card. Nothing in
// them is true.
func SeedPapers(ctx context.Context, v *vault.Service) error {
	who := Person()
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorPerson, ID: who.Person, Org: who.Org, AAL: 2, Session: fixedID("papers")})
	shelf, err := v.Read(ctx, who.Person)
	if err != nil {
		return fmt.Errorf("the demonstration's papers: %w", err)
	}
	for _, p := range madeUps() {
		content, err := p.content()
		if err != nil {
			return fmt.Errorf("the demonstration's paper %s: %w", p.file, err)
		}
		in := vault.Input{Name: p.file, Sort: p.sort}
		if p.shown && len(shelf.Teams) > 0 {
			in.Team, in.Until = shelf.Teams[0].ID, shelf.Today.AddDays(111)
		}
		d, err := v.Deposit(ctx, who.Person, in, bytes.NewReader(content))
		if err != nil {
			return fmt.Errorf("the demonstration's paper %s: %w", p.file, err)
		}
		if p.issued.IsZero() && p.expires.IsZero() {
			continue
		}
		err = v.Change(ctx, who.Person, d.Paper.ID, vault.Details{Name: d.Paper.Name, Sort: p.sort, IssuedOn: p.issued, ExpiresOn: p.expires, Version: d.Paper.Version})
		if err != nil {
			return fmt.Errorf("the demonstration's paper %s: %w", p.file, err)
		}
	}
	return nil
}

func madeUps() []madeUp {
	d := func(y, m, day int) core.Date { return core.Date{Year: y, Month: time.Month(m), Day: day} }
	return []madeUp{
		{file: "Livret de famille.pdf", sort: vault.FamilyBook, issued: d(2017, 4, 2), lines: []string{"Livret de famille", "Yanis et Lina Belkacem"}},
		{file: "Bail.pdf", sort: vault.Lease, issued: d(2023, 3, 1), shown: true, lines: []string{"Contrat de location", "7, rue des Tanneurs, Valsèvre", "Loyer : 548 € par mois, charges comprises"}},
		{file: "Avis d'impôt 2025.pdf", sort: vault.TaxNotice, issued: d(2025, 8, 4), shown: true, lines: []string{"Avis d'impôt 2025 sur les revenus de 2024"}},
		{file: "Carte de résident.jpg", sort: vault.Permit, issued: d(2018, 5, 3), expires: d(2028, 5, 2)},
		{file: "RIB.pdf", sort: vault.BankDetails, lines: []string{"Relevé d'identité bancaire", "Banque du Lys"}},
		{file: "Bulletins de février à avril.pdf", sort: vault.Payslip, issued: d(2026, 5, 2), shown: true, lines: []string{"Bulletins de paie", "Février, mars et avril 2026"}},
		{file: "Attestation de droits.pdf", sort: vault.HealthRights, issued: d(2025, 7, 1), expires: d(2026, 6, 30), lines: []string{"Attestation de droits à l'Assurance maladie"}},
		{file: "C2S.pdf", sort: vault.C2S, issued: d(2025, 9, 1), expires: d(2026, 8, 31), shown: true, lines: []string{"Complémentaire santé solidaire"}},
		{file: "Quittance de mai.pdf", sort: vault.RentReceipt, issued: d(2026, 5, 31), lines: []string{"Quittance de loyer, mai 2026"}},
		{file: "Certificat de scolarité Yanis.pdf", sort: vault.School, issued: d(2025, 9, 8), lines: []string{"Certificat de scolarité", "École Jean-Moulin"}},
	}
}

// content makes the file: a page, or the picture of a card.
func (p madeUp) content() ([]byte, error) {
	if len(p.lines) == 0 {
		return cardPicture()
	}
	return pdf.Write(pdf.Options{Title: p.lines[0], Lang: "fr", At: start()}, func(d *pdf.Document) {
		d.Title(p.lines[0])
		for _, l := range p.lines[1:] {
			d.Text(l, pdf.Lead)
		}
		d.Text("Papier inventé pour la démonstration.", pdf.Small)
	})
}

// cardPicture draws something of the size of a card, that is nobody's.
func cardPicture() ([]byte, error) {
	m := image.NewRGBA(image.Rect(0, 0, 856, 540))
	fill := func(r image.Rectangle, c color.RGBA) { draw.Draw(m, r, image.NewUniform(c), image.Point{}, draw.Src) }
	fill(m.Bounds(), color.RGBA{233, 241, 244, 255})
	fill(image.Rect(0, 0, 856, 96), color.RGBA{19, 79, 119, 255})
	fill(image.Rect(48, 144, 288, 456), color.RGBA{207, 226, 238, 255})
	fill(image.Rect(120, 200, 216, 296), color.RGBA{19, 79, 119, 255})
	fill(image.Rect(90, 312, 246, 456), color.RGBA{19, 79, 119, 255})
	for i, w := range []int{420, 300, 360, 240, 330} {
		fill(image.Rect(340, 168+i*58, 340+w, 190+i*58), color.RGBA{114, 121, 127, 255})
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 85})
	return out.Bytes(), err
}
