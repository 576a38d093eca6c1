"""Exports a checkpoint of the family to transformers' own GLM class, which engines serve without remote code:

    python -m examples.export_glm chatglm2-6b-32k-int4 exported                floats, in the checkpoint's dtype
    python -m examples.export_glm chatglm2-6b-32k-int4 exported --integers     INT4 or INT8 as they are
    python -m examples.export_glm chatglm2-6b-32k-int4 exported --integers --tensor-parallel 2 --pad-mlp

ChatGLM2 is `GlmForCausalLM` under other names: rows of `query_key_value` are the three projections of that class, and
positional interpolation is its linear rope scaling. ENGINES.md says which engines take which export, and what of it
was run. Tensors are read and written one at a time. With --integers the quantized matrices are written in the format
"pack-quantized" of compressed-tensors; no integer and no scale changes.
"""

import functools
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor
from torch.nn import functional as F

from configuration_chatglm import ChatGLMConfig
from examples.commands import add_shard_size, ending_well, new_parser
from examples.family import (
    EMBEDDING,
    FINAL_NORM,
    FLOATS,
    LAYER,
    NORMS,
    OUTPUT,
    Checkpoint,
    as_float,
    dequantized,
    linears,
    not_plain,
    read_config,
    refuse,
    split_heads,
)
from examples.plain_tokenizer import PlainTokenizer
from examples.whole_files import Planned, whole, write_json, write_safetensors

TARGET = "GlmForCausalLM"
ROPE_BASE = 10000.0
TILE = 128  # columns that Marlin, the INT4 kernel of vLLM on GPUs, takes at a time: a shard has a multiple of it
SPLIT = 4  # processes that --pad-mlp pads for where none are named: enough for 2 as well
OTHER_FILES = 30 * 10**6  # bytes of tokenizer.json and the settings, at most
DTYPES = {str(dtype).split(".")[1]: dtype for dtype in FLOATS.values()}


class Matrix(NamedTuple):
    """A matrix of GLM. `take` gives its rows of the source's weight, scale or bias."""

    name: str
    source: str
    rows: int
    columns: int
    bias: bool
    take: Callable[[Tensor], Tensor]


def matrices(config: ChatGLMConfig, layer: int, ffn: int) -> Iterator[Matrix]:
    """The matrices of one layer, with an MLP of `ffn` channels."""
    attention, dense, up, down = linears(config, layer)
    target, hidden = f"model.layers.{layer}.", config.hidden_size
    for part, letter in enumerate("qkv"):
        heads = config.num_key_value_heads if part else config.num_attention_heads
        take = functools.partial(_part, config, part)
        name = f"{target}self_attn.{letter}_proj"
        yield Matrix(name, attention.name, heads * config.kv_channels, hidden, attention.bias, take)
    yield Matrix(f"{target}self_attn.o_proj", dense.name, hidden, dense.columns, False, _same)
    widen = functools.partial(_pad_halves, ffn)
    yield Matrix(f"{target}mlp.gate_up_proj", up.name, 2 * ffn, hidden, False, widen)
    yield Matrix(f"{target}mlp.down_proj", down.name, hidden, ffn, False, _same)


def _same(rows: Tensor) -> Tensor:
    return rows


def _part(config: ChatGLMConfig, part: int, rows: Tensor) -> Tensor:
    return split_heads(config, rows)[part]


def _pad_halves(ffn: int, rows: Tensor) -> Tensor:
    """Rows of gate and up, [2 F, ...] -> [2 ffn, ...]; zero channels add nothing, as silu(0) * 0 = 0."""
    half = rows.shape[0] // 2
    if half == ffn:
        return rows
    zeros = rows.new_zeros(ffn - half, *rows.shape[1:])
    return torch.cat((rows[:half], zeros, rows[half:], zeros))


def _pad_columns(weight: Tensor, columns: int) -> Tensor:
    return F.pad(weight, (0, columns - weight.shape[1])) if columns > weight.shape[1] else weight


def packed(weight: Tensor, bits: int) -> Tensor:
    """int8 weight as stored -> int32 [out, in * bits / 32], the format "pack-quantized" of compressed-tensors.

    There an integer q is stored as q + 2^(bits - 1), the first column in the lowest bits of a word. Its nibbles are
    thus ours with the highest bit flipped, and the two of a byte exchanged. Columns are padded to whole words.
    """
    if bits == 4:
        weight = (weight << 4 | (weight >> 4 & 0x0F)) ^ -0x78  # 0x88 as int8
    else:
        weight = weight ^ -0x80
    lacking = -weight.shape[1] % 4
    weight = F.pad(weight, (0, lacking), value=-0x78 if bits == 4 else -0x80)
    return weight.contiguous().view(torch.int32)


