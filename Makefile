# Jinbao. `make demo` and `make test` are all that a newcomer types; each prepares .venv by itself.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Installs in a tenth of pip's time. It does not read pip's settings (a mirror of a company, say): where
# it fails, pip does the work.
UV := UV_LINK_MODE=copy $(BIN)/uv --quiet pip
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
	--no-annotate --no-header

# A stamp names what it was made from and where, so that an edited lock or a moved folder asks for
# a new one. cksum is POSIX: it detects changes; pip checks the hashes in the locks.
STATE := $(shell (pwd; cat pyproject.toml requirements*.lock) | cksum | tr ' ' '-')
COMPLETE := .venv/.complete-$(STATE)
RUNTIME := .venv/.runtime-$(STATE)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test lint types format lock bench-switch bench-ledger bench-settlement profile bench-codec bench-replay bench-recording bench-load bench-fees fuzz wheel clean crash-test bench-world simulate-long simulate-stakes simulate-postgres bench-scale

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf 'make %-12s %s\n' "$$name" "$$text"; done

setup: $(COMPLETE) ## make .venv with everything (does nothing when nothing changed)

# A complete .venv serves the demo as well: it is never taken back to the runtime lock alone.
demo: $(firstword $(wildcard $(COMPLETE)) $(RUNTIME)) ## two days of a village: a switch, banks, terminals; check their books
	@$(BIN)/jinbao demo

test: .venv/bin/python ## set up, lint, check types, run every test; seconds per part at the end
	@$(BIN)/python tests/run.py

lint: setup ## check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup ## check types
	$(BIN)/mypy

format: setup ## mend style and format in place
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: setup ## resolve the locks anew (UPGRADE=--upgrade: to the newest releases)
	$(LOCK) $(UPGRADE) --group build -o requirements.lock pyproject.toml
	$(LOCK) $(UPGRADE) --group build --group dev -c requirements.lock -o requirements-dev.lock \
		pyproject.toml
	$(LOCK) $(UPGRADE) --group pyproject.toml:fuzz -o requirements-fuzz.lock
	$(LOCK) $(UPGRADE) --group pyproject.toml:installer -c requirements-dev.lock \
		-o requirements-setup.lock

bench-switch: setup ## measure a withdrawal end to end, beside a bare relay; then with fees and two line classes
	$(BIN)/python -m bench.switch plain
	$(BIN)/python -m bench.switch full

bench-ledger: setup ## measure ways to commit, and the ledgers
	$(BIN)/python -m bench.ledger

bench-settlement: setup ## a million transactions cleared and reported, time and memory on both engines
	$(BIN)/python -m bench.settlement

profile: setup ## where the switch's time goes: build/profile.svg and its parts (MIX=full)
	$(BIN)/python -m bench.profile $(MIX)

bench-fees: setup ## measure a quote, as ratios in one run
	$(BIN)/python -m bench.fees

bench-load: setup ## measure the load generator, beside another one (two quiet cores, 3 minutes)
	$(BIN)/python -m bench.load

bench-replay: setup ## measure replay: frames a second and memory (FRAMES=1000000)
	$(BIN)/python -m bench.replay $(FRAMES)

bench-recording: setup ## measure what recording costs a switch, as ratios in one run
	$(BIN)/python -m bench.recording

bench-codec: setup ## measure the codec, as ratios in one run
	$(BIN)/python -m bench.codec

crash-test: setup ## kill the switch 200 times under load, then two on PostgreSQL, and that (KILLS=, ROUNDS=)
	$(BIN)/python -m bench.crash $(KILLS)
	$(BIN)/python -m bench.crash.two_switches $(ROUNDS)

bench-scale: setup ## measure one switch on SQLite, one and two on PostgreSQL, in one run
	$(BIN)/python -m bench.scale

bench-world: setup ## measure simulated worlds on one core, all checkers on
	$(BIN)/python -m bench.world

simulate-postgres: setup ## worlds whose two switches share one real PostgreSQL (SEEDS=100 FIRST=0)
	$(BIN)/python -m bench.worlds $(or $(SEEDS),100) $(or $(FIRST),0)

simulate-long: setup ## 20000 worlds on two cores (SEEDS=20000 FIRST=0 INTO=worlds: goes on where it was ended)
	$(BIN)/jinbao simulate --seed $(or $(FIRST),0) --seeds $(or $(SEEDS),20000) --jobs 2 --coverage $(if $(INTO),--into $(INTO))

# A profile that fails (1) is told at the end, after the others; what ends a run otherwise ends all.
simulate-stakes: setup ## 1000 worlds of each profile that wants things at stake (SEEDS=1000 FIRST=0 INTO=worlds)
	@failed=; for profile in mixed storm days services stages remittances; do \
		echo "profile $$profile"; \
		$(BIN)/jinbao simulate --profile $$profile --seed $(or $(FIRST),0) --seeds $(or $(SEEDS),1000) --jobs 2 \
			$(if $(INTO),--into $(INTO)/$$profile); status=$$?; \
		[ $$status -lt 2 ] || exit $$status; [ $$status = 0 ] || failed="$$failed $$profile"; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

fuzz: setup ## feed hostile bytes to every reader, guided by coverage (RUNS=300000)
	$(PIP) install --require-hashes -r requirements-fuzz.lock
	$(BIN)/python -m bench.fuzz $(RUNS)

wheel: setup ## build the wheel into dist/
	rm -rf build
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

clean: ## remove everything that the targets made, .venv included
	rm -rf .venv build dist *.egg-info .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(COMPLETE): LOCKED := requirements-dev.lock
$(RUNTIME): LOCKED := requirements.lock
$(COMPLETE) $(RUNTIME): .venv/bin/python
	@$(PIP) install --require-hashes -r requirements-setup.lock || echo "no uv for this machine: pip installs alone"
	$(UV) install --python $(BIN)/python --require-hashes -r $(LOCKED) || $(PIP) install --require-hashes -r $(LOCKED)
	$(PIP) install --no-deps --no-build-isolation --editable .
	@rm -f .venv/.complete-* .venv/.runtime-*
	@touch $@

# Debian splits venv off; without it, `python3 -m venv` would leave half an environment behind.
.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "Jinbao needs Python 3.11 or newer; Debian: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Jinbao needs Python 3.11 or newer, and $(PYTHON) is older (name another: make PYTHON=python3.12 ...)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) has no venv module; Debian: apt-get install python3-venv (or python3.11-venv)" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
