"""A checkpoint of the family as the exports read it: its configuration checked, its tensors one at a time."""

import functools
import json
import math
import pickle
from pathlib import Path
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from benchmarks.common import package_modules
from configuration_chatglm import ChatGLMConfig

(loading,) = package_modules("pretrained_chatglm")

FLOATS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
DTYPES = {**FLOATS, "I8": torch.int8}
EMBEDDING = "transformer.embedding.word_embeddings.weight"
FINAL_NORM = "transformer.encoder.final_layernorm.weight"
OUTPUT = "transformer.output_layer.weight"
LAYER = "transformer.encoder.layers.{}."
NORMS = ("input_layernorm", "post_attention_layernorm")
# Files have them; what they hold follows from the configuration.
COMPUTED = "rotary_pos_emb.inv_freq"
NAMED = 6  # tensors that an error names before it counts


class Stored(NamedTuple):
    """A tensor of a file that has not been read yet."""

    dtype: torch.dtype
    shape: Tuple[int, ...]
    read: Callable[[], Tensor]


class Linear(NamedTuple):
    """A matrix of a layer, [rows, columns], the one that may be quantized. `name` lacks ".weight"."""

    name: str
    rows: int
    columns: int
    bias: bool


def linears(config: ChatGLMConfig, layer: int) -> Tuple[Linear, Linear, Linear, Linear]:
    """query_key_value, dense, dense_h_to_4h, dense_4h_to_h of a layer."""
    prefix, hidden, ffn = LAYER.format(layer), config.hidden_size, config.ffn_hidden_size
    heads = config.num_attention_heads * config.kv_channels
    rows = heads + 2 * config.num_key_value_heads * config.kv_channels
    return (
        Linear(prefix + "self_attention.query_key_value", rows, hidden, bool(config.add_qkv_bias)),
        Linear(prefix + "self_attention.dense", hidden, heads, False),
        Linear(prefix + "mlp.dense_h_to_4h", 2 * ffn, hidden, False),
        Linear(prefix + "mlp.dense_4h_to_h", hidden, ffn, False),
    )


