# What a stranger types. Each target says what it does: make help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

# The first Python that is new enough, or PYTHON=/path/to/one.
modern = $(1) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$(call modern,$$python) && echo $$python && break; done)

BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

.PHONY: help demo servers test fast lint bench faults format schemas readme lock venv python clean distclean

help: ## list the targets
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

demo: venv ## bring an empty PostgreSQL 17 to scheduler.yaml, drift, heal
	@$(PYTHON) tools/servers.py start 17
	@bash tools/demo.sh

servers: python ## install (once) and start PostgreSQL 15 and 17 with pg_cron
	@$(PYTHON) tools/servers.py start all
	@$(PYTHON) tools/servers.py status all

test: venv servers ## every test but benchmarks, on both servers
	@BIN=$(BIN) bash tools/test.sh $(ARGS)

fast: venv ## the unit tests: no server, no I/O
	@$(BIN)/pytest tests/unit $(ARGS)

lint: venv ## ruff, formatting, mypy --strict, import contracts
	@failed=; \
	check() { echo "== $$*"; $(BIN)/"$$@" || failed+=" $$1"; }; \
	check ruff check --quiet --output-format concise; \
	check ruff format --quiet --check --output-format concise; \
	check mypy; \
	check lint-imports --no-logo; \
	[ -z "$$failed" ] || { echo "lint: failed:$$failed" >&2; exit 1; }

format: venv ## let ruff mend what it can
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

readme: venv ## write README's transcript again from a run of the demo
	@$(BIN)/python tools/demo/readme.py

schemas: venv ## write schemas/ again from the models
	@for name in scheduler overlay plan drift outcome errors history \
		status jobs health runs doctor pause trigger; do \
		$(BIN)/cpctl schema $$name > schemas/$$name.schema.json; done

bench: venv servers ## the budgets, measured as whole processes
	@$(BIN)/pytest tests/bench $(ARGS)

faults: venv servers ## every fault at every byte, MINUTES=60 for each suite; 0: to the end
	@CPCTL_FAULTS=all CPCTL_FAULTS_MINUTES=$(or $(MINUTES),60) CPCTL_FAULTS_LANES=20 \
		$(BIN)/pytest tests/faults tests/leaks -s $(ARGS)

lock: venv ## renew both lock files from pyproject.toml
	@$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	@$(COMPILE) --upgrade --constraints requirements.lock --group dev pyproject.toml \
		-o requirements-dev.lock

venv: python ## .venv from requirements-dev.lock, when that changed
	@$(PYTHON) tools/environment.py
	@$(BIN)/python -m compileall -q src # as installing a wheel does, whatever PYTHONDONTWRITEBYTECODE says

python:
	@$(call modern,'$(PYTHON)') || \
		{ echo 'make: Python 3.11 or newer is needed: apt-get install python3, or PYTHON=/path/to/it' >&2; exit 1; }

clean: python ## stop our servers, remove .venv and caches
	@$(PYTHON) tools/servers.py stop all
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find src tools tests -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## clean, and remove the servers' data and the chroot
	@$(PYTHON) tools/servers.py purge all
