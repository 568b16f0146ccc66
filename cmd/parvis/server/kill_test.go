package server_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestKillLosesNothingAcknowledged: files are opened through the pages, the server
// is killed in the middle, and every file that was answered for is found again.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	begin := func() *child {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PARVIS_LOAD_DIR="+dir)
		return spawn(t, cmd)
	}
	c := begin()
	v := newVisitor(t, c.url)
	const atLeast = 12
	killed := make(chan struct{})
	var acknowledged []string
	for i := 0; ; i++ {
		name := letters(i)
		if !v.openFile(t, name, letters(7*i+3), 1930+i%90) {
			break // the server is gone: this one was not answered for
		}
		acknowledged = append(acknowledged, name)
		if len(acknowledged) == atLeast {
			go func() { // somewhere in the next ones
				defer close(killed)
				if err := c.cmd.Process.Kill(); err != nil {
					t.Error(err)
				}
			}()
		}
		if i > 10_000 {
			t.Fatal("the server does not die")
		}
	}
	<-killed
	if err := c.cmd.Wait(); err == nil {
		t.Error("a killed server ended well")
	}
	c = begin()
	defer func() {
		if err := c.stdin.Close(); err != nil {
			t.Error(err)
		}
		if err := c.cmd.Wait(); err != nil {
			t.Error(err)
		}
	}()
	v = newVisitor(t, c.url)
	for _, name := range acknowledged {
		if page := v.get(t, "/personnes?q="+url.QueryEscape(name)); !strings.Contains(page, name) {
			t.Errorf("%s was answered for, and is lost", name)
		}
	}
	t.Logf("%d files answered for, all there", len(acknowledged))
}

// letters makes a name of a number: no two look or sound alike.
func letters(i int) string {
	syllables := []string{"bo", "cha", "du", "fi", "gou", "ja", "ko", "li", "mu", "no", "pa", "ri", "so", "ta", "vu", "zé"}
	name := ""
	for n := 1000 + 7919*i; n > 0; n /= len(syllables) {
		name += syllables[n%len(syllables)]
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// visitor is a worker of the demo, without a browser.
type visitor struct {
	client *http.Client
	url    string
}

func newVisitor(t *testing.T, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{client: &http.Client{Jar: jar}, url: base}
	v.get(t, "/demo/enter/worker")
	return v
}

func (v *visitor) get(t *testing.T, path string) string {
	t.Helper()
	response, err := v.client.Get(v.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", path, response.Status)
	}
	return string(body)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// openFile sends the form of a new person, as a browser would, and tells whether
// the server answered for it. It did not when the server is gone.
func (v *visitor) openFile(t *testing.T, usual, given string, born int) bool {
	t.Helper()
	response, err := v.client.Get(v.url + "/personnes/nouvelle")
	if err != nil {
		return false
	}
	page, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return false
	}
	form := url.Values{"usual_name": {usual}, "given_names": {given}, "birth": {strconv.Itoa(born)}}
	_, asked, _ := strings.Cut(string(page), `action="/personnes/nouvelle"`)
	for _, field := range hidden.FindAllStringSubmatch(asked, -1) {
		form.Add(field[1], field[2])
	}
	response, err = v.client.PostForm(v.url+"/personnes/nouvelle", form)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return false
	}
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), usual) {
		t.Fatalf("opening a file for %s: %s\n%.400s", usual, response.Status, body)
	}
	return true
}
