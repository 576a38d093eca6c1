"""Exports a checkpoint of the family to GGUF, the format of llama.cpp:

    python -m examples.export_gguf chatglm2-6b-32k-int4 chatglm2.gguf                   INT4 as Q4_0, INT8 as Q8_0
    python -m examples.export_gguf chatglm2-6b-32k-int4 chatglm2.gguf --dtype float32   dequantized

Needs `pip install gguf`. Quantized matrices keep every integer and every scale: a block of 32 repeats the scale of its
row. llama.cpp's own converter writes this model with ChatGLM3's rope rule; here the keys are those of positional
interpolation. Tensors are read and written one at a time. ENGINES.md says what was run.
"""

import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Tuple

import numpy as np
import torch
from torch import Tensor

from configuration_chatglm import ChatGLMConfig
from examples.commands import ending_well, new_parser
from examples.export_glm import ROPE_BASE, token_ids
from examples.family import (
    EMBEDDING,
    FINAL_NORM,
    LAYER,
    NORMS,
    OUTPUT,
    Checkpoint,
    as_float,
    dequantized,
    integers,
    linears,
    not_plain,
    read_config,
    refuse,
    split_heads,
)
from examples.plain_tokenizer import PlainTokenizer
from examples.whole_files import whole

TARGET = "llama.cpp's chatglm architecture"
BLOCK = 32  # columns of a row that share one scale in Q4_0 and Q8_0
BYTES_PER_PIECE = 200  # that its text, score and kind take, at most
MATRICES = ("attn_qkv", "attn_output", "ffn_up", "ffn_down")  # in the order of `linears`
DTYPES = {"float16": torch.float16, "float32": torch.float32}


class Entry(NamedTuple):
    """A tensor of the file. `kind` is the name of a type of ggml; `make` gives numbers, or the bytes of blocks."""

    name: str
    kind: str
    shape: Tuple[int, ...]
    make: Callable[[], np.ndarray]


