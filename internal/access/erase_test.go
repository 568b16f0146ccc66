package access_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// TestContentsOfTheJournalAreErasedByWhoAdministers, never by who did the gesture,
// and the line that tells it stays.
func TestContentsOfTheJournalAreErasedByWhoAdministers(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "seed", Org: h.org})
		id, err := r.AddWorker(system, access.Worker{Login: "nadia", Name: "Nadia", Works: true, Teams: []core.ID{h.team}})
		if err != nil {
			t.Fatal(err)
		}
		nadia := core.WithActor(t.Context(), core.Actor{Kind: core.ActorWorker, ID: id, Org: h.org, Teams: []core.ID{h.team}, AAL: 2})
		record := func(reason string) journal.Place {
			t.Helper()
			if err := r.db.Tx(nadia, func(tx *db.Tx) error {
				return r.log.Record(nadia, tx, journal.Event{Kind: "file.open", Subjects: []core.ID{"anna"}, Reason: reason})
			}); err != nil {
				t.Fatal(err)
			}
			var at journal.Place
			if err := r.db.Read(nadia, func(q db.Querier) error {
				lines, err := journal.ForOrg(q, h.org, journal.Before{}, 1)
				at = journal.Place{Tree: lines[0].Tree, Seq: lines[0].Seq}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return at
		}
		at := record("le nom d'une autre personne, écrit par erreur")
		_, err = r.EraseLines(nadia, journal.Erasure{Lines: []journal.Place{at}})
		want(t, "a colleague who does not administer", err, errs.Forbidden, "access.error.forbidden")
		n, err := r.EraseLines(h.claire, journal.Erasure{Lines: []journal.Place{at}, Reason: "une autre personne était nommée"})
		if n != 1 || err != nil {
			t.Fatalf("erased %d, %v", n, err)
		}
		if err := r.db.Read(nadia, func(q db.Querier) error {
			lines, err := journal.ForOrg(q, h.org, journal.Before{}, 2)
			if err != nil {
				return err
			}
			if lines[0].Kind != "lines.erase" || lines[0].Reason != "une autre personne était nommée" || !lines[1].Erased {
				t.Errorf("lines: %+v", lines)
			}
			at = journal.Place{Tree: lines[0].Tree, Seq: 0}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		own := core.ActorFrom(h.claire)
		if err := r.db.Tx(h.claire, func(tx *db.Tx) error {
			return r.log.Record(h.claire, tx, journal.Event{Kind: "file.open", Subjects: []core.ID{"anna"}})
		}); err != nil {
			t.Fatal(err)
		}
		var mine journal.Place
		if err := r.db.Read(nadia, func(q db.Querier) error {
			lines, err := journal.ForOrg(q, h.org, journal.Before{}, 1)
			mine = journal.Place{Tree: lines[0].Tree, Seq: lines[0].Seq}
			if lines[0].Actor.ID != own.ID {
				t.Errorf("line of %s", lines[0].Actor.ID)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, err = r.EraseLines(h.claire, journal.Erasure{Lines: []journal.Place{mine}})
		want(t, "what one did oneself", err, errs.Conflict, "journal.error.erase_own")
		stranger := core.WithActor(t.Context(), core.Actor{Kind: core.ActorOrgAdmin, ID: "x", Org: "elsewhere", AAL: 2})
		if _, err = r.EraseLines(stranger, journal.Erasure{Lines: []journal.Place{mine}}); err == nil {
			t.Error("another organisation erased a line")
		}
	})
}
