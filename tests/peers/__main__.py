"""Runs the tests that transformers holds for its own models on this package (`make peers-suite`).

    python -m tests.peers                    the releases below
    python -m tests.peers 5.24.0             some of them
    python -m tests.peers --show             besides, every test that was skipped or excepted, and why

The tests come from the source package of each release on PyPI, at run time. Each must pass, be skipped by its own
condition, or stand in exceptions.py with the message it fails with; one that stands there and passes fails the run.
"Empty" are those that passed without making a model or tokenizer of this package: tests of pictures, for example.
Prints a table, then one JSON line. Exit status 1 where a release has something else, or fewer that passed than before.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Dict, List, Tuple

from benchmarks.make_checkpoint import make_checkpoint
from tests.peers.exceptions import EXCEPTIONS, PASSED
from tests.peers.upstream import test_environment, unpack_tests

SUITE = Path(__file__).with_name("suite")
FILES = ("configuration.py", "modeling.py", "tokenization.py")
RELEASES = ("4.57.6", "5.24.0")
COLUMNS = ("passed", "empty", "excepted", "skipped", "failed")
SECONDS = 3600

Results = Dict[str, Tuple[str, str]]


def make_folder(folder: Path) -> Path:
    """A checkpoint with this package's files, for the tests to load classes and a tokenizer from."""
    checkpoint = make_checkpoint(folder / "checkpoint", bits=0, dtype="float32", tiny=True)
    # 4.57 passes over test_can_init_all_missing_weights for a configuration whose file names no year from 2023 on.
    with open(checkpoint / "configuration_chatglm.py", "a", encoding="utf-8") as file:
        file.write("\n# Copyright 2023\n")
    return checkpoint


def run_release(release: str, checkpoint: Path) -> Results:
    """name -> (outcome, message) of every test; for the outcomes see suite/recorder.py."""
    python = test_environment(release)
    with tempfile.TemporaryDirectory() as scratch:
        unpack_tests(release, Path(scratch))
        out = Path(scratch) / "results.json"
        variables = {
            **os.environ,
            "CHATGLM_PEERS_CHECKPOINT": str(checkpoint),
            "CHATGLM_PEERS_RESULTS": str(out),
            "CUDA_VISIBLE_DEVICES": "",  # the exceptions are those of a CPU
            "HF_MODULES_CACHE": str(Path(scratch) / "modules"),
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": os.pathsep.join((scratch, str(SUITE))),
            "RUN_SLOW": "1",
            "TOKENIZERS_PARALLELISM": "false",
        }
        command = [str(python), "-m", "pytest", "-q", "-p", "recorder", "-p", "no:cacheprovider", "--noconftest"]
        command += ["-c", os.devnull, "--rootdir", str(SUITE), *(str(SUITE / name) for name in FILES)]
        try:
            done = subprocess.run(
                command, capture_output=True, encoding="utf-8", env=variables, cwd=scratch, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return {"(suite)": ("failed", f"no end after {SECONDS} s")}
        if not out.exists():
            return {"(suite)": ("failed", (done.stderr or done.stdout)[-2000:])}
        return json.loads(out.read_text(encoding="utf-8"))


def judge(release: str, results: Results) -> Tuple[Counter, List[str]]:
    """How many tests came to which end, and what is wrong, a line each."""
    counts: Counter = Counter()
    wrong = []
    excepted = {name: entry.message for entry in EXCEPTIONS[release] for name in entry.tests}
    for name, (outcome, message) in results.items():
        if outcome == "failed" and name in excepted and message.startswith(excepted[name]):
            counts["excepted"] += 1
            continue
        counts[outcome] += 1
        if outcome == "failed":
            wanted = f"\n    excepted is: {excepted[name]}" if name in excepted else ""
            wrong.append(f"{release} {name}: {message}{wanted}")
        elif name in excepted:
            wrong.append(f"{release} {name}: {outcome}, but stands in exceptions.py: take it out")
    wrong += [
        f"{release} {name}: stands in exceptions.py and did not run" for name in excepted.keys() - results.keys()
    ]
    if counts["passed"] < PASSED[release]:
        wrong.append(f"{release}: {counts['passed']} tests passed, {PASSED[release]} did before (exceptions.py)")
    return counts, wrong


def show(release: str, results: Results) -> None:
    for wanted in ("empty", "skipped"):
        print(f"\n{release}, {wanted}:")
        names: Dict[str, List[str]] = {}
        for name, (outcome, message) in results.items():
            if outcome == wanted:
                names.setdefault(message, []).append(name)
        for message in sorted(names, key=lambda message: -len(names[message])):
            print(f"  {message}", *(f"    {name}" for name in names[message]), sep="\n")
    print(f"\n{release}, excepted:")
    for entry in EXCEPTIONS[release]:
        print(f"  {entry.message}\n  because: {entry.reason}", *(f"    {name}" for name in entry.tests), sep="\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", help=f"some of {', '.join(RELEASES)}")
    parser.add_argument("--show", action="store_true", help="lists what was skipped or excepted, with reasons")
    arguments = parser.parse_args()

    table, wrong = {}, []
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = make_folder(Path(scratch))
        for release in arguments.releases or RELEASES:
            results = run_release(release, checkpoint)
            table[release], complaints = judge(release, results)
            wrong += complaints
            if arguments.show:
                show(release, results)
    print(f"{'':8}", *(f"{column:>9}" for column in COLUMNS))
    for release, counts in table.items():
        print(f"{release:8}", *(f"{counts[column]:9}" for column in COLUMNS))
    print(*wrong, sep="\n\n")
    print(json.dumps({release: {column: counts[column] for column in COLUMNS} for release, counts in table.items()}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
