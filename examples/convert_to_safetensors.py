"""Converts a checkpoint from .bin to sharded safetensors, which load faster and cannot run code:

    python -m examples.convert_to_safetensors chatglm2-6b-32k-int4 chatglm2-6b-32k-int4-safetensors

Reads the .bin files memory-mapped and holds one shard at a time. Every tensor keeps its name, dtype, shape and value;
the result is read back and compared. All other files are copied, this package's code in place of the folder's own.
Bars show how far it is, unless transformers' own are switched off (`disable_progress_bar()`).
"""

import shutil
from pathlib import Path
from typing import List

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from transformers.utils import logging

from benchmarks.make_checkpoint import copy_code
from examples.commands import add_shard_size, ending_well, new_parser
from examples.family import read_bin, weight_files
from examples.whole_files import whole, write_json


def convert(source: Path, target: Path, shard_bytes: int = 2 * 10**9) -> List[str]:
    """Writes the converted checkpoint and returns the names of its shards.

    Raises:
        ValueError: missing or damaged weights, a target that is not empty, too little disk space. Nothing is left of
            the target then.
    """
    files = weight_files(source, use_safetensors=False)
    with whole(target, sum(path.stat().st_size for path in files), may_be_empty=True) as folder:
        folder.mkdir()
        names = write_shards(files, folder, shard_bytes)
        compare(files, [folder / name for name in names])
        for path in source.iterdir():
            weights = path.name.startswith("pytorch_model") or path.suffix == ".safetensors"
            if path.is_file() and not weights and not path.name.startswith("."):
                shutil.copyfile(path, folder / path.name)
        copy_code(folder)
    return names


def write_shards(files: List[Path], folder: Path, shard_bytes: int) -> List[str]:
    """Writes the tensors of .bin files as safetensors, with an index where there are several; returns the names."""
    parts, shard, filled, total = [], {}, 0, 0

    def flush() -> None:
        nonlocal shard, filled
        try:
            save_file(shard, folder / f"part-{len(parts)}", metadata={"format": "pt"})
        except SafetensorError as error:  # a disk that is full
            raise OSError(str(error)) from error
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
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        write_json(folder / "model.safetensors.index.json", index)
    for number, name in enumerate(names):
        (folder / f"part-{number}").rename(folder / name)
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
    source = "a folder with pytorch_model.bin, or its shards and their index"
    parser = new_parser(str(__doc__), "a new folder, or an empty one", source)
    add_shard_size(parser)
    arguments = parser.parse_args()
    with ending_well():
        names = convert(arguments.source, arguments.target, arguments.shard_size)
    print(f"{arguments.target}: {', '.join(names)}")


if __name__ == "__main__":
    main()
