package command

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	demopeople "codeberg.org/parvis/parvis/internal/demo"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// demo opens a square full of made-up people, on a day of its own.
type demo struct {
	Listen string `help:"cli.help.listen" placeholder:"HOST:PORT"`
	Data   string `help:"cli.help.demo_data" placeholder:"DIR"`
	Fresh  bool   `help:"cli.help.demo_fresh"`
	Clock  string `help:"cli.help.demo_clock" placeholder:"real"`
}

// Run serves the demo until the session's context ends.
func (c *demo) Run(s *session) error {
	if c.Clock != "" && c.Clock != "real" {
		return misuse("cli.demo.clock", "value", c.Clock)
	}
	dir := c.Data
	if dir == "" {
		cache, err := s.userDir("XDG_CACHE_HOME", ".cache")
		if err != nil {
			return err
		}
		dir = filepath.Join(cache, "parvis", "demo")
	}
	keys, err := s.userDir("XDG_CONFIG_HOME", ".config")
	if err != nil {
		return err
	}
	if c.Fresh {
		if err := forget(s, dir, keys); err != nil {
			return err
		}
	}
	listen := c.Listen
	if listen == "" {
		listen = defaultListen
	}
	shown := -1
	server.TuneMemory()
	running, err := server.Open(s.ctx, server.Config{
		Data: dir, KeyDir: keys, Listen: listen, OrFree: c.Listen == "",
		Demo: true, RealClock: c.Clock == "real", Log: s.logger(slog.LevelWarn),
		Progress: func(done, all int) {
			if tenth := 10 * done / max(all, 1); tenth != shown {
				shown = tenth
				s.say("cli.demo.seeding", "done", done, "all", all)
			}
		},
	})
	if err != nil {
		return err
	}
	s.print("ready " + running.URL())
	s.say("cli.demo.worker", "link", running.URL()+"/demo/enter/worker")
	s.say("cli.demo.person", "link", running.URL()+"/demo/enter/person")
	code, err := demopeople.CardCode()
	if err != nil {
		return err
	}
	s.say("cli.demo.card", "link", running.URL()+"/carte#"+strings.ReplaceAll(code, "-", ""), "code", code, "pin", demopeople.CardPIN)
	s.say("cli.demo.dir", "dir", running.Dir.Path)
	return running.Serve(s.ctx)
}

// forget deletes the demo of a directory, and the key that opened it.
func forget(s *session, dir, keys string) error {
	gone, had, err := server.ForgetDemo(dir)
	if err != nil || !had {
		return err
	}
	s.say("cli.demo.fresh", "dir", gone.Path)
	if gone.Install == "" {
		return nil
	}
	path, err := secret.Place{DataDir: gone.Path, ConfigDir: keys}.KeyPath(gone.Install)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
