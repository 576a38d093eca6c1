"""Many clients of the API server at a time: python -m benchmarks.load_test [--tree PATH ...] [--clients 20]

Starts the server of each work tree (default: this one) with the demonstration model, on a port of its own. Each client
sends its requests one after another: texts of mixed lengths with a number in each that only this request knows,
and which the answer has to give back; half of them as streams; some clients leave in the middle. Every answer is
compared with the one that `chat` gives alone. Prints tables, and one line of JSON for results/runs.jsonl.
"""

import argparse
import asyncio
import contextlib
import json
import random
import re
import shlex
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import httpx
import torch
from transformers import AutoTokenizer

from benchmarks.common import load_model
from benchmarks.limits import machine
from benchmarks.make_checkpoint import ROOT
from examples.demo_text import Writer
from examples.model_folder import DEMO, lay_together

# Sentences of filler, and how many of ten requests have so many: about 60, 500 and 2,500 tokens.
LENGTHS = {"short": ((0, 5), 6), "medium": ((30, 45), 3), "long": ((190, 210), 1)}
LEAVES = 0.1  # share of requests whose client goes
MOST_NEW = 32
WAIT = 300  # seconds for one answer
FOLDER = "from examples.model_folder import DEMO, lay_together; print(lay_together(DEMO))"


class Ask(NamedTuple):
    """A request, and what must come back."""

    kind: str
    text: str
    mark: str  # a number that stands in no other request
    stream: bool
    leaves: bool
    expected: str = ""  # the answer of chat(), alone
    prompt: int = 0  # tokens
    answer: int = 0


class Got(NamedTuple):
    ask: Ask
    text: Optional[str]  # None: none, or not all of it
    first: float  # seconds to the first piece of a stream
    seconds: float
    problem: str = ""


def make_requests(count: int, seed: int) -> List[Ask]:
    kinds = [kind for kind, (_, share) in LENGTHS.items() for _ in range(share)]
    rng, found, marks = random.Random(seed), [], set()
    while len(found) < count:
        kind = kinds[len(found) % len(kinds)]
        writer = Writer(random.Random(rng.random()), held_out=True)
        task = writer.pass_key(rng.randint(*LENGTHS[kind][0]))
        mark = task.expected[0]
        if mark not in marks:
            marks.add(mark)
            stream, leaves = rng.random() < 0.5, rng.random() < LEAVES
            found.append(Ask(kind, task.rounds[0][0], mark, stream, leaves))
    rng.shuffle(found)
    return found


def answered_alone(asks: List[Ask]) -> List[Ask]:
    """With the answers of chat(), one after another, in this process."""
    folder = lay_together(DEMO)
    model, tokenizer = load_model(folder), AutoTokenizer.from_pretrained(str(folder), trust_remote_code=True)
    done = []
    for ask in asks:
        expected = model.chat(tokenizer, ask.text, do_sample=False, max_new_tokens=MOST_NEW)[0]
        prompt = len(tokenizer(tokenizer.build_prompt(ask.text))["input_ids"])
        done.append(ask._replace(expected=expected, prompt=prompt, answer=len(tokenizer.encode(expected)) - 2))
    return done


# ---------------------------------------------------------------------------------------------------------- the server


