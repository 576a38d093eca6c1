"""Runs other engines over exports, prints a table and one JSON line. Exit status 1 where a row fails.

    python -m tests.engines                       all
    python -m tests.engines vLLM llama.cpp        some
    python -m tests.engines --write               all, and the rows go into ENGINES.md

In the environment of requirements-engines.txt; `make engines` makes it. Releases of transformers have environments of
their own, those of tests/compat. FOLDER, FILE and CHECKPOINT in the last column are what the checks make for
themselves in a temporary folder; `run_...` are modules of this folder.
"""

import argparse
import importlib
import json
import os
import re
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Iterator, List

ENGINES = {"transformers": "use_transformers", "vLLM": "use_vllm", "llama.cpp": "use_llama"}
PAGE = Path(__file__).resolve().parents[2] / "ENGINES.md"
BEGIN, END = "<!-- rows: `make engines` writes them -->", "<!-- end of rows -->"


def rows(names: List[str]) -> Iterator[Any]:
    """The rows of all checks; one that ends in an error says so."""
    from tests.engines.rows import Measure

    for name in names:
        for check in importlib.import_module(f"tests.engines.{ENGINES[name]}").CHECKS:
            try:
                yield from check()
            except Exception as error:
                traceback.print_exc()
                called = getattr(check, "func", check).__name__, getattr(check, "args", ())
                last = (str(error).strip().splitlines() or [""])[-1]
                yield Measure(name, "", "", f"**FAILS**: {called}: {type(error).__name__}: {last[:200]}", "", False)


def write(lines: List[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    table = "\n".join((BEGIN, "", *lines, "", END))
    PAGE.write_text(re.sub(pattern, lambda match: table, text, flags=re.DOTALL), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", help=", ".join(ENGINES))
    parser.add_argument("--write", action="store_true", help="put the rows into ENGINES.md")
    arguments = parser.parse_args()
    started, verdicts = time.time(), []
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.update(HF_MODULES_CACHE=scratch, HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
        from tests.engines.rows import header

        lines = header()
        print(*lines, sep="\n", flush=True)
        for row in rows(arguments.engines or list(ENGINES)):
            lines.append(row.line())
            verdicts.append(row.ok)
            print(row.line(), flush=True)
    if arguments.write:
        write(lines)
    failed = verdicts.count(False)
    print(json.dumps({"rows": len(verdicts), "failed": failed, "seconds": round(time.time() - started)}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
