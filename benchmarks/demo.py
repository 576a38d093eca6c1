"""What the demonstration model can do: python -m benchmarks.demo [--model FOLDER] [--float32 FOLDER] [--longest 32768]

Dialogues that no training text holds (other wordings, names, numbers), 40 of a kind, judged by what the answer has
to hold: greedy, and sampled as `chat` samples by default, over five seeds. Then pass keys behind filler of growing
length, and perplexities of held-out answers: the int4 weights against the float32 ones they were made of, the int8
cache against the 16-bit one. Prints tables, and one line of JSON for results/runs.jsonl.
With --lookup, instead: what prompt lookup saves, greedily, by `chat` and by `stream_chat`.
"""

import argparse
import json
import math
import random
import statistics
import time
from pathlib import Path
from typing import Dict, List

import torch
from transformers import AutoTokenizer

from benchmarks.common import load_model
from benchmarks.limits import machine
from benchmarks.make_checkpoint import ROOT
from examples.demo_text import Task, Writer
from examples.model_folder import DEMO, lay_together
from examples.train_demo import encode_dialogue
from examples.training_data import IGNORED

KINDS = ("small talk", "package", "name", "own fact", "text", "pass key", "sum", "unknown", "repeat")
DIALOGUES, SEEDS = 40, 5
LENGTHS = (512, 1024, 2048, 4096, 8192, 16384, 32768)
MOST_NEW = 64  # tokens; an answer that has not ended by then is wrong


def dialogues(kind: str, count: int = DIALOGUES, seed: int = 0) -> List[Task]:
    """Held-out dialogues of a kind, no two with one last question and answer."""
    writer = Writer(random.Random(f"judge {kind} {seed}"), held_out=True)
    found: Dict[tuple, Task] = {}
    for _ in range(200 * count):
        # "Two rounds back": two rounds of other talk stand between the name and the question for it.
        task = writer.name(between=(2,)) if kind == "name" else writer.kinds[kind]()
        found.setdefault(task.rounds[-1] if kind in ("small talk", "package", "sum") else tuple(task.rounds), task)
        if len(found) == count:
            return list(found.values())
    return list(found.values())


def right(task: Task, answer: str) -> bool:
    return all(any(option in answer for option in wanted.split("|")) for wanted in task.expected)


def ask(model, tokenizer, task: Task, **settings) -> str:
    *history, (question, _) = task.rounds
    return model.chat(tokenizer, question, history=history, max_new_tokens=MOST_NEW, **settings)[0]


def judge(model, tokenizer, tasks: List[Task], **settings) -> int:
    """How many of the dialogues end in a right answer."""
    return sum(right(task, ask(model, tokenizer, task, **settings)) for task in tasks)


