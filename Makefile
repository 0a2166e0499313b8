# Every target installs what it needs and is missing, so that Go 1.26, make, git and apt-get are enough.

GO      ?= go
VERSION ?= 0.1.0
# Nothing here is C; only the race detector needs it. One setting for all keeps one build cache.
export CGO_ENABLED = 0
# What follows the command: make demo ARGS=--once, make bench ARGS="nexmark --query q4".
ARGS    ?=
# How long a fuzz target and, in either build, the metamorphic test run, the differential one, and how many servers
# die in each test of a soak.
FUZZ        ?= 60s
METAMORPHIC ?= 5m
SOAK        ?= 50

# Where the drivers that tests/clients tries are put.
export MILLRACE_CLIENTS ?= $(CURDIR)/bin/clients
# Where the libraries whose models tests/models tries are put.
export MILLRACE_MODELS ?= $(CURDIR)/bin/models

.PHONY: build run demo test test-plain race lint fuzz metamorphic differential soak bench rivals docs ci test-against-postgres nexmark clients models models-onnxruntime postgres

build:
	$(GO) build -ldflags "-X main.version=$(VERSION)" -o bin/millrace ./cmd/millrace

run: build
	bin/millrace serve $(ARGS)

demo: build
	bin/millrace demo flights $(ARGS)

# The tests, with the checks that only they pay for (tag invariants), and without. The plain ones
# have servers of four workers, which share every step, and the race detector's ones two. Models
# that libraries train are compared once.
test: clients models
	$(GO) test -timeout 30m -tags invariants ./...

test-plain: clients
	MILLRACE_TEST_WORKERS=4 $(GO) test -timeout 30m $$($(GO) list ./... | grep -v '/tests/models$$')

# The race detector needs a C compiler. Nexmark, the bank and the crash tests run real loads and real processes, and go without
# it, and so do packages and long tests that start no goroutine, and the planner, whose tests have workers of their own; random
# graphs and histories are fewer than elsewhere.
NO_RACE = /base/|/sql/|/connect/|/ml|/bench/|/docs/|/planner$$|/exec/|/storage/(state|disk)$$|/tests/(nexmark|models|crash|bank|tidy|oracle|regress|reference|differential)$$
NO_RACE_TESTS = TestADiskThatFills|TestTimeoutOfLong|TestPartsGiveWhatTheWholeGives|TestDamageBehindTheChecksum|TestCopyManyBatches|AtEveryCall|Bit

race:
	@command -v gcc >/dev/null || $(call install,gcc libc6-dev)
	MILLRACE_TEST_WORKERS=2 MILLRACE_GRAPHS=60 MILLRACE_HISTORIES=3 MILLRACE_METAMORPHIC=8s MILLRACE_METAMORPHIC_FIRST=1001 CGO_ENABLED=1 \
		$(GO) test -timeout 30m -short -race -skip '$(NO_RACE_TESTS)' $$($(GO) list ./... | grep -vE '$(NO_RACE)')

lint:
	@unformatted=$$(gofmt -l $$($(GO) list -f '{{.Dir}}' ./...)); \
	if [ -n "$$unformatted" ]; then echo "gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags invariants ./...
	$(GO) tool staticcheck ./...
	@echo "lint: ok"

fuzz:
	.ci/fuzz $(FUZZ)

# Histories nobody has seen yet, from a seed by the clock on or from MILLRACE_METAMORPHIC_FIRST.
metamorphic:
	MILLRACE_METAMORPHIC=$(METAMORPHIC) $(GO) test -timeout 0 -tags invariants -count 1 -v ./tests/metamorphic
	MILLRACE_METAMORPHIC=$(METAMORPHIC) $(GO) test -timeout 0 -count 1 -v ./tests/metamorphic

soak:
	MILLRACE_CRASH_ROUNDS=$(SOAK) $(GO) test -timeout 0 -count 1 -v ./tests/crash
	MILLRACE_BANK_ROUNDS=$(SOAK) $(GO) test -timeout 0 -count 1 -v ./tests/bank

# The same expected values, from a real PostgreSQL; and its own regression scripts on both.
test-against-postgres: postgres
	MILLRACE_REGRESS=$$(.ci/regress bin/regress) .ci/postgres $(GO) test -timeout 30m -p 1 -count 1 ./tests/sql ./tests/nexmark ./tests/regress ./tests/differential

