"""The numbers of the CUDA kernels, without a GPU: else a user's answers are wrong, or only differ from those of a CPU.

An unmodified cpm_kernels runs on a stand-in for the CUDA driver, and a PTX interpreter executes what it launches: see
tests/cuda_rig. Tensors stay on the CPU; a mock of `torch_cuda` says that a GPU holds them. Bugs planted in the sources
show that these checks notice bugs. Tests marked `gpu` need a real GPU. Loading: test_cuda_loading.py.
"""

import json
import re

import pytest
import torch
from cuda_rig.layers import (
    BFLOAT16,
    FLOAT,
    HALF,
    OUTPUT_ROUNDING,
    assert_linear,
    awkward_weight,
    make_layer,
    run_linear,
)
from package import load_package

pytest_plugins = "cuda_rig.fixtures"
build, cuda_kernels, quantization = load_package("kernels.build", "cuda_kernels", "quantization")

# -------------------------------------------------------------------------------------------- numbers, every kernel


@pytest.mark.parametrize("dtype", [HALF, BFLOAT16], ids=["half", "bfloat16"])
@pytest.mark.parametrize("bits", [4, 8])
def test_tensor_core_kernels(stand_in, bits, dtype):
    """sm_80: up to 64 rows. K > 4,096, so that every loop runs on, and no multiple of a block's step; odd N."""
    gpu, name = stand_in(), {HALF: "half", BFLOAT16: "bfloat16"}[dtype]
    for tokens, rows in {8: (1, 8, 2, 3, 4, 5, 6, 7), 16: (9, 16), 32: (21, 64)}.items():
        for m in rows:
            k = 2080 if 1 < m < 8 else 4352 if m == 16 else 4192  # two steps are enough for the same kernel again
            launched = run_linear(gpu, m, 17, k, bits, dtype, bias_dtype=dtype if m > 2 else None)
            assert launched == [f"int{bits}_{name}_matmul_{tokens}"]


@pytest.mark.parametrize("dtype", [HALF, BFLOAT16, FLOAT], ids=["half", "bfloat16", "float"])
@pytest.mark.parametrize("bits", [4, 8])
def test_gemv_kernels(stand_in, bits, dtype):
    """Before sm_80: up to 32 rows, in fp32 arithmetic."""
    gpu = stand_in(capability=75)
    for tokens, rows in {1: (1,), 4: (4, 2, 3), 8: (9, 5, 7, 8, 16, 21)}.items():
        for m in rows:
            k = 4104 if m in (1, 4, 9) else 2056
            launched = run_linear(gpu, m, 11, k, bits, dtype, bias_dtype=dtype if m > 2 else None)
            assert launched == [f"int{bits}_gemv_{tokens}"]


@pytest.mark.parametrize("bits, k", [(4, 4098), (8, 4099), (8, 3)])
@pytest.mark.parametrize("dtype", [HALF, BFLOAT16, FLOAT], ids=["half", "bfloat16", "float"])
def test_gemv_of_any_shape(stand_in, bits, k, dtype):
    gpu = stand_in()
    for m in (1, 5, 8):
        assert run_linear(gpu, m, 5, k, bits, dtype, bias_dtype=FLOAT) == [f"int{bits}_gemv_any"]


@pytest.mark.parametrize("capability", [75, 80])
def test_scale_and_bias_of_other_float_types(stand_in, capability):
    gpu = stand_in(capability=capability)
    for dtype in (HALF, BFLOAT16):
        for scale_dtype in (HALF, BFLOAT16, FLOAT):
            for bias_dtype in (HALF, BFLOAT16, FLOAT):
                run_linear(gpu, 1, 9, 128, 4, dtype, scale_dtype, bias_dtype)


