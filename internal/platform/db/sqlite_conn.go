package db

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"

	"github.com/ncruces/go-sqlite3"
)

// liteConn is one SQLite connection with its prepared statements. One goroutine
// uses it at a time.
type liteConn struct {
	c     *sqlite3.Conn
	texts *texts
	cache map[string]*liteStmt // by the text as written, with $N
	busy  []*liteStmt          // running now
	tick  uint64
	words map[string]string // see word
	ctx   context.Context   // of the transaction

	onPlan func(sql string, plan []string)

	begin, commit, rollback, savepoint, releaseSP, rollbackSP *sqlite3.Stmt
}

// liteStmt is a prepared statement and, while it runs, the walk over its rows.
type liteStmt struct {
	conn   *liteConn
	s      *sqlite3.Stmt
	params int
	cols   int
	used   uint64 // tick of the last use, for eviction
	place  int    // in conn.busy, -1 when idle
	cached bool
	big    bool // bound a value worth freeing at once
	failed error
}

const (
	maxStmts    = 200     // prepared statements kept per connection
	bigBound    = 4 << 10 // bytes: bound values above this are freed after the run
	busyTimeout = 5000    // ms that a lock held by another process is waited for
)

// liteFile says how to reach the database file.
type liteFile struct {
	path string
	vfs  string
	key  []byte
	// guest: another process, or another DB of this one, is the host
	guest  bool
	onPlan func(sql string, plan []string)
}

// uri names the file and the VFS, never the key: a URI ends up in error messages.
// modeof gives the log and its index the rights of the database file.
func (f liteFile) uri() string {
	u := url.URL{Scheme: "file", Path: f.path}
	q := url.Values{"vfs": {f.vfs}, "modeof": {f.path}}
	u.RawQuery = q.Encode()
	return u.String()
}

// unlock gives the connection its key, which must be the first thing said to it.
func (f liteFile) unlock(c *sqlite3.Conn) error {
	if err := c.Exec("PRAGMA hexkey='" + hex.EncodeToString(f.key) + "'"); err != nil {
		return errors.New("the VFS refused the key") // err would quote the statement
	}
	return nil
}

// leaveLog keeps SQLite from copying the log back by itself, which the host's
// housekeeper does; a guest does not even when it is the last to close.
func (f liteFile) leaveLog(c *sqlite3.Conn) error {
	if !hostsExist {
		return nil
	}
	if err := c.WALAutoCheckpoint(0); err != nil {
		return err
	}
	_, err := c.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, f.guest)
	return err
}

// pragmas of every connection, each for a reason:
// temp_store: a sort or a large statement must not spill clear text to /tmp;
// synchronous: an acknowledged use case survives a power cut;
// trusted_schema, cell_size_check: the file is not authenticated;
// mmap_size: pages must go through the VFS to be decrypted.
const pragmas = `PRAGMA temp_store=memory;
PRAGMA synchronous=full;
PRAGMA foreign_keys=on;
PRAGMA trusted_schema=off;
PRAGMA cell_size_check=on;
PRAGMA mmap_size=0;`

// dial opens one connection. cacheKiB is its page cache.
func (f liteFile) dial(ctx context.Context, t *texts, cacheKiB int, readOnly bool) (*liteConn, error) {
	c, err := sqlite3.OpenContext(ctx, f.uri())
	if err != nil {
		return nil, err
	}
	l := &liteConn{c: c, texts: t, cache: make(map[string]*liteStmt), words: make(map[string]string), ctx: context.Background(), onPlan: f.onPlan}
	if err := l.prepare(f, cacheKiB, readOnly); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *liteConn) prepare(f liteFile, cacheKiB int, readOnly bool) error {
	if err := f.unlock(l.c); err != nil {
		return err
	}
	sql := fmt.Sprintf("PRAGMA busy_timeout=%d;%sPRAGMA cache_size=-%d;", busyTimeout, pragmas, cacheKiB)
	if readOnly {
		sql += "PRAGMA query_only=on;"
	}
	if err := l.c.Exec(sql); err != nil {
		return err
	}
	if err := f.leaveLog(l.c); err != nil {
		return err
	}
	// Plans must not look at bound values: a statement with LIMIT $1 would be
	// compiled again at each run.
	if _, err := l.c.Config(sqlite3.DBCONFIG_ENABLE_QPSG, true); err != nil {
		return err
	}
	if err := l.c.CreateFunction(hasText, -1, sqlite3.DETERMINISTIC|sqlite3.INNOCUOUS, searchText); err != nil {
		return err
	}
	begin := "BEGIN IMMEDIATE"
	if readOnly {
		begin = "BEGIN"
	}
	for _, p := range []struct {
		to  **sqlite3.Stmt
		sql string
	}{
		{&l.begin, begin}, {&l.commit, "COMMIT"}, {&l.rollback, "ROLLBACK"},
		{&l.savepoint, "SAVEPOINT u"}, {&l.releaseSP, "RELEASE u"}, {&l.rollbackSP, "ROLLBACK TO u"},
	} {
		s, _, err := l.c.PrepareFlags(p.sql, sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return err
		}
		*p.to = s
	}
	return nil
}

