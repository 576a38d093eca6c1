"""Caches in files: what a model has read, kept for the next process of the same model. No network, no attention.

A file is a safetensors file: "layers.N.key" and "layers.N.value", [b, t, g, d], of an int8 cache also their scales,
[b, t, g]; what else there is to know stands in its metadata, as JSON. It is written and read here row by row, from and
to the cache's own memory: the library would hold all of it a second time, and map the file, which Windows then locks.
"""

import hashlib
import json
import os
import uuid
from io import BufferedReader
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import torch
from torch import Tensor

from .cache_chatglm import (
    ForeignCache,
    Int8KVCache,
    KVCache,
    StaticKVCache,
    adopt_cache,
    cache_class,
    execution_device,
    free_memory,
)
from .generation_chatglm import History

CONTENT = "key/value cache of a ChatGLM model"
VERSION = 1  # of what stands in the metadata
DTYPES = {
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float32: "F32",
    torch.float64: "F64",
    torch.int8: "I8",
}
PARTS = ("key", "value", "key_scale", "value_scale")
LARGEST_HEADER = 100_000_000  # bytes, as the library has it
FREE_TOKENS = 256  # room behind the tokens of a growing cache: a short round goes on without moving it
ROWS = 4  # of every weight in a fingerprint
NAMED = 3  # weights in a message
# What is computed from given weights. The rest of a configuration bounds, trains or places.
COMPUTES = (
    "num_layers",
    "padded_vocab_size",
    "hidden_size",
    "ffn_hidden_size",
    "kv_channels",
    "num_attention_heads",
    "num_key_value_heads",
    "multi_query_attention",
    "layernorm_epsilon",
    "rmsnorm",
    "apply_residual_connection_post_layernorm",
    "post_layer_norm",
    "add_bias_linear",
    "add_qkv_bias",
    "fp32_residual_connection",
    "quantization_bit",
    "rope_ratio",
    "rope_ratio_scales",
    "rotary_table_dtype",
    "pre_seq_len",
    "prefix_projection",
)


class SavedCaches:
    """What the language model adds for caches in files. A mixin."""

    def save_cache(self, cache: Any, path: Any, history: Optional[History] = None) -> None:
        """Writes what a cache holds to a file, wholly or not at all: a long text is then read once for all processes.

        The file has the size of the cache's tokens (of the published model 28,672 bytes each, or 14,784 in int8) and
        fits this model only: its configuration, its weights in this dtype, its adapters that are on. What padding
        there was in a batch is the caller's to know, as with the cache itself; that of a static cache is kept.

        Args:
            cache: a `KVCache` of any kind; other code's, which may grow, and one (key, value) per layer are copied.
            path: of the file; one that is there is replaced.
            history: the rounds that it holds, for `load_cache` to return.

        Raises:
            TypeError: no cache, or a history that is not made of texts.
            ValueError: a cache of another model or, made elsewhere, of fixed size; a path that is no plain file's.
            RuntimeError: another thread is writing to the cache.
            OSError: the folder is missing, the path is a folder, or writing fails; nothing is left behind.
        """
        _save(self, cache, path, history)

    def load_cache(self, path: Any) -> Tuple[KVCache, Optional[History]]:
        """What `save_cache` wrote: a cache of the same kind on the devices of the layers, and the history.

        The two continue with `stream_chat`, `chat`, `generate` or `forward` as those that were saved: the tokens in
        the cache are not computed again. The same weights in another dtype are another model, which would have
        written other numbers.

        Raises:
            ValueError: a file of another model, a truncated one, or none of `save_cache`; more tokens than
                `seq_length`.
            OSError: there is no such file.
            MemoryError: a cache that does not fit.
        """
        return _load(self, path)


# --------------------------------------------------------------------------------------------------------- fingerprint


def fingerprint(model: Any) -> Dict[str, Any]:
    """What makes a cache this model's: "config", "dtype", and "weights", {name: digest of samples}."""
    config = {key: getattr(model.config, key) for key in COMPUTES}
    dtype = str(model.transformer.embedding.word_embeddings.weight.dtype)[len("torch.") :]
    return {"config": config, "dtype": dtype, "weights": {name: _digest(w) for name, w in _weights(model, "")}}