def test_views_that_start_anywhere_and_other_shapes(stand_in):
    """A misaligned pointer would be an illegal access on a GPU; batches and non-contiguous input are ordinary."""
    gpu = stand_in()
    weight, scale, values = make_layer(9, 160, 4, HALF)
    odd = torch.randn(2 * 160 + 1).half()[1:].view(2, 160)
    assert odd.data_ptr() % 16
    assert_linear(odd, scale, values, None, quantization.quantized_linear(odd, weight, scale, None, 4))
    moved = torch.cat([torch.zeros(1, dtype=torch.int8), weight.flatten()])[1:].view_as(weight)
    out = quantization.quantized_linear(odd, moved, scale, None, 4)
    assert gpu.launches[-1].kernel == "int4_gemv_any"
    assert_linear(odd, scale, values, None, out)
    batch = torch.randn(160, 2, 3).half().permute(1, 2, 0)  # [batch, seq, features], features not contiguous
    out = quantization.quantized_linear(batch, weight, scale, None, 4)
    assert_linear(batch.reshape(6, 160), scale, values, None, out.view(6, 9))
    assert quantization.quantized_linear(batch[:0], weight, scale, None, 4).shape == (0, 3, 9)


def test_large_activations_do_not_overflow(stand_in):
    """Products are summed in fp32: 16-bit partial sums of int8 weights would overflow at activations around 500."""
    gpu = stand_in()
    for bits in (4, 8):
        weight, scale, values = make_layer(9, 512, bits, HALF)
        x = torch.full((1, 512), 30000.0).half()
        out = quantization.quantized_linear(x, weight, scale * 0.01, None, bits)
        assert_linear(x, scale * 0.01, values, None, out)
    assert [launch.kernel for launch in gpu.launches] == ["int4_half_matmul_8", "int8_half_matmul_8"]


@pytest.mark.parametrize("dtype", [HALF, BFLOAT16, FLOAT], ids=["half", "bfloat16", "float"])
@pytest.mark.parametrize("bits", [4, 8])
def test_dequantize_is_bit_equal(stand_in, bits, dtype):
    gpu = stand_in()
    for n, k in ((17, 4352), (5, 4098), (1, 8), (3, 2)):
        weight, scale, values = make_layer(n, k, bits, dtype)
        expected = values.to(dtype) * scale[:, None]
        assert torch.equal(quantization.dequantize_weight(weight, scale, bits, dtype), expected)
    assert {launch.kernel for launch in gpu.launches} == {f"int{bits}_dequantize"}
    # A block of rows of an odd-sized matrix starts anywhere.
    weight, scale, values = make_layer(5, 12, bits, dtype)
    expected = (values.to(dtype) * scale[:, None])[1:]
    assert torch.equal(quantization.dequantize_weight(weight[1:], scale[1:], bits, dtype), expected)


@pytest.mark.parametrize("dtype", [HALF, BFLOAT16, FLOAT], ids=["half", "bfloat16", "float"])
@pytest.mark.parametrize("bits", [4, 8])
def test_quantize_is_bit_equal(stand_in, bits, dtype):
    """quantize(4) on a GPU has to reproduce the published checkpoints, as the CPU does."""
    gpu = stand_in()
    for k in (4352, 4098, 2):
        weight = awkward_weight(k, dtype)
        gpu.torch_cuda.device_of = lambda tensor: None
        expected = quantization.quantize_weight(weight, bits)
        gpu.torch_cuda.device_of = lambda tensor: 0
        packed, scale = quantization.quantize_weight(weight, bits)
        assert torch.equal(packed, expected[0]) and torch.equal(scale, expected[1])
    assert {launch.kernel for launch in gpu.launches} == {f"int{bits}_quantize"}
    for bad in (float("nan"), float("inf"), float("-inf")):
        weight[9, 1] = bad
        with pytest.raises(ValueError, match="NaN or infinite"):
            quantization.quantize_weight(weight, bits)


def test_quantize_honours_the_scale_search(stand_in):
    gpu = stand_in()
    weight = torch.randn(5, 256, generator=torch.Generator().manual_seed(1)).half()
    plain, searched = (
        quantization.quantize_weight(weight, 4),
        quantization.quantize_weight(weight, 4, search_scale=True),
    )
    gpu.torch_cuda.device_of = lambda tensor: None
    assert torch.equal(searched[1], quantization.quantize_weight(weight, 4, search_scale=True)[1])
    assert (searched[1] < plain[1]).any()


# --------------------------------------------------------------------------------------- prefill, backward, modules


