package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/platform/db"

	"github.com/jackc/pgx/v5"
)

// The test server is shared by every test binary of the machine's user. Its
// directory in os.TempDir() holds two lock files: "start", held while starting
// it, and "users", held shared by every test process until it ends, however it
// ends. A small watcher started with the server stops it when nobody has held
// "users" for a while. fsync is off: it is a server for tests only.

// template remembers, per process, the server and the migrated template.
var template = sync.OnceValues(prepareServer)

type serverInfo struct {
	admin    string // URL of the maintenance database
	template string // name of the migrated database
	users    *os.File

	schema string // of the template, see describe
	mu     sync.Mutex
	free   []string // empty databases that a test of this process gave back
}

// errNoServer says why there is no PostgreSQL to test on.
var errNoServer = errors.New("no PostgreSQL to test on: set PARVIS_TEST_POSTGRES to the URL of a role that may create databases, or install the package postgresql")

// PostgresURL gives a fresh, migrated database for the time of the test and
// returns its URL. The next test of the process may get the same one, emptied.
func PostgresURL(t testing.TB) string {
	t.Helper()
	s, err := template()
	if errors.Is(err, errNoServer) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("test server: %v", err)
	}
	name, err := s.take(t.Context())
	if err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := s.giveBack(ctx, name); err != nil {
			t.Errorf("give the database back: %v", err)
		}
	})
	return withDatabase(s.admin, name)
}

// take returns an empty, migrated database that nobody uses.
func (s *serverInfo) take(ctx context.Context) (string, error) {
	s.mu.Lock()
	if n := len(s.free); n > 0 {
		name := s.free[n-1]
		s.free = s.free[:n-1]
		s.mu.Unlock()
		return name, nil
	}
	s.mu.Unlock()
	name := "t_" + randomName()
	return name, s.exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+s.template)
}

// giveBack empties a database for the next test, several times faster than a
// new one, or drops it when the test left another schema or an open transaction.
func (s *serverInfo) giveBack(ctx context.Context, name string) error {
	if s.empty(ctx, name) != nil {
		return s.exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, name)
	return nil
}

var errOtherSchema = errors.New("the test changed the schema")

func (s *serverInfo) empty(ctx context.Context, name string) error {
	c, err := pgx.Connect(ctx, withDatabase(s.admin, name))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	schema, tables, err := describe(ctx, c)
	if err != nil {
		return err
	}
	if schema != s.schema {
		return errOtherSchema
	}
	if _, err := c.Exec(ctx, "SET lock_timeout = '2s'"); err != nil {
		return err
	}
	_, err = c.Exec(ctx, "TRUNCATE "+tables+" RESTART IDENTITY")
	return err
}

// describe returns a digest that changes with the schema or the migrations applied,
// and the list of tables.
func describe(ctx context.Context, c *pgx.Conn) (schema, tables string, err error) {
	err = c.QueryRow(ctx, `SELECT md5(
		(SELECT COALESCE(string_agg(table_name || '.' || column_name || ' ' || data_type, ',' ORDER BY table_name, ordinal_position), '')
			FROM information_schema.columns WHERE table_schema = 'public') || (SELECT string_agg(version_id::TEXT, ',' ORDER BY id) FROM goose_db_version)),
		(SELECT string_agg(quote_ident(table_name), ', ') FROM information_schema.tables
			WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'goose_db_version')`).Scan(&schema, &tables)
	return schema, tables, err
}

// prepareServer finds or starts the server and makes this process's template.
func prepareServer() (*serverInfo, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	s := &serverInfo{admin: os.Getenv("PARVIS_TEST_POSTGRES")}
	if s.admin == "" {
		if err := s.join(ctx); err != nil {
			return nil, err
		}
	}
	// One template per state of the migrations: made once, by whoever comes first.
	s.template = "parvis_template_" + db.MigrationsDigest()[:16]
	if err := s.makeTemplate(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *serverInfo) exec(ctx context.Context, sql string) error {
	c, err := pgx.Connect(ctx, s.admin)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, sql)
	return errors.Join(err, c.Close(ctx))
}

