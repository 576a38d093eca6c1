"""8-bit activations, where a user asks for them: what they cost, where they serve, and that nothing else changes.

The kernels alone run on the instruction sets of this machine and on AVX2; what is measured is seen to be called.
"""

import copy
import re
import warnings

import pytest
import torch
from conftest import load
from package import ROOT, load_package
from test_cpp import can_run

from benchmarks.common import module_of
from examples import model_folder
from examples.model_folder import DEMO, lay_together

quantization, kernels, library = load_package("quantization", "cpu_kernels", "cpu_library")

BLOCK = int(
    re.search(r"CHATGLM_ACTIVATION_BLOCK (\d+)", (ROOT / "kernels/cpu/many_tokens_bytes.h").read_text()).group(1)
)
ROUNDING = 2e-6  # float32 sums of blocks
COST = 8e-3  # of normal numbers: half a step of the largest of a block, 2.7 / 127 / sqrt(12)


@pytest.fixture(scope="module")
def libraries():
    built = {}
    for build, flags in {"native": ["-march=native"], "avx2": ["-march=haswell"]}.items():
        if can_run(build):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(library, "ARCH_FLAGS", {"native": [flags]})
                built[build] = library._build([])
    return built


@pytest.fixture(params=["native", "avx2"])
def build(request, libraries, monkeypatch):
    if request.param not in libraries:
        pytest.skip("this machine does not run AVX2 code")
    monkeypatch.setattr(library, "_loaded", [libraries[request.param]])
    if kernels.least_activation_bits() == 16:
        pytest.skip(f"no code for 8-bit activations on {libraries[request.param].chatglm_instructions().decode()}")
    return request.param


