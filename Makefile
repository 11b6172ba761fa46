# make demo   the sample, recorded and opened          make test   everything that CI checks
# make lint   style, types and layers alone            make bench  the benchmarks
# make soak   500 times kill -9, in both ways of keeping
# make clean  forget .venv and every cache
#
# Each sets up .venv first when pyproject.toml changed since. Needed: make, Python 3.11 to 3.13
# and a package index. Another Python: make demo PYTHON=/path/to/python3.12

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# A debugger without lar-engine on another Python, where there is one: its tests use it.
OTHER := .venv-other
OTHERS := python3.12 python3.13 python3.11
PYTHON ?= python3 python3.13 python3.12 python3.11
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: demo test lint bench soak clean
.DELETE_ON_ERROR:

demo: $(STAMP)
	@$(BIN)/lar-debug demo

# Tests of one file share what they prepare, so a file is never split. Many of them wait for real
# processes, four files at a time: what fails then is run once more by itself,
# and what fails again has failed.
test: lint $(OTHER)/.installed
	@$(BIN)/python -m compileall -q lar_debug
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder || { test $$? -eq 1 && \
	  echo 'once more, nothing beside:' && \
	  $(BIN)/python -m pytest -n 0 --last-failed --last-failed-no-failures none; }

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(STAMP)
	@for file in benchmarks/[!_]*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

soak: $(STAMP)
	LAR_DEBUG_KILLS=500 $(BIN)/python -m pytest tests/durable/test_kills.py

clean:
	rm -rf $(VENV) $(OTHER) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml
	@found=; for name in $(PYTHON); do \
	  if "$$name" -c '$(FITS)' 2>/dev/null; then found=$$name; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'no Python 3.11, 3.12 or 3.13 with venv and pip (tried: $(PYTHON)): install one, such' \
	    'as python3.12 with python3.12-venv, or name it: make $(or $(MAKECMDGOALS),demo)' \
	    'PYTHON=/path/to/python3.12' >&2; \
	  exit 1; \
	fi; \
	echo 'making $(VENV) with lar-engine (it brings litellm and about 60 more, once)' >&2; \
	$(BIN)/python -c '$(FITS)' 2>/dev/null || "$$found" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --no-input --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(OTHER)/.installed: pyproject.toml $(STAMP)
	@rm -rf $(OTHER); mkdir -p $(OTHER); \
	own=$$($(BIN)/python -c 'import sys; print(sys.version_info[:2])'); \
	for name in $(OTHERS); do \
	  if "$$name" -c '$(FITS)' 2>/dev/null && \
	    [ "$$("$$name" -c 'import sys; print(sys.version_info[:2])')" != "$$own" ]; then \
	    echo "making $(OTHER) with a debugger on $$name" >&2; \
	    "$$name" -m venv $(OTHER) && \
	    $(OTHER)/bin/python -m pip install --no-input --disable-pip-version-check . && break; \
	  fi; \
	done
	@touch $@
