# `make demo` and `make test` set everything up by themselves in .venv, from the package index alone.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-slow lint install clean

demo: install
	$(BIN)/avbench demo

test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n auto  # one thread a worker: they are as many as cores

test-slow: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow -n auto --dist loadfile

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist *.egg-info