def _weights(module: Any, path: str) -> Iterator[Tuple[str, Tensor]]:
    """(name, values) of what a module computes with: adapters that are off or merged are passed over, and a layer
    below an adapter has the name that it has without."""
    elsewhere = getattr(getattr(module, "_hf_hook", None), "weights_map", None)  # where accelerate keeps them
    for name, parameter in module.named_parameters(recurse=False):
        values = elsewhere[name] if parameter.is_meta and elsewhere is not None else parameter
        if values.is_meta:
            raise ValueError(f"the values of {path}{name} are nowhere to be read: load the model with its weights")
        yield path + name, values
    adapters = _active_adapters(module)
    for name, child in module.named_children():
        if adapters is None:
            yield from _weights(child, f"{path}{name}.")
        elif name in ("base_layer", "original_module"):
            yield from _weights(child, path)
        else:
            for key, parameter in child.named_parameters():
                if key.split(".")[0] in adapters:
                    yield f"{path}{name}.{key}", parameter
    for adapter in adapters or ():
        if adapter in getattr(module, "scaling", ()):
            yield f"{path}scaling.{adapter}", torch.tensor(float(module.scaling[adapter]))


def _active_adapters(module: Any) -> Optional[List[str]]:
    """Names of the adapters that a layer of PEFT's adds to what is below it; None for all other modules."""
    off = getattr(module, "disable_adapters", None)  # a method of models, from 4.33 on
    if not isinstance(off, bool):
        return None
    active = getattr(module, "active_adapters", None) or getattr(module, "active_adapter", None) or []
    active = [active] if isinstance(active, str) else list(active)
    return [] if off or getattr(module, "merged", False) else active


def _digest(weight: Tensor) -> str:
    """Of dtype, shape, and a few rows over the whole of a weight, or all of a vector, on whatever device."""
    sample = weight.detach().reshape(1) if weight.dim() == 0 else weight.detach()
    if sample.dim() > 1:
        sample = sample[torch.linspace(0, sample.shape[0] - 1, ROWS).long().to(sample.device)]
    text = f"{weight.dtype} {list(weight.shape)}".encode()
    return hashlib.blake2b(text + _bytes(sample).tobytes(), digest_size=8).hexdigest()


def _refuse_another_model(about: Dict[str, Any], model: Any, path: Path) -> None:
    """Raises ValueError where a file's fingerprint is not that of the model, and says what differs."""
    here = fingerprint(model)
    config, weights = about["config"], about["weights"]
    differ = [
        f"{key} is {config.get(key)!r} in the file, {value!r} here"
        for key, value in here["config"].items()
        if config.get(key) != value
    ]
    cure = "load the model that wrote it, with the adapters that were on and no others, or let this one read the text"
    if not differ and about["dtype"] != here["dtype"]:
        differ = [f"its model computed in {about['dtype']}, this one in {here['dtype']}"]
        cure = f"load the model in {about['dtype']}, or let this one read the text"
    if not differ:
        for what, names in (
            (
                "other values in",
                [name for name in weights if here["weights"].get(name, weights[name]) != weights[name]],
            ),
            ("not in this model:", [name for name in weights if name not in here["weights"]]),
            ("not in the file:", [name for name in here["weights"] if name not in weights]),
        ):
            if names:
                more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                differ.append(f"{what} {', '.join(names[:NAMED])}{more}")
    if differ:
        raise ValueError(f"{path} is the cache of another model ({'; '.join(differ)}): {cure}")


# ------------------------------------------------------------------------------------------------------------- writing


def _save(model: Any, cache: Any, path: Any, history: Optional[History]) -> None:
    target = _target(path)
    cache = _own(cache, model.config)
    try:
        rounds = json.dumps(history)
    except (TypeError, ValueError) as error:
        raise TypeError(f"history must be made of texts, as chat() returns it: {error}") from error
    with cache.used_by("save_cache()", nested=True):
        layers = [cache.stored(layer) for layer in range(cache.num_layers)] if cache.length else []
        about = {"version": VERSION, **_description(cache, layers), **fingerprint(model)}
        metadata = {key: json.dumps(value, default=float) for key, value in about.items()}  # numbers of numpy, too
        metadata.update(content=CONTENT, history=rounds)
        header = json.dumps({"__metadata__": metadata, **_entries(layers)}).encode()
        header += b" " * (-len(header) % 8)
        _write(target, header, layers)


