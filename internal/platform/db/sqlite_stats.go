package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// Without statistics SQLite believes that the first column of any index leaves
// ten rows. Here nearly every index begins with org_id, which leaves nearly all of
// them: reading one person's relations walked every relation of the organisation.
// ANALYZE would not help: it knows nothing of an empty table, and plans would
// change as tables grow. So the statistics are written from the schema alone: an
// organisation has a million rows; what bears an identifier leaves twenty of them
// (a person's facts, the members of a household), any other column a hundredth; a
// unique index leaves one.
const (
	statRows  = 1_000_000
	statShare = 100
	statOfOne = 20 // rows about one person, household, step…
	statLeast = 10
)

const listIndexes = `SELECT m.name, l.name, l."unique",
	l.origin = 'pk' AND (SELECT wr FROM pragma_table_list(m.name)),
	COALESCE((SELECT group_concat(i.name, ',' ORDER BY i.seqno) FROM pragma_index_info(l.name) AS i), '')
FROM sqlite_schema AS m JOIN pragma_index_list(m.name) AS l
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'`

// stat is what is told of one index.
type stat struct{ table, index string }

// tellPlanner writes the statistics of every index when they are not there yet.
// Connections opened afterwards plan with them.
func tellPlanner(ctx context.Context, pool *sql.DB) error {
	want, err := wantedStats(ctx, pool)
	if err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	have, err := storedStats(ctx, pool)
	if err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	if maps.Equal(want, have) {
		return nil
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	if err := writeStats(ctx, tx, want); err != nil {
		return errors.Join(fmt.Errorf("statistics: %w", err), tx.Rollback())
	}
	return tx.Commit()
}

func wantedStats(ctx context.Context, pool *sql.DB) (map[stat]string, error) {
	rows, err := pool.QueryContext(ctx, listIndexes)
	if err != nil {
		return nil, err
	}
	want := map[stat]string{}
	for rows.Next() {
		var s stat
		var unique, clustered bool
		var columns string
		if err := rows.Scan(&s.table, &s.index, &unique, &clustered, &columns); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if clustered { // a table stored in its key's order bears the table's name
			s.index = s.table
		}
		want[s] = statOf(strings.Split(columns, ","), unique)
	}
	return want, errors.Join(rows.Err(), rows.Close())
}

// statOf writes a line of sqlite_stat1: rows of the table, then how many share the
// first column, the first two… A column without a name is an expression.
func statOf(columns []string, unique bool) string {
	text := []string{strconv.Itoa(statRows)}
	n := statRows
	for i, column := range columns {
		switch {
		case column == "org_id":
		case ofOne(column):
			n = min(n, statOfOne)
		default:
			n = max(n/statShare, statLeast)
		}
		if unique && i == len(columns)-1 {
			n = 1
		}
		text = append(text, strconv.Itoa(n))
	}
	// Going through an index without its first columns is never worth it here: it
	// begins with the organisation, and what follows has thousands of values.
	return strings.Join(append(text, "noskipscan"), " ")
}

// ofOne says whether a column holds the identifier of something that has few rows:
// a team or a worker has many.
func ofOne(column string) bool {
	switch column {
	case "team_id", "worker_id":
		return false
	case "id", "a", "b": // a and b are the two ends of a kinship
		return true
	}
	return strings.HasSuffix(column, "_id")
}

func storedStats(ctx context.Context, pool *sql.DB) (map[stat]string, error) {
	var known int
	if err := pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'`).Scan(&known); err != nil || known == 0 {
		return nil, err
	}
	rows, err := pool.QueryContext(ctx, `SELECT tbl, idx, stat FROM sqlite_stat1 WHERE idx IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	have := map[stat]string{}
	for rows.Next() {
		var s stat
		var text string
		if err := rows.Scan(&s.table, &s.index, &text); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		have[s] = text
	}
	return have, errors.Join(rows.Err(), rows.Close())
}

func writeStats(ctx context.Context, tx *sql.Tx, want map[stat]string) error {
	// Makes the table sqlite_stat1; there is nothing to analyse.
	for _, sql := range []string{`ANALYZE sqlite_schema`, `DELETE FROM sqlite_stat1`} {
		if _, err := tx.ExecContext(ctx, sql); err != nil {
			return err
		}
	}
	for s, text := range want {
		if _, err := tx.ExecContext(ctx, `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)`, s.table, s.index, text); err != nil {
			return err
		}
	}
	return nil
}