def random_layer(n, k, seed=0):
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randint(-128, 128, (n, k // 2), generator=generator, dtype=torch.int8)
    return weight, torch.rand(n, generator=generator) * 0.02 + 0.001


def dense(weight, scale):
    return quantization.dequantize_weight(weight, scale, 4, torch.float64)


def rounded_to_bytes(x):
    """What the kernel makes of x: integers up to 127 per token and BLOCK columns, times their scale."""
    parts = []
    for part in x.double().split(BLOCK, dim=1):
        step = part.abs().amax(dim=1, keepdim=True) / 127
        parts.append((part / step.clamp_min(1e-300)).round() * step)
    return torch.cat(parts, dim=1)


def error(result, exact):
    return ((result.double() - exact).norm() / exact.norm()).item()


def away_from_halves(m, k):
    """Activations that any arithmetic rounds to the same bytes, each block's largest an exact 127 steps."""
    generator = torch.Generator().manual_seed(m * k)
    integers = torch.randint(-126, 127, (m, k), generator=generator)
    integers[:, ::BLOCK] = 127
    within = torch.rand(m, k, generator=generator) * 0.8 - 0.4
    within[:, ::BLOCK] = 0
    steps = torch.rand(m, -(-k // BLOCK), generator=generator) + 0.1
    return (integers + within) * steps.repeat_interleave(BLOCK, dim=1)[:, :k]


@pytest.mark.parametrize("n, k", [(1, 2), (5, 30), (16, 64), (33, 130), (67, 512), (50, 1030), (130, 642)])
def test_the_same_as_rounding_first(build, n, k):
    weight, scale = random_layer(n, k)
    bias = torch.randn(n, generator=torch.Generator().manual_seed(1))
    for m in (*range(9, 41), 130, 259):
        x = away_from_halves(m, k)
        exact = rounded_to_bytes(x) @ dense(weight, scale).T
        size = (x.double().square() @ dense(weight, scale).square().T).sum().sqrt()
        plain = kernels.quantized_linear(x, weight, scale, None, 4, 8)
        assert ((plain.double() - exact).norm() / size).item() <= ROUNDING, m
        torch.testing.assert_close(kernels.quantized_linear(x, weight, scale, bias, 4, 8), plain + bias)


def test_up_to_8_tokens_and_int8_weights_keep_16_bits(build):
    weight, scale = random_layer(40, 1030)
    x = torch.randn(40, 1030, generator=torch.Generator().manual_seed(2))
    for m in range(1, 41):
        narrow, wide = (kernels.quantized_linear(x[:m], weight, scale, None, 4, bits) for bits in (8, 16))
        assert torch.equal(narrow, wide) == (m <= 8), m
    for m in (1, 9):
        results = [kernels.quantized_linear(x[:m, :515], weight, scale, None, 8, bits) for bits in (8, 16)]
        assert torch.equal(*results)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_what_8_bits_cost(build, dtype):
    weight, scale = random_layer(200, 4096)
    x = torch.randn(33, 4096, generator=torch.Generator().manual_seed(3)).to(dtype)
    exact = x.double() @ dense(weight, scale).T
    result = kernels.quantized_linear(x, weight, scale, None, 4, 8)
    assert result.dtype == dtype and 1e-3 < error(result, exact) <= COST
    # An outlier costs precision in its own block only.
    x[:, 5] = 100
    exact = x.double() @ dense(weight, scale).T
    other = exact - x[:, :BLOCK].double() @ dense(weight, scale)[:, :BLOCK].T
    x[:, :BLOCK] = 0
    assert error(kernels.quantized_linear(x, weight, scale, None, 4, 8), other) <= COST


def test_extremes(build):
    """The ends of 16-bit sums, tiny and huge numbers, and a NaN that stays in its row."""
    for byte in (0x77, 0x88 - 256):
        weight, scale = torch.full((20, 2048), byte, dtype=torch.int8), torch.ones(20)
        for value in (3.5, -3.5, 1e-32, 1e30):
            x = torch.full((13, 4096), value)
            result = kernels.quantized_linear(x, weight, scale, None, 4, 8)
            torch.testing.assert_close(result.double(), x.double() @ dense(weight, scale).T, rtol=1e-5, atol=0)
    weight, scale = random_layer(20, 1030)
    x = torch.randn(30, 1030)
    clean = kernels.quantized_linear(x, weight, scale, None, 4, 8)
    x[7, 900], x[11, 1029] = float("nan"), float("inf")
    result = kernels.quantized_linear(x, weight, scale, None, 4, 8)
    bad = torch.zeros(30, dtype=torch.bool)
    bad[[7, 11]] = True
    assert result[bad].isnan().all() and torch.equal(result[~bad], clean[~bad])


def test_no_columns_give_the_bias(build):
    bias = torch.randn(5)
    out = kernels.quantized_linear(torch.zeros(12, 0), torch.zeros(5, 0, dtype=torch.int8), bias, bias, 4, 8)
    assert torch.equal(out, bias.expand(12, 5))


def test_portable_builds_are_without_it(monkeypatch):
    monkeypatch.setenv("CHATGLM_CPU_ARCH", "portable")
    monkeypatch.setattr(library, "_loaded", [library._build([])])
    assert kernels.least_activation_bits() == 16
    weight, scale = random_layer(40, 640)
    x = torch.randn(20, 640)
    assert torch.equal(*(kernels.quantized_linear(x, weight, scale, None, 4, bits) for bits in (8, 16)))


# ------------------------------------------------------------------------------------------------------- the model


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Loads the demonstration model, laid together as users have it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(model_folder, "BUILD", tmp_path_factory.mktemp("demo"))
        folder = lay_together(DEMO)
    return lambda **settings: load(folder, **settings).eval()


@pytest.fixture
def calls(monkeypatch):
    """(tokens, bits, activation_bits) of every call of the CPU kernels, appended while a model of `counted` runs."""
    seen = []

    def counted(model):
        module = module_of(model, "quantization")
        call = module.cpu_quantized_linear

        def counting(x, weight, scale, bias, bits, activation_bits=16):
            seen.append((x.numel() // x.shape[-1], bits, activation_bits))
            return call(x, weight, scale, bias, bits, activation_bits)

        monkeypatch.setattr(module, "cpu_quantized_linear", counting)
        monkeypatch.setattr(module, "SMALL_WEIGHT", 0)
        return module_of(model, "cpu_kernels")

    return seen, counted


IDS = torch.arange(100, 164)[None]


@torch.inference_mode()
def test_a_model_reads_prompts_so_and_the_rest_as_before(demo, calls):
    seen, counted = calls
    model = demo()
    serves = counted(model).least_activation_bits() == 8
    plain, step = model(IDS).logits, model(IDS[:, :8]).logits
    assert {bits for _, _, bits in seen} == {16}
    seen.clear()
    model.config.activation_bits = 8
    with warnings.catch_warnings():
        warnings.simplefilter("error" if serves else "ignore")
        rough = model(IDS).logits
    assert set(seen) == {(64, 4, 8)}
    if serves:
        assert 1e-5 < error(rough, plain.double()) < 0.05
        assert torch.equal(model(IDS[:, :8]).logits, step)
        assert {name for name in model.state_dict() if "activation" in name} == set()
        copied = copy.deepcopy(model)
        assert torch.equal(copied(IDS).logits, rough)
    model.config.activation_bits = 16
    assert torch.equal(model(IDS).logits, plain)


@torch.inference_mode()
def test_from_pretrained_takes_it_and_float_models_are_told_once(demo, tiny_checkpoint, calls):
    seen, counted = calls
    model = demo(activation_bits=8)
    counted(model)
    model(IDS)
    assert set(seen) == {(64, 4, 8)}
    for bits in (0, 8):
        other = load(tiny_checkpoint(bits=bits, dtype="float32"), activation_bits=8).eval()
        with pytest.warns(UserWarning, match="activation_bits=8 is without effect"):
            told = other(IDS).logits
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert torch.equal(other(IDS).logits, told)


@torch.inference_mode()
def test_where_no_kernel_has_it_the_user_is_told_once_and_nothing_changes(demo, monkeypatch):
    model = demo()
    plain = model(IDS).logits
    monkeypatch.setattr(module_of(model, "quantization"), "least_activation_bits", lambda: 16)
    model.config.activation_bits = 8
    with pytest.warns(UserWarning, match="activation_bits=8 is without effect"):
        model(IDS)
    monkeypatch.setattr(module_of(model, "cpu_library"), "_loaded", [None])  # no compiler: the torch path
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert error(model(IDS).logits, plain.double()) < 1e-3
    model.config.activation_bits = 4
    with pytest.raises(ValueError, match="activation_bits must be 16, or 8.*got 4"):
        model(IDS)


def test_layers_made_later_follow_the_configuration_and_gradients_keep_16_bits(tiny_checkpoint, calls):
    seen, counted = calls
    model = load(tiny_checkpoint(bits=0, dtype="float32"), activation_bits=8).eval()
    counted(model)
    with torch.inference_mode(), pytest.warns(UserWarning, match="without effect"):
        model(IDS)
    model.quantize(4)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # portable builds
        model(IDS)
    assert seen and set(seen) == {(64, 4, 8)}
    seen.clear()
    model(IDS)  # with gradients
    assert {bits for _, _, bits in seen} == {16}