def q4_0(numbers: Tensor, scale: Tensor) -> np.ndarray:
    """int8 [out, in] in -8 ... 7 and fp16 [out] -> bytes [out, in / 32 * 18].

    A block: the scale, then 16 bytes with column j in the low nibble and column j + 16 in the high one, as q + 8.
    """
    blocks = (numbers + 8).numpy().view(np.uint8).reshape(len(numbers), -1, 2, BLOCK // 2)
    return _with_scale(blocks[:, :, 0] | blocks[:, :, 1] << 4, scale)


def q8_0(numbers: Tensor, scale: Tensor) -> np.ndarray:
    """int8 [out, in] and fp16 [out] -> bytes [out, in / 32 * 34]. A block: the scale, then 32 integers."""
    return _with_scale(numbers.numpy().view(np.uint8).reshape(len(numbers), -1, BLOCK), scale)


def _with_scale(blocks: np.ndarray, scale: Tensor) -> np.ndarray:
    scales = scale.numpy().view(np.uint8).reshape(-1, 1, 2)
    repeated = np.broadcast_to(scales, (*blocks.shape[:2], 2))
    return np.concatenate((repeated, blocks), axis=-1).reshape(len(blocks), -1)


ROUND_TRIP = {4: ("Q4_0", q4_0), 8: ("Q8_0", q8_0)}


class Plan:
    """The tensors of an export, in the order of the network. `dtype` None keeps integers, and the dtype of floats."""

    def __init__(self, checkpoint: Checkpoint, dtype: Optional[torch.dtype]):
        self.checkpoint = checkpoint
        self.bits = checkpoint.config.quantization_bit if dtype is None else 0
        own = torch.float16 if checkpoint.dtype == torch.float16 else torch.float32  # llama.cpp's bfloat16 is rare
        self.dtype = dtype or own

    @property
    def kind(self) -> str:
        """Of most tensors."""
        return ROUND_TRIP[self.bits][0] if self.bits else self._kind_of_floats

    @property
    def _kind_of_floats(self) -> str:
        return "F16" if self.dtype == torch.float16 else "F32"

    def entries(self) -> Iterator[Entry]:
        config = self.checkpoint.config
        shape = (config.padded_vocab_size, config.hidden_size)
        yield self._float("token_embd.weight", EMBEDDING, shape)
        for layer in range(config.num_layers):
            for norm, name in zip(NORMS, ("attn_norm", "ffn_norm")):
                yield self._vector(f"blk.{layer}.{name}.weight", f"{LAYER.format(layer)}{norm}.weight")
            for linear, name in zip(linears(config, layer), MATRICES):
                yield self._matrix(f"blk.{layer}.{name}.weight", linear.name, (linear.rows, linear.columns))
                if linear.bias:
                    yield self._vector(f"blk.{layer}.{name}.bias", f"{linear.name}.bias")
        yield self._vector("output_norm.weight", FINAL_NORM)
        yield self._float("output.weight", OUTPUT, shape)

    def _read(self, source: str) -> Tensor:
        """A tensor with the rows of query_key_value in the order queries, keys, values."""
        tensor = self.checkpoint[source]
        ordered = self.checkpoint.config.multi_query_attention or "query_key_value" not in source
        return tensor if ordered else torch.cat(split_heads(self.checkpoint.config, tensor))

    def _vector(self, name: str, source: str) -> Entry:
        """Norms and biases, which llama.cpp wants in F32."""
        shape = self.checkpoint.tensors[source].shape
        return Entry(name, "F32", shape, lambda: self._read(source).float().numpy())

    def _float(self, name: str, source: str, shape: Tuple[int, ...]) -> Entry:
        return Entry(
            name, self._kind_of_floats, shape, lambda: as_float(self._read(source), self.dtype, source).numpy()
        )

    def _matrix(self, name: str, source: str, shape: Tuple[int, int]) -> Entry:
        stored_bits = self.checkpoint.config.quantization_bit
        if not stored_bits:
            return self._float(name, f"{source}.weight", shape)

        def make() -> np.ndarray:
            weight, scale = self._read(f"{source}.weight"), self._read(f"{source}.weight_scale")
            if not self.bits:
                return dequantized(weight, scale, stored_bits, self.dtype, source).numpy()
            half = scale.half()
            if not half.to(scale.dtype).equal(scale):
                raise ValueError(
                    f"the scales of {source} are no float16, as {self.kind} has them: use --dtype float32"
                )
            return ROUND_TRIP[self.bits][1](integers(weight, self.bits), half)

        if not self.bits:
            return Entry(name, self._kind_of_floats, shape, make)
        rows, columns = shape
        return Entry(name, self.kind, (rows, columns // BLOCK * (2 + BLOCK * self.bits // 8)), make)


def reasons(config: ChatGLMConfig, blocks: bool) -> Dict[str, bool]:
    """What llama.cpp's architecture cannot express, and whether a model has it."""
    width = config.num_attention_heads * config.kv_channels
    widths = (config.hidden_size, width, config.ffn_hidden_size)
    return {
        **not_plain(config),
        f"heads of {width} channels together in a model of {config.hidden_size}": width != config.hidden_size,
        f"matrices of {widths} columns in blocks of {BLOCK} (choose --dtype)": blocks
        and any(columns % BLOCK for columns in widths),
    }


def add_settings(writer: Any, config: ChatGLMConfig) -> None:
    """Geometry and rope, under llama.cpp's names."""
    import gguf

    writer.add_context_length(config.seq_length)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_layers)
    writer.add_feed_forward_length(config.ffn_hidden_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.layernorm_epsilon)
    writer.add_vocab_size(config.padded_vocab_size)
    writer.add_rope_dimension_count(config.kv_channels // 2)
    scales_base = config.rope_ratio_scales == "base"
    writer.add_rope_freq_base(ROPE_BASE * config.rope_ratio if scales_base else ROPE_BASE)
    if config.rope_ratio != 1 and not scales_base:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(config.rope_ratio))


def add_tokenizer(writer: Any, tokenizer: Optional[PlainTokenizer], config: ChatGLMConfig) -> None:
    """Pieces, special tokens and the chat template. Prompts begin with [gMASK]<sop>, which the template writes."""
    if tokenizer is None:
        writer.add_tokenizer_model("no_vocab")
        return
    import gguf

    # A symbol of the user's would split a text, and llama.cpp puts a space before what follows: it is a plain piece.
    kinds = {int(kind): kind for kind in gguf.TokenType}
    kinds[int(gguf.TokenType.USER_DEFINED)] = gguf.TokenType.NORMAL
    pieces = list(tokenizer.rows(config.padded_vocab_size))
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([piece.text.encode() for piece in pieces])
    writer.add_token_scores([piece.score for piece in pieces])
    writer.add_token_types([kinds[piece.kind] for piece in pieces])
    ids = token_ids(config)
    writer.add_bos_token_id(ids["bos_token_id"])
    writer.add_eos_token_id(ids["eos_token_id"])
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(ids["pad_token_id"])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(True)
    writer.add_chat_template(tokenizer.template)


def write(path: Path, checkpoint: Checkpoint, plan: Plan, tokenizer: Optional[PlainTokenizer]) -> None:
    """Writes the file: settings, what is known of all tensors, then one tensor after another."""
    import gguf
    from transformers.utils import logging

    types = {"Q4_0": "MOSTLY_Q4_0", "Q8_0": "MOSTLY_Q8_0", "F16": "MOSTLY_F16", "F32": "ALL_F32"}
    numbers = {"F32": np.float32, "F16": np.float16}
    writer = gguf.GGUFWriter(path, "chatglm")
    writer.add_name(checkpoint.folder.name)
    writer.add_file_type(gguf.LlamaFileType[types[plan.kind]])
    if plan.bits:
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_settings(writer, checkpoint.config)
    add_tokenizer(writer, tokenizer, checkpoint.config)
    entries = list(plan.entries())
    for name, kind, shape, _ in entries:
        dtype = np.dtype(numbers.get(kind, np.uint8))
        quantized = None if kind in numbers else gguf.GGMLQuantizationType[kind]
        writer.add_tensor_info(name, shape, dtype, int(np.prod(shape)) * dtype.itemsize, quantized)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for entry in logging.tqdm(entries, desc="Exporting", unit="tensor"):
            writer.write_tensor_data(entry.make())
    finally:
        writer.close()


def size_of(plan: Plan) -> int:
    """Bytes of all tensors."""
    widths = {"F32": 4, "F16": 2}
    return sum(int(np.prod(entry.shape)) * widths.get(entry.kind, 1) for entry in plan.entries())


def export(source: Path, target: Path, dtype: Optional[torch.dtype] = None, tokenizer: bool = True) -> str:
    """Writes the file, and returns the name of the type that most of its tensors have.

    Args:
        source: a folder of the family: config.json, weights, tokenizer.model.
        target: a file that does not exist yet.
        dtype: None keeps integers (INT4 as Q4_0, INT8 as Q8_0) and 16-bit floats; float16 or float32 otherwise.
        tokenizer: whether pieces and chat template are written; llama.cpp then takes ids alone.

    Raises:
        ImportError: no `gguf`.
        ValueError: what llama.cpp cannot express, weights that are missing, foreign or damaged, a target that is
            there, a full disk. Nothing is left of the target then.
    """
    config = read_config(source)
    refuse(TARGET, reasons(config, blocks=dtype is None and config.quantization_bit != 0))
    checkpoint = Checkpoint(source, config)
    plan = Plan(checkpoint, dtype)
    plain = PlainTokenizer(source) if tokenizer else None
    if plain:
        plain.must_fit(config.padded_vocab_size)
    with whole(target, size_of(plan) + BYTES_PER_PIECE * config.padded_vocab_size) as path:
        write(path, checkpoint, plan, plain)
    return plan.kind


def main() -> None:
    parser = new_parser(str(__doc__), "a new file, NAME.gguf by custom")
    parser.add_argument("--dtype", choices=DTYPES, help="dequantize; default: integers as they are")
    parser.add_argument("--no-tokenizer", action="store_true", help="weights and settings alone")
    arguments = parser.parse_args()
    with ending_well():
        try:
            kind = export(arguments.source, arguments.target, DTYPES.get(arguments.dtype), not arguments.no_tokenizer)
        except ImportError:
            sys.exit("error: the package `gguf` is not installed: pip install gguf")
    print(f"{arguments.target}: {kind}")


if __name__ == "__main__":
    main()
