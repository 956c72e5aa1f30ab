# One command each, on a fresh clone too:
#   make run     set up, index the documents, open the chat
#   make test    set up, run every test
#   make check   ruff, mypy and every test
#   make fmt     mend what ruff can mend
#   make crash   kill a build at every one of its calls, fail its disk at every one
#   make bench   measure speed and quality
#   make bench-quality DATA=folder   quality on public sets, among tens of thousands of passages
#   make bench-formats               files of every format and scans beside what others make of them
#   make bench-scale DATA=folder     how the index grows, from a thousand passages to a million
PYTHON ?= python3
DATA ?= data
VENV := .venv
BIN := $(VENV)/bin
# One file's tests stay together, and those of the page come last, as they are collected.
ON_ALL_CORES := -n auto --dist loadfile --no-loadscope-reorder
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: run test check fmt crash screens bench bench-quality bench-formats bench-scale browser
.DELETE_ON_ERROR:

# Exit status 1 says that some file could not be read: it has been named, the chat has the others.
run: $(VENV)/.wenju
	$(BIN)/rag build || [ $$? -eq 1 ]
	$(BIN)/rag chat

test: $(VENV)/.wenju-test browser
	$(BIN)/python -m pytest $(ON_ALL_CORES)

check: $(VENV)/.wenju-dev browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(ON_ALL_CORES)

fmt: $(VENV)/.wenju-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

crash: $(VENV)/.wenju-test
	CRASH_POINTS=0 REBUILDS=50 GENERATIONS=100 $(BIN)/python -m pytest -s tests/test_crash.py \
	  tests/test_readers.py

screens: $(VENV)/.wenju-test browser
	$(BIN)/python tests/browser/screens.py shots

bench: $(VENV)/.wenju-bench
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/speed.py

bench-quality: $(VENV)/.wenju-bench
	$(BIN)/python benchmarks/public.py $(DATA)

bench-formats: $(VENV)/.wenju-bench
	$(BIN)/python benchmarks/converters.py
	$(BIN)/python benchmarks/ocr.py

bench-scale: $(VENV)/.wenju-bench
	$(BIN)/python benchmarks/scale.py $(DATA) --out docs/images --against 10000

# The tests of the chat drive Chromium, and a picture of it needs Chinese letters.
browser: $(VENV)/.wenju-test
	@if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then \
	  [ -n "$$(fc-list :lang=zh 2>/dev/null)" ] && exit 0; \
	fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium and a Chinese font …"; \
	  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
	    --no-install-recommends chromium fontconfig fonts-noto-cjk; } >$(VENV)/browser.log 2>&1 \
	  || echo "No Chromium: apt-get failed ($(VENV)/browser.log says why)."; \
	elif ! $(BIN)/python -m playwright install chromium >$(VENV)/browser.log 2>&1; then \
	  echo "No Chromium: install it, or run make test once as root on Debian or Ubuntu."; \
	fi

# torch goes first and pinned: left to itself, pip picks a build with gigabytes of GPU libraries.
$(VENV)/.torch: constraints.txt
	@echo "Setting up $(VENV): once, a few minutes …"
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and \
	  'Python 3.11 or later is needed: make PYTHON=python3.12, for example')"
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) torch
	@touch $@

$(VENV)/.wenju: pyproject.toml $(VENV)/.torch
	$(INSTALL) -e .
	@touch $@

$(VENV)/.wenju-test: pyproject.toml $(VENV)/.torch
	$(INSTALL) -e ".[test]"
	@touch $@

$(VENV)/.wenju-dev: pyproject.toml $(VENV)/.torch
	$(INSTALL) -e ".[test,dev,bench]"
	@touch $@

$(VENV)/.wenju-bench: pyproject.toml $(VENV)/.torch
	$(INSTALL) -e ".[bench,ocr,office]"
	@touch $@
