# Citizens Connect. `make run` and `make test` are all a newcomer needs.
#
#   make run                   the demo city on http://127.0.0.1:8050 (PORTAL_PORT=… for another port)
#   make run CITY=boston       a real city, live
#   make test                  everything: SQLite, PostgreSQL, a real browser; three workers, which suit two cores;
#                              ARGS=… goes to pytest: ARGS='-n 0 tests/cases' runs a folder on one
#                              core, ARGS=--hypothesis-profile=long tries 20 times the odd inputs
#   make check                 style, types and the architecture: seconds, before every commit
#   make faults                10,000 reports taken and sent while everything fails, on each database; writes docs/reliability.md
#   make bench                 the speed table; ARGS='--cases 500000 --write' and so on
#   make html-check            every page and state before the Nu HTML checker (npm, Java)
#   make lighthouse            the pages on a phone, measured by Lighthouse (npm, Chromium); ARGS='--write' and so on
#   make measure               how the code is built: lengths, circles, parameters, documentation
#   make mutants               breaks 300 rules, one at a time, and names those that no test notices; ARGS='--from 0 --count 50' and so on
#   make screenshots           the pictures of docs/screenshots
#   make words                 the catalogues of portal/locales, from the sentences of the code; says what is left to translate
#   make lock                  new versions of the dependencies, with their hashes

ifdef CITY
export PORTAL_JURISDICTIONS := $(CITY)
endif

# Where this is set, every process would compile every module it imports again: a second start took 45 s instead of 5.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
ARGS ?=

.PHONY: run test check faults bench html-check lighthouse measure mutants screenshots words lock

run: .venv/installed
	@$(PYTHON) -m portal run

test: .venv/installed-dev
	@tools/system-packages
	@$(PYTHON) -m pytest -n 3 $(ARGS)

check: .venv/installed-dev
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m pyright
	@$(PYTHON) -m pytest -q tests/test_architecture.py

faults: .venv/installed-dev
	@FAULT_ROUNDS=$${FAULT_ROUNDS:-200} FAULT_REPORTS=$${FAULT_REPORTS:-50} TMPDIR=$${TMPDIR:-/tmp} \
		$(PYTHON) -m pytest --timeout=0 tests/faults/test_dispatch.py $(ARGS)

bench: .venv/installed-dev
	@$(PYTHON) -m portal bench $(ARGS)

html-check: .venv/installed-dev tools/node_modules/installed
	@$(PYTHON) -m tools.html_check

lighthouse: .venv/installed-dev tools/node_modules/installed
	@$(PYTHON) -m tools.lighthouse $(ARGS)

measure: .venv/installed-dev
	@$(PYTHON) -m tools.measure

mutants: .venv/installed-dev
	@$(PYTHON) -m tools.mutants $(ARGS)

screenshots: .venv/installed-dev
	@$(PYTHON) -m tools.screenshots

words: .venv/installed-dev
	@$(PYTHON) -m tools.translations

lock:
	@tools/lock

# A stamp is as new as the last install, so an unchanged lock costs nothing.
.venv/installed: requirements.lock
	@tools/install requirements.lock
	@touch $@

.venv/installed-dev: requirements-dev.lock
	@tools/install requirements-dev.lock
	@touch .venv/installed $@

tools/node_modules/installed: tools/package-lock.json
	@tools/install-checkers
	@touch $@
