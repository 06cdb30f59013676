# Two commands on a fresh machine: `make demo` and `make test`. Set-up happens once, in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OPTIONS ?=
RUNS ?= runs

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo screenshots test test-slow test-all check

demo: $(VENV)/ready
	$(BIN)/harness run jobs/demo.yaml

screenshots: $(VENV)/ready
	$(BIN)/python -m benchmarks.screenshots $(RUNS)

test: export OMP_NUM_THREADS = 1
test: $(VENV)/ready
	$(BIN)/python -m pytest -m "not slow" --numprocesses 2 --dist loadfile $(OPTIONS)

test-slow: $(VENV)/ready
	$(BIN)/python -m pytest -m slow --numprocesses 2 --dist loadfile $(OPTIONS)

test-all: $(VENV)/ready
	$(BIN)/python -m pytest $(OPTIONS)

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[dev,server]'
	touch $@
