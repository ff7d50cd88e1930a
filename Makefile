# `make` alone explains the targets: the text after ## is what it prints.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash

BIN := .venv/bin
PORT ?= 8000
export PORT
# Folder of reference cases with expected answers; tests marked `reference` read it.
REFERENCE_DIR ?= ../shared/reference
export REFERENCE_DIR := $(abspath $(REFERENCE_DIR))
# Where it is set, each process compiles all it imports: seconds at each start.
unexport PYTHONDONTWRITEBYTECODE
PYTHON_CODE := campaigns web $(wildcard wsgi.py)
# Three workers on two cores: two begin with the stories, which leave their core idle half of the time.
PYTEST := $(BIN)/pytest
TEST_WORKERS ?= 3

.PHONY: help
help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make .venv with everything to run and check (quick when nothing changed)
	@tools/setup check

.PHONY: run
run: ## Serve web and worker on http://localhost:$PORT (8000); DEMO=1 loads sample data
	@tools/setup run
	@exec $(BIN)/python -m campaigns run $(if $(DEMO),--demo)

.PHONY: serve
serve: ## Serve the web alone, in the foreground
	@tools/setup run
	@exec $(BIN)/python -m campaigns serve

.PHONY: worker
worker: ## Run the worker alone, in the foreground
	@tools/setup run
	@exec $(BIN)/python -m campaigns worker

.PHONY: check
check: lint test ## Lint, then test: what must pass before a change lands

.PHONY: lint
lint: setup ## Style, types, layers, templates, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PYTHON_CODE)
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --lint --quiet --allow-empty-input web/templates
	$(BIN)/deptry .

.PHONY: test
test: setup ## Run the whole suite: SQLite, PostgreSQL, and the stories in Chromium (six to nine minutes on two cores)
	$(PYTEST) -n $(TEST_WORKERS) -m "not audit"

.PHONY: audit
audit: ## Run the long rigs: crashes, outages, attacks, Lighthouse, new examples for the properties
	@tools/setup audit
	EXAMPLES=new $(PYTEST) -n0 -m audit --timeout=1800
	EXAMPLES=new $(PYTEST) -n0 -m "not audit and not story" --timeout=600 tests/properties tests/campaigns/planning

.PHONY: bench
bench: setup ## Time the hot paths in one process; prints JSON lines and a table
	PYTHONPATH=. $(BIN)/python bench/funnel.py

.PHONY: bench-redirect
bench-redirect: setup ## Redirects under load beside bare WSGI, bare Flask and an ORM (1.5 minutes; a quiet machine)
	PYTHONPATH=. $(BIN)/python bench/redirect.py

.PHONY: bench-credits
bench-credits: setup ## Weigh a million conversions by every model, and fit the data-driven one
	PYTHONPATH=. $(BIN)/python bench/credits.py

.PHONY: bench-reports
bench-reports: setup ## A campaign's report over a million leads in SQLite and PostgreSQL, by every model (15 minutes, 6 GB)
	PYTHONPATH=. $(BIN)/python bench/reports.py

.PHONY: bench-drain
bench-drain: setup ## How fast hits come from the spool into SQLite and PostgreSQL (5 minutes)
	PYTHONPATH=. $(BIN)/python bench/drain.py

.PHONY: bench-scale
bench-scale: setup ## Times all pages on HITS (1,000,000) generated hits; URL= another database, FOLDER= where they are kept
	PYTHONPATH=. $(BIN)/python bench/ten_million.py $(if $(HITS),--hits $(HITS)) $(if $(URL),--url $(URL)) $(if $(FOLDER),--folder $(FOLDER))

.PHONY: pictures
pictures: setup ## Take the README's pictures from sample data
	@PYTHONPATH=. $(BIN)/python tools/pictures.py

.PHONY: format
format: setup ## Put the Python code into the common format
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format .

.PHONY: french
french: setup ## Check that the French catalogue is whole and well set
	$(PYTEST) -n0 tests/rules/test_french.py

.PHONY: lock
lock: setup ## Write the lock files again from the .in files and package.json; UPGRADE=1 takes the newest
	tools/lock $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean: ## Remove what set-up and tests made; never ./data
	rm -rf .venv .tools node_modules .setup.lock .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
