"""Runs every client, or those that are named, prints a table and one JSON line. Exit status 1 where a row fails.

    python -m tests.clients              all
    python -m tests.clients PEFT TRL     some

In the environment of requirements-clients.txt; `make clients` makes it. A control is what a client that does nothing
would give: a row whose control is near the wanted number fails too.
"""

import argparse
import contextlib
import functools
import importlib
import importlib.metadata
import io
import json
import os
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Callable, Iterator, List

from tests.clients.rows import HEADER, Row

CLIENTS = {
    "PEFT": "use_peft",
    "Trainer": "use_trainer",
    "TRL": "use_trl",
    "lm-eval": "use_lm_eval",
    "accelerate": "use_accelerate",
    "pipelines": "use_pipelines",
    "datasets": "use_datasets",
    "torch.compile": "use_compile",
}
LOG = 2000  # characters of what a client printed before it failed
VERSIONS = ("torch", "transformers", "accelerate", "peft", "trl", "datasets", "lm-eval", "numpy", "sentencepiece")


def quiet(scratch: Path) -> None:
    """Before transformers is imported: a module cache of its own, no network, no progress bars."""
    for name in ("HF_MODULES_CACHE", "HF_HOME"):
        os.environ[name] = str(scratch / name)
    for name in (
        "HF_HUB_OFFLINE",
        "TRANSFORMERS_OFFLINE",
        "HF_DATASETS_OFFLINE",
        "HF_HUB_DISABLE_PROGRESS_BARS",
        "HF_DATASETS_DISABLE_PROGRESS_BARS",
    ):
        os.environ[name] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    warnings.simplefilter("ignore")  # of clients, about clients


def rows_of(check: Callable[[], Iterator[Row]]) -> List[Row]:
    """Rows of a check; where it ends in an exception, one that says FAILS. What clients print is shown only then."""
    found: List[Row] = []
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            found.extend(check())
    except Exception as error:
        print(f"{said.getvalue()[-LOG:]}\n{traceback.format_exc()}", file=sys.stderr)
        message = " ".join(str(error).split())
        name = f"{check.func.__name__}{check.args[:2]}" if isinstance(check, functools.partial) else check.__name__
        found.append(Row(f"{name} ends: {type(error).__name__}: {message:.80}", "an exception", "none", "some"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clients", nargs="*", help=", ".join(CLIENTS))
    names = parser.parse_args().clients or list(CLIENTS)
    verdicts, started = [], time.time()
    with tempfile.TemporaryDirectory() as scratch:
        quiet(Path(scratch))
        print(HEADER, flush=True)
        for name in names:
            for check in importlib.import_module(f"tests.clients.{CLIENTS[name]}").CHECKS:
                for row in rows_of(check):
                    print(row.line(name), flush=True)
                    verdicts.append(row.verdict)
    versions = {name: importlib.metadata.version(name) for name in VERSIONS}
    failed = sum(verdict != "ok" for verdict in verdicts)
    print("\n" + ", ".join(f"{name} {version}" for name, version in versions.items()))
    seconds = round(time.time() - started)
    print(json.dumps({"versions": versions, "rows": len(verdicts), "failed": failed, "seconds": seconds}))
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
