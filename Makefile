# The two commands to know: `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

.PHONY: help build demo test quick generate evaluators properties kill bench bench-rights fuzz fuzz-api fuzz-engine lighthouse screenshots clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

build: ## build bin/parvis: one static program, with Go alone
	@echo "== building bin/parvis (the first time, Go fetches the libraries)"
	@CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/parvis ./cmd/parvis

demo: build ## build and open a square full of made-up people: http://127.0.0.1:8080
	@echo "== starting the demo (stop it with Ctrl-C)"
	@exec bin/parvis demo

test: ## everything: set-up, checks, all tests on both databases, browser journeys
	@scripts/test.sh

quick: ## the checks and tests that need neither PostgreSQL nor a browser
	@scripts/check.sh
	@PARVIS_QUICK=1 go test ./...

generate: ## rebuild the committed CSS, scripts and tables from their sources
	@scripts/setup.sh tools
	@go generate ./...

evaluators: ## compare the evaluators on many more random programs and households (EVALUATORS=programs)
	@PARVIS_EVALUATORS="$${EVALUATORS:-20000}" go test -count=1 -timeout 60m -run 'TestColumnarIsTheReference' -v ./rights/columnar

properties: ## the long runs of the property tests: 300,000 completions, 5,000 households
	@PARVIS_COMPLETIONS=200 go test -count=1 -timeout 60m -run 'TestIntervals' ./rights/interval -rapid.checks=400 -v
	@PARVIS_HOUSEHOLDS=5000 go test -count=1 -timeout 180m -run 'TestStoppingRules' ./rights/ask -v

kill: ## 10,000 acknowledged writes under 20 kills -9: none lost, the journal verifies
	@PARVIS_KILLS=20 PARVIS_KILL_WRITES=10000 go test -count=1 -timeout 20m -run 'TestKillsLoseNothingAcknowledged' -v ./internal/journal

bench: ## the figures of docs/figures.md; BENCH=regexp, COUNT=n (benchstat reads the output)
	@scripts/bench.sh

bench-rights: ## figures of the rights engine; BASELINE=1 installs OpenFisca from PyPI and times it beside
	@scripts/bench-rights.sh

fuzz: ## every Go fuzz target for FUZZTIME (30s) each; its inputs of before run with `make test`
	@scripts/fuzz.sh

fuzz-api: ## look for what the APIs answer badly, with a registry's API fuzzer (Python)
	@scripts/fuzz-api.sh

fuzz-engine: ## the same fuzzer on the API of the rights engine alone, under a minute
	@scripts/fuzz-api.sh engine

lighthouse: build ## Lighthouse on the sign-in page, a person's file and a printed sheet
	@scripts/setup.sh browser tools
	@scripts/lighthouse.sh

screenshots: ## take the pictures of docs/screens again
	@scripts/setup.sh browser tools
	@PARVIS_SCREENS="$(CURDIR)/docs/screens" go test -count=1 -timeout 15m -run 'TestScreens' -v ./internal/browsertest

clean: ## remove what the other targets made here
	@rm -rf bin .cache
