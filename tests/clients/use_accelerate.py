"""accelerate: weights kept in memory or on a disk, and brought when a layer runs."""

import functools
from pathlib import Path
from typing import Iterator

import torch
from accelerate import cpu_offload, disk_offload

from tests.clients.rows import Row
from tests.clients.tiny import SCRATCH, generated, load, logits, random_ids, tokenizer

IDS = random_ids(2, 16)
HEAD = "transformer.output_layer.weight"


def away(model: torch.nn.Module) -> float:
    """Share of the parameters that are not in memory."""
    parameters = list(model.parameters())
    return sum(parameter.is_meta for parameter in parameters) / len(parameters)


def same_as(model: torch.nn.Module, bits: int, what: str) -> Iterator[Row]:
    """Logits, generated ids and a chat are those of the model that has its weights."""
    whole, encode = load(bits), tokenizer()
    other = IDS.flip(1)
    yield Row(f"{what}: logits", logits(model, IDS), logits(whole, IDS), logits(whole, other))
    yield Row(f"{what}: generate()", generated(model, IDS[:1]), generated(whole, IDS[:1]), generated(whole, other[:1]))
    texts = [
        asked.chat(encode, query, history=[], do_sample=False, max_new_tokens=8)[0]
        for asked, query in ((model, "你好"), (whole, "你好"), (whole, "fox"))
    ]
    yield Row(f"{what}: chat()", *texts)


def in_memory(bits: int) -> Iterator[Row]:
    """`cpu_offload`: with changed weights in the place that they are brought from, the numbers change."""
    model = load(bits)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    cpu_offload(model, execution_device=torch.device("cpu"), state_dict=state)
    what = f"cpu_offload, {f'int{bits}' if bits else 'float'}"
    yield Row(f"{what}: share of weights that are away", away(model), 1.0, away(load(bits)))
    yield from same_as(model, bits, what)
    right = logits(model, IDS)
    state[HEAD].mul_(2)
    yield Row(f"{what}: twice the head, twice the logits", logits(model, IDS), 2 * right, right)


def on_disk(bits: int) -> Iterator[Row]:
    model, place = load(bits), SCRATCH / f"disk-{bits}"
    disk_offload(model, str(place), execution_device=torch.device("cpu"))
    what = f"disk_offload, {f'int{bits}' if bits else 'float'}"
    yield Row(f"{what}: share of weights that are away", away(model), 1.0, away(load(bits)))
    yield from same_as(model, bits, what)
    yield wiped(model, place, what)


def device_map(bits: int) -> Iterator[Row]:
    """`from_pretrained` with a device map that leaves a layer and the head on the disk."""
    place = SCRATCH / f"map-{bits}"
    places = {"transformer": "cpu", "transformer.encoder.layers.1": "disk", "transformer.output_layer": "disk"}
    parts = [
        "transformer.embedding",
        "transformer.rotary_pos_emb",
        "transformer.encoder.layers.0",
        "transformer.encoder.final_layernorm",
    ]
    places = {**dict.fromkeys(parts, "cpu"), **{name: where for name, where in places.items() if where == "disk"}}
    model = load(bits, device_map=places, offload_folder=str(place))
    what = f"device_map with disk, {f'int{bits}' if bits else 'float'}"
    names = [name for name, parameter in model.named_parameters() if parameter.is_meta]
    wanted = [name for name, _ in load(bits).named_parameters() if name.startswith(tuple(places)[-2:])]
    yield Row(f"{what}: weights that are away", sorted(names), sorted(wanted), [])
    yield from same_as(model, bits, what)


def wiped(model: torch.nn.Module, place: Path, what: str) -> Row:
    """With zeros in the head's file, logits are zero: the weights did come from there."""
    before = logits(model, IDS)
    file = place / f"{HEAD}.dat"
    file.write_bytes(bytes(file.stat().st_size))
    return Row(f"{what}: zeros in the head's file", logits(model, IDS), torch.zeros_like(before), before)


CHECKS = tuple(
    functools.partial(check, bits)
    for check, sizes in ((in_memory, (0, 4)), (on_disk, (0, 4)), (device_map, (0, 4, 8)))
    for bits in sizes
)