# Queries that nobody has seen yet, asked of both, from a seed by the clock on or from MILLRACE_DIFFERENTIAL_FIRST.
differential: postgres
	MILLRACE_DIFFERENTIAL_FIRST=$${MILLRACE_DIFFERENTIAL_FIRST:-$$(date +%s)} MILLRACE_DIFFERENTIAL=$(METAMORPHIC) \
		.ci/postgres $(GO) test -timeout 0 -count 1 -v ./tests/differential

# All Nexmark queries on a million events, in every way in which they can come, beside a real PostgreSQL.
nexmark: postgres
	MILLRACE_NEXMARK_EVENTS=1000000 .ci/postgres $(GO) test -timeout 0 -count 1 -v ./tests/nexmark

# Figures, kept in bench/RESULTS.md: make bench ARGS="-events 2000000 -wire=false".
bench: build postgres
	.ci/postgres $(GO) run ./bench/record $(ARGS)

# Nexmark on Millrace, Apache Flink and Feldera's engine: make rivals ARGS="--query q4 --events 2000000".
# Feldera's engine needs a newer Rust than Debian 12 has.
rivals: build
	@command -v taskset >/dev/null || $(call install,util-linux)
	@python3 -c 'import pip' 2>/dev/null || $(call install,python3 python3-pip)
	@command -v javac >/dev/null || $(call install,default-jdk-headless)
	@{ command -v cc && command -v cmake; } >/dev/null || $(call install,gcc g++ libc6-dev cmake)
	$(GO) run ./bench/rivals $(ARGS)

# What is written by the registries themselves.
docs:
	$(GO) generate ./...

# The histories of CI are the same each time, so that a commit is judged by what it changed; new ones
# are looked for by make metamorphic.
ci:
	@date -u +'began %H:%M:%S'
	$(MAKE) build lint
	$(MAKE) test
	$(MAKE) test-plain
	$(MAKE) race
	$(MAKE) test-against-postgres
	MILLRACE_METAMORPHIC_FIRST=2001 $(MAKE) metamorphic METAMORPHIC=30s
	$(MAKE) soak SOAK=5
	$(MAKE) fuzz FUZZ=5s
	bin/millrace demo flights --once
	@date -u +'ended %H:%M:%S; ci: ok'

# What tests/clients speaks with, and PostgreSQL, where they are missing.
clients:
	@test -x /usr/bin/psql || $(call install,postgresql-client-15)
	@command -v npm >/dev/null || $(call install,nodejs npm)
	@python3 -c 'import ensurepip' 2>/dev/null || $(call install,python3 python3-venv)
	@command -v javac >/dev/null || $(call install,default-jdk-headless)
	@command -v mvn >/dev/null || $(call install,maven)
	@test -e $(MILLRACE_CLIENTS)/complete || \
	{ echo "installing the drivers of tests/clients"; tests/clients/install.sh $(MILLRACE_CLIENTS) && touch $(MILLRACE_CLIENTS)/complete; }

# What tests/models trains with.
models:
	@python3 -c 'import ensurepip' 2>/dev/null || $(call install,python3 python3-venv)
	@test -e $(MILLRACE_MODELS)/complete || \
	{ echo "installing the libraries of tests/models"; tests/models/install.sh $(MILLRACE_MODELS) && touch $(MILLRACE_MODELS)/complete; }

# Graphs that Go does not evaluate, in a build with onnxruntime: the one that make models installs.
models-onnxruntime: models
	@command -v gcc >/dev/null || $(call install,gcc libc6-dev)
	MILLRACE_ONNXRUNTIME=$$(ls $(MILLRACE_MODELS)/venv/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so*) CGO_ENABLED=1 \
		$(GO) test -tags onnxruntime -count 1 ./ml/onnx ./tests/models

postgres:
	@test -x /usr/lib/postgresql/15/bin/postgres || $(call install,postgresql-15)

# $(call install,packages): the lists of packages are fetched once, when they are not there or old.
install = { echo "installing $(1)"; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	get="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq"; \
	$$get install -y --no-install-recommends $(1) >/dev/null 2>&1 || \
	{ $$get update && $$get install -y --no-install-recommends $(1) >/dev/null; }; }
