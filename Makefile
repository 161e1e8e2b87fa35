PYTHON ?= python3
VENV ?= .venv
ARGS ?=
SEEDS ?= 100000
.DEFAULT_GOAL := help
.PHONY: help run-server run-client trace test fuzz soak siege bench lint types cover dist clean

help: ## show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run-server: ## run the server; ARGS="--ip 0.0.0.0" and the like
	@exec $(PYTHON) -m tools.foreground $(PYTHON) -m server $(ARGS)

run-client: ## run the client; ARGS="--ip HOST --port N"
	@exec $(PYTHON) -m tools.foreground $(PYTHON) -m client $(ARGS)

trace: ## run the server and show the way of each line through it
	@exec $(PYTHON) -m tools.foreground $(PYTHON) -m server --trace $(ARGS)

test: $(VENV)/test.done ## run the tests; ARGS="-k who" and the like
	$(VENV)/bin/python -m pytest $(ARGS)

fuzz: $(VENV)/test.done ## throw random bytes at it; SEEDS=1000000
	FUZZ_SEEDS=$(SEEDS) $(VENV)/bin/python -m pytest tests/faults/test_fuzz.py $(ARGS)

soak: ## crowds at random for ten minutes, their transcripts checked; ARGS="--minutes 60"
	@exec $(PYTHON) -m tests.support.crowd $(ARGS)

siege: $(VENV)/test.done ## attack it from all sides for five minutes; ARGS="--minutes 60 --seed N"
	@exec $(VENV)/bin/python -m tests.support.siege $(ARGS)

bench: ## measure; ARGS="growth load --against HOST:PORT", or ARGS=--help
	@exec $(PYTHON) -m bench $(ARGS)

lint: $(VENV)/dev.done ## check style
	$(VENV)/bin/ruff check --line-length 120 . && $(VENV)/bin/ruff format --line-length 120 --check --exclude '*.md' .

types: $(VENV)/dev.done ## check types
	$(VENV)/bin/mypy

cover: $(VENV)/dev.done ## run the tests and show which lines they reach
	$(VENV)/bin/coverage run -m pytest $(ARGS) && $(VENV)/bin/coverage report

dist: $(VENV)/test.done ## build the wheel, and each program as one file, into dist/
	rm -rf build dist && $(VENV)/bin/python -m build -q --no-isolation && $(VENV)/bin/python -m tools.zipapps dist

clean: ## remove all that was made here
	rm -rf $(VENV) build dist *.egg-info .hypothesis .pytest_cache .mypy_cache .ruff_cache .coverage bench.svg && find . -name __pycache__ -exec rm -r {} +

$(VENV)/test.done: requirements/test.txt
	$(PYTHON) -m venv $(VENV) && $(VENV)/bin/pip install -q -r $< && touch $@

$(VENV)/dev.done: requirements/dev.txt $(VENV)/test.done
	$(VENV)/bin/pip install -q -r $< && touch $@