// hasText(text, part…) tells whether a text contains one of the parts. A search
// looks at thousands of texts: instr, translated byte by byte, took five times as
// long.
const hasText = "has_text"

func searchText(ctx sqlite3.Context, args ...sqlite3.Value) {
	if len(args) == 0 {
		ctx.ResultBool(false)
		return
	}
	text := args[0].RawText()
	found := slices.ContainsFunc(args[1:], func(part sqlite3.Value) bool { return bytes.Contains(text, part.RawText()) })
	ctx.ResultBool(found)
}

func (l *liteConn) close() error {
	l.releaseAll()
	var all []*sqlite3.Stmt
	for s := range l.c.Stmts() {
		all = append(all, s)
	}
	for _, s := range all {
		_ = s.Close() // repeats the error of its last run, already told
	}
	clear(l.cache)
	return l.c.Close()
}

// stmt returns an idle prepared statement for the text.
func (l *liteConn) stmt(text string) (*liteStmt, error) {
	l.tick++
	st, ok := l.cache[text]
	if ok && st.place < 0 {
		st.used = l.tick
		return st, nil
	}
	flags := sqlite3.PREPARE_PERSISTENT
	if ok { // the same text is already running: a second one, for this run only
		flags = 0
	}
	s, tail, err := l.c.PrepareFlags(l.texts.sqlite(text), flags)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errors.New("empty statement")
	}
	if tail != "" {
		return nil, errors.Join(errors.New("more than one statement"), s.Close())
	}
	st = &liteStmt{conn: l, s: s, params: s.BindCount(), cols: s.ColumnCount(), used: l.tick, place: -1, cached: !ok}
	if st.cached {
		l.evict()
		l.cache[text] = st
	}
	if l.onPlan != nil && st.cached && !strings.HasPrefix(text, "EXPLAIN") {
		return st, l.explain(text)
	}
	return st, nil
}

// explain tells onPlan how a statement will be run.
func (l *liteConn) explain(text string) error {
	s, _, err := l.c.Prepare("EXPLAIN QUERY PLAN " + l.texts.sqlite(text))
	if err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	var plan []string
	for s.Step() {
		plan = append(plan, s.ColumnText(3))
	}
	if err := errors.Join(s.Err(), s.Close()); err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	l.onPlan(text, plan)
	return nil
}

// evict makes room for one more prepared statement.
func (l *liteConn) evict() {
	if len(l.cache) < maxStmts {
		return
	}
	var oldest string
	var at uint64
	for text, st := range l.cache {
		if st.place < 0 && (at == 0 || st.used < at) {
			oldest, at = text, st.used
		}
	}
	if st := l.cache[oldest]; st != nil {
		delete(l.cache, oldest)
		_ = st.s.Close() // repeats the error of its last run, already told
	}
}

func (st *liteStmt) bind(args []any) error {
	if len(args) != st.params {
		return fmt.Errorf("%d arguments for %d parameters", len(args), st.params)
	}
	for i, a := range args {
		if id, ok := a.(core.ID); ok && storable(string(id)) { // most arguments are
			if err := st.s.BindText(i+1, string(id)); err != nil {
				return fmt.Errorf("$%d: %w", i+1, err)
			}
			continue
		}
		v, err := plain(a)
		if err != nil {
			return fmt.Errorf("$%d: %w", i+1, err)
		}
		switch v := v.(type) {
		case nil:
			err = st.s.BindNull(i + 1)
		case int64:
			err = st.s.BindInt64(i+1, v)
		case float64:
			err = st.s.BindFloat(i+1, v)
		case string:
			st.big = st.big || len(v) > bigBound
			err = st.s.BindText(i+1, v)
		case []byte:
			st.big = st.big || len(v) > bigBound
			err = st.s.BindBlob(i+1, v)
		}
		if err != nil {
			return fmt.Errorf("$%d: %w", i+1, err)
		}
	}
	return nil
}

// start takes the statement for a run.
func (l *liteConn) start(text string, args []any) (*liteStmt, error) {
	st, err := l.stmt(text)
	if err != nil {
		return nil, err
	}
	st.place = len(l.busy)
	l.busy = append(l.busy, st)
	st.failed = nil
	if err := st.bind(args); err != nil {
		st.release()
		return nil, err
	}
	return st, nil
}

func (l *liteConn) query(_ context.Context, text string, args []any) (*Rows, error) {
	st, err := l.start(text, args)
	if err != nil {
		return nil, err
	}
	return &Rows{lite: st}, nil
}

func (l *liteConn) exec(_ context.Context, text string, args []any) (int64, error) {
	st, err := l.start(text, args)
	if err != nil {
		return 0, err
	}
	defer st.release()
	before := l.c.TotalChanges()
	if err := st.s.Exec(); err != nil {
		return 0, err
	}
	if l.c.TotalChanges() == before {
		return 0, nil // Changes would repeat the number of an earlier statement
	}
	return l.c.Changes(), nil
}

func (st *liteStmt) next() bool {
	if st.conn.ctx.Err() != nil {
		st.failed = st.conn.ctx.Err()
		return false
	}
	return st.s.Step()
}

func (st *liteStmt) err() error {
	if st.failed != nil {
		return st.failed
	}
	if err := st.s.Err(); err != nil {
		if ctxErr := st.conn.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		return err
	}
	return nil
}

func (st *liteStmt) scan(dest []any) error {
	if len(dest) != st.cols {
		return fmt.Errorf("%d destinations for %d columns", len(dest), st.cols)
	}
	for i, d := range dest {
		if err := st.column(i, d); err != nil {
			return fmt.Errorf("column %d (%s): %w", i+1, st.s.ColumnName(i), err)
		}
	}
	return nil
}

// column stores column i; the usual destinations take no detour.
func (st *liteStmt) column(i int, dest any) error {
	t := st.s.ColumnType(i)
	switch d := dest.(type) {
	case *string:
		if t == sqlite3.TEXT {
			*d = st.s.ColumnText(i)
			return nil
		}
	case *core.ID:
		if t == sqlite3.TEXT {
			*d = core.ID(st.s.ColumnText(i))
			return nil
		}
	case *int64:
		if t == sqlite3.INTEGER {
			*d = st.s.ColumnInt64(i)
			return nil
		}
	}
	switch t {
	case sqlite3.TEXT:
		if named := namedString(dest); named.IsValid() {
			named.SetString(st.conn.word(st.s.ColumnRawText(i)))
			return nil
		}
		return assign(dest, st.s.ColumnText(i))
	case sqlite3.INTEGER:
		return assign(dest, st.s.ColumnInt64(i))
	case sqlite3.FLOAT:
		return assign(dest, st.s.ColumnFloat(i))
	case sqlite3.BLOB:
		return assign(dest, append([]byte{}, st.s.ColumnRawBlob(i)...))
	}
	return assign(dest, nil)
}

// namedString is where a pointer to a text of a named type leads; the zero Value for
// any other destination.
func namedString(dest any) reflect.Value {
	if _, scans := dest.(sql.Scanner); scans {
		return reflect.Value{}
	}
	if p := reflect.ValueOf(dest); p.Kind() == reflect.Pointer && !p.IsNil() && p.Elem().Kind() == reflect.String {
		return p.Elem()
	}
	return reflect.Value{}
}

// word is a text of a named type, a state, a kind: few and short, each is kept once.
func (l *liteConn) word(raw []byte) string {
	if s, known := l.words[string(raw)]; known {
		return s
	}
	s := string(raw)
	if len(s) <= maxWord && len(l.words) < maxWords {
		l.words[s] = s
	}
	return s
}

const maxWord, maxWords = 24, 500

// release makes the statement idle again.
func (st *liteStmt) release() {
	if st.place < 0 {
		return
	}
	l := st.conn
	last := len(l.busy) - 1
	l.busy[st.place] = l.busy[last]
	l.busy[st.place].place = st.place
	l.busy = l.busy[:last]
	st.place = -1
	// Reset and Close repeat the error of the last Step, which was already told.
	if !st.cached {
		_ = st.s.Close()
		return
	}
	_ = st.s.Reset()
	if st.big {
		_ = st.s.ClearBindings()
		st.big = false
	}
}

// releaseAll ends every walk still open: no cursor outlives its transaction.
func (l *liteConn) releaseAll() {
	for len(l.busy) > 0 {
		l.busy[len(l.busy)-1].release()
	}
}

// run executes one of the connection's own statements (BEGIN, COMMIT…).
func run(s *sqlite3.Stmt) error { return s.Exec() }
