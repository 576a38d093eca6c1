"""Whose turn it is on a processor with the 6B geometry: python -m benchmarks.turns FOLDER [--tokens 32000]

Starts the API server with the weights in FOLDER (benchmarks.make_checkpoint, with --tokenizer; random ones will do)
and measures, while a prompt of so many tokens is read: the first token of a short prompt that comes later; how long
the turn is taken after its client has left; how long the server lives after SIGTERM. Before that, what turns cost an
answer that is alone, with the demonstration model, whose layers take least. Prints tables, and one line of JSON for
results/runs.jsonl.
"""

import argparse
import json
import queue
import re
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Optional

import httpx
import torch
from transformers import AutoTokenizer, LogitsProcessorList

from benchmarks.common import load_model, module_of
from benchmarks.limits import machine
from benchmarks.load_test import Process
from benchmarks.make_checkpoint import ROOT
from examples.model_folder import DEMO, lay_together
from examples.server.answers import Adjust, Answer, End
from examples.server.prefixes import Prefixes
from examples.server.schema import TextRequest
from examples.server.turns import Turns

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


def cost_alone(rounds: int = 15) -> Dict[str, float]:
    """Milliseconds for 1,000 tokens and 16 more, the best of some rounds: in turns, and as bare streams.

    Both in a thread that is not the main one, as torch has its threads of each.
    """
    folder = lay_together(DEMO)
    model, tokenizer = load_model(folder), AutoTokenizer.from_pretrained(str(folder), trust_remote_code=True)
    request = TextRequest(prompt="", temperature=0, max_tokens=16, logit_bias={str(tokenizer.eos_token_id): -100})
    turns, prefixes, found = Turns(), Prefixes(model, 0), {"turns": [], "stream": []}
    thread = ThreadPoolExecutor(1)

    def bare(ids: List[int]) -> None:
        text = module_of(model, "generation_chatglm").AnswerText(tokenizer)
        processors = LogitsProcessorList([Adjust(request, 1000)])
        settings = {"do_sample": False, "max_new_tokens": 16, "logits_processor": processors}
        for step in model.stream_generate(torch.tensor([ids]), **settings):
            text.append(int(step[0, -1]))

    for number in range(rounds):
        ids = torch.randint(3, 1700, (1000,), generator=torch.Generator().manual_seed(number)).tolist()
        events: queue.SimpleQueue = queue.SimpleQueue()
        answer = Answer(model, tokenizer, prefixes, request, ids, events.put)
        begun = time.perf_counter()
        turns.enter(answer)
        while not isinstance(events.get(), End):
            pass
        found["turns"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        thread.submit(bare, ids).result()
        found["stream"].append(time.perf_counter() - begun)
    turns.stop()
    return {name: round(1000 * min(seconds), 1) for name, seconds in found.items()}


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
        costs = cost_alone()
        long = " ".join(str(number % 10) for number in range(arguments.tokens // 2))
        record = measure(server.url, server, long)
    finally:
        server.process.kill()
    record = {
        "benchmark": "turns",
        **machine(torch.get_num_threads()),
        "tokens": arguments.tokens,
        **record,
        "alone_ms": costs,
    }
    print("| 1,000 tokens and 16 more, alone | ms |\n|---|---|")
    print(f"| in turns | {costs['turns']} |\n| stream_generate() | {costs['stream']} |\n\n| | |\n|---|---|")
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
