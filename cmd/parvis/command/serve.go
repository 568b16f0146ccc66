package command

import (
	"log/slog"
	"path/filepath"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// defaultListen is where a server listens unless told otherwise: this machine
// only. Opening it to others is a decision, and belongs behind TLS.
const defaultListen = "127.0.0.1:8080"

// serve runs a real installation until it is told to stop.
type serve struct {
	place
	Listen        string   `help:"cli.help.listen" placeholder:"HOST:PORT"`
	MetricsListen string   `help:"cli.help.metrics" placeholder:"HOST:PORT"`
	TrustedProxy  []string `help:"cli.help.proxy" placeholder:"ADDRESS"`
	TLSCert       string   `name:"tls-cert" help:"cli.help.tls_cert" placeholder:"FILE"`
	TLSKey        string   `name:"tls-key" help:"cli.help.tls_key" placeholder:"FILE"`
	Settings      string   `help:"cli.help.settings" placeholder:"FILE"`
	WebhookInside bool     `name:"webhooks-inside" help:"cli.help.webhooks_inside"`
	Backups       backups  `embed:""`
	Verbose       bool     `help:"cli.help.verbose"`
}

// place says where an installation is.
type place struct {
	Data     string `help:"cli.help.data" placeholder:"DIR"`
	Database string `help:"cli.help.database" placeholder:"URL-FILE"`
	KeyFile  string `help:"cli.help.key_file" placeholder:"FILE"`
}

// Run serves until the session's context ends.
func (c *serve) Run(s *session) error {
	cfg, err := c.config(s)
	if err != nil {
		return err
	}
	cfg.Listen, cfg.MetricsListen = c.Listen, c.MetricsListen
	if cfg.Listen == "" {
		cfg.Listen = defaultListen
	}
	cfg.CertFile, cfg.KeyPEM, cfg.Proxies = c.TLSCert, c.TLSKey, c.TrustedProxy
	cfg.WebhookPrivate = c.WebhookInside
	if cfg.Settings = c.Settings; cfg.Settings == "" {
		cfg.Settings = s.Getenv("PARVIS_SETTINGS")
	}
	if cfg.Backup, err = c.Backups.order(s); err != nil {
		return err
	}
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	cfg.Log = s.logger(level)
	server.TuneMemory()
	server, err := server.Open(s.ctx, cfg)
	if err != nil {
		return err
	}
	if server.Sheet != "" {
		s.print(s.p.T("cli.serve.sheet") + "\n\n" + server.Sheet + "\n" + s.p.T("proof.cli.sheet_key") + "\n# " + server.Journal.PublicKey() + "\n")
	}
	if server.SetUp != "" {
		s.print(s.p.T("cli.serve.setup", "link", server.URL()+"/installation?jeton="+server.SetUp) + "\n")
	}
	s.print("ready " + server.URL())
	return server.Serve(s.ctx)
}

// config resolves where the installation is: flags, then the environment, then the
// usual places.
func (p place) config(s *session) (server.Config, error) {
	cfg := server.Config{Data: p.Data, KeyFile: p.KeyFile}
	if cfg.KeyFile == "" {
		cfg.KeyFile = s.Getenv("PARVIS_KEY_FILE")
	}
	for _, name := range []string{"PARVIS_DATA", "STATE_DIRECTORY"} { // systemd sets the second one
		if cfg.Data == "" {
			cfg.Data = s.Getenv(name)
		}
	}
	var err error
	if cfg.Data == "" {
		if cfg.Data, err = s.userDir("XDG_DATA_HOME", ".local", "share"); err != nil {
			return cfg, err
		}
		cfg.Data = filepath.Join(cfg.Data, "parvis")
	}
	if cfg.KeyDir, err = s.userDir("XDG_CONFIG_HOME", ".config"); err != nil && cfg.KeyFile == "" {
		return cfg, err
	}
	cfg.Database, err = s.databaseURL(p.Database)
	return cfg, err
}

// userDir is a directory of the XDG base directory specification.
func (s *session) userDir(variable string, fallback ...string) (string, error) {
	if dir := s.Getenv(variable); filepath.IsAbs(dir) {
		return dir, nil
	}
	home := s.Getenv("HOME")
	if home == "" {
		return "", errs.New(errs.Invalid, "cli.data.no_home")
	}
	return filepath.Join(append([]string{home}, fallback...)...), nil
}
