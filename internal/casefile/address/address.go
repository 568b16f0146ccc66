// Package address shows a protected address, and the commune of the dwelling that
// rights are computed with, to the worker who needs them once, with their reason, which the person reads in their journal. Everywhere else (pages,
// prints, exports, programs, the files of the household) it says that it is
// protected, and nothing of where.
//
//	place, err := address.Reveal(ctx, cases, person, "Envoyer la convocation du tribunal")
package address

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const maxReason = 300 // characters

const selectAddress = `SELECT id, protected, address, postcode, city, commune, no_fixed FROM person WHERE org_id = $1 AND id IN ` + casefile.SameHuman + ` ORDER BY id LIMIT 50`

const selectCommunes = `SELECT DISTINCT value FROM fact WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + `
AND variable = $3 AND state = 'known' AND superseded_by = '' ORDER BY value LIMIT 20`

// Place is where somebody lives, as their file says.
type Place struct {
	Addresses []casefile.Address // of the file, and of each that is one with it
	Communes  []string           // INSEE codes believed of their dwelling, now or for other months
}

// Reveal reads where a person lives, protected or not. Without a reason it is an
// Invalid error on the field "reason".
func Reveal(ctx context.Context, cases *casefile.Service, person core.ID, reason string) (Place, error) {
	reason = strings.Join(strings.Fields(reason), " ")
	var place Place
	err := cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		place = Place{}
		o, err := cases.Allow(ctx, q, access.AddressRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		if err := checkReason(reason); err != nil {
			return journal.Event{}, err
		}
		rows, err := q.Query(selectAddress, o.Org, person)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var id core.ID
			var a casefile.Address
			var lines string
			if err := r.Scan(&id, &a.Protected, &lines, &a.Postcode, &a.City, &a.Commune, &a.NoFixed); err != nil {
				return err
			}
			if lines != "" {
				a.Lines = strings.Split(lines, "\n")
			}
			if len(a.Lines) > 0 || a.City != "" || a.Postcode != "" {
				place.Addresses = append(place.Addresses, a)
			}
			return nil
		})
		if err != nil {
			return journal.Event{}, fmt.Errorf("read the address of %s: %w", person, err)
		}
		for _, variable := range casefile.LocatingVariables() {
			rows, err = q.Query(selectCommunes, o.Org, person, variable)
			err = db.Each(rows, err, func(r *db.Rows) error {
				var code string
				err := r.Scan(&code)
				place.Communes = append(place.Communes, code)
				return err
			})
			if err != nil {
				return journal.Event{}, fmt.Errorf("read the commune of %s: %w", person, err)
			}
		}
		return journal.Event{Kind: "address.read", Subjects: o.Humans, Reason: reason}, nil
	})
	return place, err
}

func checkReason(reason string) error {
	var f errs.Fields
	switch {
	case reason == "":
		f.Add("reason", "errs.life.reason_missing")
	case !utf8.ValidString(reason):
		f.Add("reason", "errs.casefile.text_encoding")
	case utf8.RuneCountInString(reason) > maxReason:
		f.Add("reason", "errs.casefile.text_too_long", "max", maxReason)
	case strings.ContainsFunc(reason, unicode.IsControl):
		f.Add("reason", "errs.casefile.text_control")
	}
	return f.Err()
}
