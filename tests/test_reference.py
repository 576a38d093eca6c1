"""The package against tests/reference.py, the network written a second time, in configurations that hypothesis draws.

The reference is held to the original's recorded numbers first: so a clone can tell a right model from a wrong one.
"""

import contextlib
import json
import random
from collections import Counter
from dataclasses import dataclass
from typing import Dict, Optional
from unittest import mock

import pytest
import reference
import torch
from conftest import GOLDEN, holds, relative_error
from conftest import cases as golden_cases
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

# Ceilings of the relative RMS error, over the real tokens. In brackets: the most that was seen in thousands of draws.
GOLDEN_AGREES = 1e-5  # the original's numbers are float32 (3e-6 after 3,100 tokens)
EXACT = 1e-5  # float32 against float64 (2e-6)
INTEGER_KERNELS = 1e-4  # they round activations to 16-bit integers, 3e-5 for one product (6e-5)
GRADIENTS = 1e-3  # of each tensor (3e-6; 6e-5 where the forward pass went through integer kernels)
INT8_CACHE = 3e-2  # half a step of 1/127 of a head's largest channel, in keys and values (1.5e-2 in such narrow heads)

EXAMPLES = {
    "derandomize": True,
    "deadline": None,
    "print_blob": True,
    # Cases are small already; shrinking a failing one, with the seed of its weights, takes minutes.
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
# A mask in two dimensions may be of any dtype; a ready-made one, [b, 1, s, t], says for each token what it sees.
FLAT_MASKS = {"long": torch.long, "bool": torch.bool, "float": torch.float32}
MASKS = (*FLAT_MASKS, "ready-made", "additive")
TRAINED = ("as loaded", "biases and output")  # the second as LoRA with bias="all" does
ENTRY_POINTS = ("quantized_linear", "float_linear", "rms_norm", "swiglu", "rotate", "attention", "block")


@pytest.fixture(autouse=True)
def one_thread():
    """Products this small are slower on several threads, by much where other programs run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def assert_agrees(ours: torch.Tensor, theirs: torch.Tensor, ceiling: float) -> None:
    assert ours.shape == theirs.shape
    assert relative_error(ours, theirs) < ceiling


# ---------------------------------------------------------------------------------- the reference against the original

NUMERICS = load_file(GOLDEN / "numerics" / "numerics.safetensors")
ROPE_16_BIT = "golden_rope16bit_fp32math.safetensors"
CHECKPOINTS = sorted(path.parent.name for path in GOLDEN.glob("[A-DQ]_*/golden.safetensors"))


def recorded(tensor: str, names=CHECKPOINTS, file: str = "golden.safetensors") -> pytest.MarkDecorator:
    """Runs a test on each of these checkpoints for which the golden data has the tensor."""
    return golden_cases("name", [name for name in names if holds(name, tensor, file=file)])


def golden_checkpoint(name: str, file: str = "golden.safetensors"):
    """Configuration, weights and recorded numbers of a golden folder."""
    folder, tensors = GOLDEN / name, {}
    for path in folder.glob("pytorch_model*.bin"):
        tensors.update(torch.load(path, weights_only=True))
    for path in folder.glob("model*.safetensors"):
        tensors.update(load_file(path))
    return json.loads((folder / "config.json").read_text()), tensors, load_file(folder / file)


@pytest.mark.golden
@recorded("single.logits")
@torch.no_grad()
def test_reference_gives_the_original_numbers_of_a_sequence(name):
    config, tensors, golden = golden_checkpoint(name)
    result = reference.forward(config, tensors, golden["single.input_ids"])
    assert_agrees(result.logits, golden["single.logits"], GOLDEN_AGREES)
    if "single.hidden_states" in golden:  # the original's order is [layers + 1, s, b, hidden]
        states = torch.stack(result.hidden_states).transpose(1, 2)
        assert_agrees(states, golden["single.hidden_states"], GOLDEN_AGREES)


@pytest.mark.golden
@recorded("batch.last_hidden_state")
@torch.no_grad()
def test_reference_gives_the_original_numbers_of_a_padded_batch(name):
    config, tensors, golden = golden_checkpoint(name)
    real = golden["batch.attention_mask"].bool()
    result = reference.forward(config, tensors, golden["batch.input_ids"], real, golden["batch.position_ids"])
    last = golden["batch.last_hidden_state"].transpose(0, 1)
    assert_agrees(result.last_hidden_state[real], last[real], GOLDEN_AGREES)
    if "batch.logits" in golden:
        assert_agrees(result.logits[real], golden["batch.logits"][real], GOLDEN_AGREES)


@pytest.mark.golden
@recorded("sparse.logits")
@torch.no_grad()
def test_reference_gives_the_original_numbers_far_apart(name):
    config, tensors, golden = golden_checkpoint(name)
    positions = golden["sparse.position_ids"]
    assert positions.max() == config["seq_length"] - 1
    result = reference.forward(config, tensors, golden["sparse.input_ids"], position_ids=positions)
    assert_agrees(result.logits, golden["sparse.logits"], GOLDEN_AGREES)


@pytest.mark.golden
@recorded("long.logits", ["A_fp32"])
@torch.no_grad()
def test_reference_gives_the_original_numbers_after_3100_tokens(name):
    config, tensors, golden = golden_checkpoint(name)
    ids = torch.cat([golden["long.input_ids"], golden["long.next_input_ids"]], dim=1)
    logits = reference.forward(config, tensors, ids).logits
    assert_agrees(logits[:, golden["long.selected_positions"]], golden["long.logits"], GOLDEN_AGREES)
    assert_agrees(logits[:, -1:], golden["long.next_logits"], GOLDEN_AGREES)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.golden
@recorded("float16.sparse.logits", file=ROPE_16_BIT)
@torch.no_grad()
def test_reference_gives_the_original_numbers_of_16_bit_positions(name, dtype):
    config, tensors, golden = golden_checkpoint(name, ROPE_16_BIT)
    ids, positions = golden[f"{dtype}.sparse.input_ids"], golden[f"{dtype}.sparse.position_ids"]
    config["rotary_table_dtype"] = dtype
    logits = reference.forward(config, tensors, ids, position_ids=positions).logits
    assert_agrees(logits, golden[f"{dtype}.sparse.logits"], GOLDEN_AGREES)


@pytest.mark.golden
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_reference_gives_the_original_rotary_tables(dtype):
    names = [name for name in NUMERICS if name.startswith("rope.dim") and name.endswith(f".{dtype}")]
    for name in names:
        width, ratio = (int("".join(filter(str.isdigit, part))) for part in name.split(".")[1:3])
        config = {"kv_channels": 2 * width, "rope_ratio": ratio, "rotary_table_dtype": dtype, "seq_length": 32768}
        ours = torch.stack(reference.rotary_table(config, NUMERICS["rope.rows"]), dim=-1)
        assert (ours - NUMERICS[name]).abs().max() <= (1e-7 if dtype == "float32" else 0), name
    assert len(names) == 5


@pytest.mark.golden
@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_reference_quantizes_as_the_original(dtype, bits):
    name = f"quant.{dtype}.int{bits}"
    packed, scale = reference.quantize(NUMERICS[f"quant.{dtype}.weight"], bits)
    assert packed.equal(NUMERICS[f"{name}.packed"]) and scale.equal(NUMERICS[f"{name}.scale"])
    values = reference.dequantize(packed, scale, bits).to(scale.dtype)
    assert values.equal(NUMERICS[f"{name}.dequant_native"])


@pytest.mark.golden
def test_reference_gives_the_original_gradients():
    config, tensors, golden = golden_checkpoint("D_prefix")
    name = "transformer.prefix_encoder.embedding.weight"
    tensors[name] = tensors[name].double().requires_grad_()
    inputs = [golden[f"batch.{key}"] for key in ("input_ids", "attention_mask", "position_ids")]
    loss = reference.loss(reference.forward(config, tensors, *inputs).logits, golden["loss.labels"])
    loss.backward()
    assert_agrees(loss.detach(), golden["loss.value"][0], GOLDEN_AGREES)
    assert_agrees(tensors[name].grad, golden[f"grad.{name}"], GOLDEN_AGREES)


# ----------------------------------------------------------------------------------------------- what hypothesis draws


@dataclass
class Case:
    """A model and a batch. Its last real token always stands at position seq_length - 1."""

    config: Dict[str, object]
    seed: int
    ids: torch.Tensor  # [b, s]
    mask: Optional[torch.Tensor]  # [b, s], 1 for real tokens, padding on the left; None where all are real
    positions: Optional[torch.Tensor]  # [b, s]; None: as the package counts
    embeds: bool  # hand over embeddings in the place of ids
    native: bool  # let compiled kernels serve
    use_cache: bool
    form: str = "long"  # of the mask that is handed over, one of MASKS
    trained: str = "as loaded"  # one of TRAINED

    def __post_init__(self):
        self.tensors = random_weights(self.config, self.seed)
        self.real = torch.ones_like(self.ids).bool() if self.mask is None else self.mask.bool()

    def inputs(self, begin: int = 0, end: Optional[int] = None) -> Dict[str, Optional[torch.Tensor]]:
        """Arguments of the model for the tokens from `begin` to `end`, the earlier ones being in a cache."""
        ids, positions = self.ids[:, begin:end], self.positions
        if positions is None and self.mask is not None and self.form not in FLAT_MASKS:
            positions = self.counted  # a ready-made mask does not tell which tokens are padding
        table = self.tensors["transformer.embedding.word_embeddings.weight"]
        return {
            **({"inputs_embeds": table[ids]} if self.embeds else {"input_ids": ids}),
            "attention_mask": None if self.mask is None else self.handed_mask(begin, end),
            "position_ids": None if positions is None else positions[:, begin:end],
        }

    def handed_mask(self, begin: int, end: Optional[int]) -> torch.Tensor:
        """The mask of the tokens from `begin` to `end`, in its form; padding sees itself, as nothing else is there."""
        if self.form in FLAT_MASKS:
            return self.mask[:, :end].to(FLAT_MASKS[self.form])
        total = self.ids.shape[1]
        seen = torch.ones(total, total).tril().bool() & self.real[:, None]
        seen = (seen | torch.eye(total).bool())[:, None, begin:end, :end]
        return seen if self.form == "ready-made" else torch.zeros(seen.shape).masked_fill(~seen, -1e30)

    @property
    def counted(self) -> torch.Tensor:
        """Positions [b, s] that count the real tokens: what is meant where none are given."""
        return (self.real.long().cumsum(1) - 1).clamp(min=0)

    def expected(self, tensors: Optional[Dict[str, torch.Tensor]] = None, **inputs: torch.Tensor) -> reference.Result:
        positions = self.counted if self.positions is None else self.positions
        inputs = inputs or {"input_ids": self.ids}
        return reference.forward(
            self.config, tensors or self.tensors, attention_mask=self.mask, position_ids=positions, **inputs
        )

    @property
    def ceiling(self) -> float:
        return INTEGER_KERNELS if self.native and self.config["quantization_bit"] else EXACT


def random_weights(config: Dict[str, object], seed: int) -> Dict[str, torch.Tensor]:
    """Weights under their published names, of a size that keeps activations, scores and logits around 1."""
    generator = torch.Generator().manual_seed(seed)
    tensors: Dict[str, torch.Tensor] = {}
    hidden, ffn, bits = config["hidden_size"], config["ffn_hidden_size"], config["quantization_bit"]
    width = config["num_attention_heads"] * config["kv_channels"]
    groups = config["multi_query_group_num" if config["multi_query_attention"] else "num_attention_heads"]
    key_value = groups * config["kv_channels"]

    def normal(*shape: int, std: float = 1.0) -> torch.Tensor:
        return std * torch.randn(shape, generator=generator)

    def linear(name: str, rows: int, columns: int, bias: bool, size: float = 1.0) -> None:
        std = size * columns**-0.5
        if bits:  # every integer occurs, the lowest rarely: a mean other than 0 would push all channels the same way
            limit = 2 ** (bits - 1)
            integers = torch.randint(1 - limit, limit, (rows, columns), generator=generator)
            integers[torch.rand(rows, columns, generator=generator) < 0.02] = -limit
            packed = reference.pack(integers) if bits == 4 else integers.to(torch.int8)
            scale = (1 + 0.2 * normal(rows)) * std * 3**0.5 / limit
            tensors.update({f"{name}.weight": packed, f"{name}.weight_scale": scale})
        else:
            tensors[f"{name}.weight"] = normal(rows, columns, std=std)
        if bias:
            tensors[f"{name}.bias"] = normal(rows, std=0.3)

    def norm(name: str) -> None:
        tensors[f"{name}.weight"] = 1 + normal(hidden, std=0.2)
        if not config["rmsnorm"]:
            tensors[f"{name}.bias"] = normal(hidden, std=0.2)

    biases = config["add_bias_linear"]
    for layer in range(config["num_layers"]):
        name = f"transformer.encoder.layers.{layer}"
        norm(f"{name}.input_layernorm")
        qkv_bias = biases or config["add_qkv_bias"]
        linear(f"{name}.self_attention.query_key_value", width + 2 * key_value, hidden, qkv_bias)
        linear(f"{name}.self_attention.dense", hidden, width, biases, 0.5)
        norm(f"{name}.post_attention_layernorm")
        linear(f"{name}.mlp.dense_h_to_4h", 2 * ffn, hidden, biases)
        linear(f"{name}.mlp.dense_4h_to_h", hidden, ffn, biases, 0.5)  # beside a residual stream around 1
    if config["post_layer_norm"]:
        norm("transformer.encoder.final_layernorm")
    tensors["transformer.embedding.word_embeddings.weight"] = normal(config["padded_vocab_size"], hidden)
    tensors["transformer.output_layer.weight"] = normal(config["padded_vocab_size"], hidden, std=hidden**-0.5)
    if config["pre_seq_len"]:
        rows, prefix = config["num_layers"] * 2 * key_value, "transformer.prefix_encoder"
        tensors[f"{prefix}.embedding.weight"] = normal(config["pre_seq_len"], rows)
        if config["prefix_projection"]:
            tensors[f"{prefix}.trans.0.weight"] = normal(hidden, rows, std=rows**-0.5)
            tensors[f"{prefix}.trans.0.bias"] = normal(hidden, std=0.3)
            tensors[f"{prefix}.trans.2.weight"] = normal(rows, hidden, std=hidden**-0.5)
            tensors[f"{prefix}.trans.2.bias"] = normal(rows, std=0.3)
    return tensors


SWITCHES = (
    "multi_query_attention rmsnorm add_bias_linear add_qkv_bias apply_residual_connection_post_layernorm "
    "post_layer_norm fp32_residual_connection prefix_projection apply_query_key_layer_scaling "
    "attention_softmax_in_fp32".split()
)
SMALL = {  # everything below SMALL_WEIGHT and NATIVE_WIDTH
    "num_layers": (1, 2, 3),
    "hidden_size": (8, 18, 32),
    "ffn_hidden_size": (6, 20, 48),
    "kv_channels": (4, 8, 20),
    "multi_query_group_num": (1, 2, 3),
}
LARGE = {  # on both sides of them
    "num_layers": (1, 2),
    "hidden_size": (510, 1024, 1100),
    "ffn_hidden_size": (256, 512, 600),
    "kv_channels": (64, 128),
    "multi_query_group_num": (2, 4),
}
WIDE_NORMS = {**LARGE, "hidden_size": (1024, 1100), "rmsnorm": (True,)}  # which nothing else makes certain


@st.composite
def configurations(draw, sizes) -> Dict[str, object]:
    config = {key: draw(st.sampled_from(values)) for key, values in sizes.items()}
    config["num_attention_heads"] = config["multi_query_group_num"] * draw(st.integers(1, 3))
    config.update({key: draw(st.booleans()) for key in SWITCHES if key not in sizes})
    config.update(
        padded_vocab_size=61,
        layernorm_epsilon=draw(st.sampled_from((1e-5, 1e-2))),
        rope_ratio=draw(st.sampled_from((1, 16, 2.5))),
        rope_ratio_scales=draw(st.sampled_from(("positions", "base"))),
        rotary_table_dtype=draw(st.sampled_from(("float32", "float16", "bfloat16"))),
        quantization_bit=draw(st.sampled_from((0, 4, 8))),
        pre_seq_len=draw(st.sampled_from((None, 1, 5))),
        prefill_slice_size=draw(st.integers(1, 6)),
    )
    return config


@st.composite
def cases(draw, sizes=SMALL, shortest: int = 1, counted: Optional[bool] = None, masks=MASKS) -> Case:
    """`counted`: whether positions are left to the package, rather than given and far apart."""
    config, seed = draw(configurations(sizes)), draw(st.integers(0, 2**31))
    lengths = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    length = max(shortest, *lengths, 1)
    lengths[lengths.index(max(lengths))] = length
    mask = torch.tensor([[0] * (length - real) + [1] * real for real in lengths])
    chosen, positions = random.Random(seed), None
    if draw(st.booleans()) if counted is None else counted:
        config["seq_length"] = length
    else:
        config["seq_length"] = last = draw(st.sampled_from((32768, 2048, 100)))
        rows = [sorted(chosen.sample(range(last - 1), real - 1)) + [last - 1] for real in lengths]
        positions = torch.tensor([[0] * (length - len(row)) + row for row in rows])
    ids = torch.tensor([[chosen.randrange(config["padded_vocab_size"]) for _ in range(length)] for _ in lengths])
    all_real = bool(mask.all()) and draw(st.booleans())
    flags = [draw(st.booleans()) for _ in range(3)]
    form, trained = draw(st.sampled_from(masks)), draw(st.sampled_from(TRAINED))
    return Case(config, seed, ids, None if all_real else mask, positions, *flags, form, trained)


def build(package, case: Case):
    """The package's model with the weights of a case, which must be exactly those that it has."""
    config = package("configuration_chatglm").ChatGLMConfig(**case.config)
    model = package("modeling_chatglm").ChatGLMForConditionalGeneration(config)
    model.load_state_dict(case.tensors)
    return model.eval()


class CountingLibrary:
    """The compiled kernels, and how often each entry point was called."""

    def __init__(self, library):
        self.library, self.calls = library, Counter()

    def __getattr__(self, name: str):
        self.calls[name.replace("chatglm_", "")] += 1
        return getattr(self.library, name)


@contextlib.contextmanager
def kernels(package, native: bool = True):
    """The count of calls into the compiled kernels; without `native` there are none, as without a compiler."""
    module = package("cpu_kernels")
    library = module.library() if native else None
    counting = CountingLibrary(library)
    with mock.patch.object(module, "library", lambda: library and counting):
        yield counting.calls


# -------------------------------------------------------------------------------------------------- what must be equal


def check_one_pass(model, case: Case) -> None:
    expected, real = case.expected(), case.real
    out = model(**case.inputs(), output_hidden_states=True, use_cache=case.use_cache)
    assert (out.past_key_values is not None) == case.use_cache
    assert_agrees(out.logits[real], expected.logits[real], case.ceiling)
    for ours, theirs in zip(out.hidden_states, expected.hidden_states):
        assert_agrees(ours[real], theirs[real], case.ceiling)
    assert len(out.hidden_states) == len(expected.hidden_states)
    last = model.transformer(**case.inputs(), use_cache=case.use_cache).last_hidden_state
    assert_agrees(last[real], expected.last_hidden_state[real], case.ceiling)


def check_slices_and_steps(model, case: Case, prompt: int, step: int, cache=None, ceiling: float = 0.0) -> None:
    """The first `prompt` tokens in slices, for their last logits; then `step` tokens at a time from the cache."""
    expected, real, ceiling = case.expected().logits, case.real, max(ceiling, case.ceiling)
    out = model(**case.inputs(0, prompt), past_key_values=cache, use_cache=True, return_last_logit=True)
    assert out.logits.shape[1] == 1
    ends = real[:, prompt - 1]  # rows whose first real token comes later have nothing to say yet
    assert_agrees(out.logits[ends, 0], expected[ends, prompt - 1], ceiling)
    for begin in range(prompt, case.ids.shape[1], step):
        new = slice(begin, min(begin + step, case.ids.shape[1]))
        out = model(**case.inputs(begin, new.stop), past_key_values=out.past_key_values, use_cache=True)
        assert_agrees(out.logits[real[:, new]], expected[:, new][real[:, new]], ceiling)


def gradient(tensor: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


def check_gradients(model, case: Case) -> None:
    trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained and all("prefix_encoder" in name for name in trained) == bool(case.config["pre_seq_len"])
    if case.trained != "as loaded":
        model.requires_grad_(False)
        trained = dict(model.named_parameters())
        trained = {name: trained[name] for name in trained if name.endswith((".bias", "output_layer.weight"))}
        for parameter in trained.values():
            parameter.requires_grad_()
    tensors = {
        name: tensor.double().requires_grad_(name in trained) if tensor.is_floating_point() else tensor
        for name, tensor in case.tensors.items()
    }
    labels = case.ids.clone()
    labels[:, 1:][~case.real[:, :-1]] = -100  # nothing predicts the first real token
    labels[:, 0] = -100
    inputs, their_inputs = case.inputs(), {"input_ids": case.ids}
    if case.embeds:
        their_inputs = {"inputs_embeds": inputs["inputs_embeds"].double().requires_grad_()}
        inputs["inputs_embeds"].requires_grad_()
    loss = model(**inputs, labels=labels).loss
    loss.backward()
    their_loss = reference.loss(case.expected(tensors, **their_inputs).logits, labels)
    their_loss.backward()
    assert_agrees(loss.detach(), their_loss.detach(), case.ceiling)
    # No gradient is one of zero: the optimizer leaves the parameter as it is.
    pairs = {name: (gradient(parameter), gradient(tensors[name])) for name, parameter in trained.items()}
    if case.embeds:
        pairs["inputs_embeds"] = gradient(inputs["inputs_embeds"]), gradient(their_inputs["inputs_embeds"])
        pairs.pop("transformer.embedding.word_embeddings.weight", None)
    for name, (ours, theirs) in pairs.items():
        assert ours.shape == theirs.shape and relative_error(ours, theirs) < GRADIENTS, name


@settings(max_examples=200, **EXAMPLES)
@given(case=cases())
def test_one_pass_agrees_with_the_reference(package, case):
    with kernels(package, case.native), torch.no_grad():
        check_one_pass(build(package, case), case)


@settings(max_examples=200, **EXAMPLES)
@given(case=cases(shortest=2), data=st.data())
def test_slices_and_steps_agree_with_the_reference(package, case, data):
    prompt, step = data.draw(st.integers(1, case.ids.shape[1] - 1)), data.draw(st.sampled_from((1, 1, 3)))
    with kernels(package, case.native), torch.no_grad():
        check_slices_and_steps(build(package, case), case, prompt, step)


@settings(max_examples=120, **EXAMPLES)
@given(
    case=cases(shortest=2, counted=True, masks=tuple(FLAT_MASKS)),
    dtype=st.sampled_from((None, "int8")),
    static=st.booleans(),
)
def test_static_and_int8_caches_agree_with_the_reference(package, case, dtype, static):
    prompt = int((~case.real).sum(1).max()) + 1  # a static cache has all padding in its prompt
    capacity = case.ids.shape[1] + (case.config["pre_seq_len"] or 0)
    cache = package("cache_chatglm").cache_class(dtype, static)(case.config["num_layers"], capacity)
    with kernels(package, case.native), torch.no_grad():
        check_slices_and_steps(build(package, case), case, prompt, 1, cache, INT8_CACHE if dtype else 0.0)


@settings(max_examples=120, **EXAMPLES)
@given(case=cases(shortest=2))
def test_gradients_agree_with_the_reference(package, case):
    with kernels(package, case.native):
        check_gradients(build(package, case), case)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@torch.no_grad()
def test_a_residual_stream_in_fp32_keeps_what_16_bits_would_lose(package, dtype, native):
    """Each block adds a hundredth of the stream: a sum in 16 bits would lose most of that, at every layer again."""
    config = {
        **{key: sizes[-1] for key, sizes in SMALL.items()},
        **dict.fromkeys(SWITCHES, False),
        **dict.fromkeys(["rmsnorm", "multi_query_attention", "add_qkv_bias", "fp32_residual_connection"], True),
        **{"num_attention_heads": 6, "padded_vocab_size": 61, "seq_length": 32, "rope_ratio": 1},
        **{"quantization_bit": 0, "pre_seq_len": None},
    }
    case = Case(config, 1, torch.arange(12)[None], None, None, embeds=False, native=native, use_cache=True)
    for name, tensor in case.tensors.items():
        small = name.endswith((".dense.weight", ".dense_4h_to_h.weight"))
        case.tensors[name] = (tensor / 64 if small else tensor).to(dtype)
    expected = case.expected().hidden_states[-1]
    with kernels(package, native):
        states = build(package, case).to(dtype)(**case.inputs(), output_hidden_states=True).hidden_states[-1]
    # Rounded to 16 bits once, the stream would be off by a fifth of this unit; here only what is added is rounded.
    assert relative_error(states, expected) < torch.finfo(dtype).eps / 16


# ------------------------------------------------------------------------------------------------ the compiled kernels


def test_large_models_agree_with_the_reference_on_every_kernel(package):
    """Sizes on both sides of SMALL_WEIGHT and NATIVE_WIDTH, with kernels, of which all are reached, and without."""
    if package("cpu_kernels").library() is None:
        pytest.skip("no C++ compiler here")
    calls, native_examples = Counter(), Counter()

    @settings(max_examples=40, **EXAMPLES)
    @given(case=cases(LARGE, shortest=2) | cases(WIDE_NORMS, shortest=2), prompt=st.integers(1, 3))
    def agree(case, prompt):
        native_examples[case.native] += 1
        prompt = min(prompt, case.ids.shape[1] - 1)
        with kernels(package, case.native) as counted:
            model = build(package, case)
            with torch.no_grad():
                check_one_pass(model, case)
                check_slices_and_steps(model, case, prompt, 3)
            check_gradients(model, case)
        assert case.native or not counted
        calls.update(counted)

    agree()
    assert set(calls) | {"block"} == set(ENTRY_POINTS) and min(native_examples.values()) >= 5, (calls, native_examples)


def published_switches(bits: int) -> Dict[str, object]:
    """A model of two layers, wide enough for every kernel, with the switches of the published ones."""
    return {
        **{key: sizes[1] for key, sizes in LARGE.items()},
        **dict.fromkeys(SWITCHES, False),
        **dict.fromkeys(["rmsnorm", "multi_query_attention", "add_qkv_bias", "post_layer_norm"], True),
        "num_attention_heads": 8,
        "padded_vocab_size": 61,
        "seq_length": 32768,
        "rope_ratio": 16,
        "quantization_bit": bits,
        "pre_seq_len": None,
    }


@pytest.mark.parametrize("bits", [4, 8])
def test_native_steps_agree_with_the_reference(package, bits):
    """Few of the models above have all that a native call of a whole block asks for."""
    if package("cpu_kernels").library() is None:
        pytest.skip("no C++ compiler here")
    ids = torch.arange(13)[None]
    case = Case(published_switches(bits), 1, ids, None, None, embeds=False, native=True, use_cache=True)
    with kernels(package) as calls, torch.no_grad():
        check_slices_and_steps(build(package, case), case, 4, 3)
    assert calls["block"] >= 2 * 3


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("trained", TRAINED)
@pytest.mark.parametrize("bits", [0, 4, 8])
def test_what_is_trained_over_wide_layers_gets_its_gradients(package, bits, trained, native):
    """As in LoRA with bias="all": nothing in front of the first layer asks for a gradient, its bias alone does."""
    if native and package("cpu_kernels").library() is None:
        pytest.skip("no C++ compiler here")
    config = {**published_switches(bits), "layernorm_epsilon": 1e-2}  # large enough to be seen
    ids = torch.arange(6)[None]  # few enough for the kernel of float layers
    case = Case(config, 1, ids, None, None, embeds=False, native=native, use_cache=False, trained=trained)
    with kernels(package, native) as calls:
        check_gradients(build(package, case), case)
    assert calls["quantized_linear"] == (8 if native and bits else 0)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("bits", [0, 4, 8])
def test_kernels_serve_every_layer_of_a_large_model(package, bits, threads):
    """A decode step of two layers, counted: a layer that silently fell back to torch would be slow, not wrong."""
    if package("cpu_kernels").library() is None:
        pytest.skip("no C++ compiler here")
    config = published_switches(bits)
    assert config["num_layers"] == 2 and config["hidden_size"] == 1024 and config["kv_channels"] == 128
    ids, positions = torch.arange(20)[None], torch.cat([torch.arange(0, 19 * 1700, 1700), torch.tensor([32767])])[None]
    case = Case(config, 1, ids, None, positions, embeds=False, native=True, use_cache=True)
    torch.set_num_threads(threads)
    model, expected = build(package, case), case.expected().logits
    products = {"quantized_linear": 8, "float_linear": 1} if bits else {"float_linear": 9}
    others = {"rms_norm": 5, "swiglu": 2, "rotate": 2, "attention": 2}
    with torch.no_grad(), kernels(package) as prefill:
        out = model(**case.inputs(0, 19), return_last_logit=True)
    assert_agrees(out.logits[:, 0], expected[:, 18], case.ceiling)
    assert prefill == {**others, **(products if bits else {"float_linear": 1})}  # torch multiplies 19 float rows
    counts = {"modules": {**others, **products}, "blocks": {"block": 2, "rms_norm": 1, "float_linear": 1}}
    for way, count in counts.items():
        with torch.no_grad(), kernels(package) as decode:
            cache = out.past_key_values.snapshot()
            asked = {"output_hidden_states": way == "modules"}  # which a native call has not
            logits = model(**case.inputs(19, 20), past_key_values=cache, **asked).logits
        assert_agrees(logits[:, 0], expected[:, 19], case.ceiling)
        assert decode == (count if bits else counts["modules"])


# ------------------------------------------------------------------------------------------------- the integer formats


@st.composite
def weights(draw) -> torch.Tensor:
    """[out, even in] in any float dtype, with rows of any size: zeros, subnormals, equal values that make ties."""
    rows, columns = draw(st.integers(1, 9)), 2 * draw(st.integers(1, 20))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    weight = torch.randn(rows, columns, generator=generator)
    if draw(st.booleans()):
        weight = weight.mul(4).round()  # few values: quotients in the middle between two integers
    exponents = draw(st.lists(st.sampled_from((None, -24, -14, -3, 0, 5)), min_size=rows, max_size=rows))
    sizes = torch.tensor([0.0 if exponent is None else 2.0**exponent for exponent in exponents])
    return (weight * sizes[:, None]).to(draw(st.sampled_from((torch.float32, torch.float16, torch.bfloat16))))


@settings(max_examples=200, **EXAMPLES)
@given(weight=weights(), bits=st.sampled_from((4, 8)))
def test_quantizing_gives_the_integers_and_values_of_the_reference(package, weight, bits):
    quantization = package("quantization")
    packed, scale = quantization.quantize_weight(weight, bits)
    their_packed, their_scale = reference.quantize(weight, bits)
    assert scale.equal(their_scale) and packed.equal(their_packed)
    ours = quantization.dequantize_weight(packed, scale, bits)
    assert ours.dtype == weight.dtype and ours.equal(reference.dequantize(packed, scale, bits).to(weight.dtype))


@settings(max_examples=100, **EXAMPLES)
@given(rows=st.lists(st.lists(st.integers(-8, 7), min_size=6, max_size=6), min_size=1, max_size=5))
def test_packing_is_undone_and_lays_out_nibbles_as_the_reference(package, rows):
    quantization, values = package("quantization"), torch.tensor(rows, dtype=torch.int8)
    packed = quantization.pack_int4(values)
    assert packed.equal(reference.pack(values))
    assert quantization.unpack_int4(packed).equal(values) and reference.unpack(packed).equal(values.long())


def test_every_byte_unpacks_as_in_the_reference(package):
    packed = torch.arange(-128, 128).to(torch.int8)[None]
    assert package("quantization").unpack_int4(packed).long().equal(reference.unpack(packed))
