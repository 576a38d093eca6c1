"""The native CPU kernels against float64: a user would get wrong text, a crash or a hang if one of these broke.

How the library comes to be built and loaded is held in test_cpu_loading.py.
"""

import threading

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from package import load_package

quantization, kernels, loading = load_package("quantization", "cpu_kernels", "cpu_library")
layers = load_package("layers_chatglm")

LINEAR = 1e-4  # 16-bit activations: 3e-5 on average, more for a block of few columns
OUTLIERS = 3e-4  # a block with a value 100 times the rest keeps 9 bits for the rest
OUTPUT = {torch.float32: 0.0, torch.float16: 3e-4, torch.bfloat16: 2.5e-3}  # rounding of the result to its dtype
FLOAT_LINEAR = 1e-5  # float32 sums of up to 13,696 products
ATTENTION = 2e-6  # float32 sums, and an exponential that is good to 2 units in the last place
GRADIENT = 1e-3
FLOATS = [torch.float32, torch.float16, torch.bfloat16]


@pytest.fixture(scope="module")
def libraries():
    built = {}
    for arch in ("native", "portable"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CHATGLM_CPU_ARCH", arch)
            built[arch] = loading._build([])
    return built


@pytest.fixture(params=["native", "portable"])
def arch(request, libraries, monkeypatch):
    monkeypatch.setattr(loading, "_loaded", [libraries[request.param]])
    return request.param


@pytest.fixture
def native(libraries, monkeypatch):
    monkeypatch.setattr(loading, "_loaded", [libraries["native"]])


def random_linear(m, n, k, bits, dtype=torch.float32, scale_dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randint(-128, 128, (n, k * bits // 8), generator=generator, dtype=torch.int8)
    scale = (torch.rand(n, generator=generator) * 0.02 + 0.001).to(scale_dtype)
    return torch.randn(m, k, generator=generator).to(dtype), weight, scale


def exact_linear(x, weight, scale, bias, bits):
    out = x.double() @ quantization.dequantize_weight(weight, scale, bits, torch.float64).T
    return out if bias is None else out + bias.double()


def relative_error(result, exact, x, weight, scale, bits):
    """Error over the size of the result's terms: a sum of few terms may cancel, which is not the kernel's doing.

    Nor is the one rounding of each result to its dtype, half a unit in the last place of that result at most.
    """
    dense = quantization.dequantize_weight(weight, scale, bits, torch.float64)
    size = (x.double().square() @ dense.square().T).sum().sqrt() if x.dim() == 2 else exact.norm()
    rounding = torch.finfo(result.dtype).eps / 2 * exact.abs()
    beyond = ((result.double() - exact).abs() - rounding).clamp_min(0)
    return (beyond.norm() / size.clamp_min(1e-30)).item()


# ------------------------------------------------------------------------------------------------- quantized linear


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("n, k", [(1, 2), (5, 6), (33, 34), (67, 512), (130, 1030), (19, 4098), (17, 13696)])
def test_every_number_of_rows(arch, bits, n, k):
    for m in (1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 21, 64, 130):
        x, weight, scale = random_linear(m, n, k, bits)
        result = kernels.quantized_linear(x, weight, scale, None, bits)
        exact = exact_linear(x, weight, scale, None, bits)
        assert result.shape == (m, n) and result.dtype == x.dtype
        assert relative_error(result, exact, x, weight, scale, bits) <= LINEAR, m


@pytest.mark.parametrize("bits", [4, 8])
def test_up_to_eight_rows_are_bit_for_bit_what_each_is_alone(arch, bits):
    # Prompt lookup judges several tokens in one pass: its text must be that of one token after another.
    x, weight, scale = random_linear(8, 150, 1026, bits)
    dense = torch.randn(150, 1026).half()
    alone = [kernels.quantized_linear(row[None], weight, scale, None, bits) for row in x]
    dense_alone = [kernels.float_linear(row[None], dense, None) for row in x]
    for m in range(2, 9):
        assert torch.equal(kernels.quantized_linear(x[:m], weight, scale, None, bits), torch.cat(alone[:m])), m
        assert torch.equal(kernels.float_linear(x[:m], dense, None), torch.cat(dense_alone[:m])), m


def test_int8_takes_an_odd_number_of_columns(arch):
    for m in (6, 14):
        x, weight, scale = random_linear(m, 9, 4099, 8)
        result = kernels.quantized_linear(x, weight, scale, None, 8)
        assert relative_error(result, exact_linear(x, weight, scale, None, 8), x, weight, scale, 8) <= LINEAR


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("scale_dtype", [*FLOATS, torch.float64])
def test_dtypes_and_bias(arch, bits, dtype, scale_dtype):
    for m in (1, 3, 40):
        x, weight, scale = random_linear(m, 35, 1026, bits, dtype, scale_dtype)
        for bias_dtype in (*FLOATS, torch.float64):
            bias = torch.randn(35).to(bias_dtype)
            result = kernels.quantized_linear(x, weight, scale, bias, bits)
            assert result.dtype == dtype
            exact = exact_linear(x, weight, scale, bias, bits)
            assert relative_error(result, exact, x, weight, scale, bits) <= LINEAR


@pytest.mark.parametrize("bits", [4, 8])
def test_batched_and_strided_input(arch, bits):
    x, weight, scale = random_linear(12, 21, 130, bits)
    expected = kernels.quantized_linear(x, weight, scale, None, bits)
    wide = torch.randn(12, 2, 200)
    wide[:, 1, 7:137] = x
    for variant in (wide[:, 1, 7:137], x.T.contiguous().T):
        assert not variant.is_contiguous()
        assert torch.equal(kernels.quantized_linear(variant, weight, scale, None, bits), expected)
    batched = kernels.quantized_linear(x.view(3, 4, 130), weight, scale, None, bits)
    assert torch.equal(batched, expected.view(3, 4, 21))
    swapped = kernels.quantized_linear(x.view(3, 4, 130).transpose(0, 1), weight, scale, None, bits)
    assert torch.equal(swapped, expected.view(3, 4, 21).transpose(0, 1))
    assert kernels.quantized_linear(x[0], weight, scale, None, bits).shape == (21,)
    rows = torch.cat([weight, weight], dim=1)[:, : weight.shape[1]]  # rows of a wider matrix
    assert torch.equal(kernels.quantized_linear(x, rows, scale, None, bits), expected)


@pytest.mark.parametrize("arch", ["native", "portable"])
def test_saving_multiplications_changes_no_sum(monkeypatch, tmp_path, arch):
    x, weight, scale = {}, {}, {}
    for bits in (4, 8):
        x[bits], weight[bits], scale[bits] = random_linear(37, 50, 1030, bits)
        # Constant activations and weights at both ends of their ranges take every 32-bit sum through its wrap-around.
        x[bits][0], x[bits][1], x[bits][2], x[bits][3] = 1.0, -1.0, 0.0, torch.tensor([1.0, -1.0]).repeat(515)
        weight[bits][:20] = torch.tensor([-128, 127, 0x77, -0x78]).to(torch.int8).repeat(5)[:, None]  # q = 7 and -8
    results = []
    monkeypatch.setenv("CHATGLM_KERNEL_CACHE", str(tmp_path))
    monkeypatch.setenv("CHATGLM_CPU_ARCH", arch)
    for choice in (0, 1):
        with monkeypatch.context() as patch:
            patch.setattr(loading, "FLAGS", [*loading.FLAGS, f"-DCHATGLM_ADDS_ARE_CHEAP={choice}"])
            library = loading._build([])
        monkeypatch.setattr(loading, "_loaded", [library])
        results.append(
            [
                kernels.quantized_linear(x[bits][:m], weight[bits], scale[bits], None, bits)
                for bits in (4, 8)
                for m in (9, 10, 12, 15, 37)
            ]
        )
    for plain, saving in zip(*results):  # the integers are the same; their scaling may be contracted differently
        torch.testing.assert_close(saving, plain, rtol=FLOAT_LINEAR, atol=FLOAT_LINEAR * scale[4].max().item())
    exact = exact_linear(x[4], weight[4], scale[4], None, 4)
    assert relative_error(results[1][4], exact, x[4], weight[4], scale[4], 4) <= LINEAR


def test_no_columns_give_the_bias(arch):
    bias = torch.randn(5)
    for shape in ((3, 0), (2, 3, 0)):
        quantized = kernels.quantized_linear(torch.zeros(shape), torch.zeros(5, 0, dtype=torch.int8), bias, bias, 4)
        dense = kernels.float_linear(torch.zeros(shape), torch.zeros(5, 0), bias)
        assert torch.equal(quantized, bias.expand(*shape[:-1], 5)) and torch.equal(dense, quantized)


@pytest.mark.parametrize("shape", [(0, 64), (2, 0, 64)])
def test_empty_batch(arch, shape):
    _, weight, scale = random_linear(1, 5, 64, 4)
    assert kernels.quantized_linear(torch.zeros(shape), weight, scale, None, 4).shape == (*shape[:-1], 5)


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("m", [1, 4, 70])
def test_outliers(arch, bits, m):
    x, weight, scale = random_linear(m, 64, 4096, bits)
    x[:, torch.randperm(4096)[:6]] *= 100
    result = kernels.quantized_linear(x, weight, scale, None, bits)
    assert relative_error(result, exact_linear(x, weight, scale, None, bits), x, weight, scale, bits) <= OUTLIERS


@pytest.mark.parametrize("m", [1, 5, 13])
@pytest.mark.parametrize("magnitude", [1e-32, 1e-20, 1e20, 1e30])
def test_any_magnitude(arch, m, magnitude):
    x, weight, scale = random_linear(m, 16, 600, 4)
    x *= magnitude
    result = kernels.quantized_linear(x, weight, scale, None, 4)
    exact = exact_linear(x, weight, scale, None, 4)
    assert ((result.double() - exact).norm() / exact.norm()).item() <= LINEAR


@pytest.mark.parametrize("bits, lowest", [(4, 0x88 - 256), (8, -128)])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("m", [1, 2, 4, 5, 13])
def test_no_overflow_in_the_worst_case(arch, bits, lowest, sign, m):
    # All products of a block are as large as they can be and of one sign.
    weight = torch.full((20, 4098 * bits // 8), lowest, dtype=torch.int8)
    x, scale = torch.full((m, 4098), 3.5 * sign), torch.ones(20)
    result = kernels.quantized_linear(x, weight, scale, None, bits)
    torch.testing.assert_close(result.double(), exact_linear(x, weight, scale, None, bits), rtol=1e-6, atol=0)


@pytest.mark.parametrize("m", [1, 3, 9, 70])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_nan_and_infinity_stay_in_their_row(arch, m, bad):
    x, weight, scale = random_linear(m, 40, 1100, 4)
    clean = kernels.quantized_linear(x, weight, scale, None, 4)
    x[m // 2, 1050] = bad
    result = kernels.quantized_linear(x, weight, scale, None, 4)
    assert not torch.isfinite(result[m // 2]).any()
    others = torch.arange(m) != m // 2
    assert torch.equal(result[others], clean[others])


def test_zero_rows_give_the_bias(arch):
    _, weight, scale = random_linear(1, 40, 1100, 4)
    bias = torch.randn(40)
    for m in (1, 7, 14):
        result = kernels.quantized_linear(torch.zeros(m, 1100), weight, scale, bias, 4)
        assert torch.equal(result, bias.expand(m, 40))


@settings(max_examples=60, deadline=None)
@given(
    m=st.integers(1, 40),
    n=st.integers(1, 70),
    half_k=st.integers(1, 700),
    bits=st.sampled_from([4, 8]),
    dtype=st.sampled_from(FLOATS),
    seed=st.integers(0, 1000),
)
def test_any_shape(m, n, half_k, bits, dtype, seed):
    x, weight, scale = random_linear(m, n, 2 * half_k, bits, dtype, seed=seed)
    result = kernels.quantized_linear(x, weight, scale, None, bits)
    error = relative_error(result, exact_linear(x, weight, scale, None, bits), x, weight, scale, bits)
    assert error <= 2 * LINEAR  # a single product may lose more than the mean of many


# ----------------------------------------------------------------------------------------------------- float linear


@pytest.mark.parametrize("weight_dtype", FLOATS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n, k", [(1, 1), (3, 7), (34, 100), (130, 4099), (9, 13696)])
def test_float_weights(arch, weight_dtype, dtype, n, k):
    for m in (1, 2, 3, 4, 5, 8, 11):
        x, weight, bias = torch.randn(m, k).to(dtype), torch.randn(n, k).to(weight_dtype), torch.randn(n)
        result = kernels.float_linear(x, weight, bias)
        exact = x.double() @ weight.double().T + bias.double()
        size = (x.double().square() @ weight.double().square().T + bias.double().square()).sum().sqrt()
        assert result.dtype == dtype
        assert ((result.double() - exact).norm() / size).item() <= FLOAT_LINEAR + 2 * OUTPUT[dtype]


@pytest.mark.parametrize("weight_dtype", FLOATS)
@pytest.mark.parametrize("m", [1, 8, 9, 40])
def test_dense_linear(native, weight_dtype, m):
    x, weight, bias = torch.randn(2, m, 300), torch.randn(600, 300).to(weight_dtype), torch.randn(600).to(weight_dtype)
    result = quantization.dense_linear(x, weight, bias)
    torch.testing.assert_close(result, x @ weight.float().T + bias.float(), rtol=1e-4, atol=1e-4)


def test_dense_linear_is_differentiable(native):
    x, weight = torch.randn(2, 30, requires_grad=True), torch.randn(8, 30, requires_grad=True)
    quantization.dense_linear(x, weight).sum().backward()
    torch.testing.assert_close(x.grad, weight.detach().sum(0).expand(2, 30))
    torch.testing.assert_close(weight.grad, x.detach().sum(0).expand(8, 30))


def test_half_floats_convert_exactly(arch):
    # Every 16-bit pattern, through a product with one.
    for dtype in (torch.float16, torch.bfloat16):
        every = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16).view(dtype)
        every = every[every.isfinite()]
        result = kernels.float_linear(torch.ones(1, 1, dtype=dtype), every[:, None], None)[0]
        assert torch.equal(result, every)


# ----------------------------------------------------------------------------------- norm, gate and rotation of a step


def within_rounding(result, exact, slack=1e-6):
    """One rounding to the result's dtype, and float32 arithmetic before it."""
    limit = torch.finfo(result.dtype).eps / 2 * exact.abs() + slack * (exact.abs() + exact.abs().mean())
    return bool(((result.double() - exact).abs() <= limit).all())


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 1, 4096), (2, 3, 1024), (70, 1030), (5, 7)])
def test_rms_norm(arch, dtype, shape):
    torch.manual_seed(0)
    x, weight = (3 * torch.randn(shape)).to(dtype), torch.rand(shape[-1]).to(dtype)
    wide = x.double()
    exact = weight.double() * wide * (wide.square().mean(-1, keepdim=True) + 1e-5).rsqrt()
    result = kernels.rms_norm(x, weight, 1e-5)
    assert result.dtype == dtype and result.shape == x.shape and within_rounding(result, exact)
    assert torch.equal(kernels.rms_norm(x, weight.float(), 1e-5), result)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 1, 27392), (2, 3, 1024), (40, 1030), (5, 6)])
def test_swiglu(arch, dtype, shape):
    torch.manual_seed(0)
    x = (5 * torch.randn(shape)).to(dtype)
    x.view(-1)[:3] = torch.tensor([90.0, -90.0, 0.0])
    gate, up = x.double().chunk(2, -1)
    result = kernels.swiglu(x)
    assert result.dtype == dtype and within_rounding(result, torch.nn.functional.silu(gate) * up)
    x.view(-1)[1] = float("nan")
    assert kernels.swiglu(x).isnan().sum() == 1


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("b, s, heads, d", [(1, 1, 34, 128), (2, 37, 34, 128), (3, 2, 5, 24)])
def test_rotation(arch, dtype, b, s, heads, d):
    torch.manual_seed(0)
    angles = 6.3 * torch.rand(b, s, 1, d // 4)
    whole = torch.randn(b, s, (heads + 2) * d).to(dtype)  # key and value groups behind: they stay
    x = whole.view(b, s, heads + 2, d)[:, :, :heads]
    real, imaginary = x[..., : d // 2].double().unflatten(-1, (-1, 2)).unbind(-1)
    cos, sin = angles.cos(), angles.sin()
    exact = torch.stack((real * cos - imaginary * sin, real * sin + imaginary * cos), -1).flatten(-2)
    before = whole.clone().view(b, s, heads + 2, d)
    kernels.rotate(x, cos, sin)
    assert within_rounding(x[..., : d // 2], exact)
    after = whole.view(b, s, heads + 2, d)
    assert torch.equal(after[..., d // 2 :], before[..., d // 2 :])
    assert torch.equal(after[:, :, heads:], before[:, :, heads:])


def test_shapes_that_do_not_fit_are_named(native):
    with pytest.raises(ValueError, match="x has 16 channels, the weight of the norm 8"):
        kernels.rms_norm(torch.randn(2, 16), torch.ones(8), 1e-5)
    x, angles = torch.randn(1, 3, 2, 8), torch.rand(1, 3, 1, 4)
    for cos, sin in ((torch.rand(1, 3, 1, 5), torch.rand(1, 3, 1, 5)), (angles, angles[..., :2])):
        with pytest.raises(ValueError, match="do not fit x"):
            kernels.rotate(x, cos, sin)
    with pytest.raises(ValueError, match="contiguous"):
        kernels.rotate(x.transpose(2, 3), angles[..., :1], angles[..., :1])


def test_the_model_takes_them_and_agrees_with_torch(native, monkeypatch):
    torch.manual_seed(0)
    norm = layers.RMSNorm(2048, 1e-5).requires_grad_(False)
    x, heads, angles = torch.randn(1, 9, 2048), torch.randn(1, 9, 16, 128), torch.rand(1, 9, 1, 32)
    called = []

    def counted(function):
        return lambda *arguments: called.append(function) or function(*arguments)

    monkeypatch.setattr(layers, "cpu_rms_norm", counted(kernels.rms_norm))
    monkeypatch.setattr(layers, "cpu_rotate", counted(kernels.rotate))
    fast = norm(x), layers.apply_rotary(heads.clone(), angles.cos(), angles.sin())
    assert len(called) == 2
    monkeypatch.setattr(layers, "NATIVE_WIDTH", 10**9)
    torch.testing.assert_close(fast, (norm(x), layers.apply_rotary(heads.clone(), angles.cos(), angles.sin())))
    assert len(called) == 2


class Wrapped(torch.Tensor):
    """A tensor whose memory may not be what its shape says, like torch's fake ones."""


def test_what_is_left_to_torch(native, monkeypatch):
    x, weight = torch.randn(2, 3, 8), torch.ones(8)
    assert kernels.serve(x, weight, x.half(), x.bfloat16(), x.to(torch.int8), torch.nn.Parameter(x, False))
    for refused in (x.double(), x.long(), x.to("meta"), torch.Tensor._make_subclass(Wrapped, x)):
        assert not kernels.serve(refused) and not kernels.serve(x, refused)
    wanting = x.clone().requires_grad_()
    assert not kernels.serve(wanting) and not kernels.serve(x, wanting)
    with torch.no_grad():
        assert kernels.serve(wanting)
    monkeypatch.setattr(loading, "_loaded", [None])
    assert not kernels.serve(x)


def test_rotation_of_rows_that_do_not_lie_one_behind_the_other(arch):
    x, angles = torch.randn(3, 2, 4, 8), torch.rand(2, 3, 1, 2)
    expected = x.transpose(0, 1).contiguous()
    kernels.rotate(expected, angles.cos(), angles.sin())
    kernels.rotate(x.transpose(0, 1), angles.cos(), angles.sin())
    assert torch.equal(x.transpose(0, 1), expected)


# -------------------------------------------------------------------------------------------------------- attention


def exact_attention(query, key, value, kv_length, starts=None, key_scale=None, value_scale=None):
    batch, queries, heads, channels = query.shape
    key, value = key[:, :kv_length].double(), value[:, :kv_length].double()
    if key_scale is not None:
        key = key * key_scale[:, :kv_length, :, None].double()
        value = value * value_scale[:, :kv_length, :, None].double()
    repeat = heads // key.shape[2]
    key, value = key.repeat_interleave(repeat, 2), value.repeat_interleave(repeat, 2)
    scores = torch.einsum("bqhd,bkhd->bhqk", query.double(), key) * channels**-0.5
    positions, keys = torch.arange(kv_length - queries, kv_length), torch.arange(kv_length)
    visible = (keys <= positions[:, None]).expand(batch, -1, -1)
    if starts is not None:
        visible = visible & (keys >= starts[:, None, None])
    weights = scores.masked_fill(~visible[:, None], -float("inf")).softmax(-1).nan_to_num(0.0)
    return torch.einsum("bhqk,bkhd->bqhd", weights, value)


@pytest.mark.parametrize("cache_dtype", FLOATS)
@pytest.mark.parametrize(
    "batch, queries, heads, groups, channels, kv_length",
    [
        (1, 1, 32, 2, 128, 700),
        (2, 1, 4, 2, 33, 1000),
        (1, 300, 32, 2, 128, 420),
        (3, 7, 6, 6, 10, 7),
        (2, 5, 8, 1, 16, 97),
        (1, 2, 3, 1, 1, 2),
        (1, 40, 100, 1, 8, 192),
    ],
)
def test_attention(arch, cache_dtype, batch, queries, heads, groups, channels, kv_length):
    query = torch.randn(batch, queries, heads, channels)
    key, value = torch.randn(2, batch, kv_length + 9, groups, channels).to(cache_dtype)
    for starts in (None, torch.arange(batch) * 3 % kv_length):
        result = kernels.attention(query, key[:, :kv_length], value[:, :kv_length], starts=starts)
        exact = exact_attention(query, key, value, kv_length, starts)
        assert ((result - exact).norm() / exact.norm()).item() <= ATTENTION


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_attention_in_half_precision(arch, dtype):
    query, key, value = (torch.randn(2, 50, heads, 32).to(dtype) for heads in (8, 2, 2))
    result = kernels.attention(query, key, value)
    exact = exact_attention(query, key, value, 50)
    assert result.dtype == dtype
    assert ((result - exact).norm() / exact.norm()).item() <= ATTENTION + OUTPUT[dtype]


@pytest.mark.parametrize("scale_dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("queries", [1, 60])
def test_attention_over_an_int8_cache(arch, scale_dtype, queries):
    query = torch.randn(2, queries, 8, 32)
    key, value = torch.randint(-127, 128, (2, 2, 400, 2, 32), dtype=torch.int8)
    key_scale, value_scale = (torch.rand(2, 2, 400, 2) * 0.02).to(scale_dtype)
    result = kernels.attention(query, *(part[:, :390] for part in (key, value, key_scale, value_scale)))
    exact = exact_attention(query, key, value, 390, None, key_scale, value_scale)
    assert ((result - exact).norm() / exact.norm()).item() <= ATTENTION


def test_attention_reads_strided_views(arch):
    fused = torch.randn(2, 20, 8 * 16 + 2 * 2 * 16)  # query, key and value of one projection
    query, key, value = (part.view(2, 20, -1, 16) for part in fused.split([8 * 16, 2 * 16, 2 * 16], dim=-1))
    assert torch.equal(
        kernels.attention(query, key, value),
        kernels.attention(query.contiguous(), key.contiguous(), value.contiguous()),
    )


def test_padding_sees_nothing_and_poisons_nothing(arch):
    query, key, value = torch.randn(2, 6, 4, 8), torch.randn(2, 6, 2, 8), torch.randn(2, 6, 2, 8)
    key[1, :4], value[1, :4] = float("nan"), float("nan")
    result = kernels.attention(query, key, value, starts=torch.tensor([0, 4]))
    assert torch.equal(result[1, :4], torch.zeros(4, 4, 8))
    alone = kernels.attention(query[1:, 4:], key[1:, 4:], value[1:, 4:])
    torch.testing.assert_close(result[1:, 4:], alone)


def test_attention_slices_equal_one_pass(arch):
    query, key, value = torch.randn(1, 200, 8, 32), torch.randn(1, 200, 2, 32), torch.randn(1, 200, 2, 32)
    whole = kernels.attention(query, key, value)
    parts = [
        kernels.attention(query[:, a : a + size], key[:, : a + size], value[:, : a + size])
        for a, size in ((0, 64), (64, 100), (164, 1), (165, 35))
    ]
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=1e-5, atol=1e-6)


def test_large_scores_and_nan(arch):
    query, key, value = torch.randn(1, 3, 2, 16) * 300, torch.randn(1, 300, 1, 16) * 300, torch.randn(1, 300, 1, 16)
    torch.testing.assert_close(
        kernels.attention(query, key, value).double(),
        exact_attention(query, key, value, 300),
        rtol=1e-3,
        atol=1e-3,
    )
    query[0, 1, 0, 0] = float("nan")
    result = kernels.attention(query, key, value)
    assert result[0, 1, 0].isnan().all() and result[0, [0, 2]].isfinite().all()


def test_attention_names_what_does_not_fit(native):
    query, key, scale = torch.randn(1, 2, 4, 8), torch.randn(1, 5, 2, 8), torch.ones(1, 5, 2)
    integers = key.to(torch.int8)
    for bad in (
        (query, key[:, :1], key[:, :1]),  # more queries than keys
        (query, key, key[:, :4]),
        (query, key.expand(2, -1, -1, -1), key.expand(2, -1, -1, -1)),
        (torch.randn(1, 2, 3, 8), key, key),
        (query, key, key.half()),
        (query, key, key, scale, scale),
        (query, integers, integers),
        (query, integers, integers, scale, None),
    ):
        with pytest.raises(ValueError, match="does not fit a cache|an int8 cache"):
            kernels.attention(*bad)


# ---------------------------------------------------------------------------------------------- threads and processes


def everything(seed=0):
    x, weight, scale = random_linear(70, 200, 1030, 4, seed=seed)
    query, key = torch.randn(1, 3, 32, 64, generator=torch.Generator().manual_seed(seed)), torch.ones(1, 900, 2, 64)
    return [
        kernels.quantized_linear(x, weight, scale, None, 4),
        kernels.quantized_linear(x[:1], weight, scale, None, 4),
        kernels.float_linear(x[:3], quantization.dequantize_weight(weight, scale, 4), None),
        kernels.attention(query, key, key * 0.5),
    ]


def test_results_do_not_depend_on_the_number_of_threads(arch):
    before = torch.get_num_threads()
    try:
        results = []
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(everything())
    finally:
        torch.set_num_threads(before)
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other))


def test_several_python_threads_at_once(native):
    expected = [everything(seed) for seed in range(4)]
    wrong = []

    def work(seed):
        for _ in range(20):
            if not all(torch.equal(a, b) for a, b in zip(everything(seed), expected[seed])):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_without_an_openmp_runtime(native, libraries):
    expected = everything()
    libraries["native"].chatglm_use_openmp(None)
    try:
        assert all(torch.equal(a, b) for a, b in zip(everything(), expected))
    finally:
        loading._share_openmp(libraries["native"])


# ---------------------------------------------------------------------------------------------------------- dispatch


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("dtype", FLOATS)
def test_gradient_to_the_input(native, bits, dtype):
    layer = quantization.QuantizedLinear.from_linear(torch.nn.Linear(130, 2100), bits)
    x = torch.randn(3, 5, 130).to(dtype).requires_grad_()
    upstream = torch.randn(3, 5, 2100).to(dtype)
    layer(x).backward(upstream)
    dense = quantization.dequantize_weight(layer.weight, layer.weight_scale, bits).double()
    exact = upstream.double() @ dense
    assert ((x.grad.double() - exact).norm() / exact.norm()).item() <= GRADIENT + OUTPUT[dtype]


def test_float64_keeps_its_precision(native):
    x, weight, scale = random_linear(3, 20, 64, 4, torch.float64)
    exact = exact_linear(x, weight, scale, None, 4)
    torch.testing.assert_close(quantization.quantized_linear(x, weight, scale, None, 4), exact, rtol=1e-6, atol=1e-9)


def test_kernels_and_torch_backend_agree(native):
    x, weight, scale = random_linear(33, 1100, 258, 4)  # above SMALL_WEIGHT
    bias = torch.randn(1100)
    torch.testing.assert_close(
        quantization.quantized_linear(x, weight, scale, bias, 4),
        quantization._torch_linear(x, weight, scale, bias, 4),
        rtol=1e-3,
        atol=1e-3,
    )


def test_huge_pages_leave_the_values(native):
    tensor = torch.arange(3 << 20)
    kernels.use_huge_pages(tensor)
    kernels.use_huge_pages(tensor[:10])
    assert torch.equal(tensor, torch.arange(3 << 20))
