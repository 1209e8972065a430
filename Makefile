# One command for each thing a person wants to do. The environment is .venv/, built from hash-locked files.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
INTEGRATIONS := $(VENV)/.integrations
MUTANTS := $(VENV)/.mutants
RULE ?=
BENCH := $(VENV)/.bench
HEALTHCHAIN := $(VENV)/healthchain/.installed

.PHONY: checked help setup demo serve test test-integrations mutants check bench lock clean

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:[^#]*##/\t/' | sort

setup: $(DEV)    ## the environment, with the tools for working on it

demo: $(RUN)     ## start the service, fire the stories at it, show the cards
	@$(BIN)/neuropathic-pain-cds demo

serve: $(RUN)    ## start the service and leave it running; prints the URL for an EHR sandbox
	@$(BIN)/neuropathic-pain-cds serve

test: check      ## everything CI checks: lint, types, tests with branch coverage
	$(BIN)/pytest -n auto --cov --cov-report=term:skip-covered

test-integrations: $(DEV) $(INTEGRATIONS) ## what needs Node, PostgreSQL or minutes
	npm ci --silent --no-audit --no-fund --prefix tests/integrations/fhir-server
	$(BIN)/pytest -m integration tests

mutants: $(MUTANTS) ## what share of deliberate faults in the rules the tests notice (docs/testing.md); RULE=interaction for one
	$(BIN)/python scripts/mutants.py $(RULE)

check: $(DEV)    ## lint, format and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

checked: $(DEV)  ## hold every knowledge file against its schema and note which pass, so that a start need not
	$(BIN)/python scripts/mark_checked.py

bench: $(BENCH)  ## measure speed here, six minutes (docs/performance.md); QUICK=1: one; BASE=commit: beside that commit
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(BASE),--base $(BASE))

lock:            ## renew requirements/*.txt from pyproject.toml (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --group dev --extra replay -o requirements/dev.txt
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --group build --constraint requirements/dev.txt -o requirements/run.txt
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --group integrations --constraint requirements/dev.txt -o requirements/integrations.txt
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --group mutants --constraint requirements/dev.txt -o requirements/mutants.txt
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --group bench --constraint requirements/dev.txt -o requirements/bench.txt
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --group healthchain -o requirements/healthchain.txt

clean:           ## remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build dist mutants

$(RUN): requirements/run.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q cards cds_service fhir_fixtures  # so that the first start is as quick as the next
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(MUTANTS): requirements/mutants.txt $(DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutants.txt
	@touch $@

$(INTEGRATIONS): requirements/integrations.txt $(DEV) $(HEALTHCHAIN)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/integrations.txt
	@touch $@

$(BENCH): requirements/bench.txt $(DEV) $(HEALTHCHAIN)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

# HealthChain has an environment of its own: it pins another fhir.resources.
$(HEALTHCHAIN): requirements/healthchain.txt
	test -x $(VENV)/healthchain/bin/python || $(PYTHON) -m venv $(VENV)/healthchain
	$(VENV)/healthchain/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/healthchain.txt
	@touch $@
