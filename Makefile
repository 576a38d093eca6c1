# Two commands set everything up on a fresh machine: `make chat` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
MODEL ?=

.PHONY: chat test lint format compat compat-subset bench kernels clean

$(VENV)/runtime: requirements.txt requirements-chat.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-chat.txt
	touch $@

$(VENV)/dev: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	touch $@

chat: $(VENV)/runtime  ## opens a chat; MODEL= names a folder or a Hub id, without it a tiny random model is made
	$(BIN)/python examples/chat.py $(MODEL)

test: lint  ## lint, then the whole suite
	$(BIN)/python -m pytest

lint: $(VENV)/dev
	$(BIN)/ruff check .

compat: $(VENV)/dev  ## the probe suite over all supported releases of transformers, each in an environment of its own
	$(BIN)/python tests/compat/run.py

compat-subset: $(VENV)/dev
	$(BIN)/python tests/compat/run.py --subset

bench: $(VENV)/dev
	$(BIN)/python benchmarks/int4_linear.py
	$(BIN)/python benchmarks/end_to_end.py --layers 2

kernels: $(VENV)/dev  ## compiles kernels/*.cu to the PTX in quantization_kernels.py
	$(BIN)/python kernels/build.py

clean:
	rm -rf $(VENV) .venvs .pytest_cache .ruff_cache .hypothesis
