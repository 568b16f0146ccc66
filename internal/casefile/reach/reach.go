// Package reach says how a person may be reached, for the rooms that send them something:
// the strictest of what their files say. It asks no policy: it is a step of a use case that
// does, or of the program's own.
package reach

import (
	"fmt"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Reach is how a person may be reached.
type Reach struct {
	SMS       bool // the person did not say that messages are unsafe
	Email     bool
	Discreet  bool // without the service's name
	Protected bool // their address is: who shares their telephone may be who looks for them
	Dead      bool
	Birth     core.PartialDate
}

const selectReach = `SELECT id, birth, channel, protected, died_on FROM person WHERE org_id = $1 AND id IN ` + casefile.SameHuman

// Of reads it. NotFound when there is no such person.
func Of(q db.Querier, org, person core.ID) (Reach, error) {
	out := Reach{SMS: true, Email: true}
	found := false
	rows, err := q.Query(selectReach, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		var birth, died string
		var channel casefile.Channel
		var protected bool
		if err := r.Scan(&id, &birth, &channel, &protected, &died); err != nil {
			return err
		}
		switch channel {
		case casefile.ChannelSMSNeutral:
			out.Discreet = true
		case casefile.ChannelCall, casefile.ChannelLetter:
			out.SMS = false // they chose another way than messages on their telephone
		case casefile.ChannelInPerson, casefile.ChannelNone:
			out.SMS, out.Email = false, false
		case casefile.ChannelUnknown, casefile.ChannelSMS:
		}
		out.Protected = out.Protected || protected
		out.Dead = out.Dead || died != ""
		if id != person && !out.Birth.IsZero() {
			return nil
		}
		b, err := core.ParsePartialDate(birth)
		if err == nil && !b.IsZero() {
			out.Birth = b
		}
		found = true
		return err
	})
	if err != nil {
		return Reach{}, fmt.Errorf("how a person may be reached: %w", err)
	}
	if !found {
		return Reach{}, errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	out.Discreet = out.Discreet || out.Protected
	return out, nil
}
