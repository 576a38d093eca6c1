"""Converts a checkpoint from .bin to sharded safetensors, which load faster and cannot run code:

    python -m examples.convert_to_safetensors chatglm2-6b-32k-int4 chatglm2-6b-32k-int4-safetensors

Reads the .bin files memory-mapped and holds one shard at a time. Every tensor keeps its name, dtype, shape and value;
the result is read back and compared. All other files are copied, this package's code in place of the folder's own.
Bars show how far it is, unless transformers' own are switched off (`disable_progress_bar()`).
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Dict, List

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers.utils import logging

from benchmarks.make_checkpoint import copy_code


def bin_files(source: Path) -> List[Path]:
    """The weight files of a folder, in the order in which the index names them."""
    if not source.is_dir():
        raise ValueError(f"{source} is not a folder")
    index = source / "pytorch_model.bin.index.json"
    if index.is_file():
        names = list(dict.fromkeys(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    else:
        names = ["pytorch_model.bin"]
    missing = [name for name in names if not (source / name).is_file()]
    if missing:
        raise ValueError(f"{source} lacks {', '.join(missing)}: download it again")
    return [source / name for name in names]


def read_bin(path: Path) -> Dict[str, torch.Tensor]:
    """The tensors of a .bin file, memory-mapped where this torch and the file's format allow it."""
    with open(path, "rb") as file:
        if file.read(40).startswith(b"version https://git-lfs"):
            raise ValueError(f"{path} is a git-lfs pointer, not the weights: run `git lfs pull`, or use `hf download`")
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except TypeError:  # torch 2.0 maps nothing
        return torch.load(path, map_location="cpu", weights_only=True)
    except RuntimeError as error:
        if "mmap can only be used" in str(error):  # written by a torch before 1.6
            return torch.load(path, map_location="cpu", weights_only=True)
        raise ValueError(f"{path} is damaged, or no PyTorch file: {error}") from error


def convert(source: Path, target: Path, shard_bytes: int = 2 * 10**9) -> List[str]:
    """Writes the converted checkpoint and returns the names of its shards.

    Raises:
        ValueError: missing or damaged weights, a target that is not empty, too little disk space.
    """
    files = bin_files(source)
    if target.exists() and any(target.iterdir()):
        raise ValueError(f"{target} is not empty")
    target.mkdir(parents=True, exist_ok=True)
    size, free = sum(path.stat().st_size for path in files), shutil.disk_usage(target).free
    if size > free:
        raise ValueError(f"{target} has {free / 1e9:.1f} GB of space, {size / 1e9:.1f} GB are needed")

    parts, shard, filled, total = [], {}, 0, 0

    def flush() -> None:
        nonlocal shard, filled
        save_file(shard, target / f"part-{len(parts)}", metadata={"format": "pt"})
        parts.append(list(shard))
        shard, filled = {}, 0

    for path in files:
        for name, tensor in logging.tqdm(read_bin(path).items(), desc=f"Converting {path.name}", unit="tensor"):
            bytes_of_tensor = tensor.numel() * tensor.element_size()
            if shard and filled + bytes_of_tensor > shard_bytes:
                flush()
            shard[name] = tensor.detach().clone(memory_format=torch.contiguous_format)
            filled += bytes_of_tensor
            total += bytes_of_tensor
    flush()

    if len(parts) == 1:
        names = ["model.safetensors"]
    else:
        names = [f"model-{number:05d}-of-{len(parts):05d}.safetensors" for number in range(1, len(parts) + 1)]
        weight_map = {tensor: name for name, tensors in zip(names, parts) for tensor in tensors}
        index = json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=2)
        (target / "model.safetensors.index.json").write_text(index + "\n", encoding="utf-8")
    for number, name in enumerate(names):
        (target / f"part-{number}").rename(target / name)
    compare(files, [target / name for name in names])

    for path in source.iterdir():
        weights = path.name.startswith("pytorch_model") or path.suffix == ".safetensors"
        if path.is_file() and not weights and not path.name.startswith("."):
            shutil.copyfile(path, target / path.name)
    copy_code(target)
    return names


def compare(files: List[Path], shards: List[Path]) -> None:
    """Raises RuntimeError where a tensor came out different from how it went in."""
    where = {}
    for path in shards:
        with safe_open(path, framework="pt") as shard:
            where.update(dict.fromkeys(shard.keys(), path))
    for path in files:
        for name, tensor in logging.tqdm(read_bin(path).items(), desc=f"Comparing {path.name}", unit="tensor"):
            with safe_open(where[name], framework="pt") as shard:
                written = shard.get_tensor(name)
            if written.dtype != tensor.dtype or not torch.equal(written, tensor):
                raise RuntimeError(f"{name} differs after writing; the disk may be failing")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="a folder with pytorch_model.bin, or its shards and their index")
    parser.add_argument("target", type=Path, help="a new folder")
    parser.add_argument("--shard-size", type=float, default=2.0, help="GB (10^9 bytes) per shard, default 2")
    arguments = parser.parse_args()
    try:
        names = convert(arguments.source, arguments.target, int(arguments.shard_size * 1e9))
    except ValueError as error:
        sys.exit(f"error: {error}")
    print(f"{arguments.target}: {', '.join(names)}")


if __name__ == "__main__":
    main()
