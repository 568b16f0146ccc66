package desk_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

func odette() desk.Entry {
	return desk.Entry{Name: "Mme Fontaine Odette", Birth: "1938", Ground: "over_65", Address: "4, rue du Puits", Phone: "02 61 91 40 77", Safe: "le matin", Contact: "sa voisine, 06 39 98 40 02", AskedBy: "self"}
}

// TestARoundOfCalls: by name; reached, not reached, needing somebody; a campaign does
// not close on somebody who waits for a visit, and then keeps three numbers.
func TestARoundOfCalls(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var ids []core.ID
		for _, name := range []string{"M. Zola Émile", "Mme Fontaine Odette", "M. Abad Pierre", "Mme Éluard Jeanne"} {
			e := odette()
			e.Name = name
			id, err := w.s.AddEntry(w.clerk, e, true)
			must(t, err)
			ids = append(ids, id)
		}
		_, err := w.s.AddEntry(w.clerk, odette(), false)
		kind(t, err, errs.Invalid) // not without their wish
		campaign, err := w.s.OpenCampaign(w.clerk, "heat")
		must(t, err)
		if again, err := w.s.OpenCampaign(w.Claire, "heat"); err != nil || again != campaign {
			t.Errorf("a second campaign: %s, %v", again, err)
		}
		round, err := w.s.Round(w.clerk, campaign)
		must(t, err)
		if len(round.Calls) != 4 || round.Calls[0].Entry.Name != "M. Abad Pierre" || round.Calls[3].Entry.Name != "Mme Fontaine Odette" {
			t.Errorf("round %+v", round.Calls)
		}
		kind(t, w.s.NoteCall(w.clerk, campaign, ids[0], desk.Needs, " "), errs.Invalid)
		must(t, w.s.NoteCall(w.clerk, campaign, ids[0], desk.Needs, "Ne répond plus depuis hier"))
		must(t, w.s.NoteCall(w.clerk, campaign, ids[1], desk.WasReached, ""))
		must(t, w.s.NoteCall(w.clerk, campaign, ids[2], desk.NotReached, ""))
		must(t, w.s.NoteCall(w.clerk, campaign, ids[2], desk.NotCalled, "")) // a mistake
		kind(t, w.s.CloseCampaign(w.clerk, campaign), errs.Conflict)
		must(t, w.s.NoteCall(w.clerk, campaign, ids[0], desk.Visited, "Vu à midi, va bien"))
		must(t, w.s.CloseCampaign(w.clerk, campaign))
		must(t, w.s.CloseCampaign(w.clerk, campaign))
		kind(t, w.s.NoteCall(w.clerk, campaign, ids[0], desk.WasReached, ""), errs.Conflict)
		list, err := w.s.Campaigns(w.Claire)
		must(t, err)
		if c := list[0]; len(list) != 1 || c.Reached != 2 || c.Unreached != 2 || c.Visited != 1 {
			t.Errorf("kept %+v", list)
		}
		if n := w.rows("call_made"); n != 0 {
			t.Errorf("%d calls are kept", n)
		}
	})
}

// TestTheRegisterIsTheirWish: what is wrong is said by field; nothing of somebody who
// leaves it stays, calls in course included.
func TestTheRegisterIsTheirWish(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for field, change := range map[string]func(*desk.Entry){
			"name": func(e *desk.Entry) { e.Name = "" }, "address": func(e *desk.Entry) { e.Address = " " }, "ground": func(e *desk.Entry) { e.Ground = "x" },
			"asked_by": func(e *desk.Entry) { e.AskedBy = "" }, "asker": func(e *desk.Entry) { e.AskedBy = "third" }, "phone": func(e *desk.Entry) { e.Phone = "\x00" },
		} {
			e := odette()
			change(&e)
			_, err := w.s.AddEntry(w.clerk, e, true)
			if f, _ := err.(errs.Fields); len(f) != 1 || f[0].Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		id, err := w.s.AddEntry(w.clerk, odette(), true)
		must(t, err)
		e, err := w.s.Entry(w.clerk, id)
		must(t, err)
		e.Phone = "02 61 91 40 78"
		must(t, w.s.EditEntry(w.clerk, e))
		kind(t, w.s.EditEntry(w.clerk, e), errs.Conflict)
		campaign, err := w.s.OpenCampaign(w.clerk, "cold")
		must(t, err)
		must(t, w.s.NoteCall(w.clerk, campaign, id, desk.NotReached, ""))
		must(t, w.s.RemoveEntry(w.clerk, id))
		must(t, w.s.RemoveEntry(w.clerk, id))
		if n := w.rows("call_register") + w.rows("call_made"); n != 0 {
			t.Errorf("%d rows stay", n)
		}
		_, err = w.s.Entry(w.clerk, id)
		kind(t, err, errs.NotFound)
		page, err := w.s.ListRegister(w.clerk, 7)
		must(t, err)
		if !page.Empty || page.More {
			t.Errorf("register %+v", page)
		}
		if _, err := w.s.ListRegister(w.person("x"), 0); err == nil {
			t.Error("a person reads the register")
		}
	})
}

// rows counts a table of the organisation.
func (w *world) rows(table string) (n int) {
	w.t.Helper()
	must(w.t, w.DB.Read(w.Claire, func(q db.Querier) error {
		return q.QueryRow(`/* every row: a test */ SELECT COUNT(*) FROM `+table+` WHERE org_id = $1`, core.ActorFrom(w.Claire).Org).Scan(&n)
	}))
	return n
}
