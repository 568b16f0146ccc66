package rekey

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// A sealed value tells by its first bytes which key sealed it, so that values of
// before are found in any column of bytes. What it is bound to is its own table and
// column and the id of its row, unless odd says otherwise.

// binding is what the values of a column are bound to, as SQL over its row.
type binding struct{ table, column, id string }

// odd are the columns whose values are not bound to their own name and the column
// id. A room that binds otherwise is named here: TestEverySealIsKnown reads the code.
func odd(table, column string) (binding, bool) {
	b := binding{"'" + table + "'", "'" + column + "'", "id"}
	switch table {
	case "person_before":
		b.table, b.id = "'person'", "person_id"
	case "import_row":
		b.id = "import_id || '/' || CAST(line AS TEXT)"
	case "printout":
		b.id = "org_id || '/' || code"
	case "webhook_endpoint":
		b.id = "org_id || id"
	case "api_request":
		b.id = "token_id || key_hash"
	case "call_made":
		b.id = "campaign_id || '/' || entry_id"
	case "agreement_paper_piece":
		b.column, b.id = "CAST(place AS TEXT)", "paper_id"
	default:
		return b, false
	}
	return b, true
}

// column is a column of bytes.
type column struct {
	table, name string
	key         []string // columns of the primary key, in their order
	binding
	bound bool // what its values are bound to is known
}

const (
	liteColumns = `/* every row: the schema */ SELECT m.name, c.name, c.type = 'BLOB', c.pk FROM sqlite_schema m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.pk`
	postgresColumns = `SELECT c.table_name::TEXT, c.column_name::TEXT, CASE c.data_type WHEN 'bytea' THEN 1 ELSE 0 END,
COALESCE((SELECT k.ordinal_position FROM information_schema.key_column_usage k JOIN information_schema.table_constraints t
ON t.constraint_name = k.constraint_name AND t.table_schema = k.table_schema
WHERE t.constraint_type = 'PRIMARY KEY' AND k.table_schema = 'public' AND k.table_name = c.table_name AND k.column_name = c.column_name), 0)::BIGINT AS place
FROM information_schema.columns c WHERE c.table_schema = 'public' ORDER BY 1, 4`
)