def test_many_rows_expand_a_block_at_a_time(stand_in, monkeypatch):
    """Prefill multiplies with the vendor's library; expanding a whole layer for it would cost 224 MB."""
    gpu = stand_in()
    monkeypatch.setattr(quantization, "ROWS_PER_BLOCK", 8)
    assert run_linear(gpu, 65, 19, 256, 4, HALF) == ["int4_dequantize"] * 3
    assert [launch.grid[0] for launch in gpu.launches] == [8, 8, 3]


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("dtype", [HALF, BFLOAT16, FLOAT], ids=["half", "bfloat16", "float"])
def test_backward(stand_in, bits, dtype):
    """LoRA and prefix tuning need the gradient to x, through a matrix that exists only quantized."""
    gpu = stand_in()
    weight, scale, values = make_layer(19, 96, bits, dtype)
    x = torch.randn(3, 96).to(dtype).requires_grad_()
    bias = torch.zeros(19, dtype=dtype, requires_grad=True)
    out = quantization.quantized_linear(x, weight, scale, bias, bits)
    grad = torch.randn(3, 19).to(dtype)
    out.backward(grad)
    assert gpu.launches[-1].kernel == f"int{bits}_dequantize"
    exact = grad.double() @ (values.double() * scale.double()[:, None])
    error = (x.grad.double() - exact).norm() / exact.norm()
    assert not ~(error <= 2 * OUTPUT_ROUNDING[dtype] + 1e-6), error
    assert torch.equal(bias.grad, grad.sum(0))


def test_a_module_keeps_the_published_layout(stand_in):
    stand_in()
    linear = torch.nn.Linear(64, 9).half()
    layer = quantization.QuantizedLinear.from_linear(linear, 4)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    with torch.no_grad():
        layer(torch.randn(2, 3, 64).half())
        layer(torch.randn(2, 40, 64).half())
    assert before.keys() == {"weight", "weight_scale", "bias"} and before["weight"].shape == (9, 32)
    assert all(torch.equal(value, before[name]) for name, value in layer.state_dict().items())


# ----------------------------------------------------------------------------------------------------- planted bugs
# Each is (what it breaks, source, text, replacement, kernels to build, call that has to notice).

GEMV_1 = ("GEMV(4, 1, 8)", lambda gpu: run_linear(gpu, 1, 11, 4104, 4, HALF))
GEMV_4 = ("GEMV(4, 4, 8)", lambda gpu: run_linear(gpu, 3, 11, 4104, 4, BFLOAT16, FLOAT, HALF))
GEMV_8 = ("GEMV(8, 8, 4)", lambda gpu: run_linear(gpu, 9, 11, 4104, 8, HALF))
GEMV_ANY = ("GEMV_ANY(4)", lambda gpu: run_linear(gpu, 3, 3, 514, 4, HALF))
MATMUL_8 = ("MATMUL(4, half, false, 8, 16)", lambda gpu: run_linear(gpu, 3, 17, 4192, 4, HALF))
MATMUL_16 = ("MATMUL(4, bfloat16, true, 16, 16)", lambda gpu: run_linear(gpu, 9, 17, 4192, 4, BFLOAT16))
MATMUL_32 = ("MATMUL(8, half, false, 32, 32)", lambda gpu: run_linear(gpu, 33, 35, 1040, 8, HALF))
MATMUL_8_BF16 = ("MATMUL(8, bfloat16, true, 8, 16)", lambda gpu: run_linear(gpu, 1, 17, 4112, 8, BFLOAT16))


def check_dequantize(dtype):
    def check(gpu):
        weight, scale, values = make_layer(5, 1024, 4, dtype)
        assert torch.equal(quantization.dequantize_weight(weight, scale, 4, dtype), values.to(dtype) * scale[:, None])

    return check


def check_quantize(bits, dtype):
    def check(gpu):
        weight = awkward_weight(1024, dtype)
        gpu.torch_cuda.device_of = lambda tensor: None
        expected = quantization.quantize_weight(weight, bits)
        gpu.torch_cuda.device_of = lambda tensor: 0
        found = quantization.quantize_weight(weight, bits)
        assert torch.equal(found[0], expected[0]) and torch.equal(found[1], expected[1])

    return check


