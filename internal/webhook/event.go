package webhook

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// topic is the outbox's topic of a kind.
func topic(k Kind) string { return "webhook/" + string(k) }

// TopicStepDue is the topic under which the casefile's due steps are emitted, with
// their ids and those of their persons in turn: step, person, step, person…
const TopicStepDue = "step.due"

// kindOf gives the kind that an act in the journal is told as, "" when it is not.
// Reads and notes are not; what an import writes is told person by person.
func kindOf(act string) Kind {
	switch act {
	case "person.create", "import.write":
		return FileOpened
	case "person.edit", "person.merge", "person.unmerge", "household.edit", "fact.save", "fact.choose", "case.accept", "case.close", "case.reopen",
		"death.record", "death.undo":
		return FileChanged
	case "expectation.add", "goal.save", "step.save", "step.move", "step.hand", "contact.log":
		return PlanChanged
	case "rights.compute":
		return RightComputed
	case "right.decide":
		return RightDecided
	}
	return ""
}

// personsPerLine bounds one line of the outbox.
const personsPerLine = 400

// Tap leaves a line in the outbox for an act that somebody may want to be told, in
// the transaction of the act. It is called by the journal for each line.
func (s *Service) Tap(tx *db.Tx, org core.ID, e journal.Event) error {
	kind := kindOf(e.Kind)
	if kind == "" || org == "" || len(e.Subjects) == 0 {
		return nil
	}
	var listening int
	if err := tx.QueryRow(anyOn, org).Scan(&listening); err != nil {
		return fmt.Errorf("tell webhooks: %w", err)
	}
	if listening == 0 {
		return nil
	}
	head := []core.ID{"-", "-"}
	if kind == PlanChanged && e.Object != "" && e.ObjectID != "" {
		head = []core.ID{core.ID(e.Object), e.ObjectID}
	}
	for from := 0; from < len(e.Subjects); from += personsPerLine {
		persons := e.Subjects[from:min(from+personsPerLine, len(e.Subjects))]
		if err := tx.Emit(topic(kind), org, append(head[:2:2], persons...)...); err != nil {
			return fmt.Errorf("tell webhooks: %w", err)
		}
	}
	return nil
}

// Listen registers what makes deliveries out of events.
func (s *Service) Listen(r *db.Runner) {
	for _, k := range Kinds() {
		if k != StepDue {
			r.Consume(topic(k), "webhook", func(ctx context.Context, e db.Event) error { return s.deliver(ctx, k, e) })
		}
	}
	r.Consume(TopicStepDue, "webhook", s.deliverSteps)
}

// about is what one message tells.
type about struct {
	person   core.ID
	object   string
	objectID core.ID
}

// deliver makes the deliveries of an act; the event brought twice makes them once.
func (s *Service) deliver(ctx context.Context, k Kind, e db.Event) error {
	if len(e.IDs) < 2 {
		return fmt.Errorf("event %s of kind %s: %d ids", e.ID, k, len(e.IDs))
	}
	var all []about
	for _, person := range e.IDs[2:] {
		one := about{person: person}
		if e.IDs[0] != "-" {
			one.object, one.objectID = string(e.IDs[0]), e.IDs[1]
		}
		all = append(all, one)
	}
	return s.queue(ctx, k, e, all)
}

// deliverSteps makes the deliveries of the steps whose day has come.
func (s *Service) deliverSteps(ctx context.Context, e db.Event) error {
	var all []about
	for i := 0; i+1 < len(e.IDs); i += 2 {
		all = append(all, about{person: e.IDs[i+1], object: "step", objectID: e.IDs[i]})
	}
	return s.queue(ctx, StepDue, e, all)
}

func (s *Service) queue(ctx context.Context, k Kind, e db.Event, all []about) error {
	return s.changed(s.DB.Tx(ctx, func(tx *db.Tx) error {
		endpoints, err := loadEndpoints(tx, e.Org)
		if err != nil {
			return err
		}
		for _, to := range endpoints {
			if to.State != On || !to.Tells(k) {
				continue
			}
			var waiting int
			if err := tx.QueryRow(countWaiting, e.Org, to.ID).Scan(&waiting); err != nil {
				return fmt.Errorf("count deliveries: %w", err)
			}
			for i, one := range all {
				state, fault := Waiting, Fault("")
				if waiting+i >= maxWaiting {
					state, fault = Dead, FaultFull
				}
				if _, err := tx.Exec(insertDelivery, e.Org, to.ID, idOf(e.ID, i), k, one.person, one.object, one.objectID, e.At, state, tx.Now(), fault); err != nil {
					return fmt.Errorf("insert a delivery: %w", err)
				}
			}
		}
		return nil
	}))
}

const messagePrefix = "msg_"

// idOf names a message: in the order of its event, without the full stop that
// parts what is signed.
func idOf(event core.ID, place int) string {
	return messagePrefix + string(event) + "_" + fmt.Sprintf("%03d", place)
}

// messageID tells whether s could have been made by idOf.
func messageID(s string) bool {
	event, place, ok := strings.Cut(strings.TrimPrefix(s, messagePrefix), "_")
	if !ok || !strings.HasPrefix(s, messagePrefix) || len(place) != 3 {
		return false
	}
	_, err := core.ParseID(event)
	_, digits := strconv.Atoi(place)
	return err == nil && digits == nil
}
