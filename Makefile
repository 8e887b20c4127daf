# Every target makes what it needs: the virtual environment from the hashed lock, then the models.
# A second run does no network at all.
.DELETE_ON_ERROR:
.SHELLFLAGS := -eu -o pipefail -c
SHELL := bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?= $(or $(VISAVIS_TEST_DATA),../shared/data)

# how long the whole interface is asked everything that its description allows, and more
FUZZ_SECONDS ?= 1200

.PHONY: help setup models portraits fonts run demo screenshots test fuzz check check-pages format evaluate evaluate-pad evaluate-documents bench bench-peers lock clean
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("visavis needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP) ## make the virtual environment from the lock

models: $(STAMP) ## pull the models that are missing
	@$(BIN)/visavis models pull

portraits: $(STAMP) ## fetch the public-domain portraits of the demonstration and the tests
	@$(BIN)/python tools/portraits.py

fonts: $(STAMP) ## fetch the fonts that specimens of documents are drawn with
	@$(BIN)/python tools/fonts.py

run: models ## start the service with a shop, its people and a link for each page; ARGUMENTS="--lan" lets a phone in
	@$(BIN)/python tools/run.py $(ARGUMENTS)

demo: models portraits fonts ## portraits compared, a holder and four attacks before a camera, a document read; then a SIM registered with the real service
	@$(BIN)/python tools/demo.py
	@$(BIN)/python tools/demo_service.py

# one process more than cores, since browsers and servers let tests wait; files in their order, which begins with the longest
PROCESSES ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
test: models portraits fonts ## all tests, on every core; those of one file stay together, since they share what is opened for them
	@$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder -m "not live"
	@$(BIN)/python -m pytest -m live tests/browser

screenshots: $(STAMP) fonts ## every page and state into docs/images/pages; needs a Chromium. ARGUMENTS="shop review" takes those alone
	@$(BIN)/python tools/screenshots.py $(ARGUMENTS)

fuzz: models ## ask the service everything that its description allows, and more, for FUZZ_SECONDS
	@VISAVIS_FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest -s tests/integration/test_api_fuzz.py

check: $(STAMP) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory check-pages; \
	  elif [ -n "$${CI:-}" ]; then echo "npm is not here: the types of the pages' JavaScript cannot be checked" >&2; exit 1; \
	  else echo "npm is not here: the types of the pages' JavaScript are NOT checked (make check-pages)" >&2; fi

TSC := $(VENV)/typescript
$(TSC)/.installed: tools/typescript/package.json tools/typescript/package-lock.json | $(STAMP)
	@mkdir -p $(TSC) && cp tools/typescript/package.json tools/typescript/package-lock.json tools/typescript/.npmrc $(TSC)/
	cd $(TSC) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

check-pages: $(TSC)/.installed ## the types of the pages' JavaScript; needs npm, which the pages themselves do not
	node $(TSC)/node_modules/typescript/lib/tsc.js --project tools/typescript

format: $(STAMP) ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

evaluate: models ## measure accuracy on the pictures under DATA (default: $$VISAVIS_TEST_DATA)
	@$(BIN)/python tools/evaluate.py --data "$(DATA)"

evaluate-pad: models ## measure attack detection on the clips under DATA/captures: hours; a second run goes on
	@$(BIN)/python tools/evaluate_pad.py --data "$(DATA)"

evaluate-documents: models portraits fonts ## measure the reading of documents on drawn specimens: hours; a second run goes on
	@$(BIN)/python tools/evaluate_documents.py

bench: models ## speed and memory, one JSON line a figure
	@$(BIN)/python bench/engine.py
	@if [ -d "$(DATA)/captures" ]; then $(BIN)/python bench/capture_load.py --captures "$(DATA)/captures"; \
	  else echo "no clips under DATA/captures: the load of captures is left out" >&2; fi

PEERS := .venv-peers
$(PEERS)/.installed: requirements.lock bench/requirements-peers.lock bench/requirements-peers-build.lock $(wildcard bench/face_api/*)
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r bench/requirements-peers-build.lock
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --no-build-isolation -r bench/requirements-peers.lock
	@if command -v npm >/dev/null; then mkdir -p $(PEERS)/face_api && cp bench/face_api/* bench/face_api/.npmrc $(PEERS)/face_api/ \
	  && cd $(PEERS)/face_api && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	  else echo "npm is not here: face-api is left out"; fi
	@touch $@

bench-peers: models $(PEERS)/.installed ## accuracy and speed beside other libraries, on the pictures under DATA (a 100 MB download)
	@$(PEERS)/bin/python bench/compare_peers.py --pairs "$(DATA)/faces/lfw/pairs.csv" --images "$(DATA)/faces/lfw/images"

lock: ## resolve the dependencies again into requirements.lock (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --all-extras --group dev --group build \
	  --python-version 3.11 --output-file requirements.lock pyproject.toml

clean: ## remove what was made here
	rm -rf $(VENV) $(PEERS) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis var