class Plan:
    """The tensors of an export, in the order of the network.

    Args:
        checkpoint: the source.
        dtype: of floats; what is beyond its range is refused.
        keep_integers: whether quantized matrices stay so.
        ffn: channels of the MLP, those of the source or more.
    """

    def __init__(self, checkpoint: Checkpoint, dtype: torch.dtype, keep_integers: bool, ffn: int):
        self.checkpoint, self.dtype, self.keep_integers, self.ffn = checkpoint, dtype, keep_integers, ffn
        self.bits = checkpoint.config.quantization_bit

    def tensors(self) -> Iterator[Planned]:
        config = self.checkpoint.config
        embedding = (config.padded_vocab_size, config.hidden_size)
        yield self._plain("model.embed_tokens.weight", EMBEDDING, embedding)
        for layer in range(config.num_layers):
            for norm in NORMS:
                source = f"{LAYER.format(layer)}{norm}.weight"
                yield self._plain(f"model.layers.{layer}.{norm}.weight", source, (config.hidden_size,))
            for matrix in matrices(config, layer, self.ffn):
                yield from self._integers(matrix) if self.keep_integers else self._floats(matrix)
                if matrix.bias:
                    source = f"{matrix.source}.bias"
                    yield self._plain(f"{matrix.name}.bias", source, (matrix.rows,), matrix.take)
        yield self._plain("model.norm.weight", FINAL_NORM, (config.hidden_size,))
        yield self._plain("lm_head.weight", OUTPUT, embedding)

    def _plain(
        self, name: str, source: str, shape: Tuple[int, ...], take: Callable[[Tensor], Tensor] = _same
    ) -> Planned:
        return Planned(name, self.dtype, shape, lambda: as_float(take(self.checkpoint[source]), self.dtype, source))

    def _floats(self, matrix: Matrix) -> Iterator[Planned]:
        def make() -> Tensor:
            weight = matrix.take(self.checkpoint[f"{matrix.source}.weight"])
            if not self.bits:
                weight = as_float(weight, self.dtype, matrix.source)
            else:
                scale = matrix.take(self.checkpoint[f"{matrix.source}.weight_scale"])
                weight = dequantized(weight, scale, self.bits, self.dtype, matrix.source)
            return _pad_columns(weight, matrix.columns)

        yield Planned(f"{matrix.name}.weight", self.dtype, (matrix.rows, matrix.columns), make)

    def _integers(self, matrix: Matrix) -> Iterator[Planned]:
        def weight() -> Tensor:
            stored = matrix.take(self.checkpoint[f"{matrix.source}.weight"])
            return packed(_pad_columns(stored, matrix.columns * self.bits // 8), self.bits)

        def scale() -> Tensor:
            source = f"{matrix.source}.weight_scale"
            return as_float(matrix.take(self.checkpoint[source]), self.dtype, source)[:, None]

        shape = (matrix.rows, matrix.columns)
        words = -(-matrix.columns * self.bits // 32)
        yield Planned(f"{matrix.name}.weight_packed", torch.int32, (matrix.rows, words), weight)
        yield Planned(f"{matrix.name}.weight_scale", self.dtype, (matrix.rows, 1), scale)
        yield Planned(f"{matrix.name}.weight_shape", torch.int64, (2,), lambda: torch.tensor(shape))


def glm_config(config: ChatGLMConfig, dtype: torch.dtype, ffn: int, bits: int = 0) -> dict:
    """config.json of the export; `bits` are those of integers that stay, 0 for floats."""
    ratio, base = float(config.rope_ratio), ROPE_BASE
    if config.rope_ratio_scales == "base":
        ratio, base = 1.0, base * ratio
    kind = {"rope_type": "linear", "factor": ratio} if ratio != 1 else {"rope_type": "default"}
    rope = {"rope_theta": base, "partial_rotary_factor": 0.5}
    name = str(dtype).split(".")[1]
    return {
        "architectures": [TARGET],
        "model_type": "glm",
        "vocab_size": config.padded_vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": ffn,
        "num_hidden_layers": config.num_layers,
        "num_attention_heads": config.num_attention_heads,
        "num_key_value_heads": config.num_key_value_heads,
        "head_dim": config.kv_channels,
        "hidden_act": "silu",
        "attention_bias": bool(config.add_qkv_bias),
        "attention_dropout": float(config.attention_dropout),
        "rms_norm_eps": config.layernorm_epsilon,
        "max_position_embeddings": config.seq_length,
        "max_sequence_length": int(config.seq_length / ratio),  # what vLLM and SGLang multiply by the factor
        "rope_parameters": {**kind, **rope},  # transformers from 5.0 on
        "rope_scaling": kind if ratio != 1 else None,  # transformers before 5.0, with the two keys of `rope`
        **rope,
        "tie_word_embeddings": False,
        "use_cache": True,
        **token_ids(config),
        "torch_dtype": name,  # transformers before 4.56
        "dtype": name,
        **({"quantization_config": _compressed(bits)} if bits else {}),
    }


def token_ids(config: ChatGLMConfig) -> dict:
    """GLM's own defaults are GLM-4's: all three have to be written."""
    ids = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    found = {key: getattr(config, key, None) for key in ids}  # from 5.0 on an attribute may not be there
    return {key: ids[key] if value is None else value for key, value in found.items()}


def _compressed(bits: int) -> dict:
    """How compressed-tensors describes integers with one scale per row."""
    weights = {"num_bits": bits, "type": "int", "symmetric": True, "strategy": "channel", "dynamic": False}
    group = {"targets": ["Linear"], "weights": weights, "input_activations": None, "output_activations": None}
    return {
        "quant_method": "compressed-tensors",
        "format": "pack-quantized",
        "quantization_status": "compressed",
        "ignore": ["lm_head"],
        "config_groups": {"group_0": group},
    }


def width_of_mlp(config: ChatGLMConfig, tensor_parallel: int, pad_mlp: bool) -> int:
    """Channels of the MLP: those of the source, or with `pad_mlp` the next multiple of 128 per process."""
    step = TILE * (tensor_parallel if tensor_parallel > 1 else SPLIT)
    return -(-config.ffn_hidden_size // step) * step if pad_mlp else config.ffn_hidden_size


def check_split(config: ChatGLMConfig, processes: int, ffn: int) -> None:
    """Raises ValueError where a model cannot be shared out over that many processes."""
    groups = config.num_key_value_heads
    if processes < 1:
        raise ValueError(f"--tensor-parallel {processes}: needs a whole number > 0")
    for key, value in (("num_attention_heads", config.num_attention_heads), ("the MLP's width", ffn)):
        if value % processes:
            advice = ", or add --pad-mlp" if key != "num_attention_heads" else ""
            raise ValueError(f"--tensor-parallel {processes} does not divide {key}, {value}: choose another{advice}")
    if groups % processes and processes % groups:
        raise ValueError(
            f"--tensor-parallel {processes} and {groups} key/value heads: one has to be a multiple of the other"
        )


def export(
    source: Path,
    target: Path,
    dtype: Optional[torch.dtype] = None,
    keep_integers: bool = False,
    tokenizer: bool = True,
    tensor_parallel: int = 1,
    pad_mlp: bool = False,
    shard_bytes: int = 2 * 10**9,
) -> List[str]:
    """Writes the export and returns the names of its weight files.

    Args:
        source: a folder of the family: config.json, weights, tokenizer.model.
        target: a folder that does not exist yet.
        dtype: of floats; that of the checkpoint by default, in which nothing is rounded.
        keep_integers: INT4 and INT8 matrices stay integers, else they are dequantized.
        tokenizer: whether tokenizer.json and the chat template are written.
        tensor_parallel: processes that the model will be shared out over; refused where it cannot be.
        pad_mlp: widens the MLP by zero channels, so that INT4 shards suit kernels of GPUs. Changes no result.
        shard_bytes: the most bytes of a file, where it holds more than one tensor.

    Raises:
        ValueError: what GLM cannot express, weights that are missing, foreign or damaged, a target that is there, a
            number of processes that does not divide, a full disk. Nothing is left of the target then.
    """
    config = read_config(source)
    refuse(TARGET, not_plain(config))
    checkpoint = Checkpoint(source, config)
    if keep_integers and not config.quantization_bit:
        raise ValueError(f"--integers: {source} holds floats; leave it out, or quantize the checkpoint first")
    ffn = width_of_mlp(config, tensor_parallel, pad_mlp)
    check_split(config, tensor_parallel, ffn)
    plain = PlainTokenizer(source) if tokenizer else None
    if plain:
        plain.must_fit(config.padded_vocab_size)
    dtype = dtype or checkpoint.dtype
    tensors = list(Plan(checkpoint, dtype, keep_integers, ffn).tensors())
    with whole(target, sum(tensor.size for tensor in tensors) + OTHER_FILES) as folder:
        folder.mkdir()
        bits = config.quantization_bit if keep_integers else 0
        write_json(folder / "config.json", glm_config(config, dtype, ffn, bits))
        write_json(folder / "generation_config.json", token_ids(config))
        if plain:
            plain.write(folder, config.seq_length)
        return write_safetensors(folder, tensors, shard_bytes)


def main() -> None:
    parser = new_parser(str(__doc__), "a new folder")
    parser.add_argument("--dtype", choices=DTYPES, help="of floats; default: the checkpoint's")
    parser.add_argument("--integers", action="store_true", help="leave INT4 and INT8 matrices as they are")
    parser.add_argument(
        "--tensor-parallel", type=int, default=1, metavar="N", help="check that N processes can share it"
    )
    parser.add_argument(
        "--pad-mlp", action="store_true", help="zero channels for INT4 shards on GPUs; changes no result"
    )
    parser.add_argument("--no-tokenizer", action="store_true", help="weights and settings alone")
    add_shard_size(parser)
    arguments = parser.parse_args()
    with ending_well():
        names = export(
            arguments.source,
            arguments.target,
            DTYPES.get(arguments.dtype),
            arguments.integers,
            not arguments.no_tokenizer,
            arguments.tensor_parallel,
            arguments.pad_mlp,
            arguments.shard_size,
        )
    print(f"{arguments.target}: {', '.join(names)}")


if __name__ == "__main__":
    main()
