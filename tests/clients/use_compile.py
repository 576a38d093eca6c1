"""torch.compile with its own compiler (inductor): logits, gradients, generate()."""

import functools
from typing import Any, Iterator, List, Tuple

import torch
from torch._inductor.compile_fx import compile_fx

from tests.clients.rows import Row
from tests.clients.tiny import ATOL, generated, load, logits, random_ids

IDS = random_ids(2, 16)


def counting() -> Tuple[Any, List[int]]:
    """(inductor as a backend, a list that grows by one for each run of a graph that it compiled)."""
    runs: List[int] = []

    def backend(graph: torch.fx.GraphModule, inputs: List[Any]) -> Any:
        compiled = compile_fx(graph, inputs)

        def run(*arguments: Any) -> Any:
            runs.append(1)
            return compiled(*arguments)

        return run

    return backend, runs


def forward(bits: int) -> Iterator[Row]:
    """One graph for any length, with a mask; it runs, and gives the logits of the model."""
    model = load(bits)
    torch._dynamo.reset()
    backend, runs = counting()
    compiled = torch.compile(model, backend=backend, fullgraph=True, dynamic=True)
    what = f"{f'int{bits}' if bits else 'float'}"
    for length in (16, 11):
        ids = IDS[:, :length]
        yield Row(
            f"{what}: logits of {length} tokens",
            logits(compiled, ids),
            logits(model, ids),
            logits(model, ids.flip(1)),
            ATOL,
        )
    yield Row(f"{what}: runs of compiled graphs", len(runs), 2, 0)


def with_cache(bits: int) -> Iterator[Row]:
    """A prompt of any length that fills a cache, in one graph; and generate(), where a break is allowed."""
    model = load(bits)
    torch._dynamo.reset()
    speaking = generated(model, IDS[:1]), generated(model, IDS[1:])
    backend, runs = counting()
    what = f"{f'int{bits}' if bits else 'float'}"
    with torch.no_grad():
        right, other = (model(ids, use_cache=True).logits for ids in (IDS, IDS.flip(1)))
    plain, model.forward = model.forward, torch.compile(model.forward, backend=backend, dynamic=True)
    yield Row(f"{what}: generate()", generated(model, IDS[:1]), *speaking)
    yield Row(f"{what}: generate() ran compiled graphs", bool(runs), True, False)
    whole = torch.compile(plain, backend="eager", fullgraph=True, dynamic=True)
    with torch.no_grad():
        yield Row(f"{what}: one graph that fills a cache", whole(IDS, use_cache=True).logits, right, other, ATOL)


def gradient(bits: int) -> Iterator[Row]:
    """A training step: the loss goes through the compiled graph and back."""
    model = load(bits)
    torch._dynamo.reset()
    backend, runs = counting()
    compiled = torch.compile(model, backend=backend, fullgraph=True)
    weight = model.get_input_embeddings().weight
    losses, gradients = [], []
    for asked, labels in ((compiled, IDS), (model, IDS), (model, IDS.flip(1))):
        weight.grad = None
        loss = asked(input_ids=IDS, labels=labels, use_cache=False).loss
        loss.backward()
        losses.append(loss)
        gradients.append(weight.grad.clone())
    what = f"{f'int{bits}' if bits else 'float'}"
    yield Row(f"{what}: loss", *losses, ATOL)
    yield Row(f"{what}: gradient of the embeddings", *gradients, ATOL)
    yield Row(f"{what}: runs of compiled graphs in training", len(runs), 1, 0)


CHECKS = tuple(functools.partial(check, bits) for check in (forward, gradient, with_cache) for bits in (0, 4))
