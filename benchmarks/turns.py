"""Whose turn it is on a processor with the 6B geometry: python -m benchmarks.turns FOLDER [--tokens 32000]

Starts the API server with the weights in FOLDER (benchmarks.make_checkpoint, with --tokenizer; random ones will do)
and measures, while a prompt of so many tokens is read: the first token of a short prompt that comes later; how long the
turn is taken after its client has left; how long the server lives after SIGTERM. Prints a table, and one line of JSON
for results/runs.jsonl.
"""

import argparse
import json
import re
import statistics
import threading
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

import httpx
import torch

from benchmarks.limits import machine
from benchmarks.load_test import Process
from benchmarks.make_checkpoint import ROOT

CHAT = "/v1/chat/completions"
SHORT = [{"role": "user", "content": "晚上睡不着应该怎么办"}]
BEGUN = 20.0  # seconds of reading before anything else happens


def body(messages: List[Dict[str, str]], tokens: int) -> Dict[str, Any]:
    """Log-probabilities make a piece of every token, also of one that random weights choose and that has no text."""
    return {"messages": messages, "max_tokens": tokens, "temperature": 0, "stream": True, "logprobs": True}


class Client:
    """One stream, read in a thread of its own; `close` leaves."""

    def __init__(self, url: str, messages: List[Dict[str, str]], tokens: int):
        self.http = httpx.Client(base_url=url, timeout=900)
        self.begun, self.first, self.last, self.pieces = time.monotonic(), 0.0, 0.0, 0
        self.left, self.problem = threading.Event(), ""
        self.thread = threading.Thread(target=self.read, args=(body(messages, tokens),), daemon=True)
        self.thread.start()

    def read(self, asked: Dict[str, Any]) -> None:
        try:
            with self.http.stream("POST", CHAT, json=asked) as reply:
                self.reply = reply
                for line in reply.iter_lines():
                    if '"error"' in line:
                        self.problem = line
                    if '"content": [{' in line:  # log-probabilities
                        self.last = time.monotonic()
                        self.first = self.first or self.last
                        self.pieces += 1
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            self.problem = self.problem or repr(error)

    def close(self) -> None:
        stream = self.reply.extensions["network_stream"].get_extra_info("socket")
        stream.shutdown(2)


def gauge(url: str, name: str) -> float:
    return float(re.search(rf"^{name} (\S+)$", httpx.get(f"{url}/metrics").text, re.M)[1])


def until(url: str, name: str, value: float, most: float = 120.0) -> Optional[float]:
    """Seconds until a number of the server is this one."""
    begun = time.monotonic()
    while gauge(url, name) != value:
        if time.monotonic() - begun > most:
            return None
        time.sleep(0.05)
    return time.monotonic() - begun


def alone(url: str, rounds: int) -> List[float]:
    """Seconds to the first token of a short prompt, when nothing else is computed; each is a new prompt."""
    found = []
    for number in range(rounds):
        client = Client(url, [{"role": "user", "content": f"{number} {SHORT[0]['content']}"}], 1)
        client.thread.join()
        found.append(client.first - client.begun)
    return found


def measure(url: str, server: Process, long: str) -> Dict[str, Any]:
    record: Dict[str, Any] = {"first_alone": round(statistics.median(alone(url, 3)), 2)}
    reading = Client(url, [{"role": "user", "content": long}], 4)
    time.sleep(BEGUN)
    short = Client(url, SHORT, 8)
    short.thread.join()
    record["first_behind"] = round(short.first - short.begun, 2)
    record["answer_behind"] = round(short.last - short.begun, 2)
    record["pieces_behind"], record["problem"] = short.pieces, short.problem
    reading.close()
    freed = until(url, "chatglm_reading", 0.0)
    record["freed"] = None if freed is None else round(freed, 2)
    again = Client(url, [{"role": "user", "content": "Once more. " + long}], 4)
    time.sleep(BEGUN)
    ended = server.end()
    record["sigterm"] = round(ended, 2)
    again.thread.join(10)
    record["told"] = again.problem[:120]
    return record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tokens", type=int, default=32000, help="about so many in the long prompt")
    parser.add_argument("--tree", type=Path, default=ROOT, help="a work tree whose server is asked")
    arguments = parser.parse_args()
    server = Process(arguments.tree.resolve(), arguments.folder.resolve())
    try:
        server.wait()
        long = " ".join(str(number % 10) for number in range(arguments.tokens // 2))
        record = measure(server.url, server, long)
    finally:
        server.process.kill()
    record = {"benchmark": "turns", **machine(torch.get_num_threads()), "tokens": arguments.tokens, **record}
    for name, text in (
        ("first_alone", "first token of a short prompt, alone"),
        ("first_behind", f"first token of a short prompt behind one of {arguments.tokens:,} tokens"),
        ("answer_behind", "the short prompt's whole answer, 8 tokens"),
        ("freed", "from a client that left to a free turn"),
        ("sigterm", "from SIGTERM to the end"),
    ):
        print(f"| {text} | {record[name]} s |")
    print(json.dumps(record, ensure_ascii=False))


if __name__ == "__main__":
    main()
