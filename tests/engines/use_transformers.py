"""transformers' own GLM class: newest, 4.57 and the oldest that agrees; two processes; weights on a disk; integers."""

import functools
import importlib.util
import sys
from typing import Any, Dict, Iterator, List

import torch

from tests.compat.run import environment
from tests.engines import models
from tests.engines.rows import Measure, Refusal, Row, differing, flat, largest

NEWEST, OLDEST, TOO_OLD = "5.24.0", "4.48.0", "4.47.1"
RELEASES = (NEWEST, "4.57.6", OLDEST)
MIXED = "mixed torch.Tensor and DTensor"  # what compressed-tensors does to a model that is shared out
PART_OF_LARGEST = 1e-5  # of the log-probabilities: sums in another order
TWO = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-addr", "127.0.0.1", "-m")
ON_DISK = {
    "model.embed_tokens": "cpu",
    "model.layers.0": "cpu",
    "model.layers.1": "disk",
    "model.norm": "cpu",
    "model.rotary_emb": "cpu",
    "lm_head": "disk",
}


def scores(found: Dict[str, Any]) -> List[torch.Tensor]:
    return [found["scores"][f"scores.{number}"] for number in range(len(models.LENGTHS))]


def rows(found: Dict[str, Any], bits: int, export: str, spread: str, made_by: str) -> Iterator[Row]:
    """Log-probabilities of every position, greedy tokens."""
    engine, wanted = f"transformers {found['version']}", models.reference(bits)
    apart = largest(scores(found), wanted.scores)
    control = largest(scores(found), wanted.without_factor)
    limit = PART_OF_LARGEST * max(row.abs().max().item() for row in wanted.scores)
    lengths = ", ".join(f"{length:,}" for length in models.LENGTHS)
    yield Row(engine, export, spread, f"log-probabilities, {lengths} tokens", apart, limit, made_by, control)
    different = differing(flat(found["tokens"]), flat(wanted.tokens))
    yield Row(engine, export, spread, f"{len(flat(wanted.tokens))} greedy tokens: others", different, 0, made_by)


def release(number: str) -> Iterator[Row]:
    python = str(environment(number))
    found = models.run("run_glm", models.glm(models.checkpoint(0)), models.job(), python=python)
    yield from rows(found, 0, "GLM, fp32", "1 process", "run_glm FOLDER")
    found = models.run("run_glm", models.glm(models.DEMO, torch.float32), models.job(with_chats=True), python=python)
    texts = [chat.answer for chat in models.chats()]
    different = differing([text.strip() for text in found["texts"]], texts)
    engine = f"transformers {found['version']}"
    what = f"{len(texts)} chats of the demonstration model: other texts"
    yield Row(engine, "GLM, fp32", "1 process", what, different, 0, "run_glm FOLDER")


def original(number: str, name: str, export: str) -> Iterator[Row]:
    """The original's own numbers, not this package's: logits of every recorded position, greedy tokens."""
    folder, wanted = models.glm(models.GOLDEN / name, torch.float32), models.recorded(name)
    found = models.run("run_glm", folder, models.job(original=name), python=str(environment(number)))
    engine, made_by = f"transformers {found['version']}", "run_glm FOLDER"
    given = [found["scores"][f"scores.{index}"][rows] for index, rows in enumerate(wanted.positions)]
    limit = PART_OF_LARGEST * max(row.abs().max().item() for row in wanted.scores)
    lengths = " and ".join(f"{len(prompt):,}" for prompt in wanted.prompts[:-1])
    what = f"the original's recorded log-probabilities, {lengths} tokens"
    yield Row(engine, export, "1 process", what, largest(given, wanted.scores), limit, made_by)
    different = differing(found["tokens"][-1], wanted.greedy)
    what = f"the original's {wanted.new} greedy tokens: others"
    yield Row(engine, export, "1 process", what, different, 0, made_by)


