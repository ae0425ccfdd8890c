# `make` alone lists what can be made. The two commands of the README are
# `make demo` and `make test`: both install what they need and miss.

# The Go toolchain is the one at hand, of the version in go.mod; no other is
# downloaded. Flags of the caller's environment would make other binaries.
export GOTOOLCHAIN := local
export GOFLAGS :=

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Static, without paths of this machine; the version is stamped here, and not
# by Go, which fails where git does not trust the checkout.
BUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)"
TARGETS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.DEFAULT_GOAL := help
.PHONY: help demo test build cross bench lint clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: build ## set up, then measure two embedded simulated endpoints: a full report under runs/ in two and a half minutes
	@scripts/demo

test: build ## set up, then every test: format, vet, lint, race detector, real clients; ends with the count
	@scripts/test

build: ## bin/inferometer, one static binary with everything embedded
	$(BUILD) -o bin/ ./cmd/inferometer

cross: ## dist/, the binary for linux, darwin and windows on amd64 and arm64
	@set -e; for t in $(TARGETS); do os=$${t%/*}; arch=$${t#*/}; ext=; [ $$os != windows ] || ext=.exe; \
		out=dist/inferometer-$$os-$$arch$$ext; GOOS=$$os GOARCH=$$arch $(BUILD) -o $$out ./cmd/inferometer; \
		echo "$$out: $$(wc -c < $$out) bytes"; done

bench: ## the benchmarks, real sockets included: a quarter of an hour on a machine that does nothing else
	go test -run '^$$' -bench . -benchtime 1x -timeout 30m .
	go test -run '^$$' -bench . -benchmem -timeout 30m ./internal/...

lint: ## format, vet and golangci-lint alone
	@scripts/lint

clean: ## remove bin/ and dist/; runs/ is data and stays
	rm -rf bin dist
