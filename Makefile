# Two verbs matter: `make run` and `make test`. Both do their own set-up; a second run takes seconds.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

CORE := media_server/core
WEB := clients/web
VIRTUAL_PEER := load_tests/virtual_peer
CARGO := cargo
# Release for tests as well: the native library is then compiled once, and the emulated networks run fast.
CARGO_FLAGS := --manifest-path $(CORE)/Cargo.toml --workspace --locked
BIN := .venv/bin

WEB_SOURCES := $(shell find $(WEB) -path $(WEB)/node_modules -prune -o -path $(WEB)/dist -prune -o -type f -print 2>/dev/null)

.PHONY: help run demo-consultation story-consultation story-ecg screens test setup check check-python check-core check-web format test-python test-core test-virtual-peer test-web fuzz fuzz-parsers test-kill test-walks test-soak test-ledger bench-first-use bench-ecg-losses bench-ecg-drawing bench-ecg-lanes bench-ecg-replay bench-ecg-sync bench-ecg-latency bench-gateway-pace bench-outage bench-join bench-roaming bench-bad-lines bench-closed-network bench-forwarding bench-forwarding-busy bench-growth bench-hostile bench-threads bench-peers load bench-logins bench-ledger sbom clean setup-service

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: setup-service ## set up what is missing, start the service with demo accounts, print the addresses to open
	@exec $(BIN)/lianzhen demo

demo-consultation: setup-service ## the demo with two virtual people who can be called from the kiosk page
	@exec $(BIN)/python -m load_tests.virtual_people

test: setup ## set up what is missing and run every check and test
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check test-core test-web
	@$(MAKE) --no-print-directory --jobs=2 test-python fuzz-parsers

setup: setup-service .setup/test ## everything that run and test need

# ---- set-up: each stamp stands for one finished step -----------------------------------------------------

setup-service: .setup/python $(WEB)/dist/index.html

.setup/toolchain: deploy/setup/toolchain.sh
	@mkdir -p .setup
	@deploy/setup/toolchain.sh > $@

# uv decides itself what is stale (lock file, Rust sources), in well under a second when nothing is.
.PHONY: .setup/python
.setup/python: .setup/toolchain
	@$$(cat .setup/toolchain) sync --locked --quiet --compile-bytecode

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json .setup/toolchain
	@echo "安装网页依赖 / installing the web packages"
	@cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB)/dist/index.html: $(WEB)/node_modules/.package-lock.json $(WEB_SOURCES)
	@echo "构建网页 / building the pages"
	@cd $(WEB) && npm run --silent build
	@touch $@

.setup/test: deploy/setup/system_packages.sh
	@mkdir -p .setup
	@deploy/setup/system_packages.sh
	@touch $@

# Cargo decides itself what is stale. The crate is no part of the core's workspace: only load tests need it.
.PHONY: .setup/virtual-peer
.setup/virtual-peer: .setup/toolchain
	@$(CARGO) build --quiet --manifest-path $(VIRTUAL_PEER)/Cargo.toml --locked --release

# ---- checks ------------------------------------------------------------------------------------------------

check: check-python check-core check-web ## lint, types, import contracts, cargo and web checks

check-python: setup-service
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-core: setup-service
	$(CARGO) fmt --manifest-path $(CORE)/Cargo.toml --all --check
	$(CARGO) clippy $(CARGO_FLAGS) --release --all-targets -- -D warnings

check-web: setup-service
	cd $(WEB) && npm run --silent check

format: setup-service ## put every file into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(CARGO) fmt --manifest-path $(CORE)/Cargo.toml --all

# ---- tests -------------------------------------------------------------------------------------------------

test-core: setup-service ## the native core's own tests
	$(CARGO) test $(CARGO_FLAGS) --release --no-default-features --quiet

test-virtual-peer: .setup/toolchain ## the virtual peers' own checks and tests (not in test: only load tests need them)
	$(CARGO) fmt --manifest-path $(VIRTUAL_PEER)/Cargo.toml --check
	$(CARGO) clippy --manifest-path $(VIRTUAL_PEER)/Cargo.toml --locked --release --all-targets -- -D warnings
	$(CARGO) test --manifest-path $(VIRTUAL_PEER)/Cargo.toml --locked --release --quiet

