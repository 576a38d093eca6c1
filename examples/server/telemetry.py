"""What the owner is told: a line of JSON per event on stderr, numbers for Prometheus. No texts of users."""

import json
import logging
import sys
import time
import traceback
from typing import Any, Callable, Dict

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
requests_log = logging.getLogger("chatglm.requests")


class JsonLines(logging.Formatter):
    """A record as one line. Of an exception it gives the kind and the places, as its message may hold a prompt."""

    def format(self, record: logging.LogRecord) -> str:
        line: Dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "from": record.name,
        }
        line.update(record.args if isinstance(record.args, dict) else {"message": record.getMessage()})
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            line["exception"] = record.exc_info[0].__name__
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
        return json.dumps(line, ensure_ascii=False, default=str)


def log_to_stderr() -> None:
    """All logs of this process as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers, logging.getLogger(name).propagate = [], True
    logging.getLogger("uvicorn.access").disabled = True  # the line per request says more
    from transformers.utils import logging as theirs

    theirs.disable_default_handler()
    theirs.enable_propagation()


class Metrics:
    """Counters and times. `watch` adds what is read when somebody asks."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter("chatglm_requests", "Requests that ended", ["path", "status"], registry=registry)
        self.tokens = Counter(
            "chatglm_tokens", "Tokens: prompt, cached (of these), answer", ["kind"], registry=registry
        )
        self.first = Histogram(
            "chatglm_first_token_seconds", "From a request to its first token", buckets=SECONDS, registry=registry
        )
        self.whole = Histogram(
            "chatglm_request_seconds", "From a request to its end", buckets=SECONDS, registry=registry
        )
        self.left = Counter("chatglm_clients_left", "Answers whose client left before the end", registry=registry)
        for kind in ("prompt", "cached", "answer"):
            self.tokens.labels(kind)

    def watch(self, name: str, text: str, function: Callable[[], float]) -> None:
        Gauge(name, text, registry=self.registry).set_function(function)

    def ended(self, record: Dict[str, Any]) -> None:
        """Counts a request, and writes its line."""
        self.requests.labels(record["path"], str(record.get("status", 0))).inc()
        self.whole.observe(record["seconds"])
        for kind in ("prompt", "cached", "answer"):
            self.tokens.labels(kind).inc(record.get(f"{kind}_tokens", 0))
        if "first_token_seconds" in record:
            self.first.observe(record["first_token_seconds"])
        if record.get("finish_reason") == "left":
            self.left.inc()
        requests_log.info("request", record)