// columns lists the columns that may hold sealed values.
func columns(ctx context.Context, d *db.DB) ([]column, error) {
	sql := liteColumns
	if d.Dialect() == db.Postgres {
		sql = postgresColumns
	}
	var out []column
	keys := map[string][]string{}
	named := map[string]bool{} // tables with a column id
	err := d.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(sql)
		return db.Each(rows, err, func(r *db.Rows) error {
			var table, name string
			var bytes bool
			var place int64
			if err := r.Scan(&table, &name, &bytes, &place); err != nil {
				return err
			}
			if place > 0 {
				keys[table] = append(keys[table], name)
			}
			named[table] = named[table] || name == "id"
			if bytes && !strings.HasPrefix(table, "journal") { // hashes and salts, nothing sealed
				out = append(out, column{table: table, name: name})
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("columns of bytes: %w", err)
	}
	for i := range out {
		c := &out[i]
		c.key = keys[c.table]
		c.binding, c.bound = odd(c.table, c.name)
		c.bound = (c.bound || named[c.table]) && len(c.key) > 0
	}
	return out, nil
}

func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

// Old tells of a key of before.
type Old struct {
	Key     *secret.Keyring
	Waiting int64 // values that it sealed and that nothing sealed again yet
}

// Waiting counts, for each key of before, the oldest first, what it still holds. It
// reads every column of bytes: some seconds on a large installation.
func Waiting(ctx context.Context, d *db.DB, ring *secret.Keyring) ([]Old, error) {
	before := ring.Before()
	if len(before) == 0 {
		return nil, nil
	}
	all, err := columns(ctx, d)
	if err != nil {
		return nil, err
	}
	out := make([]Old, len(before))
	for i, k := range before {
		out[i].Key = k
		for _, c := range all {
			err := d.Read(ctx, func(q db.Querier) error {
				var n int64
				err := q.QueryRow(`/* every row: what a key still holds */ SELECT COUNT(*) FROM "`+c.table+`" WHERE substr("`+c.name+`", 1, 5) = $1`, secret.SealedWith(k)).Scan(&n)
				out[i].Waiting += n
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("values of key %s in %s.%s: %w", k.ID(), c.table, c.name, err)
			}
		}
	}
	return out, nil
}

const (
	resealRows  = 100
	resealBytes = 4 << 20 // of values in one transaction
)

// Reseal seals again, with the present key, what those of before sealed, at most
// resealRows values a transaction, until nothing is left or ctx ends. It returns how
// many it did. Values that somebody changes meanwhile are left to them. What cannot
// be opened stays as it is, and is the error at the end.
func Reseal(ctx context.Context, d *db.DB, ring *secret.Keyring) (int64, error) {
	if len(ring.Before()) == 0 {
		return 0, nil
	}
	fields, err := secret.NewFields(rand.Reader, ring)
	if err != nil {
		return 0, err
	}
	all, err := columns(ctx, d)
	if err != nil {
		return 0, err
	}
	var total int64
	var failed error
	for _, k := range ring.Before() {
		for _, c := range all {
			n, err := reseal(ctx, d, fields, c, secret.SealedWith(k))
			total += n
			if ctx.Err() != nil {
				return total, ctx.Err()
			}
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("seal %s.%s again: %w", c.table, c.name, err))
			}
		}
	}
	return total, failed
}

// value is one sealed value and where it is.
type value struct {
	key           []any
	table, column string
	id            string
	sealed        []byte
}

var errPage = errors.New("the page is full")

// page reads the next values of a column that begin so.
func (c column) page(ctx context.Context, d *db.DB, begin []byte, after []any) (out []value, err error) {
	sql := `/* every row: what a key still holds */ SELECT ` + c.selected() + `, ` + quoted(c.key) + ` FROM "` + c.table + `" WHERE substr("` + c.name + `", 1, 5) = $1`
	args := []any{begin}
	if after != nil {
		marks := make([]string, len(after))
		for i, a := range after {
			args = append(args, a)
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		sql += ` AND (` + quoted(c.key) + `) > (` + strings.Join(marks, ", ") + `)`
	}
	sql += ` ORDER BY ` + quoted(c.key) + ` LIMIT ` + strconv.Itoa(resealRows)
	size := 0
	err = d.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(sql, args...)
		return db.Each(rows, err, func(r *db.Rows) error {
			v := value{key: make([]any, len(c.key))}
			dest := []any{&v.sealed, &v.table, &v.column, &v.id}
			for i := range v.key {
				dest = append(dest, &v.key[i])
			}
			if err := r.Scan(dest...); err != nil {
				return err
			}
			out = append(out, v)
			if size += len(v.sealed); size > resealBytes {
				return errPage
			}
			return nil
		})
	})
	if errors.Is(err, errPage) {
		err = nil
	}
	return out, err
}

// selected are the value and what it is bound to, as columns of a query.
func (c column) selected() string {
	id := c.id
	if !c.bound {
		id = "''"
	}
	// Named, or PostgreSQL takes one for a column of the key in ORDER BY.
	return `"` + c.name + `", CAST(` + c.binding.table + ` AS TEXT) AS bound_table, CAST(` + c.column + ` AS TEXT) AS bound_column, CAST(` + id + ` AS TEXT) AS bound_id`
}

func reseal(ctx context.Context, d *db.DB, fields *secret.Fields, c column, begin []byte) (done int64, failed error) {
	if len(c.key) == 0 {
		return 0, nil // no rows that somebody could name
	}
	var where strings.Builder
	for i, k := range c.key {
		where.WriteString(` AND "` + k + `" = $` + strconv.Itoa(3+i))
	}
	update := `UPDATE "` + c.table + `" SET "` + c.name + `" = $1 WHERE "` + c.name + `" = $2` + where.String()
	var after []any
	for {
		page, err := c.page(ctx, d, begin, after)
		if err != nil || len(page) == 0 {
			return done, errors.Join(failed, err)
		}
		after = page[len(page)-1].key
		fresh := make([][]byte, len(page))
		for i, v := range page {
			if fresh[i], err = again(fields, v); err != nil {
				failed = err // the last one: as many would be as there are rows
			}
		}
		var n int64
		err = d.Tx(ctx, func(tx *db.Tx) error {
			n = 0
			for i, v := range page {
				if fresh[i] == nil {
					continue
				}
				changed, err := tx.Exec(update, append([]any{fresh[i], v.sealed}, v.key...)...)
				if err != nil {
					return err
				}
				n += changed
			}
			return nil
		})
		if err != nil {
			return done, errors.Join(failed, err)
		}
		done += n
	}
}

// again seals one value with the present key.
func again(fields *secret.Fields, v value) ([]byte, error) {
	plain, err := fields.Open(v.table, v.column, v.id, v.sealed)
	if err != nil {
		return nil, err
	}
	return fields.Seal(v.table, v.column, v.id, plain)
}
