package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/testkit"
)

// The figures of a town: how many people are known, how often a file is opened.
const (
	people     = 100_000
	perSecond  = 100
	loadTime   = 20 * time.Second
	slowSync   = 5 * time.Millisecond
	startTimes = 10
)

// TestMain serves instead of testing when a benchmark starts this program again:
// the server's CPU time is then its own, without the clients'.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PARVIS_LOAD_DIR"); dir != "" {
		os.Exit(serveLoad(dir, os.Getenv("PARVIS_LOAD_SYNC"), os.Getenv("PARVIS_LOAD_BARE") != ""))
	}
	os.Exit(m.Run())
}

// outside is as much of a test as a disk needs, in a process that is none.
type outside struct{ testing.TB }

func (outside) Helper()        {}
func (outside) Cleanup(func()) {}

// serveLoad serves the demo of dir until standard input ends. delay, when there is
// one, is what each sync of the disk takes at least. bare answers with rows alone.
func serveLoad(dir, delay string, bare bool) int {
	cfg := server.Config{Data: filepath.Join(dir, "data"), KeyDir: filepath.Join(dir, "keys"), Listen: "127.0.0.1:0", Demo: true, Still: true}
	if delay != "" {
		disk := dbtest.NewDisk(outside{}, false)
		d, err := time.ParseDuration(delay)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		disk.SlowSync(d)
		cfg.VFS = disk.Name
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if file := os.Getenv("PARVIS_LOAD_PROFILE"); file != "" { // where the CPU time goes, for `go tool pprof`
		f, err := os.Create(file)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer pprof.StopCPUProfile()
	}
	server.TuneMemory()
	s, err := server.Open(ctx, cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends when the benchmark does
		stop()
	}()
	if bare {
		if err := serveBare(ctx, s); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	fmt.Println("ready " + s.URL())
	if err := s.Serve(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// town makes, once, a demo in which people are known, through the same use cases
// as a worker's, and keeps it for the next run. It returns its folder.
func town(b *testing.B) string {
	b.Helper()
	dir := filepath.Join(testkit.Root(b), ".cache", "town")
	whole := filepath.Join(dir, "whole")
	if _, err := os.Stat(whole); err == nil {
		return dir
	}
	if err := os.RemoveAll(dir); err != nil {
		b.Fatal(err)
	}
	s, err := server.Open(b.Context(), server.Config{Data: filepath.Join(dir, "data"), KeyDir: filepath.Join(dir, "keys"), Listen: "127.0.0.1:0", Demo: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	worker, team := somebody(b, s)
	var work sync.WaitGroup
	next := make(chan int)
	failed := make(chan error, 1)
	for range 64 { // they share commits
		work.Go(func() {
			for i := range next {
				if err := newPerson(worker, s.Cases, team, i); err != nil {
					select {
					case failed <- fmt.Errorf("person %d: %w", i, err):
					default:
					}
				}
			}
		})
	}
	for i := range people {
		next <- i
	}
	close(next)
	work.Wait()
	select {
	case err := <-failed:
		b.Fatal(err)
	default:
	}
	if err := os.WriteFile(whole, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	return dir
}

// somebody is a worker of the demo, ready to work.
func somebody(b *testing.B, s *server.Server) (context.Context, core.ID) {
	b.Helper()
	org, err := s.Access.House(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	system := core.WithActor(b.Context(), core.Actor{Kind: core.ActorSystem, ID: "load", Org: org.ID})
	members, err := s.Access.Members(system)
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range members {
		if m.Works && len(m.Teams) > 0 {
			return core.WithActor(b.Context(), core.Actor{Kind: core.ActorWorker, ID: m.ID, Org: org.ID, Teams: m.Teams, AAL: 2}), m.Teams[0]
		}
	}
	b.Fatal("nobody works here")
	return nil, ""
}

func newPerson(ctx context.Context, cases *casefile.Service, team core.ID, i int) error {
	rng := rand.New(rand.NewPCG(7, uint64(i)))
	syllables := []string{"ba", "bou", "cha", "da", "di", "fon", "gue", "ha", "ka", "la", "mar", "mo", "na", "pa", "ro", "sa", "ti", "va"}
	word := func(n int) string {
		var w string
		for range n {
			w += syllables[rng.IntN(len(syllables))]
		}
		return strings.ToUpper(w[:1]) + w[1:]
	}
	_, err := cases.CreatePerson(ctx, casefile.NewPerson{
		Identity: casefile.Identity{
			UsualName: word(3), GivenNames: word(2),
			Birth: core.PartialDate{Year: 1935 + rng.IntN(85), Month: 1 + rng.IntN(12), Day: 1 + rng.IntN(28)},
		},
		Team: team, SeenDuplicates: true,
	})
	return err
}

// child is a server in a process of its own.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	url   string
	lines *bufio.Scanner
}

// spawn runs a program until it says that it is ready.
func spawn(b testing.TB, cmd *exec.Cmd) *child {
	b.Helper()
	c := &child{cmd: cmd}
	var errText bytes.Buffer
	cmd.Stderr = &errText
	var err error
	if c.stdin, err = cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	for c.lines.Scan() {
		if url, ready := strings.CutPrefix(c.lines.Text(), "ready "); ready {
			c.url = url
			return c
		}
	}
	b.Fatalf("the server ended before it was ready: %v\n%s", cmd.Wait(), errText.String())
	return nil
}

// cpu is the processor time the child has used, user and system.
func (c *child) cpu(b *testing.B) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	var ticks int64
	for _, f := range fields[11:13] { // utime, stime: proc(5), 14 and 15
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100 on Linux
}

// serveBare answers /personnes/{id} with the person's row and ten of their facts as
// JSON, from the same database: no session, no permission, no journal, no page. It
// is what the figures of a page are compared with, in the same minute.
func serveBare(ctx context.Context, s *server.Server) error {
	org, err := s.Access.House(ctx)
	if err != nil {
		return err
	}
	const person = `SELECT id, usual_name, given_names, birth, city FROM person WHERE org_id = $1 AND id = $2`
	const facts = `SELECT id, variable, valid_from, value, source, seen_on FROM fact WHERE org_id = $1 AND file_id = $2 ORDER BY id LIMIT 10`
	type row [6]string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /personnes/{id}", func(w http.ResponseWriter, r *http.Request) {
		var out struct {
			Person row
			Facts  []row
		}
		err := s.DB.Read(r.Context(), func(q db.Querier) error {
			p := &out.Person
			if err := q.QueryRow(person, org.ID, r.PathValue("id")).Scan(&p[0], &p[1], &p[2], &p[3], &p[4]); err != nil {
				return err
			}
			rows, err := q.Query(facts, org.ID, r.PathValue("id"))
			return db.Each(rows, err, func(r *db.Rows) error {
				var f row
				err := r.Scan(&f[0], &f[1], &f[2], &f[3], &f[4], &f[5])
				out.Facts = append(out.Facts, f)
				return err
			})
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out) // a client that left measures nothing: the request fails there
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("ready http://%s\n", listener.Addr())
	bare := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() {
		<-ctx.Done()
		_ = bare.Close() // the process ends with it
	}()
	if err := bare.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return s.Close()
}

// BenchmarkOpenFileOverHTTP opens files of people at a steady pace, whatever the
// server does, among 100,000 people known: permission, journal line and page
// included. It reports the server's own CPU time per request and the wait, from
// the instant a request was due, and beside it the same for bare rows.
func BenchmarkOpenFileOverHTTP(b *testing.B) {
	dir := town(b)
	files := upToDate(b, dir)
	for _, run := range []struct{ name, delay, bare string }{
		{"sync+0s", "", ""}, {"sync+" + slowSync.String(), slowSync.String(), ""}, {"rows-alone", "", "1"},
	} {
		b.Run(run.name, func(b *testing.B) {
			start := func(bare string) *child {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), "PARVIS_LOAD_DIR="+dir, "PARVIS_LOAD_SYNC="+run.delay, "PARVIS_LOAD_BARE="+bare)
				return spawn(b, cmd)
			}
			end := func(c *child) {
				if err := errors.Join(c.stdin.Close(), c.cmd.Wait()); err != nil {
					b.Error(err)
				}
			}
			c := start("")
			v := enter(b, c.url)
			if run.bare != "" {
				end(c)
				c = start(run.bare)
				v.url = c.url
			}
			defer end(c)
			load(b, c, v, files)
		})
	}
}

// caller is a worker of the demo, signed in.
type caller struct {
	client  *http.Client
	url     string
	cookies []*http.Cookie
}

func enter(b *testing.B, url string) *caller {
	b.Helper()
	v := &caller{url: url, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 256},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	response, err := v.client.Get(url + "/demo/enter/worker")
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	v.cookies = response.Cookies()
	return v
}

func (v *caller) get(ctx context.Context, path string, packed bool) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+path, nil)
	if err != nil {
		return 0, nil, err
	}
	for _, cookie := range v.cookies {
		r.AddCookie(cookie)
	}
	if packed { // as browsers ask; the client then leaves the answer as it came
		r.Header.Set("Accept-Encoding", "gzip")
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

// upToDate finds the files of the demo's households, those that hold something, and
// computes again the rights that a law or a program of before computed, as the first
// night after an upgrade does.
func upToDate(b *testing.B, dir string) []string {
	b.Helper()
	s, err := server.Open(b.Context(), server.Config{Data: filepath.Join(dir, "data"), KeyDir: filepath.Join(dir, "keys"), Listen: "127.0.0.1:0", Demo: true, Still: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	files := filesOf(b, s)
	worker, _ := somebody(b, s)
	for _, f := range files {
		if err := s.Cases.Recompute(worker, core.ID(strings.TrimPrefix(f, "/personnes/")), 0); err != nil {
			b.Fatalf("%s: %v", f, err)
		}
	}
	return files
}

// ask sends a request with what the worker's browser would send.
func ask(h http.Handler, path string, cookies []*http.Cookie, packed bool) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	if packed {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// filesOf lists the files that hold facts and that the demo's worker may open.
func filesOf(b *testing.B, s *server.Server) []string {
	b.Helper()
	const withFacts = `SELECT DISTINCT file_id FROM fact WHERE org_id = $1 ORDER BY file_id LIMIT 500`
	org, err := s.Access.House(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var all []core.ID
	err = s.DB.Read(b.Context(), func(q db.Querier) error {
		rows, err := q.Query(withFacts, org.ID)
		return db.Each(rows, err, func(r *db.Rows) error {
			var id core.ID
			err := r.Scan(&id)
			all = append(all, id)
			return err
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	cookies := ask(s.Handler(), "/demo/enter/worker", nil, false).Result().Cookies()
	var files []string
	for _, id := range all {
		if path := "/personnes/" + string(id); ask(s.Handler(), path, cookies, false).Code == http.StatusOK {
			files = append(files, path)
		}
	}
	if len(files) < 20 {
		b.Fatalf("only %d files to open", len(files))
	}
	return files
}

func load(b *testing.B, c *child, v *caller, files []string) {
	for i := range 200 { // what is compiled or kept at first use
		if status, _, err := v.get(b.Context(), files[i%len(files)], true); err != nil || status != http.StatusOK {
			b.Fatalf("%s: status %d, %v", files[i%len(files)], status, err)
		}
	}
	// The kernel samples on its own tick, which an even pace would meet at the same
	// line each time: a profile is taken at an uneven one.
	var jitter *rand.Rand
	if os.Getenv("PARVIS_LOAD_PROFILE") != "" {
		jitter = rand.New(rand.NewPCG(1, 2))
	}
	for b.Loop() {
		n := int(loadTime.Seconds() * perSecond)
		waits := make([]time.Duration, n)
		var size int
		before, begun := c.cpu(b), time.Now()
		var work sync.WaitGroup
		for i := range n {
			due := begun.Add(time.Duration(i) * time.Second / perSecond)
			if jitter != nil {
				due = due.Add(time.Duration(jitter.Int64N(int64(time.Second / perSecond))))
			}
			<-time.After(time.Until(due)) // the pace is what is measured against
			work.Go(func() {
				status, body, err := v.get(b.Context(), files[i%len(files)], true)
				waits[i] = time.Since(due)
				if err != nil || status != http.StatusOK {
					b.Errorf("request %d: status %d, %v", i, status, err)
				}
				if i == 0 {
					size = len(body)
				}
			})
		}
		work.Wait()
		spent := c.cpu(b) - before
		slices.Sort(waits)
		b.ReportMetric(float64(spent.Microseconds())/float64(n)/1000, "cpu-ms/req")
		b.ReportMetric(ms(waits[n/2]), "p50-ms")
		b.ReportMetric(ms(waits[n*99/100]), "p99-ms")
		b.ReportMetric(ms(waits[n-1]), "max-ms")
		b.ReportMetric(float64(size)/1000, "kB/page")
		b.ReportMetric(0, "ns/op")
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkStartToReady is how long the program takes from its start until it says
// that it is ready, on an installation that exists, without seeding.
func BenchmarkStartToReady(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "parvis")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "codeberg.org/parvis/parvis/cmd/parvis")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	start := func() time.Duration {
		cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--key-file", filepath.Join(dir, "keys", "k"))
		begun := time.Now()
		c := spawn(b, cmd)
		took := time.Since(begun)
		if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
			b.Fatal(err)
		}
		for c.lines.Scan() { // until it ends
		}
		if err := c.cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		return took
	}
	start() // the first one makes the key and the database
	for b.Loop() {
		var all []time.Duration
		for range startTimes {
			all = append(all, start())
		}
		slices.Sort(all)
		b.ReportMetric(ms(all[len(all)/2]), "median-ms")
		b.ReportMetric(ms(all[len(all)-1]), "max-ms")
		b.ReportMetric(0, "ns/op")
	}
}