// makeTemplate migrates a database that the tests' own are copied from.
func (s *serverInfo) makeTemplate(ctx context.Context) error {
	c, err := pgx.Connect(ctx, s.admin)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close(ctx)
	// Held until c is closed: test processes make the template one at a time.
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock(7240911)"); err != nil {
		return err
	}
	// Its schema is its comment: connecting to it would disturb those who copy it.
	err = c.QueryRow(ctx, "SELECT COALESCE(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1", s.template).Scan(&s.schema)
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	building := s.template + "_building"
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + building + " WITH (FORCE)", "CREATE DATABASE " + building + " TEMPLATE template0"} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return err
		}
	}
	d, err := db.Open(ctx, db.Config{URL: withDatabase(s.admin, building)})
	if err != nil {
		return err
	}
	if err := d.Close(); err != nil {
		return err
	}
	b, err := pgx.Connect(ctx, withDatabase(s.admin, building))
	if err != nil {
		return err
	}
	s.schema, _, err = describe(ctx, b)
	if err := errors.Join(err, b.Close(ctx)); err != nil {
		return err
	}
	if _, err := c.Exec(ctx, "COMMENT ON DATABASE "+building+" IS '"+s.schema+"'"); err != nil {
		return err
	}
	_, err = c.Exec(ctx, "ALTER DATABASE "+building+" RENAME TO "+s.template)
	return err
}

// join takes part in the machine's shared test server, starting it if need be.
func (s *serverInfo) join(ctx context.Context) error {
	bin, err := findBinaries()
	if err != nil {
		return err
	}
	dir := filepath.Join(os.TempDir(), "parvis-test-postgres-"+strconv.Itoa(os.Getuid())+"-"+filepath.Base(filepath.Dir(bin)))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	owner, err := serverUser()
	if err != nil {
		return err
	}
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	start, err := lockFile(filepath.Join(dir, "start"), syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer start.Close()
	// Never closed on purpose: the lock ends with the process.
	if s.users, err = lockFile(filepath.Join(dir, "users"), syscall.LOCK_SH); err != nil {
		return err
	}
	s.admin = adminURL(dir)
	if s.exec(ctx, "SELECT 1") == nil {
		return nil
	}
	return startServer(ctx, bin, dir, owner)
}

func startServer(ctx context.Context, bin, dir string, owner *syscall.Credential) error {
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		if err := command(ctx, dir, owner, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
			return err
		}
	}
	options := "-c listen_addresses='' -c unix_socket_directories='" + dir + "' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB -c autovacuum=off -c log_checkpoints=off -c log_min_messages=fatal"
	if err := command(ctx, dir, owner, filepath.Join(bin, "pg_ctl"), "-D", data, "-l", filepath.Join(dir, "log"), "-o", options, "-w", "start"); err != nil {
		return err
	}
	if err := sweep(ctx, dir); err != nil {
		return err
	}
	return watch(dir, bin, data, owner)
}

// sweep drops what tests that were killed left: nobody else is there yet.
func sweep(ctx context.Context, dir string) error {
	c, err := pgx.Connect(ctx, adminURL(dir))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close(ctx)
	rows, err := c.Query(ctx, "SELECT datname FROM pg_database WHERE datname LIKE 't\\_%' OR datname LIKE 'parvis\\_template\\_%'")
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := c.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}

// adminURL is the maintenance database of the server in dir.
func adminURL(dir string) string {
	return "postgres:///postgres?" + url.Values{"host": {dir}, "user": {"postgres"}}.Encode()
}

// watch leaves a process that stops the server once no test has used it for a
// while: a lock on "users" that it can take alone means nobody is there.
func watch(dir, bin, data string, owner *syscall.Credential) error {
	script := `while sleep 15; do flock -n -x "$0/users" "$1/pg_ctl" -D "$2" -m immediate -w stop && exit; done`
	cmd := exec.Command("sh", "-c", script, dir, bin, data)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: owner}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("watch the test server: %w", err)
	}
	return cmd.Process.Release()
}

func command(ctx context.Context, dir string, owner *syscall.Credential, name string, args ...string) error {
	// A file, not a pipe: the server would keep a pipe open for ever.
	out, err := os.CreateTemp("", "parvis-test-postgres-*.out")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: owner}
	if err := cmd.Run(); err != nil {
		said, readErr := os.ReadFile(out.Name())
		return errors.Join(fmt.Errorf("%s: %w: %s", filepath.Base(name), err, said), readErr)
	}
	return nil
}

// findBinaries returns the folder of initdb and pg_ctl, newest version first.
func findBinaries() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(dirs, func(a, b string) int {
		return version(b) - version(a)
	})
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
			return d, nil
		}
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errNoServer
}

func version(bin string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	if err != nil {
		return 0
	}
	return n
}

// serverUser returns whom the server runs as: root may not, so then postgres or
// nobody; nil means the present user.
func serverUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root, and neither postgres nor nobody exists to run the test server")
}

func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	// Whatever the umask: the watcher runs as another user.
	if err := f.Chmod(0o666); err != nil && !errors.Is(err, os.ErrPermission) {
		return nil, errors.Join(err, f.Close())
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
	}
}

func withDatabase(admin, name string) string {
	u, err := url.Parse(admin)
	if err != nil {
		return admin
	}
	u.Path = "/" + name
	return u.String()
}

func randomName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return strings.ToLower(hex.EncodeToString(b[:]))
}
