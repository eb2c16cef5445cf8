# make demo: sets up everything and runs the product on the embedded default.
# make demo-full: the same with all extras: photos are looked at and read, recordings joined, agreements signed as PDFs.
# make test: sets up everything and runs all tests. All work from a bare clone on Debian 12.

PYTHON ?= python3
PORT   ?= 8000
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.PHONY: demo demo-full test check lint types bench bench-imaging setup setup-test clean

demo: $(VENV)/.installed
	@$(BIN)/banli demo --open --port $(PORT)

demo-full: $(VENV)/.installed-full
	@$(BIN)/banli demo --open --port $(PORT)

setup: $(VENV)/.installed

setup-test: $(VENV)/.installed-test

$(VENV)/bin/python:
	@sh scripts/system-packages demo
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Banli needs into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-full: requirements-full.lock pyproject.toml | $(VENV)/bin/python
	@sh scripts/system-packages full
	@echo "Installing what Banli and its extras need into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements-full.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-test: requirements-test.lock pyproject.toml | $(VENV)/bin/python
	@sh scripts/system-packages test
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements-test.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.installed $(VENV)/.installed-full

test: lint types check
	$(BIN)/pytest -q -n 2 --dist loadgroup

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/.installed-test
	$(BIN)/mypy platform plugins

check: $(VENV)/.installed-test
	$(BIN)/banli check
	$(BIN)/banli test

bench: $(VENV)/.installed-test
	$(BIN)/python -m tests.bench

# Synthetic photos; SEED=7 PER_CLASS=60 to choose others. Exit code 1 means that a figure is missed, as its last line says.
SEED      ?= 1
PER_CLASS ?= 60

bench-imaging: $(VENV)/.installed-test
	$(BIN)/python -m tests.imaging.figures --seed $(SEED) --per-class $(PER_CLASS)

clean:
	rm -rf $(VENV) var artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis
