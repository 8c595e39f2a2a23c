# make run    the switch, on conf/demo.yaml (CONFIG=my.yaml for another file); Ctrl-C stops it
# make test   everything: format, lint, types, unit tests, end-to-end tests with real phones
#
# make check, make covered and make interop are parts of make test. make unit is for while one writes:
# the unit tests alone, without processes, properties and coverage, in less than a quarter of a minute.
# make clean removes what they leave.

CONFIG ?= conf/demo.yaml
VENV := .venv

# Python keeps what it has compiled, whatever is set otherwise: a suite starts hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check covered unit interop packages clean

# A job of its own (set -m): Ctrl-C is for the switch, which then exits with 0, and not for make.
run: $(VENV)/.for-run
	@[ -t 0 ] || exec $(VENV)/bin/softswitch run $(CONFIG); set -m; $(VENV)/bin/softswitch run $(CONFIG)

test: check covered interop

check: $(VENV)/.for-test
	@.ci/check

covered: $(VENV)/.for-test packages
	@.ci/covered

unit: $(VENV)/.for-test
	@.ci/unit

interop: $(VENV)/.for-test packages
	@.ci/interop

packages:
	@.ci/packages

$(VENV)/.for-run: pyproject.toml .ci/install
	@.ci/install $(VENV) .
	@touch $@

$(VENV)/.for-test: pyproject.toml .ci/install
	@.ci/install $(VENV) '.[test]'
	@touch $@ $(VENV)/.for-run

clean:
	rm -rf $(VENV) *.egg-info build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
