"""llama.cpp, by the bindings of cyllama: logits of an F32 file, tensors of quantized ones, chats."""

import functools
from typing import Iterator, Optional

import gguf
import numpy as np
import torch

from examples.family import Checkpoint, dequantized, linears, read_config
from tests.engines import models
from tests.engines.rows import SMALL_CACHE, Measure, Row, differing, flat, largest

LIMIT = 1e-3
ENGINE = "llama.cpp (cyllama {})"


def logits() -> Iterator[Row]:
    found = models.run("run_llama", models.gguf(models.checkpoint(0)), models.job())
    scores = [found["scores"][f"scores.{number}"] for number in range(len(models.LENGTHS))]
    engine, wanted = ENGINE.format(found["version"]), models.reference(0)
    lengths = ", ".join(f"{length:,}" for length in models.LENGTHS)
    what, made_by = f"log-probabilities, {lengths} tokens", "run_llama FILE"
    control = largest(scores, wanted.without_factor)
    yield Row(engine, "GGUF, F32", "1 process", what, largest(scores, wanted.scores), LIMIT, made_by, control)
    different = differing(flat(found["tokens"]), flat(wanted.tokens))
    yield Row(
        engine, "GGUF, F32", "1 process", f"{len(flat(wanted.tokens))} greedy tokens: others", different, 0, made_by
    )


def small_cache(kind: str) -> Iterator[Measure]:
    """Keys and values in 8 bits. Answers may part from the reference's, so only the prompts' numbers are compared."""
    found = models.run("run_llama", models.gguf(models.checkpoint(0)), models.job(), f"cache={kind}")
    pairs = [
        (found["scores"][f"scores.{number}"][: len(prompt)], scores[: len(prompt)])
        for number, (prompt, scores) in enumerate(zip(models.prompts(), models.reference(0).scores))
    ]
    far = torch.cat([(given - wanted).abs().flatten() for given, wanted in pairs]).mean().item()
    what, made_by = SMALL_CACHE.format(kind, far), f"run_llama FILE cache={kind}"
    yield Measure(ENGINE.format(found["version"]), "GGUF, F32", "1 process", what, made_by)


def tensors(bits: int) -> Iterator[Row]:
    """What the gguf package makes of the blocks, against scale times integer."""
    source = models.checkpoint(bits)
    checkpoint, found = Checkpoint(source, read_config(source)), {}
    for tensor in gguf.GGUFReader(models.gguf(source)).tensors:
        found[tensor.name] = torch.from_numpy(np.array(gguf.quants.dequantize(tensor.data, tensor.tensor_type)))
    names = ("attn_qkv", "attn_output", "ffn_up", "ffn_down")
    pairs = []
    for layer in range(checkpoint.config.num_layers):
        for linear, name in zip(linears(checkpoint.config, layer), names):
            weight, scale = (checkpoint[f"{linear.name}.{part}"] for part in ("weight", "weight_scale"))
            wanted = dequantized(weight, scale, bits, torch.float32, linear.name)
            pairs.append((found[f"blk.{layer}.{name}.weight"], wanted))
    kind = {4: "Q4_0", 8: "Q8_0"}[bits]
    what = f"{len(pairs)} dequantized matrices: largest difference"
    yield Row(
        "gguf 0.19.0, its reader", f"GGUF, {kind}", "", what, largest(*zip(*pairs)), 0, "tests.engines llama.cpp"
    )


def chats(dtype: Optional[torch.dtype]) -> Iterator[Row]:
    found = models.run("run_llama", models.gguf(models.DEMO, dtype), models.job(with_chats=True))
    wanted = [chat.answer for chat in models.chats()]
    different = differing([text.strip() for text in found["texts"]], wanted)
    export = "GGUF, Q4_0" if dtype is None else "GGUF, F32"
    what = f"{len(wanted)} chats of the demonstration model: other texts"
    yield Row(ENGINE.format(found["version"]), export, "1 process", what, different, 0, "run_llama FILE")


CHECKS = (
    logits,
    functools.partial(small_cache, "q8_0"),
    functools.partial(tensors, 4),
    functools.partial(tensors, 8),
    functools.partial(chats, torch.float32),
    functools.partial(chats, None),
)
