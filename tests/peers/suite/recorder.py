"""A plugin of pytest that writes what became of each test to the file that CHATGLM_PEERS_RESULTS names.

JSON: name of the test -> [outcome, message]. The outcome is "passed", "failed", "skipped" or "empty": passed, and no
model or tokenizer of the package was made. In messages, TMP stands for temporary folders.
"""

import functools
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

results: Dict[str, Tuple[str, str]] = {}
made = 0


def count_objects_of(cls: Any) -> None:
    init = cls.__init__

    @functools.wraps(init)
    def counting(self: Any, *args: Any, **kwargs: Any) -> None:
        global made
        made += 1
        init(self, *args, **kwargs)

    cls.__init__ = counting


def message_of(report: pytest.TestReport) -> str:
    """What the exception said; why a test was skipped; nothing for one that passed."""
    if report.skipped and isinstance(report.longrepr, tuple):
        message = report.longrepr[2]
    else:
        crash = getattr(report.longrepr, "reprcrash", None)
        message = crash.message if crash else str(report.longrepr or "")
    return re.sub(re.escape(tempfile.gettempdir()) + r"/[\w-]+", "TMP", message)


def name_of(report: Any) -> str:
    return report.nodeid.rpartition("/")[2]


def pytest_collection_finish() -> None:
    import adapter

    for cls in (*adapter.MODELS, adapter.ChatGLMTokenizer):
        count_objects_of(cls)


def pytest_runtest_logstart() -> None:
    global made
    made = 0


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or not report.passed:
        empty = report.passed and not made and "configuration.py" not in report.nodeid
        results[name_of(report)] = ("empty" if empty else report.outcome, message_of(report))


def pytest_collectreport(report: Any) -> None:
    if report.failed:
        results[name_of(report)] = ("failed", message_of(report))


def pytest_sessionfinish() -> None:
    Path(os.environ["CHATGLM_PEERS_RESULTS"]).write_text(json.dumps(results))