test-web: setup-service ## the pages' own tests
	cd $(WEB) && npm test --silent -- --testTimeout=60000 --hookTimeout=60000

test-python: setup ## unit, contract, integration and end-to-end tests
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m "not alone and (not end_to_end or beside)"
	$(BIN)/pytest --durations=15 -m "alone or (end_to_end and not beside)"

# Beside the tests: the scheduler gives these the processors only while nobody else wants them. It shares first among
# sessions, then among the processes of each (sched(7), autogroup), so last in both.
LAST_IN_LINE := setsid --wait sh -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec chrt --idle 0 nice -n 19 "$$@"' last_in_line
fuzz-parsers: setup ## a minute of search in each parser of what strangers and peers send (tests/fuzz)
	@$(CARGO) build --manifest-path $(CORE)/Cargo.toml --locked --release --no-default-features --quiet --example fuzz
	@$(LAST_IN_LINE) $(CARGO) run --manifest-path $(CORE)/Cargo.toml --locked --release --no-default-features --quiet --example fuzz -- --seconds $(or $(SECONDS_EACH),60) --seed $(or $(LIANZHEN_FUZZ_SEED),1)
	@LIANZHEN_FUZZ_SEED=$(or $(LIANZHEN_FUZZ_SEED),1) LIANZHEN_FUZZ_SECONDS=$(or $(SECONDS_EACH),60) $(LAST_IN_LINE) $(BIN)/pytest -q -s tests/fuzz/test_entry_points.py --timeout 0 -k "offer or channel or packet"

fuzz: setup ## the same for ten minutes each, from a seed of its own: SECONDS_EACH=… for longer
	@$(MAKE) --no-print-directory fuzz-parsers SECONDS_EACH=$(or $(SECONDS_EACH),600) LIANZHEN_FUZZ_SEED=$$(date +%s)

test-kill: setup ## kill -9 while recording, at 50 random moments (about ten minutes)
	LIANZHEN_KILLS=50 $(BIN)/pytest -k kill tests/end_to_end tests/integration

story-consultation: setup ## the consultation from the township's button to the signed opinion, in three real pages
	$(BIN)/pytest -q -s tests/end_to_end/test_consultation_story.py

story-ecg: setup ## the same with its ECG over an emulated line that is cut: the hole, its filling, the locked signature
	$(BIN)/pytest -q -s tests/end_to_end/test_ecg_story.py

screens: setup ## a picture of every screen in both languages, into screens/
	LIANZHEN_SCREENS=1 $(BIN)/pytest -q -s tests/end_to_end/test_screens.py

test-soak: setup ## the long runs: five minutes of numbered pictures and sound
	LIANZHEN_SOAK=1 $(BIN)/pytest -m soak

test-walks: setup ## 10,000 random walks of consultations through the API, beside a model (about half an hour)
	LIANZHEN_WALKS=10000 $(BIN)/pytest -s tests/integration/test_case_walks.py

test-ledger: setup ## a million forgeries, 200 kills, databases killed and frozen for a minute (about half an hour)
	LIANZHEN_MUTATIONS=1000000 $(BIN)/pytest --timeout 3600 tests/unit/recording/audit/test_mutations.py
	LIANZHEN_LEDGER_KILLS=200 LIANZHEN_LEDGER_FAULT_S=60 $(BIN)/pytest --timeout 3600 \
		tests/contract/store/test_kill.py tests/contract/store/test_faults.py

bench-first-use: setup ## how long until the pages can be used on a processor four times slower
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s tests/end_to_end/test_first_use.py

bench-ecg-losses: setup ## drops, kills and losses under an ECG: nothing missing, how soon holes are filled (8 min)
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s tests/end_to_end/test_ecg_losses.py

bench-ecg-lanes: setup-service ## CPU of the server for each ECG that comes in and each viewer; the last line is a JSON object
	@$(BIN)/python -m load_tests.ecg_lanes

bench-ecg-drawing: setup ## pictures a second and share of a core of 12 live leads at 1600×900 without a graphics card
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s tests/end_to_end/test_ecg_pixels.py -k drawn_as_they_come

