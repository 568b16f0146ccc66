package db

import (
	"strconv"
	"strings"
)

// Dialect names one of the two databases and holds the few texts that differ.
type Dialect string

// The two databases.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Contains is the condition "column contains the text of parameter $n", letter
// for letter: fold both before (lower case, no accents).
func (d Dialect) Contains(column string, n int) string {
	if d == Postgres {
		return "strpos(" + column + ", $" + strconv.Itoa(n) + ") > 0"
	}
	return "instr(" + column + ", $" + strconv.Itoa(n) + ") > 0"
}

// ContainsAny is the condition "column contains one of the texts of these
// parameters", letter for letter, as Contains.
func (d Dialect) ContainsAny(column string, params ...int) string {
	var b strings.Builder
	if d == SQLite {
		b.WriteString(hasText + "(" + column)
		for _, n := range params {
			b.WriteString(", $" + strconv.Itoa(n))
		}
		return b.String() + ")"
	}
	for i, n := range params {
		if i > 0 {
			b.WriteString(" OR ")
		}
		b.WriteString(d.Contains(column, n))
	}
	return "(" + b.String() + ")"
}

// PrefixRange returns the bounds of all texts that begin with prefix, for
// `key >= $1 AND key < $2`: a range scan on both databases. An empty prefix has
// everything in its range.
func PrefixRange(prefix string) (from, below string) {
	return prefix, prefix + "\U0010FFFF"
}

// render replaces the tokens of a migration.
func (d Dialect) render(migration string) string {
	if d == Postgres {
		return postgresTokens.Replace(migration)
	}
	return sqliteTokens.Replace(migration)
}

var (
	sqliteTokens = strings.NewReplacer(
		"{{text}}", "TEXT",
		"{{blob}}", "BLOB",
		"{{serial}}", "INTEGER PRIMARY KEY AUTOINCREMENT",
		"{{rows}}", "STRICT",
		"{{clustered}}", "STRICT, WITHOUT ROWID",
		"BIGINT", "INTEGER",
	)
	postgresTokens = strings.NewReplacer(
		"{{text}}", `TEXT COLLATE "C"`,
		"{{blob}}", "BYTEA",
		"{{serial}}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		"{{rows}}", "",
		"{{clustered}}", "",
	)
)
