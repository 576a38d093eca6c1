"""Lays out what the probe loads, with this package's code beside it: python -m tests.compat.make_checkpoints FOLDER"""

import shutil
import sys
from pathlib import Path

from benchmarks.make_checkpoint import copy_code, make_checkpoint

GOLDEN = Path(__file__).resolve().parents[1] / "golden"

folder = Path(sys.argv[1])
make_checkpoint(folder / "float", bits=0, dtype="float32", tiny=True)
make_checkpoint(folder / "sharded", bits=0, dtype="float32", format="safetensors", tiny=True, shard_bytes=200_000)
make_checkpoint(folder / "int4", bits=4, tiny=True)
make_checkpoint(folder / "int8", bits=8, format="safetensors", tiny=True)
for config in GOLDEN.glob("*/config.json"):
    name = config.parent.name
    shutil.copytree(config.parent, folder / "golden" / name)
    copy_code(folder / "golden" / name)