DEQUANTIZE_BF16 = ("DEQUANTIZE(4)", check_dequantize(BFLOAT16))
DEQUANTIZE_FLOAT = ("DEQUANTIZE(4)", check_dequantize(FLOAT))
QUANTIZE_HALF = ("QUANTIZE(8)", check_quantize(8, HALF))
QUANTIZE_FLOAT = ("QUANTIZE(4)", check_quantize(4, FLOAT))

PLANTED_BUGS = [
    ("nibble offset", "common.cuh", "-(2048.f + 8)", "-(2048.f + 7)", GEMV_1),
    ("nibble position", "common.cuh", "0x00f0u, 0x4b000080u", "0x000fu, 0x4b000008u", GEMV_1),
    (
        "lop3 table",
        "common.cuh",
        '"lop3.b32 %0, %1, %2, %3, 0x6a;" : "=f"',
        '"lop3.b32 %0, %1, %2, %3, 0xea;" : "=f"',
        GEMV_1,
    ),
    (
        "byte offset",
        "common.cuh",
        "0x7540u + (i & 3)) - (8388608.f + 128)",
        "0x7540u + (i & 3)) - (8388608.f + 127)",
        GEMV_8,
    ),
    ("scale read as the type of x", "common.cuh", "(dtypes >> 2) & 3", "dtypes & 3", GEMV_4),
    ("bias read as the type of the scale", "common.cuh", "(dtypes >> 4) & 3", "(dtypes >> 2) & 3", GEMV_4),
    ("bias forgotten", "common.cuh", "if (bias) v +=", "if (false) v +=", GEMV_4),
    ("bfloat16 rounds ties up", "common.cuh", "0x7fffu + ((bits >> 16) & 1u)", "0x8000u", DEQUANTIZE_BF16),
    ("fp32 blocks overlap", "base.cu", "(dtype == FLOAT ? 2 : 1)", "1", DEQUANTIZE_FLOAT),
    ("warp sum misses lanes", "base.cu", "int OFFSET = 16", "int OFFSET = 8", GEMV_1),
    (
        "shuffle in a branch",
        "base.cu",
        "v[0] += shuffle_xor(v[0], OFFSET)",
        "if (lane < 16) v[0] += shuffle_xor(v[0], OFFSET)",
        GEMV_1,
    ),
    ("no barrier", "base.cu", "    __syncthreads();\n    float total", "    float total", GEMV_1),
    (
        "barrier in a branch",
        "base.cu",
        "    __syncthreads();\n    float total",
        "    if (threadIdx.x < 64) __syncthreads();\n    float total",
        GEMV_1,
    ),
    ("shared memory too small", "base.cu", "partial[GEMV_WARPS][COUNT]", "partial[GEMV_WARPS - 1][COUNT]", GEMV_1),
    ("a warp forgotten", "base.cu", "i < GEMV_WARPS; i++", "i < GEMV_WARPS - 1; i++", GEMV_1),
    ("rows not clamped", "base.cu", "min(row0 + r, n - 1)", "(row0 + r)", GEMV_1),
    ("rows not guarded", "base.cu", "token < m && row < n", "token < m", GEMV_1),
    (
        "tokens not clamped",
        "base.cu",
        "tokens[t] = (i64)min(token0 + t, m - 1)",
        "tokens[t] = (i64)(token0 + t)",
        GEMV_4,
    ),
    ("tokens not guarded", "base.cu", "token < m && row < n", "row < n", GEMV_4),
    (
        "tiles exchanged",
        "base.cu",
        "blockIdx.x / token_tiles * ROWS, token0 = blockIdx.x % token_tiles * TOKENS",
        "blockIdx.x % token_tiles * ROWS, token0 = blockIdx.x / token_tiles * TOKENS",
        GEMV_8,
    ),
    ("a step too many", "base.cu", "i < groups; i += GEMV_THREADS", "i <= groups; i += GEMV_THREADS", GEMV_1),
    ("a wrong stride", "base.cu", "i < groups; i += GEMV_THREADS", "i < groups; i += GEMV_THREADS - 1", GEMV_1),
    ("one step only", "base.cu", "i < groups; i += GEMV_THREADS", "i < groups; i += groups", GEMV_1),
    (
        "misaligned activations",
        "base.cu",
        "(const Vec4*)x + row8[t] + column8",
        "(const Vec4*)((const u32*)x + 1) + row8[t] + column8 - (column8 > 0)",
        GEMV_1,
    ),
    ("sign of the low nibble", "base.cu", "((signed char)(byte << 4) >> 4) * v[1]", "(byte & 15) * v[1]", GEMV_ANY),
    ("fp32 quotient", "base.cu", "rintf(round_to(w / scale, dtype))", "rintf(w / scale)", QUANTIZE_HALF),
    ("reciprocal", "base.cu", "__uint_as_float(top) / LIMIT", "__uint_as_float(top) * (1.f / LIMIT)", QUANTIZE_FLOAT),
    (
        "half away from zero",
        "base.cu",
        "rintf(round_to(w / scale, dtype))",
        "truncf(round_to(w / scale, dtype) + (w < 0.f ? -0.5f : 0.5f))",
        QUANTIZE_HALF,
    ),
    (
        "no barrier before the scale",
        "base.cu",
        "largest[threadIdx.x / 32] = top;\n    __syncthreads();",
        "largest[threadIdx.x / 32] = top;",
        QUANTIZE_HALF,
    ),
    ("nibbles swapped", "base.cu", "even << 4 | (odd & 15)", "odd << 4 | (even & 15)", QUANTIZE_FLOAT),
    ("pairs of x", "tensor_core.cu", "pick_bytes(x.x, x.z, 0x7632)", "pick_bytes(x.x, x.z, 0x7623)", MATMUL_8),
    (
        "order of A",
        "tensor_core.cu",
        "upper[0], lower[0], upper[1], lower[1]",
        "upper[0], upper[1], lower[0], lower[1]",
        MATMUL_8,
    ),
    (
        "second half of B",
        "tensor_core.cu",
        "upper[3], lower[3], b[2], b[3]",
        "upper[3], lower[3], b[0], b[1]",
        MATMUL_8,
    ),
    ("half offset", "tensor_core.cu", "0x64086408u);  // - 1032", "0x64006400u);  // - 1032", MATMUL_8),
    ("bfloat16 offset", "tensor_core.cu", "0xc308c308u", "0xc300c300u", MATMUL_16),
    (
        "int8 half offset",
        "tensor_core.cu",
        "half2_subtract(bits, 0x64806480u)",
        "half2_subtract(bits, 0x64006400u)",
        MATMUL_32,
    ),
    ("int8 bfloat16 byte", "tensor_core.cu", "0x7541u + byte", "0x7540u + byte", MATMUL_8_BF16),
    ("end of k not guarded", "tensor_core.cu", "wanted = chunk < chunks && ", "wanted = ", MATMUL_8),
    ("weights past the end of k", "tensor_core.cu", "chunk_ahead < chunks);", "true);", MATMUL_8),
    ("prefetch of the wrong step", "tensor_core.cu", "chunk + 4 * WARPS", "chunk + 4 * WARPS - 4", MATMUL_8),
    ("matmul rows not clamped", "tensor_core.cu", "min(row0 + g + 8 * r, n - 1)", "(row0 + g + 8 * r)", MATMUL_8),
    (
        "matmul rows not guarded",
        "tensor_core.cu",
        "token0 + token < m && row0 + row < n",
        "token0 + token < m",
        MATMUL_8,
    ),
    (
        "matmul tokens not guarded",
        "tensor_core.cu",
        "token0 + token < m && row0 + row < n",
        "row0 + row < n",
        MATMUL_16,
    ),
    ("matmul without a barrier", "tensor_core.cu", "    __syncthreads();\n", "", MATMUL_8),
    ("second row tile", "tensor_core.cu", "*upper = a[2 * r]", "*upper = a[r]", MATMUL_32),
    (
        "second token tile",
        "tensor_core.cu",
        "tokens[j] = x + (i64)min(token0 + g + 8 * j, m - 1)",
        "tokens[j] = x + (i64)min(token0 + g + j, m - 1)",
        MATMUL_32,
    ),
]


