# Two verbs matter: `make run` and `make test`. Both do their own set-up; a second run takes seconds.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

CORE := media_server/core
WEB := clients/web
CARGO := cargo
# Release for tests as well: the native library is then compiled once, and the emulated networks run fast.
CARGO_FLAGS := --manifest-path $(CORE)/Cargo.toml --workspace --locked
BIN := .venv/bin

WEB_SOURCES := $(shell find $(WEB) -path $(WEB)/node_modules -prune -o -path $(WEB)/dist -prune -o -type f -print 2>/dev/null)

.PHONY: help run demo-consultation story-consultation story-ecg screens test setup check check-python check-core check-web format test-python test-core test-web test-kill test-walks test-soak test-ledger bench-first-use bench-ecg-losses bench-ecg-drawing bench-ecg-lanes bench-ecg-replay bench-ecg-sync bench-ecg-latency bench-gateway-pace bench-forwarding bench-logins bench-ledger sbom clean setup-service

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: setup-service ## set up what is missing, start the service with demo accounts, print the addresses to open
	@exec $(BIN)/lianzhen demo

demo-consultation: setup-service ## the demo with two virtual people who can be called from the kiosk page
	@exec $(BIN)/python -m load_tests.virtual_people

test: setup ## set up what is missing and run every check and test
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check test-core test-web
	@$(MAKE) --no-print-directory test-python

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

test-web: setup-service ## the pages' own tests
	cd $(WEB) && npm test --silent -- --testTimeout=60000 --hookTimeout=60000

test-python: setup ## unit, contract, integration and end-to-end tests
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m "not alone and (not end_to_end or beside)"
	$(BIN)/pytest --durations=15 -m "alone or (end_to_end and not beside)"

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

bench-gateway-pace: setup ## how exactly a gateway replays a recording in real time, over ten minutes
	LIANZHEN_FIGURES=1 $(BIN)/pytest -q -s tests/end_to_end/test_gateway_pace.py

bench-forwarding: setup-service ## CPU per forwarded packet; the last line is a JSON object
	@$(CARGO) build --quiet --manifest-path $(CORE)/Cargo.toml --locked --release --no-default-features --example plain_loop
	@$(BIN)/python -m load_tests.forwarding

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
