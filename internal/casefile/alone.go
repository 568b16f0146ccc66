package casefile

import (
	"strings"
	"sync"

	"codeberg.org/parvis/parvis/internal/platform/db"
)

// aloneTexts remembers the statements written for somebody whom nobody was merged
// into: « IN (themself and the others) » is « = themself », which needs no sub-query,
// no temporary table and no sorting. Statements are constants: there are few.
type aloneTexts struct{ done sync.Map }

func (t *aloneTexts) of(sql string) string {
	if known, ok := t.done.Load(sql); ok {
		return known.(string)
	}
	alone := strings.ReplaceAll(sql, "IN "+SameHuman, "= $2")
	t.done.Store(sql, alone)
	return alone
}

// aloneQuerier reads of such a person ($2).
type aloneQuerier struct {
	db.Querier
	texts *aloneTexts
}

func (a aloneQuerier) Query(sql string, args ...any) (*db.Rows, error) {
	return a.Querier.Query(a.texts.of(sql), args...)
}

func (a aloneQuerier) QueryRow(sql string, args ...any) db.Row {
	return a.Querier.QueryRow(a.texts.of(sql), args...)
}

// For gives the same snapshot for statements about the person alone ($1 the
// organisation, $2 the person): those that say SameHuman are shortened when nobody
// was merged into them.
func (o Opened) For(q db.Querier) db.Querier {
	if !o.alone || o.texts == nil {
		return q
	}
	return aloneQuerier{q, o.texts}
}
