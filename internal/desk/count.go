package desk

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Part is one thing that is counted of passages, groups and obstacles.
type Part string

// The parts. Those of a passage but Why and What have one value for each: their numbers
// add up to Passages.
const (
	Passages  Part = "passage"   // one value, "all"
	Ways      Part = "channel"   // how somebody got in touch
	Why       Part = "reason"    // one or several of each
	Spoken    Part = "language"  // or "not_said"
	What      Part = "done"      // several of each; "left" of those who went away
	SentTo    Part = "sent_to"   // or "nobody"
	Delay     Part = "answer"    // or "not_said"
	InFile    Part = "file"      // "nameless" or "attached"
	Groups    Part = "group"     // how many times
	Present   Part = "present"   // people counted there
	Obstacles Part = "obstacles" // by service
	Obstacle  Part = "obstacle"  // "service/kind"
)

// values of a part that no form offers.
const (
	all      = "all"
	notSaid  = "not_said"
	toNobody = "nobody"
	nameless = "nameless"
	attached = "attached"
)

// cell is one number of a month.
type cell struct {
	part  Part
	value string
}

// counted are the cells that a passage stands in: none while it waits or when it is a
// mistake.
func (p Passage) counted() map[cell]int64 {
	if p.State != Finished && p.State != Left {
		return nil
	}
	out := map[cell]int64{{Passages, all}: 1, {Ways, string(p.Channel)}: 1}
	or := func(part Part, value, none string) {
		if value == "" {
			value = none
		}
		out[cell{part, value}] = 1
	}
	or(Spoken, p.Language, notSaid)
	or(SentTo, p.SentTo, toNobody)
	or(Delay, p.Answer, notSaid)
	for _, r := range p.Reasons {
		out[cell{Why, string(r)}] = 1
	}
	if p.State == Left {
		out[cell{What, string(WentAway)}] = 1
	} else {
		for _, d := range p.Done {
			out[cell{What, string(d)}] = 1
		}
	}
	if p.Attached {
		out[cell{InFile, attached}] = 1
	} else {
		out[cell{InFile, nameless}] = 1
	}
	return out
}

const addCount = `INSERT INTO desk_month (org_id, month, part, value, n) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (org_id, month, part, value) DO UPDATE SET n = desk_month.n + excluded.n`

// count adds what a row counts since it changed and takes away what it counted before,
// in an order that no two transactions cross.
func count(tx *db.Tx, org core.ID, day core.Date, after, before map[cell]int64) error {
	delta := maps.Clone(after)
	if delta == nil {
		delta = map[cell]int64{}
	}
	for c, n := range before {
		delta[c] -= n
	}
	order := slices.SortedFunc(maps.Keys(delta), func(a, b cell) int {
		return strings.Compare(string(a.part)+"\x00"+a.value, string(b.part)+"\x00"+b.value)
	})
	for _, c := range order {
		if delta[c] == 0 {
			continue
		}
		if _, err := tx.Exec(addCount, org, day.CalendarMonth().String(), string(c.part), c.value, delta[c]); err != nil {
			return fmt.Errorf("count: %w", err)
		}
	}
	return nil
}
