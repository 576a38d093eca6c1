"""Two work trees of this package against each other, turn by turn on one machine: decode, prefill, import.

    git worktree add ../before COMMIT
    python -m benchmarks.compare_trees ../before . --layers 4 --pairs 15

Each tree lives in a process of its own, where `AutoModel.from_pretrained` loads that tree's `*.py` beside random
weights of the 6B geometry that both share. Both are loaded first; then they take turns, and who begins changes from
pair to pair, so both see the same machine. A ratio is the median over the pairs of time before / time after: above 1,
AFTER is that much faster. Prints a table, then one line of JSON.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Callable, Dict, List, Tuple

import torch

from benchmarks.children import Child, serve
from benchmarks.common import fill_cache, load_model, seconds, table, touch_weights
from benchmarks.limits import machine
from benchmarks.make_checkpoint import SETTINGS, make_checkpoint

LONG, PREFILL = 512, 128  # tokens
STEPS = 16  # decoded in a turn
TREES = ("before", "after")
# Beyond torch and what every model takes of transformers; the package adds its own part.
IMPORT = """
import importlib, sys, time, types
import torch, transformers, transformers.modeling_outputs
from transformers import GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel
package = sys.modules["package"] = types.ModuleType("package")
package.__path__ = [sys.argv[1]]
start = time.perf_counter()
importlib.import_module("package.modeling_chatglm")
print(time.perf_counter() - start)
"""


class Tree:
    """A model with one tree's code, in a child. All methods return seconds or numbers, as JSON can carry them."""

    def __init__(self, folder: Path, threads: int):
        torch.set_num_threads(threads)
        self.model = load_model(folder)
        touch_weights(self.model)
        self.vocabulary = self.model.config.padded_vocab_size

    def versions(self) -> Dict[str, str]:
        return {"torch": torch.__version__}

    @torch.no_grad()
    def decode(self, context: int, steps: int) -> float:
        """Seconds per greedy token behind a cache of `context` random keys and values."""
        cache, token = fill_cache(self.model, context, steps + 1), torch.tensor([[5]])

        def step() -> None:
            logits = self.model(token, past_key_values=cache, use_cache=True, return_last_logit=True).logits
            token.copy_(logits[:, -1].argmax(-1, keepdim=True))

        step()  # the cache is allocated where it was empty
        return seconds(lambda: [step() for _ in range(steps)]) / steps

    @torch.no_grad()
    def prefill(self, tokens: int) -> float:
        ids, cache = torch.randint(300, self.vocabulary, (1, tokens)), self.model.make_cache(tokens)
        return seconds(lambda: self.model(ids, past_key_values=cache, use_cache=True, return_last_logit=True))

    @torch.no_grad()
    def logits(self) -> List[float]:
        """Of the last of 40 fixed tokens: two trees that compute different things must not be compared."""
        ids = torch.randint(300, self.vocabulary, (1, 40), generator=torch.Generator().manual_seed(0))
        return self.model(ids, return_last_logit=True).logits[0, -1].float().tolist()


def folder_of(tree: Path, weights: Path, folder: Path) -> Path:
    """The tree's code and settings beside links to the weights."""
    folder.mkdir()
    for path in [*tree.glob("*.py"), *(tree / name for name in SETTINGS)]:
        shutil.copyfile(path, folder / path.name)
    for path in weights.iterdir():
        if path.suffix != ".py" and path.name not in SETTINGS:
            (folder / path.name).symlink_to(path)
    return folder


def in_turns(
    runs: Dict[str, Callable[[], float]], pairs: int, before_round: Callable[[], object] = lambda: None
) -> Dict[str, List[float]]:
    """Results of two or more runs, round by round; the first round warms up and does not count.

    `before_round` is called before every round, the one that does not count included.
    """
    results: Dict[str, List[float]] = {name: [] for name in runs}
    for pair in range(pairs + 1):
        before_round()
        for name in list(runs) if pair % 2 else list(runs)[::-1]:
            results[name].append(runs[name]())
    return {name: values[1:] for name, values in results.items()}


def import_seconds(tree: Path) -> float:
    command = [sys.executable, "-c", IMPORT, str(tree)]
    return float(subprocess.run(command, cwd="/", check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout)


def measure(trees: Dict[str, Path], layers: int, pairs: int, threads: int) -> Tuple[dict, float]:
    """{what: {tree: [seconds]}}, and the largest difference of a logit in standard deviations."""
    imports = in_turns({name: partial(import_seconds, tree) for name, tree in trees.items()}, pairs)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatglm-trees-")))
        weights = make_checkpoint(scratch / "weights", num_layers=layers)
        children = {}
        for name, tree in trees.items():
            folder = folder_of(tree, weights, scratch / name)
            environment = {"HF_MODULES_CACHE": str(scratch / f"modules-{name}")}
            options = ("--serve", folder, "--threads", threads)
            children[name] = Child(sys.executable, "benchmarks.compare_trees", *options, environment=environment)
            stack.callback(children[name].close)

        def turns(*request: object) -> Dict[str, List[float]]:
            return in_turns({name: partial(child, *request) for name, child in children.items()}, pairs)

        before, after = (torch.tensor(children[name]("logits")) for name in TREES)
        times = {
            "decode, empty cache": turns("decode", 0, STEPS),
            f"decode behind {LONG} tokens": turns("decode", LONG, STEPS),
            f"prefill of {PREFILL} tokens": turns("prefill", PREFILL),
            "import beyond torch and transformers": imports,
        }
    return times, float((after - before).abs().max() / before.std())


def commit_of(tree: Path) -> str:
    command = ["git", "-C", str(tree), "describe", "--always", "--dirty=+changes", "--exclude=*"]
    return subprocess.run(command, capture_output=True, encoding="utf-8").stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "trees", type=Path, nargs="*", metavar="BEFORE AFTER", help="two folders of the package's code"
    )
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(Tree(arguments.serve, arguments.threads))
        return
    if len(arguments.trees) != 2:
        parser.error("two trees are compared: BEFORE AFTER")
    trees = dict(zip(TREES, (tree.resolve() for tree in arguments.trees)))
    commits = {name: commit_of(tree) for name, tree in trees.items()}
    result = {"benchmark": "compare_trees", **machine(arguments.threads), "layers": arguments.layers, **commits}
    conditions = f"{arguments.threads} threads, {arguments.layers} layers, {arguments.pairs} pairs"
    print(f"{result['cpu']}, {conditions}; {commits['before']} before, {commits['after']} after\n")
    times, difference = measure(trees, arguments.layers, arguments.pairs, arguments.threads)
    result.update(pairs=arguments.pairs, logits_max_difference_over_std=difference, measured={}, seconds=times)
    for what, of in times.items():
        before, after = (of[name] for name in TREES)
        ratio = median(b / a for b, a in zip(before, after))
        result["measured"][what] = {"before_ms": 1e3 * median(before), "after_ms": 1e3 * median(after), "ratio": ratio}
    rows = [[what, *row.values()] for what, row in result["measured"].items()]
    table(["medians", "before, ms", "after, ms", "before / after"], rows)
    print(f"The logits differ by {difference:.1e} standard deviations at most.\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
