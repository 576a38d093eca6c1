"""Exports of the whole 6B geometry: anonymous memory beyond the imports, seconds, bytes written.

    python -m benchmarks.exports                       28 random layers, INT4, fp16 and fp32; 55 GB of disk
    python -m benchmarks.exports --layers 2 --only glm:integers gguf:integers

Each export runs in a process of its own, in which a thread reads RssAnon (memory that no file backs) every few
milliseconds. Pages of mapped files do not count: the system takes them back when it needs to. Checkpoints are made
and removed as needed. Prints a table, then one line of JSON.
"""

import argparse
import json
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Dict, List, NamedTuple

import torch

from benchmarks.common import in_own_process
from benchmarks.limits import machine
from benchmarks.make_checkpoint import make_checkpoint

EVERY = 0.004  # seconds between looks at the memory


class Export(NamedTuple):
    """`target` glm or gguf; `kind` integers, or the dtype of floats."""

    target: str
    kind: str


SOURCES: Dict[str, List[Export]] = {
    "int4": [
        Export("glm", "integers"),
        Export("glm", "float16"),
        Export("glm", "float32"),
        Export("gguf", "integers"),
        Export("gguf", "float16"),
    ],
    "float16": [Export("glm", "float16"), Export("gguf", "float16")],
    "float32": [Export("glm", "float32"), Export("glm", "float16"), Export("gguf", "float32")],
}


def anonymous() -> int:
    """Bytes of this process's memory that no file backs."""
    with open("/proc/self/status") as status:
        return next(int(row.split()[1]) * 1024 for row in status if row.startswith("RssAnon"))


def child(source: Path, target: Path, export: Export) -> None:
    """Runs one export and prints what it took as JSON."""
    from transformers.utils import logging

    from examples import export_gguf, export_glm

    logging.disable_progress_bar()
    if export.target == "gguf":
        __import__("gguf")
    before, peak, done = anonymous(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(EVERY):
            peak[0] = max(peak[0], anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    dtype = None if export.kind == "integers" else getattr(torch, export.kind)
    if export.target == "glm":
        export_glm.export(source, target, dtype, keep_integers=dtype is None, tokenizer=False)
    else:
        export_gguf.export(source, target, dtype, tokenizer=False)
    seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    files = target.iterdir() if target.is_dir() else [target]
    written = sum(path.stat().st_size for path in files)
    print(json.dumps({"anonymous": peak[0] - before, "seconds": seconds, "written": written}))


def measured(source: Path, target: Path, export: Export) -> Dict[str, float]:
    """{"anonymous": bytes, "seconds", "written": bytes} of an export in a process of its own; nothing is kept."""
    found = in_own_process("benchmarks.exports", "--child", source, target, *export)
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--only", nargs="*", metavar="TARGET:KIND", help="for example glm:integers gguf:float16")
    parser.add_argument("--folder", type=Path, help="where to write; default: a temporary folder")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        source, target, *export = arguments.child
        child(Path(source), Path(target), Export(*export))
        return
    rows = []
    print("| checkpoint | export | anonymous memory, GB | seconds | written, GB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        for name, exports in SOURCES.items():
            wanted = [export for export in exports if not arguments.only or ":".join(export) in arguments.only]
            if not wanted:
                continue
            source = Path(scratch) / name
            settings = {"bits": 4} if name == "int4" else {"bits": 0, "format": "safetensors", "dtype": name}
            make_checkpoint(source, num_layers=arguments.layers, **settings)
            for export in wanted:
                found = measured(source, Path(scratch) / "target", export)
                gigabytes = [found[key] / 1e9 for key in ("anonymous", "written")]
                cells = (name, f"{export.target}, {export.kind}", f"{gigabytes[0]:.2f}", f"{found['seconds']:.0f}")
                print("| " + " | ".join((*cells, f"{gigabytes[1]:.2f}")) + " |", flush=True)
                rows.append({"checkpoint": name, "target": export.target, "kind": export.kind, **found})
            shutil.rmtree(source)
    result = {"benchmark": "exports", **machine(torch.get_num_threads()), "layers": arguments.layers, "rows": rows}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
