package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/vault"
	"codeberg.org/parvis/parvis/internal/vault/blob"
	"codeberg.org/parvis/parvis/internal/vault/clamd"
)

// papersFolder is where papers are kept, locked, in the data directory.
const papersFolder = "papers"

// PapersSettings are what an installation says of people's papers. A secret is in a file
// or given by a command, never here.
type PapersSettings struct {
	// Folder is where the locked files are; "" is the folder papers of the data directory.
	Folder string `toml:"folder"`
	// Health is "own" (hosted by the house itself), "certified" (by a host certified for
	// health data) or "refused"; "" refuses.
	Health string `toml:"health"`
	// QuotaMB is what one person's papers may weigh; 0 is 1024.
	QuotaMB int64 `toml:"quota_mb"`
	// Clamd is where ClamAV answers, "unix:/run/clamav/clamd.ctl"; "" scans nothing.
	Clamd string `toml:"clamd"`
	// The seal: a secret that is not beside what it locks. One of a file, a credential of
	// systemd by its name, a command that says it.
	SealFile       string   `toml:"seal_file"`
	SealCredential string   `toml:"seal_credential"`
	SealCommand    []string `toml:"seal_command"`
	// S3 is a bucket instead of a folder.
	S3 *struct {
		URL           string   `toml:"url"`
		Region        string   `toml:"region"`
		Bucket        string   `toml:"bucket"`
		Prefix        string   `toml:"prefix"`
		Key           string   `toml:"key"`
		SecretFile    string   `toml:"secret_file"`
		SecretCommand []string `toml:"secret_command"`
	} `toml:"s3"`
}

// check refuses settings that cannot be, without opening anything.
func (p PapersSettings) check() error {
	ways := 0
	for _, set := range []bool{p.SealFile != "", p.SealCredential != "", len(p.SealCommand) > 0} {
		if set {
			ways++
		}
	}
	switch {
	case ways > 1:
		return errors.New("papers: one of seal_file, seal_credential and seal_command")
	case p.Health != "" && p.Health != string(vault.HealthOwn) && p.Health != string(vault.HealthCertified) && p.Health != string(vault.HealthRefused):
		return errors.New("papers, health: own, certified or refused")
	case p.QuotaMB < 0 || p.QuotaMB > 1<<20:
		return errors.New("papers, quota_mb: between 0 and 1048576")
	case p.S3 != nil && p.Folder != "":
		return errors.New("papers: a folder or s3, not both")
	case p.SealCredential != "" && filepath.Base(p.SealCredential) != p.SealCredential:
		return errors.New("papers, seal_credential: the name of a credential, not a path")
	}
	if p.Clamd != "" {
		if _, err := clamd.New(p.Clamd); err != nil {
			return fmt.Errorf("papers, clamd: %w", err)
		}
	}
	return nil
}

// tell reads a secret from a file or a command; "" when neither is named.
func tell(ctx context.Context, what, file string, command []string) (secret.String, error) {
	get, err := secretOf(what, file, command)
	if err != nil || get == nil {
		return "", err
	}
	return get(ctx)
}

// seal makes the seal of the organisations' keys.
func (p PapersSettings) seal(ctx context.Context, ring *secret.Keyring) (vault.Seal, error) {
	file := p.SealFile
	if p.SealCredential != "" {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return vault.Seal{}, errors.New("papers, seal_credential: systemd gave no credential (CREDENTIALS_DIRECTORY is empty)")
		}
		file = filepath.Join(dir, p.SealCredential)
	}
	apart, err := tell(ctx, "papers", file, p.SealCommand)
	if err != nil {
		return vault.Seal{}, fmt.Errorf("papers: the seal: %w", err)
	}
	if apart == "" {
		return vault.NewSeal(ring.Derive("vault"), nil)
	}
	return vault.NewSeal(ring.Derive("vault"), []byte(apart.Reveal()))
}

// blobs opens where the locked files are.
func (p PapersSettings) blobs(ctx context.Context, data string) (blob.Store, error) {
	if s := p.S3; s != nil {
		word, err := tell(ctx, "s3 of papers", s.SecretFile, s.SecretCommand)
		if err != nil {
			return nil, fmt.Errorf("s3 of papers: %w", err)
		}
		return blob.OpenS3(ctx, blob.Bucket{URL: s.URL, Region: s.Region, Bucket: s.Bucket, Prefix: s.Prefix, Key: s.Key, Secret: word})
	}
	folder := p.Folder
	if folder == "" {
		folder = filepath.Join(data, papersFolder)
	}
	return blob.OpenFolder(folder)
}

// openPapers puts the room of papers together. A seal that is not theirs stops nothing
// else: shared papers stay closed and the log says so.
func (s *Server) openPapers(ctx context.Context, cfg Config, p PapersSettings, ring *secret.Keyring) error {
	bad := func(err error) error {
		return errs.Wrap(errs.Invalid, "cli.settings.papers", err, "why", err.Error())
	}
	if cfg.Demo && p.Health == "" {
		p.Health = string(vault.HealthOwn)
	}
	seal, err := p.seal(ctx, ring)
	if err != nil {
		return bad(err)
	}
	store, err := p.blobs(ctx, s.Dir.Path)
	if err != nil {
		return bad(err)
	}
	deps := vault.Deps{Cases: s.Cases, Blobs: store, Seal: seal, Digest: ring.Derive("papers"), Health: vault.HealthChoice(p.Health), Quota: p.QuotaMB << 20, Demo: cfg.Demo, Log: s.log}
	if p.Clamd != "" {
		if deps.Scan, err = clamd.New(p.Clamd); err != nil {
			return bad(err)
		}
	}
	if s.Papers, err = vault.New(deps); err != nil {
		return err
	}
	s.Access.WhenLeft(s.Papers.Forget)
	if err := s.Papers.Start(ctx); err != nil {
		if !errs.Is(err, errs.Unavailable) {
			return err
		}
		s.log.Error("shared papers stay closed: the seal is not theirs", "err", err)
	}
	return nil
}