def too_old() -> Iterator[Measure]:
    """The last release whose class does not read `rope_scaling`: how far off, over the prompts."""
    found = models.run("run_glm", models.glm(models.checkpoint(0)), models.job(), python=str(environment(TOO_OLD)))
    prompts = [slice(0, length) for length in models.LENGTHS]
    given, wanted = (
        [table[rows] for table, rows in zip(tables, prompts)] for tables in (scores(found), models.reference(0).scores)
    )
    distance = largest(given, wanted)
    what = f"**wrong**: ignores the factor, {distance:.1f} nats off, silently"
    engine = f"transformers {found['version']} (4.46 and 4.47)"
    yield Measure(engine, "GLM, fp32", "1 process", what, "run_glm FOLDER", distance > 1)


def dequantized(bits: int) -> Iterator[Row]:
    folder = models.glm(models.checkpoint(bits), torch.float32)
    found = models.run("run_glm", folder, models.job(), python=str(environment(NEWEST)))
    yield from rows(found, bits, f"GLM, fp32 from INT{bits}", "1 process", "run_glm FOLDER")


def padded() -> Iterator[Row]:
    folder = models.glm(models.checkpoint(4), torch.float32, False, True)
    found = models.run("run_glm", folder, models.job(), python=str(environment(NEWEST)))
    yield from rows(found, 4, "GLM, fp32 from INT4, --pad-mlp", "1 process", "run_glm FOLDER")


def two_processes() -> Iterator[Row]:
    folder, python = models.glm(models.checkpoint(0)), str(environment(NEWEST))
    found = models.run("run_glm", folder, models.job(), "tp=true", python=python, launcher=TWO)
    yield from rows(found, 0, "GLM, fp32", "2 processes, tensor parallel", "torchrun ... run_glm FOLDER tp=true")


def on_disk() -> Iterator[Row]:
    folder, python = models.glm(models.checkpoint(0)), str(environment(NEWEST))
    found = models.run("run_glm", folder, models.job(), f"map={models.json.dumps(ON_DISK)}", python=python)
    yield from rows(found, 0, "GLM, fp32", "memory and disk, device_map", "run_glm FOLDER map=...")


def compressed(bits: int) -> Iterator[Row]:
    """Integers as compressed-tensors reads them, in this environment, which has that library."""
    if importlib.util.find_spec("compressed_tensors") is None:
        raise RuntimeError("compressed-tensors is not installed here")
    source, python = models.checkpoint(bits), sys.executable
    kept, floats = (
        models.run("run_glm", models.glm(source, None, keep), models.job(), "weights=true", python=python)
        for keep in (True, False)
    )
    names = [name for name in floats["scores"] if not name.startswith("scores.")]
    missing = [name for name in names if name not in kept["scores"]]
    what = f"{len(names)} tensors, as the model holds them: largest difference"
    apart = (
        float("inf") if missing else largest(*([found["scores"][name] for name in names] for found in (kept, floats)))
    )
    engine, export = f"transformers {kept['version']}, compressed-tensors", f"GLM, INT{bits} kept"
    yield Row(engine, export, "1 process", what, apart, 0, "run_glm FOLDER weights=true")


def compressed_in_two() -> Iterator[Refusal]:
    folder, said = models.glm(models.checkpoint(4), None, True), ""
    try:
        models.run("run_glm", folder, models.job(), "tp=true", python=sys.executable, launcher=TWO)
    except models.Failed as error:
        said = str(error)
    engine = f"transformers {models.transformers_here()}, compressed-tensors"
    made_by = "torchrun ... run_glm FOLDER tp=true"
    yield Refusal(engine, "GLM, INT4 kept", "2 processes, tensor parallel", said, MIXED, made_by)


CHECKS = (
    *(functools.partial(original, number, "A_fp32", "GLM, fp32") for number in RELEASES),
    *(functools.partial(original, number, "Q_int4", "GLM, fp32 from INT4") for number in RELEASES),
    *(functools.partial(release, number) for number in RELEASES),
    too_old,
    functools.partial(dequantized, 4),
    functools.partial(dequantized, 8),
    padded,
    two_processes,
    on_disk,
    functools.partial(compressed, 4),
    functools.partial(compressed, 8),
    compressed_in_two,
)
