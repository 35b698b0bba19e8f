# Two commands do everything on a fresh machine with Python 3.11 or newer:
#   make demo    install, then show a real journey working
#   make test    install, then every check and test
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

# Tests start hundreds of processes; without kept bytecode each would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check rules types tests explore format lock

# Ctrl-C is how the demo is meant to end.
demo: $(STAMP)
	@$(BIN)/sojourn demo || test $$? -eq 130

# The types are looked at beside the tests, which leave a core alone for long enough.
test: rules
	@$(MAKE) --no-print-directory --jobs=2 types tests

check: rules types

rules: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports

types: $(STAMP)
	@$(BIN)/basedpyright

# One more than the two cores there are, as some tests wait for servers they started. More cost as much CPU as they save.
tests: $(STAMP)
	@$(BIN)/pytest -n 3 --dist loadgroup

# The properties again, with other examples each time and ten times as many: minutes to an hour.
explore: $(STAMP)
	@$(BIN)/pytest -n 3 -m hypothesis --hypothesis-profile=explore

format: $(STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# With uv where it is there, otherwise with venv and pip: the same hashed lock either way.
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Sojourn needs Python 3.11 or newer as '$(PYTHON)'."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sojourn needs Python 3.11 or newer; '$(PYTHON)' is older. Try: make PYTHON=python3.12"; exit 1; }
	@if command -v uv >/dev/null; then \
	  test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) .venv; \
	  uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --editable .; \
	else \
	  test -x $(BIN)/python || $(PYTHON) -m venv .venv; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .; \
	fi
	@touch $(STAMP)

lock:
	@uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --all-extras --group dev pyproject.toml -o requirements.lock
