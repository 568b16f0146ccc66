package db

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// A dump is a PostgreSQL database as text: one JSON value a line. A heading with
// the migrations that made the schema; then for each table, in an order that suits
// its references, a heading {"table":…,"columns":[…]} and one array a row, bytes as
// {"b":base64}; then {"end":rows}.

const dumpForm = 1

type dumpHead struct {
	Form       int     `json:"parvis_rows"`
	Migrations []int64 `json:"migrations"`
}

type dumpTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

type dumpEnd struct {
	End *int64 `json:"end"`
}

type dumpBytes struct {
	B []byte `json:"b"`
}

// maxDumpLine bounds one row, in bytes.
const maxDumpLine = 256 << 20

// Dump writes every row of a PostgreSQL database, in one snapshot, in clear: give
// it a writer that encrypts. errs.Invalid on SQLite, whose copy is Copy.
func (d *DB) Dump(ctx context.Context, w io.Writer) error {
	if d.Dialect() != Postgres {
		return errs.Wrap(errs.Invalid, "errs.db.copy", errors.New("only PostgreSQL is dumped so"), "path", "")
	}
	out := bufio.NewWriterSize(w, 64<<10)
	err := d.Read(ctx, func(q Querier) error {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		head := dumpHead{Form: dumpForm}
		rows, err := q.Query(`SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY id`)
		err = Each(rows, err, func(r *Rows) error {
			var v int64
			err := r.Scan(&v)
			head.Migrations = append(head.Migrations, v)
			return err
		})
		if err != nil {
			return err
		}
		if err := enc.Encode(head); err != nil {
			return err
		}
		tables, err := dumpOrder(q)
		if err != nil {
			return err
		}
		var total int64
		for _, t := range tables {
			n, err := dumpRows(q, enc, t)
			if err != nil {
				return fmt.Errorf("table %s: %w", t, err)
			}
			total += n
		}
		return enc.Encode(dumpEnd{&total})
	})
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	return nil
}

