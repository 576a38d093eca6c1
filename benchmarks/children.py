"""Engines in processes of their own that answer requests over pipes, so that they can take turns on one machine.

Needs no package beyond Python's own: an engine may live in another environment.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Optional

ROOT = Path(__file__).resolve().parents[1]


def serve(engine: Any) -> None:
    """The child's side: `versions()` first, then one answer per line in: [method, arguments ...]."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print goes elsewhere
    print(json.dumps(engine.versions()), file=answers)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        answer = peak_memory() if name == "peak" else getattr(engine, name)(*arguments)
        print(json.dumps(answer), file=answers)


def peak_memory() -> int:
    """The most bytes that this process has had in memory."""
    with open("/proc/self/status") as status:
        return next(int(row.split()[1]) * 1024 for row in status if row.startswith("VmHWM"))


class Child:
    """The parent's side: calling it with a method's name and arguments gives that method's result in the child."""

    def __init__(self, python: str, module: str, *arguments: object, environment: Optional[Dict[str, str]] = None):
        command = [python, "-m", module, *map(str, arguments)]
        variables = {**os.environ, **(environment or {})}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.versions = self._answer()

    def _answer(self) -> Any:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a child has ended (status {self.process.wait()}); its messages stand above")
        return json.loads(line)

    def __call__(self, *request: object) -> Any:
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
