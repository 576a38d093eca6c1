"""What the benchmarks share: the model as a user loads it, caches filled without a prefill, memory and time."""

import contextlib
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional
from unittest.mock import patch

import torch

from benchmarks.make_checkpoint import ROOT, copy_code, make_checkpoint

DTYPES = {"auto": "auto", "float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


@contextlib.contextmanager
def checkpoint_folder(folder: Optional[str], layers: int, **overrides) -> Iterator[Path]:
    """A random checkpoint with this working tree's code: in `folder`, where it is kept, or in a temporary one."""
    if folder and (Path(folder) / "config.json").exists():
        copy_code(Path(folder))
        yield Path(folder).resolve()
    elif folder:
        yield make_checkpoint(Path(folder).resolve(), num_layers=layers, **overrides)
    else:
        with tempfile.TemporaryDirectory(prefix="chatglm-bench-") as temporary:
            yield make_checkpoint(Path(temporary) / "model", num_layers=layers, **overrides)


def load_model(folder: Path, dtype: str = "auto", cache: Optional[str] = None):
    """The model as `AutoModel.from_pretrained(..., trust_remote_code=True)` gives it."""
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = AutoModel.from_pretrained(str(folder), trust_remote_code=True, torch_dtype=DTYPES[dtype]).eval()
    model.config.kv_cache_dtype = cache
    return model


def package_modules(*names: str) -> List[types.ModuleType]:
    """Files of this working tree, without a model: the root as a package, which its relative imports need."""
    package = sys.modules.setdefault("chatglm_of_this_tree", types.ModuleType("chatglm_of_this_tree"))
    package.__path__ = [str(ROOT)]
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def module_of(model, name: str = "modeling_chatglm"):
    """A file of the package, as the loader imported it for this model."""
    return importlib.import_module(f"{type(model).__module__.rpartition('.')[0]}.{name}")


def in_own_process(module: str, *arguments: object) -> dict:
    """Runs `python -m module`, and returns the JSON object that it prints last."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return json.loads(output.splitlines()[-1])


@torch.no_grad()
def check_numerics(model, folder: Path) -> Dict[str, float]:
    """Errors of a model's logits: 40 tokens at once, then 8 one by one.

    The reference: the same integers multiplied in fp32 by plain torch on a CPU, without a cache.
    """
    ids = torch.randint(100, 60000, (1, 48), generator=torch.Generator().manual_seed(1))
    here, cache = ids.to(model.device), model.make_cache(48)
    parts = [model(here[:, :40], past_key_values=cache, use_cache=True).logits]
    parts += [model(here[:, i : i + 1], past_key_values=cache, use_cache=True).logits for i in range(40, 48)]
    ours = torch.cat(parts, dim=1).float().cpu()
    reference_model = load_model(folder, "float32")
    with patch.object(module_of(reference_model, "cpu_kernels"), "library", lambda: None):
        reference = reference_model(ids, use_cache=False).logits
    error, std = ours - reference, reference.std()
    return {
        "max_error_over_std": float(error.abs().max() / std),
        "rms_error_over_std": float(error.square().mean().sqrt() / std),
        "same_first_choice": float((ours.argmax(-1) == reference.argmax(-1)).float().mean()),
    }


def weight_bytes(model) -> Dict[str, int]:
    """Bytes of the weights that a decode step reads (blocks, output layer) and of the embedding, which it does not."""

    def size(module) -> int:
        return sum(p.numel() * p.element_size() for p in module.parameters())

    body = model.transformer
    return {"blocks": size(body.encoder), "output_layer": size(body.output_layer), "embedding": size(body.embedding)}


def linear_operations(config) -> int:
    """Multiplications and additions of the blocks' linear layers for one token."""
    width, shared = config.num_attention_heads * config.kv_channels, config.num_key_value_heads * config.kv_channels
    per_layer = config.hidden_size * (2 * width + 2 * shared + 3 * config.ffn_hidden_size)
    return 2 * config.num_layers * per_layer


def attention_operations(config, first: int, last: int) -> int:
    """The same for attention's scores and sums: positions [first, last), each seeing itself and all before it."""
    pairs = (last * (last + 1) - first * (first + 1)) // 2
    return 4 * config.num_layers * config.num_attention_heads * config.kv_channels * pairs


def fill_cache(model, length: int, room: int):
    """A cache that holds random keys and values of `length` tokens: attention costs what it costs after a prefill."""
    config = model.config
    cache = model.make_cache(length + room)
    append = getattr(cache, "append", None) or cache.update  # the name before there was a Cache of transformers in it
    shape = (1, min(length, 1024), config.num_key_value_heads, config.kv_channels)

    def random(shape) -> torch.Tensor:
        return torch.randn(shape, device=model.device).to(model.dtype)

    for _ in range(length // shape[1] if length else 0):
        for layer in range(config.num_layers):
            append(layer, random(shape), random(shape))
        cache.advance(shape[1])
    if cache.length < length:
        rest = (1, length - cache.length, *shape[2:])
        for layer in range(config.num_layers):
            append(layer, random(rest), random(rest))
        cache.advance(rest[1])
    return cache


def text_like_ids(length: int, vocabulary: int) -> torch.Tensor:
    """Random ids [1, length] as frequent as words are in texts (Zipf 1949): the n-th most frequent one 1 / n times.

    Uniform ids would touch more of a memory-mapped embedding than texts do.
    """
    frequencies = 1.0 / torch.arange(1, vocabulary - 300, dtype=torch.float64)
    ranks = torch.multinomial(frequencies, length, replacement=True)
    return 300 + torch.randperm(len(frequencies), generator=torch.Generator().manual_seed(0))[ranks][None]


def memory() -> Dict[str, int]:
    """Bytes of this process: resident (`VmRSS`), at its peak (`VmHWM`), its own and mapped from files."""
    with open("/proc/self/status") as lines:
        fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM", "RssAnon", "RssFile")}


def reset_peak() -> int:
    """Starts a new peak measurement and returns the resident bytes now."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    return memory()["VmRSS"]


def touch_weights(model) -> None:
    """Reads every weight once: a mapped file counts as resident memory only then."""
    for parameter in model.parameters():
        parameter.detach().view(-1).view(torch.int8)[::4096].sum()


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def read_file_seconds(folder: Path) -> float:
    """Time to read the checkpoint's files once, from the page cache where they are in it."""
    buffer = bytearray(16 << 20)

    def read() -> None:
        for path in sorted(folder.iterdir()):
            if path.suffix in (".bin", ".safetensors"):
                with open(path, "rb", buffering=0) as file:
                    while file.readinto(buffer):
                        pass

    return seconds(read)


class Parts:
    """Self time of the model's parts: every wrapped function's own time, without that of wrapped functions it calls.

    Wrapping costs about a microsecond a call, which is counted under the caller. Modules that are wrapped run one by
    one; `native` leaves them, and takes the native calls of a step for whole blocks.
    """

    def __init__(self, model, native: bool = False):
        modeling, layers, quantization = (
            module_of(model, name) for name in ("modeling_chatglm", "layers_chatglm", "quantization")
        )
        native_step = module_of(model, "cpu_steps").NativeStep
        blocks = [
            (quantization.QuantizedLinear, "forward", "linear layers"),
            (layers, "attention", "attention"),
            (layers.RMSNorm, "forward", "norms"),
            (layers, "apply_rotary", "rotary"),
            (layers.MLP, "forward", "silu, gate * up"),
            (layers.SelfAttention, "forward", "attention's Python"),
            (layers.GLMBlock, "forward", "residuals, block's Python"),
        ]
        steps = [(native_step, "run", "blocks"), (native_step, "__init__", "checks of the blocks")]
        self.targets = [
            *(steps if native else blocks),
            (quantization.DenseLinear, "forward", "output layer"),
            (modeling, "rotary_cos_sin", "rotary"),
            (type(model), "forward", "the rest"),
        ]
        self.times: Dict[str, List[float]] = {}

    def measure(self, step: Callable[[], object], repeats: int) -> Dict[str, float]:
        """Median milliseconds per step of every part, and "total"."""
        saved = [(owner, name, getattr(owner, name)) for owner, name, _ in self.targets]
        stack: List[float] = []
        current: Dict[str, float] = {}

        def wrap(function, part):
            def timed(*args, **kwargs):
                stack.append(0.0)
                start = time.perf_counter()
                try:
                    return function(*args, **kwargs)
                finally:
                    taken = time.perf_counter() - start
                    current[part] = current.get(part, 0.0) + taken - stack.pop()
                    if stack:
                        stack[-1] += taken

            return timed

        rows = []
        try:
            for (owner, name, function), (_, _, part) in zip(saved, self.targets):
                setattr(owner, name, wrap(function, part))
            for _ in range(repeats):
                current.clear()
                total = seconds(step)
                rows.append({**current, "total": total})
        finally:
            for owner, name, function in saved:
                setattr(owner, name, function)
        return {part: statistics.median(row.get(part, 0.0) for row in rows) * 1e3 for part in rows[0]}


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:,.2f}" if isinstance(value, float) else str(value)


def table(header: List[str], rows: List[List[object]]) -> None:
    """Prints columns, numbers to the right."""
    cells = [header, *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for number, row in enumerate(cells):
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))))
        if number == 0:
            print("  ".join("-" * w for w in widths))
    print()


def cpu_count() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
