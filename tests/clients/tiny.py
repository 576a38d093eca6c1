"""Tiny models of this package, loaded as users load them, and the arithmetic that the checks do themselves."""

import functools
import tempfile
from pathlib import Path
from typing import Any, List, Optional, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer, logging

from benchmarks.make_checkpoint import make_checkpoint

# Sums in another order, fp32; logits of these models have a standard deviation of about 1.
ATOL = 5e-5
# Random weights are drawn small: attention is near a mean, and what stands before a token hardly counts. These count.
LIVELY = 6.0
NEW = 8  # tokens that are generated
logging.set_verbosity_error()
logging.disable_progress_bar()
_scratch = tempfile.TemporaryDirectory(prefix="chatglm-clients-")
SCRATCH = Path(_scratch.name)


@functools.lru_cache(maxsize=None)
def folder(bits: int) -> Path:
    """A tiny checkpoint with code and tokenizer."""
    made = make_checkpoint(SCRATCH / f"bits{bits}", bits=bits, dtype="float32", tiny=True)
    state = torch.load(made / "pytorch_model.bin")
    linears = ("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h", "output_layer")
    for name, tensor in state.items():
        module, kind = name.split(".")[-2:]
        if module in linears and tensor.is_floating_point() and kind != "bias":
            tensor *= LIVELY
    torch.save(state, made / "pytorch_model.bin")
    return made


def load(bits: int = 0, auto: Any = AutoModelForCausalLM, **kwargs: Any) -> torch.nn.Module:
    """A model of its own, in fp32, for evaluation."""
    return auto.from_pretrained(folder(bits), trust_remote_code=True, dtype=torch.float32, **kwargs).eval()


def plain_twin(bits: int) -> torch.nn.Module:
    """A float model with the weights that integers stand for; of two in a byte, the high one is the even column."""
    twin, state = load(0), load(bits).state_dict()
    for name in [name for name in state if name.endswith(".weight_scale")]:
        scale, packed = state.pop(name), state[name[: -len("_scale")]]
        integers = torch.stack((packed >> 4, packed << 4 >> 4), dim=-1).flatten(1) if bits == 4 else packed
        state[name[: -len("_scale")]] = integers * scale[:, None]
    twin.load_state_dict(state)
    return twin


def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(folder(0), trust_remote_code=True)


def tokenizer_with_end() -> Any:
    """The tokenizer as README prepares it for TRL: the letters `</s>` are the end token, and it is written so."""
    encode = tokenizer()
    encode.add_tokens("</s>", special_tokens=True)
    return encode


def random_ids(rows: int, length: int, seed: int = 0) -> Tensor:
    """[rows, length] ids of ordinary pieces: the same ones whatever text the tokenizer was trained on."""
    return torch.randint(5, 850, (rows, length), generator=torch.Generator().manual_seed(seed))


def logits(model: torch.nn.Module, ids: Tensor) -> Tensor:
    """[b, s, vocab] of a pass without a cache."""
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False).logits


def log_probabilities(model: torch.nn.Module, ids: Sequence[int]) -> Tensor:
    """[s - 1]: of each token but the first, given those before it; one row, no padding, no cache."""
    row = torch.tensor([list(ids)])
    scores = F.log_softmax(logits(model, row)[0, :-1], dim=-1)
    return scores.gather(1, row[0, 1:, None])[:, 0]


def mean_loss(model: torch.nn.Module, texts: Sequence[Sequence[int]]) -> float:
    """Mean negative log-probability of all tokens but the first of each text."""
    return -torch.cat([log_probabilities(model, ids) for ids in texts]).mean().item()


def greedy(model: torch.nn.Module, ids: Tensor, count: int = NEW) -> List[int]:
    """The most likely tokens by whole passes without a cache; stops where the model ends."""
    start = ids.shape[1]
    for _ in range(count):
        ids = torch.cat((ids, logits(model, ids)[:, -1:].argmax(-1)), dim=1)
        if ids[0, -1] == 2:
            break
    return ids[0, start:].tolist()


def generated(model: torch.nn.Module, ids: Tensor, count: int = NEW, **settings: Optional[Any]) -> List[int]:
    """The same by `generate()`."""
    mask = torch.ones_like(ids)
    found = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=count, do_sample=False, **settings)
    return found[0, ids.shape[1] :].tolist()
