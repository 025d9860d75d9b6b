# Everything sets itself up: a Python from 3.11 on and make are all that has to be there.

PORT ?= 8000
SANDBOX_PORT ?= 9000
CRASH_ROUNDS ?= 300
CRASH_TESTS := tests/tracking/test_crash_proof.py tests/tracking/test_crash_brokers.py
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# The demo's own settings, whatever .env says; its data by port, so that two demos do not spoil each other.
DEMO := DEBUG=1 ALLOWED_HOSTS=127.0.0.1 SECURE_SSL_REDIRECT=0 SECURE_HSTS_SECONDS=0 SESSION_COOKIE_SECURE=0 \
	CSRF_COOKIE_SECURE=0 DATABASE_URL=sqlite:///var/demo-$(PORT).sqlite3 PAYMENT_HOST=127.0.0.1:$(PORT) \
	EMAIL_URL=filemail:///var/mail-$(PORT) MEDIA_ROOT=var/media-$(PORT) STORE_TAX_PERCENT=8 LOG_LEVEL=WARNING TRACKING_POSTBACK_HOSTS=127.0.0.1 TRACKING_ENGINE=thread

.DEFAULT_GOAL := help
.PHONY: help demo manage test test-sqlite test-journeys test-postgres test-mysql lint format bench screenshots crash clean

help: ## List what make can do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null \
		|| grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST)

demo: .venv/.demo ## Start the shop and a local Aspire, and say what to open (PORT=8000 SANDBOX_PORT=9000)
	@$(DEMO) exec $(BIN)/python manage.py demo --port $(PORT) --sandbox-port $(SANDBOX_PORT)

manage: .venv/.demo ## Run a command on the demo's data: make manage ARGS="explain_order PW-123456"
	@$(DEMO) $(BIN)/python manage.py $(ARGS)

test: test-sqlite test-journeys test-postgres test-mysql ## Run all tests; what needs a missing server or browser is named and skipped

test-sqlite: .venv/.dev ## Run the rings of rules and app on SQLite
	$(BIN)/python -m pytest --ignore=tests/journeys

test-journeys: .venv/.dev ## Run the journeys of real browsers through the running shop
	$(BIN)/python -m pytest tests/journeys

test-postgres: .venv/.dev ## Run what uses a database on PostgreSQL (TEST_POSTGRES_URL, or a server from a pip package)
	$(BIN)/python -m tests.services postgres $(BIN)/python -m pytest tests/tracking tests/store --database-only

test-mysql: .venv/.dev ## Run what uses a database on MySQL or MariaDB (TEST_MYSQL_URL)
	$(BIN)/python -m tests.services mysql $(BIN)/python -m pytest tests/tracking tests/store --database-only

lint: .venv/.dev ## Check format, style, types, import directions, templates, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	git ls-files -z '*.html' | xargs -0 $(BIN)/djade --target-version 5.2 --check
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run

format: .venv/.dev ## Put code and templates into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	git ls-files -z '*.html' | xargs -0 $(BIN)/djade --target-version 5.2

bench: .venv/.bench ## Measure what tracking costs beside what else there is, as ratios within one run (BENCH="--quick delivery")
	$(BIN)/python -m tests.services postgres $(BIN)/python -m tests.benchmarks $(BENCH)
	$(BIN)/python -m tests.benchmarks $(BENCH)
	$(BIN)/python -m tests.benchmarks.pages

screenshots: .venv/.dev ## Take the READMEs' pictures of the demo that runs on PORT; it buys a few things there
	$(DEMO) DJANGO_SETTINGS_MODULE=config.settings $(BIN)/python -m tests.screenshots http://127.0.0.1:$(PORT) http://127.0.0.1:$(SANDBOX_PORT)

crash: .venv/.dev ## Kill workers, shops, databases and brokers hundreds of times, and count what arrives (CRASH_ROUNDS=300)
	CRASH_ROUNDS=$(CRASH_ROUNDS) $(BIN)/python -m pytest -q -s $(CRASH_TESTS)
	CRASH_ROUNDS=$(CRASH_ROUNDS) $(BIN)/python -m tests.services postgres $(BIN)/python -m pytest -q -s $(CRASH_TESTS)
	CRASH_ROUNDS=$(CRASH_ROUNDS) $(BIN)/python -m tests.services mysql $(BIN)/python -m pytest -q -s $(CRASH_TESTS)

clean: ## Remove the environment, the demos' data and everything that was built; a real shop's database stays
	rm -rf .venv var/demo-*.sqlite3* var/mail-* var/media-* var/static build dist *.egg-info .coverage .coverage.* htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian: apt install python3-venv)." >&2; exit 1; }

.venv/.demo: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing what the shop needs into .venv ..."
	@$(INSTALL) --editable '.[store]'
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing what development needs into .venv ..."
	@$(INSTALL) --editable '.[store,test,lint]' $(if $(TEST_MYSQL_URL),--editable '.[mysql]')
	@touch $@ .venv/.demo

.venv/.bench: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing what the benchmarks need into .venv ..."
	@$(INSTALL) --editable '.[store,test,bench]'
	@touch $@ .venv/.demo