def build_with(monkeypatch, nvrtc, instance, file=None, text="", replacement=""):
    """Puts kernels built from edited sources under the package; to be quick, only those of the line `instance`."""

    def edit(name, source):
        if name == file:
            assert source.count(text) == 1, f"{file} has {text!r} {source.count(text)} times"
            source = source.replace(text, replacement)
        return re.sub(r"(?m)^(GEMV|GEMV_ANY|DEQUANTIZE|QUANTIZE|MATMULS)\(.*\)\n", "", source) + (
            f"{instance}\n" if f"#define {instance.split('(')[0]}(" in source else ""
        )

    header = edit(build.HEADER, (build.CUDA_FOLDER / build.HEADER).read_text(encoding="utf-8"))
    for name, source_file, architecture in build.MODULES:
        source = edit(source_file, (build.CUDA_FOLDER / source_file).read_text(encoding="utf-8"))
        if instance in source:
            monkeypatch.setattr(cuda_kernels, name, build.compile_ptx(nvrtc, source, header, architecture))


CASES = {
    name: value
    for name, value in list(globals().items())
    if name.startswith(("GEMV_", "MATMUL_", "DEQUANTIZE_", "QUANTIZE_"))
}


@pytest.mark.parametrize("case", CASES)
def test_without_a_bug_the_checks_pass(stand_in, monkeypatch, nvrtc, case):
    """Else the next test would show nothing."""
    instance, check = CASES[case]
    build_with(monkeypatch, nvrtc, instance)
    gpu = stand_in(capability=80 if "MATMUL" in case else 75)
    check(gpu)
    assert gpu.launches


