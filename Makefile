# Every verb works from a fresh clone on a machine with Python 3.11 or later; the second run is quick.
#   make setup   the packages, and the command at .venv/bin/rapport
#   make demo    the practice company, on localhost
#   make test    lint and every test, on SQLite and on PostgreSQL
#   make lint    style, types, the import contract
#   make bench   the benchmarks, each beside its peer
#   make soak    the long tests: twenty kills of each kind
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: setup demo test test-needs lint bench soak format

PYTEST := .venv/bin/pytest -n 3 --dist worksteal -q  # many tests wait for processes of their own
ON_POSTGRES := .venv/bin/python tools/with_postgres.py --clusters 3
SCRATCH := RAPPORT_DATA_DIR=$(CURDIR)/var/scratch

setup: .venv/complete

.venv/complete: requirements.lock pyproject.toml tools/make_venv.sh
	tools/make_venv.sh

demo: setup
	.venv/bin/rapport demo

test-needs: setup
	tools/install_test_needs.sh

lint: setup
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	$(SCRATCH) .venv/bin/mypy
	.venv/bin/lint-imports

format: setup
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

test: test-needs lint
	$(PYTEST) -m "not soak"
	$(ON_POSTGRES) $(PYTEST) -m "tables and not browser and not soak and not large"

bench: setup
	.venv/bin/rapport bench

soak: test-needs
	$(PYTEST) -m soak
	$(ON_POSTGRES) $(PYTEST) -m soak