// dumpOrder lists the tables, those that others refer to first.
func dumpOrder(q Querier) ([]string, error) {
	var all []string
	rows, err := q.Query(`SELECT table_name::TEXT FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'goose_db_version' ORDER BY table_name`)
	err = Each(rows, err, func(r *Rows) error {
		var t string
		err := r.Scan(&t)
		all = append(all, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	needs := map[string][]string{}
	rows, err = q.Query(`SELECT a.relname::TEXT, b.relname::TEXT FROM pg_constraint c
JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid WHERE c.contype = 'f' AND a.oid <> b.oid`)
	err = Each(rows, err, func(r *Rows) error {
		var from, to string
		err := r.Scan(&from, &to)
		needs[from] = append(needs[from], to)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []string
	for len(out) < len(all) {
		before := len(out)
		for _, t := range all {
			ready := !slices.ContainsFunc(needs[t], func(other string) bool { return !slices.Contains(out, other) })
			if ready && !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
		if len(out) == before {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return out, nil
}

func dumpRows(q Querier, enc *json.Encoder, table string) (int64, error) {
	head := dumpTable{Table: table}
	rows, err := q.Query(`SELECT column_name::TEXT FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position`, table)
	err = Each(rows, err, func(r *Rows) error {
		var c string
		err := r.Scan(&c)
		head.Columns = append(head.Columns, c)
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := enc.Encode(head); err != nil {
		return 0, err
	}
	var n int64
	values, dest := make([]any, len(head.Columns)), make([]any, len(head.Columns))
	for i := range dest {
		dest[i] = &values[i]
	}
	rows, err = q.Query(`SELECT ` + idents(head.Columns) + ` FROM ` + idents([]string{table}))
	return n, Each(rows, err, func(r *Rows) error {
		if err := r.Scan(dest...); err != nil {
			return err
		}
		line := make([]any, len(values))
		for i, v := range values {
			line[i] = v
			if b, ok := v.([]byte); ok {
				line[i] = dumpBytes{b}
			}
		}
		n++
		return enc.Encode(line)
	})
}

// idents writes names as SQL identifiers.
func idents(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = `"` + strings.ReplaceAll(n, `"`, `""`) + `"`
	}
	return strings.Join(out, ", ")
}

// Load makes a PostgreSQL database again from a dump: the schema as it was, all its
// rows in one transaction, then what newer migrations change. cfg.URL names an
// empty database. Errors: errs.Conflict with key errs.db.not_empty, errs.Invalid
// with key errs.db.dump, errs.Unavailable with key errs.db.newer when a newer
// Parvis wrote it. On an error the database is left as empty as it was. Otherwise
// undo empties it again, for whoever finds out later that the dump was no good.
func Load(ctx context.Context, cfg Config, r io.Reader) (undo func(context.Context) error, err error) {
	in := &dumpReader{r: bufio.NewReaderSize(r, 64<<10)}
	var head dumpHead
	err = in.read(&head)
	if known := (*errs.Error)(nil); errors.As(err, &known) {
		return nil, err // the reader's own: it knows better
	}
	if err != nil || head.Form != dumpForm {
		return nil, errs.Wrap(errs.Invalid, "errs.db.dump", fmt.Errorf("no heading: %w", errors.Join(err, fmt.Errorf("form %d", head.Form))))
	}
	cfg.Key = nil // its check is a row of the dump
	newDB(&cfg)   // fills in what cfg leaves out
	if err := mustBeEmpty(ctx, cfg); err != nil {
		return nil, err
	}
	undo = func(ctx context.Context) error { return empty(ctx, cfg) }
	if err := load(ctx, cfg, head.Migrations, in); err != nil {
		return nil, errors.Join(err, undo(context.WithoutCancel(ctx)))
	}
	return undo, nil
}

func load(ctx context.Context, cfg Config, migrations []int64, in *dumpReader) error {
	if err := loadSchema(ctx, cfg, migrations); err != nil {
		return err
	}
	cfg.NoMigrate = false
	d, err := openRaw(ctx, cfg)
	if err != nil {
		return err
	}
	err = d.Tx(ctx, func(tx *Tx) error { return loadRows(tx, in) })
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	after, err := Open(ctx, cfg) // brings the schema up to date
	if err != nil {
		return err
	}
	return after.Close()
}

const listTables = `SELECT table_name::TEXT FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name`

func mustBeEmpty(ctx context.Context, cfg Config) error {
	tables, err := tablesOf(ctx, cfg)
	if err == nil && len(tables) > 0 {
		err = errs.Wrap(errs.Conflict, "errs.db.not_empty", fmt.Errorf("%d tables", len(tables)))
	}
	return err
}

func tablesOf(ctx context.Context, cfg Config) (tables []string, err error) {
	d, err := openRaw(ctx, cfg)
	if err != nil {
		return nil, err
	}
	err = d.Read(ctx, func(q Querier) error {
		rows, err := q.Query(listTables)
		return Each(rows, err, func(r *Rows) error {
			var t string
			err := r.Scan(&t)
			tables = append(tables, t)
			return err
		})
	})
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, errs.Wrap(errs.Unavailable, "errs.db.open", err, "path", "")
	}
	return tables, nil
}

// empty drops the tables of a database that Load found empty: they are all its own.
func empty(ctx context.Context, cfg Config) error {
	tables, err := tablesOf(ctx, cfg)
	if err != nil || len(tables) == 0 {
		return err
	}
	d, err := openRaw(ctx, cfg)
	if err != nil {
		return err
	}
	err = d.Tx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`DROP TABLE ` + idents(tables) + ` CASCADE`)
		return err
	})
	if err := errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("undo a load: %w", err)
	}
	return nil
}

// openRaw opens a PostgreSQL database whatever its schema.
func openRaw(ctx context.Context, cfg Config) (*DB, error) {
	d := newDB(&cfg)
	e, err := dialPostgres(ctx, cfg)
	if err != nil {
		return nil, err
	}
	d.engine = e
	return d, nil
}

// loadSchema runs exactly the migrations that made the schema of a dump.
func loadSchema(ctx context.Context, cfg Config, versions []int64) error {
	e, err := dialPostgres(ctx, cfg)
	if err != nil {
		return err
	}
	pool := stdlib.OpenDBFromPool(e.pool)
	defer func() {
		_ = pool.Close() // the pool below is closed right after
		e.pool.Close()
	}()
	provider, err := migrationsOf(pool, Postgres, cfg)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if !slices.ContainsFunc(provider.ListSources(), func(s *goose.Source) bool { return s.Version == v }) {
			return errs.Wrap(errs.Unavailable, "errs.db.newer", fmt.Errorf("migration %d is unknown to this program", v))
		}
	}
	for _, v := range versions {
		if _, err := provider.ApplyVersion(ctx, v, true); err != nil {
			return fmt.Errorf("migration %d: %w", v, err)
		}
	}
	return nil
}

// dumpReader reads a dump line by line.
type dumpReader struct {
	r    *bufio.Reader
	line int
}

func (d *dumpReader) next() ([]byte, error) {
	var out []byte
	for {
		part, err := d.r.ReadSlice('\n')
		out = append(out, part...)
		if len(out) > maxDumpLine {
			return nil, fmt.Errorf("line %d is longer than %d bytes", d.line+1, maxDumpLine)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // the last line ends with a newline
		}
		d.line++
		return out, err
	}
}

func (d *dumpReader) read(into any) error {
	line, err := d.next()
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

// rowsAtOnce is how many rows one INSERT holds, under the limit of parameters.
const rowsAtOnce = 100

// loadRows reads the tables of a dump into an empty schema.
func loadRows(tx *Tx, in *dumpReader) error {
	wrong := func(err error) error {
		if known := (*errs.Error)(nil); errors.As(err, &known) {
			return err // the reader's own: it knows better
		}
		return errs.Wrap(errs.Invalid, "errs.db.dump", fmt.Errorf("line %d: %w", in.line, err))
	}
	// What migrations wrote themselves comes again with the dump.
	tables, err := dumpOrder(tx)
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(tables) {
		if _, err := tx.Exec(`DELETE FROM ` + idents([]string{t})); err != nil {
			return err
		}
	}
	var table dumpTable
	var waiting [][]any
	var total int64
	flush := func() error {
		err := insertRows(tx, table, waiting)
		waiting = waiting[:0]
		return err
	}
	for {
		line, err := in.next()
		if err != nil {
			return wrong(err)
		}
		if !bytes.HasPrefix(line, []byte("[")) {
			if err := flush(); err != nil {
				return err
			}
			var end dumpEnd
			if err := json.Unmarshal(line, &end); err != nil {
				return wrong(err)
			}
			if end.End != nil {
				if *end.End != total {
					return wrong(fmt.Errorf("%d rows, want %d", total, *end.End))
				}
				return loadSerials(tx)
			}
			table = dumpTable{}
			if err := json.Unmarshal(line, &table); err != nil {
				return wrong(err)
			}
			if !slices.Contains(tables, table.Table) {
				return wrong(fmt.Errorf("no table %q", table.Table))
			}
			continue
		}
		row, err := loadRow(line)
		if err != nil || len(row) != len(table.Columns) {
			return wrong(errors.Join(err, fmt.Errorf("%d values for %d columns", len(row), len(table.Columns))))
		}
		total++
		if waiting = append(waiting, row); len(waiting) == rowsAtOnce {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

// loadRow reads the values of one row.
func loadRow(line []byte) ([]any, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, err
	}
	row := make([]any, len(raw))
	for i, v := range raw {
		switch {
		case string(v) == "null":
		case v[0] == '"':
			var s string
			if err := json.Unmarshal(v, &s); err != nil {
				return nil, err
			}
			row[i] = s
		case v[0] == '{':
			var b struct {
				B string `json:"b"`
			}
			if err := json.Unmarshal(v, &b); err != nil {
				return nil, err
			}
			bytes, err := base64.StdEncoding.DecodeString(b.B)
			if err != nil {
				return nil, err
			}
			row[i] = bytes
		default:
			if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
				row[i] = n
				continue
			}
			f, err := strconv.ParseFloat(string(v), 64)
			if err != nil {
				return nil, err
			}
			row[i] = f
		}
	}
	return row, nil
}

func insertRows(tx *Tx, t dumpTable, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	var b strings.Builder
	var args []any
	b.WriteString(`INSERT INTO ` + idents([]string{t.Table}) + ` (` + idents(t.Columns) + `) OVERRIDING SYSTEM VALUE VALUES `)
	for i, row := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for k, v := range row {
			if k > 0 {
				b.WriteString(", ")
			}
			args = append(args, v)
			b.WriteString("$" + strconv.Itoa(len(args)))
		}
		b.WriteByte(')')
	}
	if _, err := tx.Exec(b.String(), args...); err != nil {
		return fmt.Errorf("table %s: %w", t.Table, err)
	}
	return nil
}

// loadSerials sets the counters of the tables that count by themselves.
func loadSerials(tx *Tx) error {
	var found [][2]string
	rows, err := tx.Query(`SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'YES'`)
	err = Each(rows, err, func(r *Rows) error {
		var f [2]string
		err := r.Scan(&f[0], &f[1])
		found = append(found, f)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range found {
		if f[0] == "goose_db_version" {
			continue
		}
		_, err := tx.Exec(`SELECT setval(pg_get_serial_sequence($1, $2), GREATEST((SELECT COALESCE(MAX(`+idents([]string{f[1]})+`), 0) FROM `+idents([]string{f[0]})+`), 1))`, f[0], f[1])
		if err != nil {
			return fmt.Errorf("count again %s: %w", f[0], err)
		}
	}
	return nil
}