def expected(config: ChatGLMConfig) -> Iterator[Tuple[str, Tuple[int, ...], bool]]:
    """(name, shape, whether it holds integers) of every tensor that a checkpoint with this configuration has."""
    bits, hidden = config.quantization_bit, config.hidden_size
    yield EMBEDDING, (config.padded_vocab_size, hidden), False
    for layer in range(config.num_layers):
        for norm in NORMS:
            yield f"{LAYER.format(layer)}{norm}.weight", (hidden,), False
        for name, rows, columns, bias in linears(config, layer):
            yield f"{name}.weight", (rows, columns * bits // 8 if bits else columns), bool(bits)
            if bits:
                yield f"{name}.weight_scale", (rows,), False
            if bias:
                yield f"{name}.bias", (rows,), False
    yield FINAL_NORM, (hidden,), False
    yield OUTPUT, (config.padded_vocab_size, hidden), False


def read_config(folder: Path) -> ChatGLMConfig:
    """The configuration of a folder. Raises ValueError: none is there, or it is of another model."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{folder} has no config.json that can be read: name the folder of a checkpoint") from error
    except ValueError as error:
        raise ValueError(f"{folder}/config.json is damaged: {error}") from error
    if not isinstance(values, dict) or values.get("model_type") != "chatglm":
        found = values.get("model_type") if isinstance(values, dict) else values
        raise ValueError(f"{folder}/config.json is of model_type {found!r}, not of 'chatglm'")
    return ChatGLMConfig(**values)


def weight_files(folder: Path, use_safetensors: Optional[bool] = None) -> List[Path]:
    """The files of a folder that from_pretrained() would read, looked at as it does, or only those of one format.

    Raises:
        ValueError: no weights, files of an index that are not there, files that are not the weights or not whole.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    try:
        files = loading.find_weight_files(folder, {"use_safetensors": use_safetensors})
        loading.refuse_broken(files)
    except OSError as error:
        raise ValueError(str(error)) from error
    if not files:
        if use_safetensors is False and list(folder.glob("*.safetensors")):
            raise ValueError(f"{folder} holds safetensors already, and no pytorch_model.bin")
        raise ValueError(f"{folder} lacks pytorch_model.bin: download it again")
    return files


def read_bin(path: Path) -> Dict[str, Tensor]:
    """The tensors of a .bin file, memory-mapped where this torch and the file's format allow it."""
    options = {"map_location": "cpu", "weights_only": True}
    try:
        try:
            return torch.load(path, **options, mmap=True)
        except TypeError:  # torch 2.0 maps nothing
            return torch.load(path, **options)
        except RuntimeError as error:
            if "mmap can only be used" not in str(error):
                raise
            return torch.load(path, **options)  # written by a torch before 1.6
    except pickle.UnpicklingError as error:  # torch's words are pages, and advise to run what is in the file
        raise ValueError(f"{path} is damaged, or holds more than tensors: download it again") from error
    except (RuntimeError, EOFError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{path} is damaged, or of a format that is not read any more: {reason}") from error


def stored_tensors(folder: Path) -> Dict[str, Stored]:
    """Every tensor of a folder by its name. Raises ValueError: what `weight_files` and `read_bin` raise."""
    files = weight_files(folder)
    if files[0].suffix != ".safetensors":
        tensors = {name: tensor for path in files for name, tensor in read_bin(path).items()}
        return {name: Stored(t.dtype, tuple(t.shape), t.detach) for name, t in tensors.items()}
    found: Dict[str, Stored] = {}
    for path in files:
        try:
            shard = safe_open(str(path), framework="pt")
        except SafetensorError as error:
            raise ValueError(f"{path} is damaged, or no safetensors file: {error}") from error
        for name in shard.keys():
            part = shard.get_slice(name)
            dtype = DTYPES.get(part.get_dtype(), torch.bool)
            found[name] = Stored(dtype, tuple(part.get_shape()), functools.partial(shard.get_tensor, name))
    return found


class Checkpoint:
    """A folder with config.json and weights, .bin or safetensors, in one file or in shards.

    `checkpoint[name]` reads one tensor, from a mapped file where the format allows it. `dtype` is the one that holds
    every float of it. Everything is checked before the first tensor is read.

    Args:
        folder: the checkpoint's.
        config: what `read_config` gave for it.

    Raises:
        ValueError: what `stored_tensors` raises; tensors that are missing, that the configuration does not know, or
            that have another shape or dtype than it says.
    """

    def __init__(self, folder: Path, config: ChatGLMConfig):
        self.folder = folder
        self.config = config
        stored = stored_tensors(folder)
        self.tensors = {name: value for name, value in stored.items() if not name.endswith(COMPUTED)}
        self._check()
        floats = {stored.dtype for stored in self.tensors.values()} - {torch.int8}
        self.dtype = functools.reduce(torch.promote_types, floats)

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name].read()

    def _check(self) -> None:
        wanted = {name: (shape, integers) for name, shape, integers in expected(self.config)}
        missing = [name for name in wanted if name not in self.tensors]
        foreign = [name for name in self.tensors if name not in wanted]
        if missing:
            raise ValueError(
                f"{self.folder} lacks {_some(missing)}: it is not whole, or config.json is another model's"
            )
        if foreign:
            raise ValueError(
                f"{self.folder} has {_some(foreign)}, of which its config.json says nothing; an export would drop it"
            )
        for name, (shape, integers) in wanted.items():
            stored = self.tensors[name]
            if stored.shape != shape:
                raise ValueError(f"{name} has the shape {stored.shape}, by config.json it is {shape}")
            if stored.dtype not in ((torch.int8,) if integers else FLOATS.values()):
                kind = "int8" if integers else "float32, float16 or bfloat16"
                raise ValueError(f"{name} is of {stored.dtype}, and has to be of {kind}")


def _some(names: List[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def refuse(target: str, reasons: Dict[str, bool]) -> None:
    """Raises ValueError with all that a target cannot express: `reasons` says of each whether the model has it."""
    found = [reason for reason, there in reasons.items() if there]
    if found:
        raise ValueError(f"{target} cannot express {'; nor '.join(found)}")


def not_plain(config: ChatGLMConfig) -> Dict[str, bool]:
    """What a model of the GLM family may have beyond the published ones, and no other engine knows."""
    return {
        "LayerNorm (rmsnorm=false)": not config.rmsnorm,
        "a model without a final norm (post_layer_norm=false)": not config.post_layer_norm,
        "add_bias_linear=true": bool(config.add_bias_linear),
        "a residual behind the norm (apply_residual_connection_post_layernorm=true)": bool(
            config.apply_residual_connection_post_layernorm
        ),
        "a trained prefix (pre_seq_len)": bool(config.pre_seq_len),
        "fp32_residual_connection=true": bool(config.fp32_residual_connection),
        f"rotary_table_dtype={config.rotary_table_dtype!r}, which rounds positions": config.rotary_table_dtype
        != "float32",
    }


def unpack_int4(packed: Tensor) -> Tensor:
    """int8 [out, in / 2] -> int8 [out, in]: the even column is the high nibble, the odd one the low nibble."""
    return torch.stack((packed >> 4, packed << 4 >> 4), dim=-1).flatten(-2)


def integers(weight: Tensor, bits: int) -> Tensor:
    """int8 [out, in] of a stored weight."""
    return unpack_int4(weight) if bits == 4 else weight


def as_float(tensor: Tensor, dtype: torch.dtype, name: str) -> Tensor:
    """The tensor in another dtype. Raises ValueError where numbers of it are beyond that dtype's range."""
    found = tensor.to(dtype)
    # isfinite() would take the memory of the tensor again.
    if dtype == torch.float16 and tensor.dtype != dtype and not all(map(math.isfinite, found.aminmax())):
        raise ValueError(f"{name} holds numbers beyond the range of float16: choose --dtype float32 or bfloat16")
    return found


def dequantized(weight: Tensor, scale: Tensor, bits: int, dtype: torch.dtype, name: str) -> Tensor:
    """scale * integers, [out, in], in `dtype`, which the product is rounded to once."""
    if torch.promote_types(scale.dtype, dtype) == dtype:
        return integers(weight, bits).to(dtype).mul_(scale.to(dtype)[:, None])
    return as_float(integers(weight, bits).to(scale.dtype).mul_(scale[:, None]), dtype, name)


def split_heads(config: ChatGLMConfig, rows: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    """Rows of query_key_value (of its weight, scale or bias) -> those of the queries, keys and values.

    With multi-query attention they stand in that order; without, head by head.
    """
    heads, channels = config.num_attention_heads, config.kv_channels
    if config.multi_query_attention:
        groups = config.multi_query_group_num * channels
        return tuple(rows.split((heads * channels, groups, groups)))  # type: ignore[return-value]
    by_head = rows.reshape(heads, 3, channels, *rows.shape[1:])
    return tuple(by_head[:, part].reshape(heads * channels, *rows.shape[1:]) for part in range(3))  # type: ignore
