# Every target works alone on a fresh clone: what it needs is set up first, in .venv/ and tests/web/node_modules/.
# Variables: PYTHON=... for setup; ARGS="..." goes to pytest, or to the chat; HELPBOT_* as for the bot.

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
BENCH_PIP := .bench-venv/bin/python -m pip --quiet --quiet --disable-pip-version-check --no-input
WEB := tests/web/node_modules/.stamp
# The node that comes with the venv goes before the machine's own.
NPM := cd tests/web && PATH="$(CURDIR)/$(BIN):$$PATH" npm
UV_COMPILE = $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate $(ARGS)

export PYTHON

.PHONY: help setup run chat preview test check e2e bench bench-content soak lock clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: .venv/.project $(WEB) ## set everything up: .venv/ and tests/web/node_modules/

run: setup ## the bot on 127.0.0.1:3978 in local mode, and a Teams client for the browser beside it
	@$(BIN)/python -m tools.run

chat: .venv/.project ## talk to the bot in the terminal
	@$(BIN)/helpbot chat $(ARGS)

preview: setup ## guides in a browser, as Teams and Slack show them
	@$(BIN)/helpbot preview $(ARGS)

# Compiled modules are kept, whatever the environment says: the tests start a hundred processes.
test check e2e soak: export PYTHONDONTWRITEBYTECODE =

# Three at once, on two cores: many tests wait for a process or a database. A file stays with one worker, so that what its tests share is made once.
test: setup ## the tests, without a browser
	$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

check: setup ## format, lint, types, the rules of the house, the content
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/house
	$(BIN)/helpbot check

e2e: setup ## the tests that drive the Playground in headless Chromium
	@chromium="$${CHROMIUM:-$$(command -v chromium || command -v chromium-browser || command -v google-chrome)}"; \
	if [ ! -x "$$chromium" ]; then \
		echo "No Chromium: $${CHROMIUM:-none on the path}. Install it: apt-get install -y chromium (or set CHROMIUM)" >&2; \
		exit 1; \
	fi; \
	set -x; CHROMIUM="$$chromium" $(BIN)/python -m pytest -m e2e $(ARGS)

bench: .venv/.project .bench-venv/.locked ## CPU time for each turn, against the floor; ARGS=--quick
	$(BIN)/python -m tests.bench $(ARGS)

bench-content: .venv/.project ## content at scale, measured on a library of articles: LIBRARY=path
	$(BIN)/python -m tests.bench.content $(LIBRARY)

soak: setup ## long runs; HELPBOT_SOAK=0.1 makes them a tenth as long
	HELPBOT_SOAK=$${HELPBOT_SOAK:-1.0} $(BIN)/python -m pytest -m soak $(ARGS)

lock: .venv/.project ## pin the dependencies anew; ARGS=--upgrade takes the newest
	$(PIP) install uv
	$(UV_COMPILE) pyproject.toml -o requirements/runtime.txt
	$(UV_COMPILE) --extra dev --extra semantic -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt
	$(UV_COMPILE) -c requirements/runtime.txt requirements/bench.in -o requirements/bench.txt
	$(NPM) install --package-lock-only

clean: ## remove what the other targets made; databases and .env stay
	rm -rf .venv .bench-venv .run build dist tests/web/node_modules *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find bot dialogs tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

# The locked dependencies; made anew when the lock changes. setuptools comes first, and with its hash too: a few packages
# have no wheel, and pip would else fetch an unpinned one to build them.
.venv/.locked: requirements/dev.txt
	@echo "Setting up .venv (about a minute)"
	@python="$$(sh tools/find_python.sh)" && "$$python" -m venv --clear .venv
	@sed -n '/^setuptools==/,/[^\\]$$/p' requirements/dev.txt > .venv/setuptools.txt
	@$(PIP) install --require-hashes -r .venv/setuptools.txt
	@$(PIP) install --require-hashes --no-build-isolation -r requirements/dev.txt
	@touch $@

# The project itself, editable: its command, its version, where its packages lie.
.venv/.project: .venv/.locked pyproject.toml setup.py
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# What the benchmark compares ours with: other bots, whose libraries ours must not be able to import.
.bench-venv/.locked: requirements/bench.txt
	@echo "Setting up .bench-venv (about a minute)"
	@python="$$(sh tools/find_python.sh)" && "$$python" -m venv --clear .bench-venv
	@sed -n '/^setuptools==/,/[^\\]$$/p' requirements/bench.txt > .bench-venv/setuptools.txt
	@$(BENCH_PIP) install --require-hashes -r .bench-venv/setuptools.txt
	@$(BENCH_PIP) install --require-hashes --no-build-isolation -r requirements/bench.txt
	@touch $@

$(WEB): tests/web/package.json tests/web/package-lock.json tests/web/.npmrc .venv/.locked
	@echo "Setting up tests/web/node_modules"
	@$(NPM) ci --loglevel=error
	@touch $@