bench-ecg-replay: setup ## how far ECG and picture are apart when a recording is played: a minute recorded at 1 % loss, 80 ppm
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s --timeout 900 tests/end_to_end/test_ecg_replay.py

bench-ecg-sync: setup ## how far ECG and picture are apart on a real page, ten minutes at 1 % loss, box's clock 80 ppm fast
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s --timeout 1200 tests/end_to_end/test_ecg_sync.py

bench-ecg-latency: setup ## how old samples are when a real page paints them, 80 ms round trip, with and without 5 % loss (6 min)
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s tests/end_to_end/test_ecg_latency.py

bench-roaming: setup ## how long media stops when a network goes dead, a NAT rebinds, an address changes: 20 times each (20 min)
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s --timeout 1800 tests/end_to_end/test_roaming.py

bench-outage: setup ## how soon media is back after 5, 30 and 120 s without any network: same seat, same connection (6 min)
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s --timeout 600 tests/end_to_end/test_outages.py

bench-join: setup ## from a join to the first picture, on a clean line and at 5, 10 and 20 % loss: 50 joins each (10 min)
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s --timeout 1800 tests/end_to_end/test_join_times.py

bench-gateway-pace: setup ## how exactly a gateway replays a recording in real time, over ten minutes
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s tests/end_to_end/test_gateway_pace.py

bench-bad-lines: setup ## voice and picture at 20 % loss, at 10 % with 200 ± 100 ms, and over a link that drops to 150 kbit/s (8 min)
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s tests/end_to_end/test_bad_lines.py
bench-closed-network: setup ## joins through a firewall that opens TCP 443 only: median and p95 of twenty
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s tests/end_to_end/test_closed_network.py

bench-forwarding: setup-service ## CPU per forwarded packet; the last line is a JSON object
	@$(CARGO) build --quiet --manifest-path $(CORE)/Cargo.toml --locked --release --no-default-features --example plain_loop
	@$(BIN)/python -m load_tests.forwarding

bench-peers: setup-service .setup/virtual-peer ## CPU per forwarded packet beside Debian's Janus; the last line is a JSON object (8 min)
	@deploy/setup/janus.sh
	@unshare --net $(BIN)/python -m load_tests.beside --plot docs/peers.png

load: setup-service .setup/virtual-peer ## one load test: make load SCENARIO=ten_consultations (load_tests/scenarios); reports in var/load
	@$(BIN)/python -m load_tests.load $(or $(SCENARIO),ten_consultations)

bench-forwarding-busy: setup-service ## how long packets stay inside while Python computes on the same processor; the last line is a JSON object
	@$(BIN)/python -m load_tests.forwarding.busy

bench-growth: setup-service .setup/virtual-peer ## CPU and memory from 10 to 1,000 streams to subscribers; the last line is a JSON object (3 min)
	@$(BIN)/python -m load_tests.growth

bench-threads: setup-service .setup/virtual-peer ## CPU a packet with one media thread and with two; the last line is a JSON object (3 min)
	@$(BIN)/python -m load_tests.growth.threads

bench-hostile: setup-service .setup/virtual-peer ## what honest people notice of a hostile subscriber and of 200,000 junk packets a second (3 min)
	@$(BIN)/python -m load_tests.hostile

bench-logins: setup-service ## what a storm of logins does to a live call; the last line is a JSON object
	@$(BIN)/python -m load_tests.login_storm

bench-ledger: setup-service ## events a second, checkpoints behind, a million events verified and searched
	@$(BIN)/python -m load_tests.ledger
	@$(BIN)/python -m load_tests.audit_verify
	@$(BIN)/python -m load_tests.trace_search

sbom: setup-service ## the bill of materials of all three languages (CycloneDX), to sbom.cdx.json
	@$(BIN)/python deploy/sbom.py --uv $$(cat .setup/toolchain) > sbom.cdx.json
	@echo "sbom.cdx.json"

clean: ## remove what the set-up made
	rm -rf .venv .tools .setup $(WEB)/dist $(WEB)/node_modules $(CORE)/target