class Process:
    """A server, and its memory as the kernel counts it.

    Args:
        tree: a work tree of this repository.
        weights: a folder with weights and code; None: the demonstration model of that tree.
        options: of its command line.
    """

    def __init__(self, tree: Path, weights: Optional[Path] = None, options: Sequence[str] = ()):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        if weights is None:
            made = subprocess.run(
                [sys.executable, "-c", FOLDER], cwd=tree, check=True, stdout=subprocess.PIPE, encoding="utf-8"
            )
            weights = Path(made.stdout.strip())
        command = [sys.executable, "-m", "examples.api_server", str(weights), "--port", str(port), *options]
        self.url = f"http://127.0.0.1:{port}"
        self.log = tempfile_of(tree)
        self.process = subprocess.Popen(command, cwd=tree, stdout=subprocess.DEVNULL, stderr=self.log)

    def wait(self) -> None:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/v1/models").status_code == 200:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.5)
        sys.exit(f"the server did not start: see {self.log.name}")

    def memory(self) -> float:
        """Resident MB, without what is shared with the file cache."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", text)[1]) / 1024

    def end(self) -> float:
        """Ends it, and returns how many seconds that took."""
        begun = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return time.monotonic() - begun


def tempfile_of(tree: Path) -> Any:
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    return open(folder / f"load_test_{tree.name}.log", "w")  # closed with this process


# --------------------------------------------------------------------------------------------------------- the clients


async def ask_one(client: httpx.AsyncClient, ask: Ask) -> Got:
    body = {
        "messages": [{"role": "user", "content": ask.text}],
        "temperature": 0,
        "max_tokens": MOST_NEW,
        "stream": ask.stream,
    }
    begun, first, text = time.monotonic(), 0.0, ""
    try:
        if not ask.stream:
            wait = 1.0 if ask.leaves else WAIT
            reply = await client.post("/v1/chat/completions", json=body, timeout=wait)
            reply.raise_for_status()
            text = reply.json()["choices"][0]["message"]["content"]
            return Got(ask, text, 0.0, time.monotonic() - begun)
        async with client.stream("POST", "/v1/chat/completions", json=body, timeout=WAIT) as reply:
            reply.raise_for_status()
            async for line in reply.aiter_lines():
                if line == "data: [DONE]":
                    return Got(ask, text, first, time.monotonic() - begun)
                if line.startswith("data: "):
                    new = json.loads(line[len("data: ") :])["choices"][0]["delta"].get("content") or ""
                    first = first or (time.monotonic() - begun if new else 0.0)
                    text += new
                    if ask.leaves and new:
                        break
        return Got(ask, None, first, time.monotonic() - begun, "" if ask.leaves else "cut off")
    except httpx.HTTPError as error:
        gone = ask.leaves and isinstance(error, httpx.TimeoutException)
        return Got(ask, None, 0.0, time.monotonic() - begun, "" if gone else f"{type(error).__name__}: {error}")


async def send(url: str, asks: List[Ask], clients: int, server: Process) -> Tuple[List[Got], List[float], float]:
    got: List[Got] = []
    memory: List[float] = []
    waiting = iter(asks)

    async def one_client() -> None:
        async with httpx.AsyncClient(base_url=url) as client:
            for ask in waiting:
                got.append(await ask_one(client, ask))
                if len(got) % max(1, len(asks) // 4) == 0:
                    memory.append(server.memory())

    begun = time.monotonic()
    await asyncio.gather(*(one_client() for _ in range(clients)))
    return got, memory, time.monotonic() - begun


# --------------------------------------------------------------------------------------------------------- the results


def judge(got: List[Got], asks: List[Ask]) -> Dict[str, int]:
    marks = [ask.mark for ask in asks]
    whole = [one for one in got if one.text is not None]
    return {
        "requests": len(asks),
        "clients that left": sum(one.text is None and not one.problem for one in got),
        "lost": len(asks) - len(got) + sum(bool(one.problem) for one in got),
        "mixed up (another's number)": sum(
            any(mark != one.ask.mark and re.search(rf"(?<!\d){mark}(?!\d)", one.text) for mark in marks)
            and one.text != one.ask.expected
            for one in whole
        ),
        "as alone, to the letter": sum(one.text == one.ask.expected for one in whole),
        "whole answers": len(whole),
        "with their number": sum(one.ask.mark in one.text for one in whole),
    }


def quantiles(values: List[float]) -> List[float]:
    if len(values) < 2:
        return [round(value, 2) for value in values * 2]
    return [round(statistics.median(values), 2), round(statistics.quantiles(values, n=20)[-1], 2)]


def times(got: List[Got]) -> Iterator[Tuple[str, List[float]]]:
    for kind in LENGTHS:
        first = [one.first for one in got if one.ask.kind == kind and one.first]
        whole = [one.seconds for one in got if one.ask.kind == kind and one.text is not None]
        yield kind, [len(first), *quantiles(first), *quantiles(whole)]


def measure(tree: Path, asks: List[Ask], clients: int, options: Sequence[str]) -> Dict[str, Any]:
    server = Process(tree, options=options)
    try:
        server.wait()
        got, memory, seconds = asyncio.run(send(server.url, asks, clients, server))
    finally:
        ending = server.end()
    for one in got:
        if one.problem:
            print(f"lost: {one.ask.kind}, {one.problem}", file=sys.stderr)
    whole = [one for one in got if one.text is not None]
    read, written = sum(one.ask.prompt for one in whole), sum(one.ask.answer for one in whole)
    return {
        "tree": tree.name,
        "counts": judge(got, asks),
        "seconds": round(seconds, 1),
        "tokens_a_second": round((read + written) / seconds),
        "memory_mb": [round(value) for value in memory],
        "end_seconds": round(ending, 1),
        "times": dict(times(got)),
    }


def show(record: Dict[str, Any]) -> None:
    print(f"\n| {record['tree']} | |\n|---|---|")
    for name, count in record["counts"].items():
        print(f"| {name} | {count} |")
    print(f"| seconds; tokens/s, prompts and answers | {record['seconds']}; {record['tokens_a_second']:,} |")
    print(f"| memory after each quarter, MB | {', '.join(f'{value:,}' for value in record['memory_mb'])} |")
    print(f"| seconds from SIGTERM to the end | {record['end_seconds']} |")
    print("\n| prompt | streams | first token p50, s | p95 | whole answer p50, s | p95 |\n|---|---|---|---|---|---|")
    for kind, values in record["times"].items():
        print(f"| {kind} | {' | '.join(map(str, values))} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, nargs="*", default=[ROOT], help="work trees whose servers are asked")
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--options", default="", help="of the servers' command lines: --options='--cache-mib 32'")
    arguments = parser.parse_args()
    head = {
        "benchmark": "load_test",
        **machine(torch.get_num_threads()),
        "clients": arguments.clients,
        "options": arguments.options,
    }
    asks = answered_alone(make_requests(arguments.requests, arguments.seed))
    records = []
    for tree in arguments.tree:
        records.append(measure(tree.resolve(), asks, arguments.clients, shlex.split(arguments.options)))
        show(records[-1])
    print(json.dumps({**head, "trees": records}, ensure_ascii=False))


if __name__ == "__main__":
    main()