def pass_keys(model, tokenizer, length: int, count: int) -> int:
    """Hits among `count` pass keys in prompts of about `length` tokens, the key at equal steps through them."""
    hits = 0
    for number in range(count):
        writer = Writer(random.Random(f"{length} {number}"), held_out=True)
        sentences = length // 12
        while True:  # sentences of both languages have other lengths: grow or shrink to just below `length`
            writer.random.seed(f"{length} {number}")
            task = writer.pass_key(sentences, (number + 0.5) / count)
            tokens = len(tokenizer.encode(tokenizer.build_prompt(task.rounds[-1][0])))
            if length - 60 <= tokens + MOST_NEW // 2 <= length:
                break
            sentences += (length - 30 - tokens - MOST_NEW // 2) // 12 or (1 if tokens < length else -1)
        hits += right(task, ask(model, tokenizer, task, do_sample=False))
    return hits


@torch.no_grad()
def perplexity(model, tokenizer, tasks: List[Task], cached: bool = False) -> float:
    """Of the answers' tokens. cached: the answers are read token by token behind a cache, as when they are written."""
    loss, tokens = 0.0, 0
    for task in tasks:
        ids, labels = (torch.tensor([row]) for row in encode_dialogue(tokenizer, task))
        if cached:
            start = int((labels[0] != IGNORED).nonzero()[0])
            cache = model.make_cache(ids.shape[1])
            parts = [model(ids[:, :start], past_key_values=cache, use_cache=True).logits]
            parts += [
                model(ids[:, at : at + 1], past_key_values=cache, use_cache=True).logits
                for at in range(start, ids.shape[1])
            ]
            logits = torch.cat(parts, dim=1)
        else:
            logits = model(ids, use_cache=False).logits
        log_probabilities = torch.log_softmax(logits[0, :-1].float(), -1)
        wanted = labels[0, 1:]
        chosen = wanted != IGNORED
        loss -= float(log_probabilities[chosen].gather(-1, wanted[chosen, None]).sum())
        tokens += int(chosen.sum())
    return math.exp(loss / tokens)


def measure_kinds(model, tokenizer, seeds: int) -> Dict[str, dict]:
    results = {}
    print("| 40 dialogues each | greedy | sampled, five seeds |\n|---|---|---|")
    for kind in KINDS:
        tasks = dialogues(kind)
        greedy = judge(model, tokenizer, tasks, do_sample=False)
        sampled = []
        for seed in range(seeds):
            torch.manual_seed(seed)
            sampled.append(judge(model, tokenizer, tasks))
        results[kind] = {"of": len(tasks), "greedy": greedy, "sampled": sampled}
        print(f"| {kind} | {greedy} of {len(tasks)} | {', '.join(map(str, sampled))} |", flush=True)
    return results


def timed(model, tokenizer, task: Task, way: str, guesses: int) -> tuple:
    """(answer, its tokens, passes, seconds), from the end of the prompt on."""
    *history, (question, _) = task.rounds
    tokens, passes, began = 0, 0, 0.0

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal tokens, passes, began
        if stage == "writing":
            tokens = done
        elif done == total:
            passes, began = 0, time.perf_counter()

    def count(*args) -> None:
        nonlocal passes
        passes += 1

    asked = {"do_sample": False, "max_new_tokens": MOST_NEW, "prompt_lookup_num_tokens": guesses or None}
    hook = model.transformer.register_forward_hook(count)
    try:
        if way == "chat":
            answer = model.chat(tokenizer, question, history, progress=progress, **asked)[0]
        else:
            *_, (answer, _) = model.stream_chat(tokenizer, question, history, progress=progress, **asked)
    finally:
        hook.remove()
    return answer, tokens, passes, time.perf_counter() - began


def measure_lookup(model, tokenizer, guesses: int = 7, rounds: int = 3) -> Dict[str, dict]:
    """Tokens per pass and milliseconds per token behind the prompt, without and with prompt lookup, in turns."""
    writer = Writer(random.Random("lookup"), held_out=True)
    kinds = {
        "pass key in 150 sentences": [writer.pass_key(150, place / 4) for place in range(4)],
        "question on a text": dialogues("text", 12),
        "answer that was given before": [
            Task("", [*task.rounds, task.rounds[-1]], task.expected) for task in dialogues("small talk", 12)
        ],
    }
    results: Dict[str, dict] = {}
    print("| greedy, CPU | by | tokens a pass | ms a token without | with | same answers |\n|---|---|---|---|---|---|")
    for kind, tasks in kinds.items():
        for way in ("chat", "stream_chat"):
            runs = [[[timed(model, tokenizer, task, way, most) for task in tasks] for most in (0, guesses)]
                    for _ in range(rounds)]  # fmt: skip
            plain, found = runs[0]
            same = sum(one[0] == other[0] for one, other in zip(plain, found))
            per_pass = sum(run[1] for run in found) / sum(run[2] for run in found)
            times = [
                statistics.median(
                    1e3 * sum(run[3] for run in turn[at]) / sum(run[1] for run in turn[at]) for turn in runs
                )
                for at in (0, 1)
            ]
            results[f"{kind}, {way}"] = {"tokens_a_pass": per_pass, "ms_a_token": times, "same": [same, len(tasks)]}
            print(f"| {kind} | {way} | {per_pass:.1f} | {times[0]:.2f} | {times[1]:.2f} | {same} of {len(tasks)} |")
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=DEMO)
    parser.add_argument("--float32", type=Path, default=ROOT / "build" / "demo_training" / "float32")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--longest", type=int, default=LENGTHS[-1], help="tokens of the longest pass-key prompts")
    parser.add_argument("--lookup", action="store_true", help="measure prompt lookup alone")
    arguments = parser.parse_args()
    folder = lay_together(arguments.model)
    tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=True)
    model = load_model(folder)
    record: dict = {"benchmark": "demo", **machine(torch.get_num_threads())}
    if arguments.lookup:
        record["prompt lookup"] = measure_lookup(model, tokenizer)
        print(json.dumps(record, ensure_ascii=False))
        return
    record["kinds"] = measure_kinds(model, tokenizer, arguments.seeds)
    tasks = [task for kind in KINDS for task in dialogues(kind, 20, seed=1)]
    record["perplexity"] = {"int4": perplexity(model, tokenizer, tasks)}
    if arguments.float32.exists():
        wide = load_model(lay_together(arguments.float32), "float32")
        record["perplexity"]["float32"] = perplexity(wide, tokenizer, tasks)
    record["perplexity"]["16-bit cache"] = perplexity(model, tokenizer, tasks, cached=True)
    model.config.kv_cache_dtype = "int8"
    record["perplexity"]["int8 cache"] = perplexity(model, tokenizer, tasks, cached=True)
    model.config.kv_cache_dtype = None
    print("\n| perplexity of held-out answers | |\n|---|---|")
    for name, value in record["perplexity"].items():
        print(f"| {name} | {value:.4f} |")
    print("\n| pass key in a prompt of | hits |\n|---|---|")
    record["pass keys"] = {}
    for length in LENGTHS:
        if length <= arguments.longest:
            count = 20 if length <= 2048 else 10 if length <= 8192 else 5
            hits = pass_keys(model, tokenizer, length, count)
            record["pass keys"][length] = [hits, count]
            print(f"| {length:,} tokens | {hits} of {count} |", flush=True)
    print(json.dumps(record, ensure_ascii=False))


if __name__ == "__main__":
    main()
