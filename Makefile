# What a contributor runs; .ci/run is made of these targets. See CONTRIBUTING.md.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
GO ?= go
staticcheck := honnef.co/go/tools/cmd/staticcheck@v0.8.2
modules := $(patsubst %/,%,$(dir $(shell git ls-files '*go.mod')))
covered := ./decode/...,./internal/...,./rooms/...,./stream/...,./wsconn/...
# How many random programs a run of `make programs` makes of each kind.
PROGRAMS ?= 2000

# Runs a command in every module of the repository.
in_modules = for module in $(modules); do (cd $$module && $(1)); done

.PHONY: help test race programs bench gen lint format tidy vet staticcheck vuln cover

help: ## these lines
	@sed -n 's/^\([a-z]*\):.*## /make \1: /p' Makefile

test: ## the tests of all modules
	@$(call in_modules,$(GO) test ./...)

race: ## the same under the race detector, which needs a C compiler; flags=... go to go test
	@$(call in_modules,CGO_ENABLED=1 $(GO) test -race -count=1 $(flags) ./...)

programs: ## random programs against the models of mailboxes and views; PROGRAMS=n says how many
	JELLYFISH_PROGRAMS=$(PROGRAMS) CGO_ENABLED=1 $(GO) test -race -count=1 -run Programs -v ./stream ./rooms/watch | grep -v '^=== '

bench: ## the benchmark, whose bars it checks: three minutes on an idle machine
	$(GO) -C internal/bench run . -check

gen: ## what is generated: the protobuf code, and the lists of tests in docs/promises.md
	$(GO) generate ./internal/proto
	$(GO) test ./docs -run TestPromisesAreTested -update

lint: format tidy vet staticcheck ## all that is found without running anything

format:
	@files=$$(git ls-files '*.go' | xargs gofmt -l); \
	[ -z "$$files" ] || { echo "not formatted: $$files"; exit 1; }

tidy:
	@$(call in_modules,$(GO) mod tidy -diff)

vet:
	@$(call in_modules,$(GO) vet ./...)
	$(GO) vet ./.ci/vulncheck
	@for target in windows/amd64 darwin/arm64 linux/386; do \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) vet ./...; \
	done

staticcheck:
	@$(call in_modules,$(GO) run $(staticcheck) ./...)
	@$(GO) run $(staticcheck) ./.ci/vulncheck

vuln: ## known vulnerabilities that the code calls
	$(GO) run ./.ci/vulncheck $(modules)

cover: ## how much of the library its tests run, in cover.out too
	$(GO) test -coverpkg=$(covered) -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out | tail -n 1