def _target(path: Any) -> Path:
    """The file that is to be there in the end, behind any links."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file in it")
    if target.exists() and not target.is_file():
        raise ValueError(f"{path} is no plain file, and would be replaced by one: name another")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"the folder of {path} is missing: make {target.parent} first")
    return target


def _own(cache: Any, config: Any) -> KVCache:
    """The cache as one of this package that fits the model; other code's is copied."""
    own = adopt_cache(cache, config.num_layers, config.kv_cache_dtype)
    if isinstance(own, ForeignCache):
        own = cache_class(config.kv_cache_dtype).from_layers(list(cache))
        if own.length != cache.get_seq_length():
            raise TypeError(
                f"a {type(cache).__name__} keeps not all of its {cache.get_seq_length()} tokens as keys and values "
                f"({own.length}): let the model make its own cache (make_cache)"
            )
    shape, wanted = own.token_shape(), (config.num_key_value_heads, config.kv_channels)
    if own.num_layers != config.num_layers or shape not in (None, wanted):
        raise ValueError(
            f"the cache is of another model: {own.num_layers} layers, heads and channels {shape}, this model has "
            f"{config.num_layers} layers, {wanted}"
        )
    return own


def _description(cache: KVCache, layers: List[List[Tensor]]) -> Dict[str, Any]:
    """What a file says of the cache in it."""
    static, starts = isinstance(cache, StaticKVCache), None
    if isinstance(cache, StaticKVCache) and cache.position is not None and cache.starts is not None:
        starts = cache.starts.tolist()  # its prompt is in
    return {
        "kind": ("static" if static else "growing") + (" int8" if isinstance(cache, Int8KVCache) else ""),
        "capacity": cache.capacity if static else None,
        "batch": layers[0][0].shape[0] if layers else 0,
        "length": cache.length,
        "prefix_length": min(cache.prefix_length, cache.length),
        "starts": starts,
        "token_ids": cache.token_ids,
        "cache_dtype": DTYPES[layers[0][0].dtype] if layers else None,
    }


def _entries(layers: Sequence[Sequence[Tensor]]) -> Dict[str, Any]:
    """The header of a safetensors file with these tensors, one behind the other."""
    found, end = {}, 0
    for layer, tensors in enumerate(layers):
        for part, tensor in zip(PARTS, tensors):
            begin, end = end, end + tensor.numel() * tensor.element_size()
            entry = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
            found[f"layers.{layer}.{part}"] = entry
    return found