@pytest.mark.parametrize("file, text, replacement, case", [pytest.param(*bug[1:], id=bug[0]) for bug in PLANTED_BUGS])
def test_a_planted_bug_is_noticed(stand_in, monkeypatch, nvrtc, file, text, replacement, case):
    instance, check = case
    build_with(monkeypatch, nvrtc, instance, file, text, replacement)
    gpu = stand_in(capability=80 if "MATMUL" in instance else 75)
    with pytest.raises((AssertionError, RuntimeError)) as caught:
        check(gpu)
    assert gpu.launches or gpu.error, "nothing ran"
    assert "not known" not in str(gpu.error), "an instruction that the interpreter lacks is no bug"
    print(caught.value, gpu.error or "")  # pytest -rP shows by what each was noticed


# -------------------------------------------------------------------------------------------------------- real GPUs

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
LAYERS = {
    "query_key_value": (4608, 4096),
    "dense": (4096, 4096),
    "dense_h_to_4h": (27392, 4096),
    "dense_4h_to_h": (4096, 13696),
}
NUM_LAYERS = 28


@pytest.mark.gpu
@needs_gpu
@pytest.mark.parametrize("dtype", [HALF, BFLOAT16, FLOAT], ids=["half", "bfloat16", "float"])
@pytest.mark.parametrize("bits", [4, 8])
def test_gpu_agrees_with_the_reference(bits, dtype):
    kernels = cuda_kernels.kernels_on(torch.empty(0, device="cuda"))
    for n, k in ((4608, 4096), (513, 13696), (77, 4192), (33, 4098)):
        weight, scale, values = (tensor.cuda() for tensor in make_layer(n, k, bits, dtype))
        expected = values.to(dtype) * scale[:, None]
        assert torch.equal(quantization.dequantize_weight(weight, scale, bits, dtype), expected)
        for m in (1, 2, 3, 4, 5, 8, 9, 16, 21, 32, 64, 200):
            x = torch.randn(m, k, device="cuda").to(dtype)
            bias = torch.randn(n, device="cuda").to(dtype)
            out = quantization.quantized_linear(x, weight, scale, bias, bits)
            if m <= kernels.max_rows(x, bits):
                assert_linear(x, scale, values, bias, out)
            else:  # cuBLAS on weights rounded to 16 bits
                exact = x.double() @ (values.double() * scale.double()[:, None]).T + bias.double()
                assert ((out.double() - exact).norm() / exact.norm()).item() <= 2 * OUTPUT_ROUNDING[dtype] + 1e-3
    weight = awkward_weight(4096, dtype)
    expected, found = quantization.quantize_weight(weight, bits), quantization.quantize_weight(weight.cuda(), bits)
    assert torch.equal(found[0].cpu(), expected[0]) and torch.equal(found[1].cpu(), expected[1])


