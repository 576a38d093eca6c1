"""A folder of weights, or a Hub id, becomes a model with this package's code: for examples that answer questions."""

import contextlib
import json
import re
import shutil
import sys
import time
import zlib
from pathlib import Path
from typing import Any, Iterator, Optional, Tuple

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "demo_model"
BUILD = ROOT / "build"
SETTINGS = ("generation_config.json", "tokenizer_config.json")  # ours, where a folder of weights has none
STARTED = time.monotonic()


def step(text: str) -> None:
    """Says on stderr what is done now, and after how many seconds."""
    print(f"{time.monotonic() - STARTED:6.1f} s  {text}", file=sys.stderr, flush=True)


def find_model(name: Optional[str]) -> Path:
    """The folder of a model: the demonstration model, the one that is named, or what the Hub has under that name."""
    if name is None:
        if not (DEMO / "config.json").exists():
            sys.exit(f"{DEMO} is not in this copy of the package. Name a folder with weights, or a Hub id")
        return DEMO
    if Path(name).expanduser().is_dir():
        if not (Path(name).expanduser() / "config.json").exists():
            sys.exit(f"{name} has no config.json: name the folder that holds config.json, tokenizer.model and weights")
        return Path(name).expanduser().resolve()
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils import HfHubHTTPError, HFValidationError

    try:
        step(f"{name} is no folder here: asking the Hub")
        return Path(snapshot_download(name))
    except HFValidationError:
        sys.exit(f"{name} is no folder, and no Hub id either")
    except (HfHubHTTPError, OSError) as error:
        sys.exit(f"{name} is no folder, and the Hub does not give it: {error}")


def lay_together(source: Path) -> Path:
    """A folder in build/ with links to the weights in `source`, and to this package's code in place of theirs.

    Copies where links do not work (Windows). Made again when a file of either is another one than before.
    """
    files = {path.name: path for path in source.iterdir() if path.is_file() and path.suffix != ".py"}
    files = {**{name: ROOT / name for name in SETTINGS}, **files, **{path.name: path for path in ROOT.glob("*.py")}}
    files = {name: path.resolve() for name, path in files.items()}
    # transformers makes a module of the folder's name.
    target = BUILD / f"{re.sub('[^0-9A-Za-z]', '_', source.name)}_{zlib.crc32(str(source).encode()):08x}"
    stamp = target / "made_from.json"
    sources = {name: [str(path), path.stat().st_size, path.stat().st_mtime_ns] for name, path in files.items()}
    try:
        if json.loads(stamp.read_text(encoding="utf-8")) == sources:
            return target
    except (OSError, ValueError):  # not made yet, or not to the end
        pass
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, path in files.items():
        try:
            (target / name).symlink_to(path)
        except (OSError, NotImplementedError):
            shutil.copy2(path, target / name)
    stamp.write_text(json.dumps(sources), encoding="utf-8")
    return target


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Lets one terminal at a time lay files together and load them: transformers copies code as well."""
    from filelock import FileLock, Timeout

    BUILD.mkdir(exist_ok=True)
    lock = FileLock(str(BUILD / "chat.lock"))
    try:
        lock.acquire(timeout=0.5)
    except Timeout:
        step("waiting for another terminal that is loading a model")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def load(source: Path, bits: Optional[int], device: str) -> Tuple[Any, Any]:
    """The model and its tokenizer, ready for the first question."""
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    if not sys.stderr.isatty():
        logging.disable_progress_bar()
    with alone():
        folder = lay_together(source)
        size = sum(path.stat().st_size for path in folder.iterdir())
        step(f"loading {size / 1e6:,.0f} MB from {source}")
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
        model = AutoModel.from_pretrained(folder, trust_remote_code=True).eval()
    if bits and not model.config.quantization_bit:
        step(f"quantizing to {bits} bits")
        model = model.quantize(bits)
    if device != "cpu":
        step(f"moving to {device}")
        model = (model.half() if model.dtype == torch.float32 else model).to(device)
    step("first pass (on a new machine this compiles kernels, once)")
    with torch.no_grad():
        model(**model.build_inputs(tokenizer, "你好"), return_last_logit=True)
    step("ready")
    return model, tokenizer
