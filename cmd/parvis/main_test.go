package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"parvis": main})
}

// TestScripts runs the command lines of testdata/script, each in a home of its
// own. Besides testscript's commands they have:
//
//	start NAME ARG…     runs parvis ARG… until it says ready; sets $NAME_URL
//	halt NAME [SIGNAL]  sends TERM (or SIGNAL), waits, and keeps NAME.out, NAME.err
//	get STATUS URL      asks an address; what it answers is "stdout"
//	latin1 FILE         rewrites a file from UTF-8 to ISO 8859-1
//	mark FILE           puts a byte order mark in front of a file
//	big FILE MB         makes a file of so many megabytes
//	sheet FILE          keeps the four lines of a recovery sheet, in small letters
//	spoil FILE AT       writes 512 bytes of rubbish into a file
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Values["processes"] = processes{}
			for _, name := range []string{"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LANG", "LC_ALL", "LC_MESSAGES"} {
				e.Setenv(name, "")
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": start, "halt": halt, "get": get, "latin1": latin1, "mark": mark, "big": big, "sheet": sheet, "spoil": spoil,
		},
	})
}

// process is a parvis that runs behind a script.
type process struct {
	cmd         *exec.Cmd
	out, errors bytes.Buffer
	read        chan struct{} // closed when standard output has ended
}

// processes are those of one script, by name.
type processes map[string]*process

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME ARG…")
	}
	binary, err := lookIn(ts.Getenv("PATH"), "parvis")
	ts.Check(err)
	p := &process{cmd: exec.Command(binary, args[1:]...), read: make(chan struct{})}
	p.cmd.Dir = ts.Getenv("WORK")
	for _, name := range []string{"HOME", "PATH", "LANG", "PARVIS_DATA", "PARVIS_KEY_FILE"} {
		p.cmd.Env = append(p.cmd.Env, name+"="+ts.Getenv(name))
	}
	p.cmd.Stderr = &p.errors
	stdout, err := p.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(p.cmd.Start())
	ts.Defer(func() {
		_ = p.cmd.Process.Kill() // already gone after halt
	})
	ready := make(chan string, 1)
	go func() {
		defer close(p.read)
		lines := bufio.NewScanner(io.TeeReader(stdout, &p.out))
		for lines.Scan() {
			if url, found := strings.CutPrefix(lines.Text(), "ready "); found {
				ready <- url
			}
		}
	}()
	select {
	case url := <-ready:
		ts.Setenv(args[0]+"_URL", url)
	case <-p.read:
		_ = p.cmd.Wait() // its output tells more than its exit code
		ts.Fatalf("parvis %v ended before it was ready:\n%s%s", args[1:], p.out.String(), p.errors.String())
	case <-time.After(60 * time.Second):
		ts.Fatalf("parvis %v is not ready after a minute", args[1:])
	}
	ts.Value("processes").(processes)[args[0]] = p
}

func lookIn(path, name string) (string, error) {
	for _, dir := range strings.Split(path, string(os.PathListSeparator)) {
		if file := dir + "/" + name; isFile(file) {
			return file, nil
		}
	}
	return "", fmt.Errorf("no %s in %s", name, path)
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func halt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: halt NAME [TERM|INT|KILL]")
	}
	p := ts.Value("processes").(processes)[args[0]]
	if p == nil {
		ts.Fatalf("%s was not started", args[0])
	}
	signal := syscall.SIGTERM
	if len(args) == 2 {
		signal = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[args[1]]
	}
	ts.Check(p.cmd.Process.Signal(signal))
	<-p.read
	err := p.cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), p.out.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".err"), p.errors.Bytes(), 0o600))
	if err != nil && signal != syscall.SIGKILL {
		ts.Fatalf("%s did not end cleanly: %v\n%s", args[0], err, p.errors.String())
	}
}

func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: get STATUS URL")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(args[1])
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s", body)
	if strconv.Itoa(response.StatusCode) != args[0] {
		ts.Fatalf("GET %s: %s, want %s", args[1], response.Status, args[0])
	}
}

func latin1(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: latin1 FILE")
	}
	var out []byte
	for _, r := range ts.ReadFile(args[0]) {
		out = append(out, byte(r))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out, 0o600))
}

func mark(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mark FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("\ufeff"+ts.ReadFile(args[0])), 0o600))
}

func big(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: big FILE MB")
	}
	mb, err := strconv.ParseInt(args[1], 10, 32)
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(f.Truncate(mb << 20))
	ts.Check(f.Close())
}

func sheet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sheet FILE")
	}
	var lines []string
	for _, line := range strings.Split(ts.ReadFile(args[0]), "\n") {
		if len(line) > 2 && line[1] == ':' {
			lines = append(lines, strings.ToLower(line))
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

func spoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: spoil FILE AT")
	}
	at, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	_, err = f.WriteAt(bytes.Repeat([]byte("spoilt. "), 64), at)
	ts.Check(err)
	ts.Check(f.Close())
}
