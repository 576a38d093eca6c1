"""Files that are whole or not there: written beside their place, moved when done; safetensors as a stream."""

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Sequence, Tuple

import torch
from torch import Tensor
from transformers.utils import logging

NAMES = {
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int32: "I32",
    torch.int64: "I64",
}


class Planned(NamedTuple):
    """A tensor that will be written: what is known of it before, and the function that gives it."""

    name: str
    dtype: torch.dtype
    shape: Tuple[int, ...]
    make: Callable[[], Tensor]

    @property
    def size(self) -> int:
        """Bytes."""
        return torch.Size(self.shape).numel() * torch.empty((), dtype=self.dtype).element_size()


@contextlib.contextmanager
def whole(target: Path, size: int, may_be_empty: bool = False) -> Iterator[Path]:
    """A path beside `target`, for a file or folder that becomes `target` at the end; after an error nothing is left.

    Args:
        target: what must not exist yet.
        size: bytes that will be written.
        may_be_empty: the target may be an empty folder. It stays (a disk may be mounted there) and is written into.

    Raises:
        ValueError: the target exists, or cannot be made, or the disk cannot hold it, at the start or in the middle.
    """
    target = target.absolute()
    place = target.with_name(f".{target.name}.unfinished-{os.getpid()}")
    try:
        filled = may_be_empty and target.is_dir()
        if filled:
            place = target / place.name
        _must_be_free(target, place)
        place.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(place.parent).free
        if size > free:
            raise ValueError(f"{place.parent} has {free / 1e9:.2f} GB of space, {size / 1e9:.2f} GB are needed")
        yield place
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            _to_disk(path)
        _must_be_free(target, place)
        for path in list(place.iterdir()) if filled else [place]:
            os.replace(path, target / path.name if filled else target)
    except OSError as error:
        raise ValueError(f"{target} could not be written: {error}. Nothing of it is left") from error
    finally:
        if os.path.isdir(place):  # False where nothing may be asked, and so nothing was made
            shutil.rmtree(place, ignore_errors=True)
        elif os.path.exists(place):
            place.unlink()


def _must_be_free(target: Path, place: Path) -> None:
    """Raises ValueError where the target is there, or holds more than the place at which is written."""
    if set(target.iterdir()) - {place} if place.parent == target else os.path.lexists(target):
        raise ValueError(f"{target} is there already: choose another name, or remove it")


def _to_disk(path: Path) -> None:
    """Waits until a file is on the disk: some file systems find out only then that they are full."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def write_safetensors(folder: Path, tensors: Sequence[Planned], shard_bytes: int) -> List[str]:
    """Writes `model.safetensors`, or shards and their index, one tensor in memory at a time; returns the names.

    The format: 8 bytes with the length of a JSON header, the header, the tensors one after another
    (https://github.com/huggingface/safetensors, "Format").
    """
    shards: List[List[Planned]] = [[]]
    for tensor in tensors:
        if shards[-1] and sum(other.size for other in shards[-1]) + tensor.size > shard_bytes:
            shards.append([])
        shards[-1].append(tensor)
    names = ["model.safetensors"]
    if len(shards) > 1:
        names = [f"model-{number:05d}-of-{len(shards):05d}.safetensors" for number in range(1, len(shards) + 1)]
        weight_map = {tensor.name: name for name, shard in zip(names, shards) for tensor in shard}
        total = sum(tensor.size for tensor in tensors)
        write_json(
            folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": weight_map}
        )
    with logging.tqdm(total=len(tensors), desc="Exporting", unit="tensor") as bar:
        for name, shard in zip(names, shards):
            _write_shard(folder / name, shard, bar.update)
    return names


def _write_shard(path: Path, tensors: Sequence[Planned], written: Callable[[], object]) -> None:
    # Wide elements first, so that every tensor begins at a multiple of its element's size.
    ordered = sorted(tensors, key=lambda tensor: -torch.empty((), dtype=tensor.dtype).element_size())
    header, place = {"__metadata__": {"format": "pt"}}, 0
    for name, dtype, shape, _ in ordered:
        size = Planned(name, dtype, shape, _).size
        header[name] = {"dtype": NAMES[dtype], "shape": list(shape), "data_offsets": [place, place + size]}  # type: ignore
        place += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, dtype, shape, make in ordered:
            tensor = make()
            if tensor.dtype != dtype or tuple(tensor.shape) != shape:
                raise RuntimeError(f"{name} became {tensor.dtype} {tuple(tensor.shape)}, not {dtype} {shape}")
            file.write(memoryview(tensor.contiguous().view(torch.uint8).numpy()))
            written()


def write_json(path: Path, values: object) -> None:
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