def _write(target: Path, header: bytes, layers: List[List[Tensor]]) -> None:
    """Puts a whole file in the place of `target`, or leaves that as it was."""
    temporary = target.with_name(f"{target.name[:50]}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            for tensors in layers:
                for tensor in tensors:
                    for row in tensor:  # of the batch: contiguous, whatever room there is behind it
                        file.write(_bytes(row))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _bytes(tensor: Tensor) -> Any:
    """The memory of a tensor as an array of bytes; a copy only where it is not contiguous or not a CPU's."""
    return tensor.detach().contiguous().cpu().view(torch.uint8).numpy()


# ------------------------------------------------------------------------------------------------------------- reading


def _load(model: Any, path: Any) -> Tuple[KVCache, Optional[History]]:
    path = Path(path)
    with open(path, "rb") as file:
        about, entries, size = _read_header(file, path)
        _refuse_another_model(about, model, path)
        prefix = model.config.pre_seq_len or 0
        try:
            length = about["length"]
            expected = _entries([_like(about, model.config, "cpu")] * model.config.num_layers) if length else {}
        except (TypeError, ValueError, LookupError, RuntimeError) as error:
            raise _damaged(path, size) from error
        if entries != expected:
            raise _damaged(path, size)
        if length - prefix > model.config.seq_length:
            raise ValueError(
                f"{path} holds {length - prefix} tokens, the model takes {model.config.seq_length} (seq_length)"
            )
        end = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        if file.tell() + end != size:
            raise _damaged(path, size, file.tell() + end)
        cache = _read(file, about, model, path)
    history = about["history"]
    return cache, history and [tuple(turn) if isinstance(turn, list) else turn for turn in history]


def _damaged(path: Path, size: int, right: Optional[int] = None) -> ValueError:
    what = (
        "truncated or damaged" if right is None else f"truncated, or has something behind its end ({right} is right)"
    )
    return ValueError(
        f"{path}, {size} bytes, is {what}: copy it again, or let the model read the text and save it anew"
    )


def _read_header(file: BufferedReader, path: Path) -> Tuple[Dict[str, Any], Dict[str, Any], int]:
    """(what is said of the cache, the entries of its tensors, bytes of the file); leaves `file` where tensors begin.

    Raises:
        ValueError: a file that `save_cache` did not write, or a newer version's.
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    stranger = ValueError(f"{path}, {size} bytes, is no file of save_cache(), or no longer a whole one")
    if not 2 <= length <= min(size - 8, LARGEST_HEADER):
        raise stranger
    try:
        entries = json.loads(file.read(length))
        metadata = entries.pop("__metadata__")
        content = metadata.pop("content")
        about = {key: json.loads(value) for key, value in metadata.items()} if content == CONTENT else {}
        version = about["version"]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise stranger from error
    if version != VERSION:
        raise ValueError(
            f"{path} has version {version!r} of the format, this package reads {VERSION}: use the package that wrote "
            f"it, or let the model read the text and save it anew"
        )
    return about, entries, size


def _like(about: Dict[str, Any], config: Any, device: Any) -> List[Tensor]:
    """Tensors like those of a layer in the file, of one element each in memory."""
    shape: Tuple[int, ...] = (about["batch"], about["length"], config.num_key_value_heads, config.kv_channels)
    dtypes = {name: dtype for dtype, name in DTYPES.items()}
    kept = [(dtypes[about["cache_dtype"]], shape)] * 2
    if about["kind"].endswith("int8"):
        kept += [(torch.float32, shape[:3])] * 2
    return [torch.empty((), dtype=dtype, device=device).expand(shape) for dtype, shape in kept]


def _read(file: BufferedReader, about: Dict[str, Any], model: Any, path: Path) -> KVCache:
    """A cache of the kind that the file says, filled from it."""
    config, length = model.config, about["length"]
    layers = model.transformer.encoder.layers
    devices = [execution_device(block.self_attention.query_key_value) for block in layers]  # as in make_cache
    limit = config.seq_length + (config.pre_seq_len or 0)
    static, int8 = about["kind"].startswith("static"), about["kind"].endswith("int8")
    capacity = about["capacity"] if static else min(length + FREE_TOKENS, limit) if length else None
    cache = cache_class("int8" if int8 else None, static)(config.num_layers, capacity)
    cache.limit = limit
    if length:
        _refuse_too_large(about, config, devices, cache.capacity, path)
        for layer, device in enumerate(devices):
            for place in cache.receive(layer, _like(about, config, device)):
                for row in place:
                    host = row if row.is_cpu else torch.empty_like(row, device="cpu")
                    if file.readinto(_bytes(host)) != host.numel() * host.element_size():
                        raise _damaged(path, os.fstat(file.fileno()).st_size)
                    if host is not row:
                        row.copy_(host)
        cache.advance(length)
    cache.prefix_length, cache.token_ids = about["prefix_length"], about["token_ids"]
    if isinstance(cache, StaticKVCache) and about["starts"] is not None:
        cache.begin_static_steps(torch.empty(about["batch"], 0, device=devices[-1]))
        cache.starts = torch.tensor(about["starts"], dtype=torch.long, device=devices[-1])
    return cache


def _refuse_too_large(
    about: Dict[str, Any], config: Any, devices: List[torch.device], capacity: int, path: Path
) -> None:
    """Raises MemoryError for a cache that the memory which is free now does not hold."""
    token = sum(like[:, :1].numel() * like.element_size() for like in _like(about, config, "cpu"))
    for device in dict.fromkeys(devices):
        needed, free = devices.count(device) * token * capacity, free_memory(device)
        if free is not None and needed > free:
            raise MemoryError(
                f"the cache in {path} takes {needed / 2**20:.0f} MiB for {about['batch']} x {capacity} tokens, "
                f"{free / 2**20:.0f} MiB are free on {device}"
            )
