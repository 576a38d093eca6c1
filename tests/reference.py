"""The network of ChatGLM2 in float64, written from its description alone: a second opinion for the tests.

It shares no code with the package, keeps no cache, and prefers loops to speed. One sequence runs at a time and padded
tokens are left out altogether, so that neither a mask nor a batch can be wrong in the same way here and there.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, layer_norm, silu

Config = Dict[str, object]
Tensors = Dict[str, Tensor]

ENCODER = "transformer.encoder."
PREFIX = "transformer.prefix_encoder."


class Result(NamedTuple):
    """What a pass gives. Rows of padded tokens are zero everywhere."""

    logits: Tensor  # [b, s, vocab]
    hidden_states: List[Tensor]  # [b, s, hidden] each: the embeddings, then what comes out of every block
    last_hidden_state: Tensor  # [b, s, hidden], after the final norm


# Weights


def quantize(weight: Tensor, bits: int) -> Tuple[Tensor, Tensor]:
    """[out, in] in any float dtype -> (packed int8, scales [out] in the same dtype)."""

    def rounded(value: Tensor) -> Tensor:  # every step is kept in the weight's own dtype
        return value.to(weight.dtype).double()

    scale = rounded(weight.double().abs().amax(dim=1) / (2 ** (bits - 1) - 1))
    quotient = rounded(weight.double() / torch.where(scale == 0, 1.0, scale)[:, None])
    integers = torch.where(scale[:, None] == 0, 0.0, quotient.round()).long()  # torch rounds halves to even
    return (pack(integers) if bits == 4 else integers.to(torch.int8)), scale.to(weight.dtype)


def pack(integers: Tensor) -> Tensor:
    """Integers from -8 to 7 [out, in] -> int8 [out, in/2]: the even column high, the odd column low."""
    unsigned = integers.long() % 16
    byte = unsigned[:, 0::2] * 16 + unsigned[:, 1::2]
    return torch.where(byte > 127, byte - 256, byte).to(torch.int8)


def unpack(packed: Tensor) -> Tensor:
    """int8 [out, in/2] -> integers [out, in] from -8 to 7, as int64."""
    byte = packed.long() % 256
    columns = torch.stack([byte // 16, byte % 16], dim=-1).flatten(1)
    return torch.where(columns > 7, columns - 16, columns)


def dequantize(weight: Tensor, scale: Tensor, bits: int) -> Tensor:
    """Packed int8 and scales [out] -> float64 [out, in]."""
    integers = unpack(weight) if bits == 4 else weight
    return integers.double() * scale.double()[:, None]


def linear(config: Config, tensors: Tensors, name: str, x: Tensor, bias: bool) -> Tensor:
    weight = tensors[name + ".weight"]
    if config.get("quantization_bit"):
        weight = dequantize(weight, tensors[name + ".weight_scale"], config["quantization_bit"])
    y = x @ weight.double().T
    return y + tensors[name + ".bias"].double() if bias else y


def norm(config: Config, tensors: Tensors, name: str, x: Tensor) -> Tensor:
    epsilon, weight = config.get("layernorm_epsilon", 1e-5), tensors[name + ".weight"].double()
    if not config.get("rmsnorm", True):
        return layer_norm(x, x.shape[-1:], weight, tensors[name + ".bias"].double(), epsilon)
    return weight * x / torch.sqrt((x * x).mean(dim=-1, keepdim=True) + epsilon)


# Rotary positions


def rotary_table(config: Config, positions: Tensor) -> Tuple[Tensor, Tensor]:
    """Cosines and sines [s, kv_channels / 4] of the given positions [s].

    Every step is rounded to the dtype of the table. That is the whole difference of the original's 16-bit tables, and
    it matters for float32 too: at position 32,767 one unit in the last place of a frequency turns the angle by 2e-3.
    Positions come from arange in that dtype: for bfloat16 it rounds other than a conversion does, and the original has
    its values.
    """
    dtype = getattr(torch, config.get("rotary_table_dtype") or "float32")

    def rounded(value: Tensor) -> Tensor:
        return value.to(dtype).double()

    width, ratio, base = config["kv_channels"] // 2, config.get("rope_ratio", 1), torch.tensor(10000.0)
    steps = torch.arange(config["seq_length"], dtype=dtype)[positions].double()
    if config.get("rope_ratio_scales", "positions") == "base":
        base = base * ratio
    else:
        steps = rounded(steps / ratio)
    exponents = rounded(rounded(torch.arange(0, width, 2).double()) / width)
    power = base.to(dtype) ** exponents.to(dtype)  # a correctly rounded power would differ from torch's by a last bit
    frequencies = rounded(1 / power.double())
    angles = rounded(steps[:, None] * frequencies[None, :])
    return rounded(angles.float().cos()), rounded(angles.float().sin())


def rotate(x: Tensor, table: Tuple[Tensor, Tensor]) -> Tensor:
    """One head [s, kv_channels]: pairs (2j, 2j + 1) of the first half turn, the second half stays."""
    cos, sin = table
    columns = []
    for j in range(x.shape[1] // 4):
        a, b = x[:, 2 * j], x[:, 2 * j + 1]
        columns += [a * cos[:, j] - b * sin[:, j], b * cos[:, j] + a * sin[:, j]]
    return torch.cat([torch.stack(columns, dim=1), x[:, x.shape[1] // 2 :]], dim=1)


# Layers


def split_heads(config: Config, rows: Tensor) -> Tuple[List[Tensor], List[Tensor], List[Tensor]]:
    """The output of query_key_value [s, rows] -> queries, keys and values, a list of [s, kv_channels] each."""
    heads, size = config["num_attention_heads"], config["kv_channels"]
    pieces = list(rows.split(size, dim=1))
    if not config.get("multi_query_attention", False):  # head by head: its query, its key, its value
        return pieces[0::3], pieces[1::3], pieces[2::3]
    groups = config["multi_query_group_num"]  # all queries, then all keys, then all values
    return pieces[:heads], pieces[heads : heads + groups], pieces[heads + groups :]


def prefix(config: Config, tensors: Tensors, layer: int) -> Tuple[Tensor, Tensor]:
    """The trained keys and values of one layer, [pre_seq_len, groups, kv_channels] each."""
    rows = tensors[PREFIX + "embedding.weight"].double()
    if config.get("prefix_projection"):
        names = ("trans.0.weight", "trans.0.bias", "trans.2.weight", "trans.2.bias")
        down, down_bias, up, up_bias = [tensors[PREFIX + name].double() for name in names]
        rows = torch.tanh(rows @ down.T + down_bias) @ up.T + up_bias
    rows = rows.reshape(config["pre_seq_len"], 2 * config["num_layers"], -1, config["kv_channels"])
    return rows[:, 2 * layer], rows[:, 2 * layer + 1]


def attention(config: Config, tensors: Tensors, layer: int, x: Tensor, table: Tuple[Tensor, Tensor]) -> Tensor:
    """[s, hidden] -> [s, hidden]."""
    name = f"{ENCODER}layers.{layer}.self_attention."
    all_biases = bool(config.get("add_bias_linear", False))
    rows = linear(config, tensors, name + "query_key_value", x, all_biases or bool(config.get("add_qkv_bias", False)))
    queries, keys, values = split_heads(config, rows)
    keys = [rotate(key, table) for key in keys]
    if config.get("pre_seq_len"):  # its keys are taken as they are, and every token sees all of them
        first_keys, first_values = prefix(config, tensors, layer)
        keys = [torch.cat([first_keys[:, g], key]) for g, key in enumerate(keys)]
        values = [torch.cat([first_values[:, g], value]) for g, value in enumerate(values)]
    future = torch.ones(len(x), len(keys[0])).triu(diagonal=len(keys[0]) - len(x) + 1).bool()
    outputs = []
    for head, query in enumerate(queries):
        group = head // (len(queries) // len(keys))
        scores = rotate(query, table) @ keys[group].T / config["kv_channels"] ** 0.5
        outputs.append(scores.masked_fill(future, -torch.inf).softmax(dim=-1) @ values[group])
    return linear(config, tensors, name + "dense", torch.cat(outputs, dim=1), all_biases)


def feed_forward(config: Config, tensors: Tensors, layer: int, x: Tensor) -> Tensor:
    name, bias = f"{ENCODER}layers.{layer}.mlp.", bool(config.get("add_bias_linear", False))
    gate, up = linear(config, tensors, name + "dense_h_to_4h", x, bias).chunk(2, dim=1)
    return linear(config, tensors, name + "dense_4h_to_h", silu(gate) * up, bias)


def block(config: Config, tensors: Tensors, layer: int, x: Tensor, table: Tuple[Tensor, Tensor]) -> Tensor:
    name, from_norm = f"{ENCODER}layers.{layer}.", config.get("apply_residual_connection_post_layernorm", False)
    normed = norm(config, tensors, name + "input_layernorm", x)
    x = (normed if from_norm else x) + attention(config, tensors, layer, normed, table)
    normed = norm(config, tensors, name + "post_attention_layernorm", x)
    return (normed if from_norm else x) + feed_forward(config, tensors, layer, normed)


# The model


def sequence(config: Config, tensors: Tensors, embeds: Tensor, positions: Tensor) -> Tuple[Tensor, ...]:
    """One sequence without padding, [s, hidden] and [s] -> logits, last hidden state, then every hidden state."""
    states, table = [embeds.double()], rotary_table(config, positions)
    for layer in range(config["num_layers"]):
        states.append(block(config, tensors, layer, states[-1], table))
    last = states[-1]
    if config.get("post_layer_norm", True):
        last = norm(config, tensors, ENCODER + "final_layernorm", last)
    return (last @ tensors["transformer.output_layer.weight"].double().T, last, *states)


def forward(
    config: Config,
    tensors: Tensors,
    input_ids: Optional[Tensor] = None,
    attention_mask: Optional[Tensor] = None,
    position_ids: Optional[Tensor] = None,
    inputs_embeds: Optional[Tensor] = None,
) -> Result:
    """[b, s] ids (or [b, s, hidden] embeddings), mask (1 = real) and positions (0, 1, ... where left out)."""
    embeds = inputs_embeds
    if embeds is None:
        embeds = tensors["transformer.embedding.word_embeddings.weight"][input_ids]
    batch, length = embeds.shape[:2]
    if position_ids is None:
        position_ids = torch.arange(length).expand(batch, length)
    rows = []
    for row in range(batch):
        real = torch.ones(length).bool() if attention_mask is None else attention_mask[row].bool()
        dense = sequence(config, tensors, embeds[row][real], position_ids[row][real])
        rows.append([value.new_zeros(length, value.shape[1]).index_put((real,), value) for value in dense])
    logits, last, *states = [torch.stack(values) for values in zip(*rows)]
    return Result(logits, states, last)


def loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of every label [b, s] under the logits one position before it; -100 is left out."""
    return cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
