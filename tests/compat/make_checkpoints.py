"""Writes the tiny checkpoints that the probe loads: python make_checkpoints.py FOLDER"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from make_checkpoint import make_checkpoint

folder = Path(sys.argv[1])
make_checkpoint(folder / "float", bits=0, dtype="float32", tiny=True)
make_checkpoint(folder / "sharded", bits=0, dtype="float32", format="safetensors", tiny=True, shard_bytes=200_000)
make_checkpoint(folder / "int4", bits=4, tiny=True)
make_checkpoint(folder / "int8", bits=8, format="safetensors", tiny=True)