@pytest.mark.gpu
@needs_gpu
def test_gpu_graph_capture_and_streams():
    weight, scale, values = (tensor.cuda() for tensor in make_layer(4096, 4096, 4, HALF))
    x = torch.randn(1, 4096, device="cuda").half()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        quantization.quantized_linear(x, weight, scale, None, 4)  # loads the kernels
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = quantization.quantized_linear(x, weight, scale, None, 4)
    for seed in range(3):
        x.copy_(torch.randn(1, 4096, generator=torch.Generator().manual_seed(seed)))
        graph.replay()
        torch.cuda.synchronize()
        assert_linear(x, scale, values, None, out)


def gpu_milliseconds(call, repeats=10):
    call()
    torch.cuda.synchronize()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(repeats):
        call()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / repeats


@pytest.mark.gpu
@needs_gpu
@pytest.mark.parametrize("bits", [4, 8])
def test_gpu_speed(bits, capsys, monkeypatch):
    """Prints; asserts nothing. A step streams the four matrices of 28 layers, each with its own weights."""
    kernels = cuda_kernels.kernels_on(torch.empty(0, device="cuda"))
    layers = [
        {name: tuple(tensor.cuda() for tensor in make_layer(n, k, bits, HALF)[:2]) for name, (n, k) in LAYERS.items()}
        for _ in range(NUM_LAYERS)
    ]
    size = sum(weight.numel() for layer in layers for weight, _ in layer.values())
    record = {"device": torch.cuda.get_device_name(), "torch": torch.__version__, "bits": bits, "bytes": size}
    lines = [f"{record['device']}, torch {torch.__version__}, int{bits}, {size / 1e9:.2f} GB of weights"]

    def step(inputs):
        for layer in layers:
            for name, (weight, scale) in layer.items():
                quantization.quantized_linear(inputs[LAYERS[name][1]], weight, scale, None, bits)

    for tensor_cores in sorted({kernels.has_tensor_cores, False}, reverse=True):
        monkeypatch.setattr(kernels, "has_tensor_cores", tensor_cores)
        kernels._plan.cache_clear()
        for dtype in (HALF, BFLOAT16):
            for m in (1, 2, 4, 8, 16, 32, 64, 128, 512):
                inputs = {k: torch.randn(m, k, device="cuda").to(dtype) for k in (4096, 13696)}
                eager = gpu_milliseconds(lambda inputs=inputs: step(inputs))
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    step(inputs)
                captured = gpu_milliseconds(graph.replay)
                name = f"{'mma' if tensor_cores else 'gemv'} {str(dtype)[6:]} {m}"
                lines.append(
                    f"{name:18s} rows: {eager:8.2f} ms, in a CUDA graph {captured:8.2f} ms: "
                    f"{1000 * m / captured:8.0f} tokens/s, {size / captured / 1e6:6.0f} GB/s"
                )
                record[name] = {"eager_ms": eager, "graph_ms": captured, "tokens_per_s": 1000 * m / captured}
    kernels._plan.cache_clear()
    weight, scale = layers[0]["dense_h_to_4h"]
    wide = kernels.dequantize(weight, scale, bits, HALF)
    for name, call in (
        ("dequantize", lambda: kernels.dequantize(weight, scale, bits, HALF)),
        ("quantize", lambda: kernels.quantize(wide, bits)),
    ):
        milliseconds = gpu_milliseconds(call)
        moved = weight.numel() + 2 * wide.numel()
        lines.append(f"{name} [27392, 4096]: {milliseconds:.3f} ms, {moved / milliseconds / 1e6:.0f} GB/s")
        record[name] = {"ms": milliseconds}
    with capsys.disabled():
        print("", *lines, json.dumps(record), sep="\n")
