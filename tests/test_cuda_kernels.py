"""The CUDA kernels and their launch path, without a GPU.

An unmodified cpm_kernels runs on a stand-in for the CUDA driver, and a PTX interpreter executes what it launches: see
tests/cuda_rig. Tensors stay on the CPU; a mock of `torch_cuda` says that a GPU holds them. Tests marked `gpu` need a
real one.
"""

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from cuda_rig import stand_in_gpu
from package import ROOT, load_package

quantization = load_package("quantization")
kernels_file = load_package("quantization_kernels")

spec = importlib.util.spec_from_file_location("build_kernels", ROOT / "kernels" / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)

HALF, BFLOAT16, FLOAT = torch.float16, torch.bfloat16, torch.float32
# An output may be off by its own rounding (half a unit in the last place) ...
OUTPUT_ROUNDING = {HALF: 2.0**-11, BFLOAT16: 2.0**-8, FLOAT: 2.0**-24}
# ... and by the rounding of a sum of some thousand products in fp32, relative to the sum of their magnitudes. One
# wrong weight in 4,352 moves it by 2e-4.
SUM_ROUNDING = 2.0**-20


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    paths = stand_in_gpu.compile_driver(str(tmp_path_factory.mktemp("driver")))
    if paths is None:
        pytest.skip("no C compiler for the stand-in driver")
    return paths


@pytest.fixture
def stand_in(monkeypatch, driver):
    """A function that puts stand-in GPUs in place and returns them; its options are those of `StandInGPU`."""
    torch.use_deterministic_algorithms(True)  # torch.empty fills with NaN, so that an output not written shows
    yield lambda **options: stand_in_gpu.install(monkeypatch, driver, **options)
    torch.use_deterministic_algorithms(False)
    stand_in_gpu.forget(kernels_file, quantization)


def make_layer(n, k, bits, dtype, seed=0):
    """A quantized weight with every integer that the format can hold, and its scale."""
    generator = torch.Generator().manual_seed(seed)
    limit = 2 ** (bits - 1)
    values = torch.randint(-limit, limit, (n, k), generator=generator, dtype=torch.int8)
    scale = (torch.rand(n, generator=generator) * 0.01 + 0.001).to(dtype)
    return (quantization.pack_int4(values) if bits == 4 else values), scale, values


def assert_linear(x, scale, values, bias, out):
    weight = values.double() * scale.double()[:, None]
    exact = x.double() @ weight.T
    allowed = SUM_ROUNDING * (x.double().abs() @ weight.abs().T)
    if bias is not None:
        exact, allowed = exact + bias.double(), allowed + SUM_ROUNDING * bias.double().abs()
    allowed += OUTPUT_ROUNDING[x.dtype] * exact.abs() + torch.finfo(x.dtype).tiny
    error = (out.double() - exact).abs()
    assert out.dtype == x.dtype
    assert not (~(error <= allowed)).any(), f"{int((~(error <= allowed)).sum())} of {error.numel()} outputs are off"


def run_linear(gpu, m, n, k, bits, dtype, scale_dtype=None, bias_dtype=None):
    """One layer through the whole dispatch, checked; the launches it took."""
    weight, scale, values = make_layer(n, k, bits, scale_dtype or dtype)
    generator = torch.Generator().manual_seed(m)
    x = torch.randn(m, k, generator=generator).to(dtype)
    bias = torch.randn(n, generator=generator).to(bias_dtype) if bias_dtype else None
    start = len(gpu.launches)
    try:
        out = quantization.quantized_linear(x, weight, scale, bias, bits)
    except RuntimeError as error:
        raise AssertionError(f"{error}: {gpu.error}") from gpu.error
    assert_linear(x, scale, values, bias, out)
    return [launch.kernel for launch in gpu.launches[start:]]


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


def awkward_weight(k, dtype):
    """Rows that show a wrong rounding: all magnitudes, a zero row, ties, subnormal numbers, the largest number."""
    weight = torch.randn(13, k, generator=torch.Generator().manual_seed(5)) * 0.03
    weight[1] = 0
    weight[2] = torch.arange(k) % 15 * 0.5 - 3.5
    weight[3] *= 1e-5
    weight[4] *= 1e-7
    weight[5] = -weight[5].abs()
    weight = weight.to(dtype)
    # Ten of the smallest numbers over a scale that is rounded to one of them: the quotient wraps around.
    weight[8] = (torch.arange(k) % 21 - 10) * (torch.finfo(dtype).tiny * torch.finfo(dtype).eps)
    weight[6, -1] = torch.finfo(dtype).max
    weight[7, 0] = torch.finfo(dtype).min
    return weight


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


# ----------------------------------------------------------------------------------------------- loading, launching


def test_importing_the_package_touches_nothing():
    """cpm_kernels starts CUDA on every GPU when it is imported: that must not happen before a GPU is used."""
    code = (
        "import sys; from package import load_package; load_package('quantization');"
        "print([name for name in sys.modules if name.startswith(('cpm_kernels', 'pkg_resources'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tests", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_cpm_kernels_is_unmodified_and_its_surroundings_restored(stand_in, monkeypatch):
    monkeypatch.setenv("CUDA_PATH", "/somewhere/else")
    monkeypatch.setitem(sys.modules, "pkg_resources", None)  # setuptools 82 and later: the import fails
    monkeypatch.delitem(sys.modules, "pkg_resources")
    stand_in()
    kernels_file.load_cuda_kernels(0)
    assert os.environ["CUDA_PATH"] == "/somewhere/else"
    base = sys.modules["cpm_kernels.kernels.base"]
    folder = Path(base.__file__).parents[1]
    assert base.KernelFunction.__init__.__code__.co_filename.startswith(str(folder))
    assert "pkg_resources" not in sys.modules or sys.modules["pkg_resources"].__name__ == "pkg_resources"


@pytest.mark.parametrize("present", [False, True], ids=["without pkg_resources", "with pkg_resources"])
def test_loads_with_and_without_pkg_resources(stand_in, monkeypatch, present):
    gpu, real = stand_in(), importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: present or None if name == "pkg_resources" else real(name, *rest),
    )
    monkeypatch.delitem(sys.modules, "pkg_resources", raising=False)
    if present:
        own = kernels_file._pkg_resources_stand_in()
        monkeypatch.setitem(sys.modules, "pkg_resources", own)
    assert run_linear(gpu, 1, 9, 128, 4, HALF) == ["int4_half_matmul_8"]
    assert (sys.modules.get("pkg_resources") is own) if present else "pkg_resources" not in sys.modules


def test_finds_the_libraries_that_pip_installs_with_torch(monkeypatch, tmp_path):
    """cu11 wheels keep them in torch/lib with a hash in the name, cu12 and cu13 wheels in nvidia/*/lib."""
    for path in (
        "torch/lib/libcudart-d0da41ae.so.11.0",
        "torch/lib/libtorch.so",
        "nvidia/cublas/lib/libcublasLt.so.12",
        "nvidia/cublas/lib/libcublas.so.12",
        "nvidia/cuda_runtime/lib/libcudart_static.so",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    monkeypatch.setattr(torch, "__file__", str(tmp_path / "torch" / "__init__.py"))
    found = kernels_file.find_cuda_libraries()
    assert found["cudart"].endswith("libcudart-d0da41ae.so.11.0") and found["cublasLt"].endswith("libcublasLt.so.12")


def fails_with_one_warning(gpu, match):
    """The layer still computes, on torch's operations, and says once why it is slow."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for m in (1, 3):
            assert run_linear(gpu, m, 9, 128, 4, HALF) == []
        quantization.quantize_weight(torch.randn(3, 8), 4)
    assert len(caught) == 1, [str(warning.message) for warning in caught]
    assert re.search(match, str(caught[0].message)), caught[0].message


def test_missing_libcudart(stand_in, monkeypatch):
    """The commonest report on the original package: 'Library cudart is not initialized'."""
    gpu = stand_in()
    gpu.paths = {"cuda": gpu.paths["cuda"], "cublasLt": gpu.paths["cublasLt"]}
    exists = os.path.exists  # no CUDA toolkit on this machine either
    monkeypatch.setattr(os.path, "exists", lambda path: not str(path).startswith("/usr/local/cuda") and exists(path))
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    fails_with_one_warning(gpu, "cudart.*CUDA build of torch")
    assert not [name for name in sys.modules if name.startswith("cpm_kernels")], "a broken import would stick"


def test_cpm_kernels_not_installed(stand_in, monkeypatch):
    gpu, real = stand_in(), importlib.import_module

    def import_module(name, *rest):
        if name.startswith("cpm_kernels"):
            raise ModuleNotFoundError("No module named 'cpm_kernels'")
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", import_module)
    fails_with_one_warning(gpu, "pip install cpm_kernels")


def test_torch_built_for_amd(stand_in, monkeypatch):
    gpu = stand_in()
    monkeypatch.setattr(torch.version, "hip", "6.0")
    fails_with_one_warning(gpu, "NVIDIA GPUs only")


def test_driver_too_old_for_the_ptx(stand_in):
    fails_with_one_warning(stand_in(driver=10020), "unsupported toolchain.*update the driver")


def test_gpu_too_old_for_the_kernels(stand_in):
    fails_with_one_warning(stand_in(capability=52), "no kernel image.*GPU from 2016")


def test_works_without_the_tensor_core_module(stand_in):
    gpu = stand_in(capability=75)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a GPU without bfloat16 tensor cores is nothing to warn of
        assert run_linear(gpu, 1, 9, 128, 4, HALF) == ["int4_gemv_1"]
    assert [module.target for module in gpu.modules] == ["sm_60"]
    gpu = stand_in(capability=90)
    gpu.refused.add("sm_80")
    with pytest.warns(UserWarning, match="slower CUDA kernels.*no kernel image"):
        assert run_linear(gpu, 1, 9, 128, 4, HALF) == ["int4_gemv_1"]


def test_two_devices(stand_in):
    """Every layer launches on the GPU that holds it, whichever is current; each GPU loads the modules once."""
    gpu = stand_in(devices=2)
    weights = {}
    gpu.torch_cuda.device_of = lambda tensor: weights.get(tensor.data_ptr(), gpu.torch_cuda.current)
    weight, scale, values = make_layer(9, 128, 4, HALF)
    for device in (1, 0, 1):
        x = torch.randn(1, 128).half()
        weights[x.data_ptr()] = device
        assert_linear(x, scale, values, None, quantization.quantized_linear(x, weight, scale, None, 4))
        assert gpu.torch_cuda.current == 0
    assert [launch.device for launch in gpu.launches] == [1, 0, 1]
    assert len(gpu.modules) == 4


def test_launches_on_the_current_stream(stand_in):
    gpu = stand_in()
    gpu.torch_cuda.stream_handle = 0x5EED
    run_linear(gpu, 1, 9, 128, 4, HALF)
    assert [launch.stream for launch in gpu.launches] == [0x5EED]


def test_a_new_thread_needs_no_preparation(stand_in):
    """Streaming runs generate() in a thread, to which the CUDA runtime has bound no GPU yet."""
    gpu, results = stand_in(runtime=11080), []
    run_linear(gpu, 1, 9, 128, 4, HALF)
    thread = threading.Thread(target=lambda: results.append(run_linear(gpu, 1, 9, 128, 4, HALF)))
    thread.start()
    thread.join()
    assert results == [["int4_half_matmul_8"]]


def test_threads_do_not_mix_their_arguments(stand_in):
    """The block of arguments is shared: a second launch must not overwrite it before the driver has read it."""
    gpu = stand_in(execute=False)
    kernels = kernels_file.load_cuda_kernels(0)
    mixed, real = [], kernels._cu_launch_kernel

    def slow_launch(*call):
        first = kernels._cells[0]
        time.sleep(0.0005)
        mixed.append(any(cell != first for cell in kernels._cells))
        return real(*call)

    kernels._cu_launch_kernel = slow_launch
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: kernels._launch("int4_gemv_1", (1, 1), 128, *[i] * 9), range(40)))
    assert len(mixed) >= 40 and not any(mixed)  # more: a new thread launches twice
    assert gpu.error is None


def test_a_failed_launch_is_an_error(stand_in):
    gpu = stand_in()
    kernels = kernels_file.load_cuda_kernels(0)
    with pytest.raises(RuntimeError, match="int4_gemv_1 on cuda:0 failed: an illegal memory access"):
        kernels._launch("int4_gemv_1", (1, 1), 128, 4096, 4096, 4096, 0, 4096, 1, 8, 64, 0)
    assert "outside every allocation" in str(gpu.error)


def bad_calls():
    weight, scale, _ = make_layer(8, 64, 4, HALF)
    x, bias, other = torch.randn(1, 64).half(), torch.zeros(8).half(), torch.device("meta")
    yield "dtype of x", TypeError, (x.int(), weight, scale, None, 4)
    yield "dtype of the weight", TypeError, (x, weight.short(), scale, None, 4)
    yield "dtype of the scale", TypeError, (x, weight, scale.int(), None, 4)
    yield "bits", ValueError, (x, weight, scale, None, 3)
    yield "features", ValueError, (x[:, :62], weight, scale, None, 4)
    yield "bits of another format", ValueError, (x, weight, scale, None, 8)
    yield "length of the scale", ValueError, (x, weight, scale[:7], None, 4)
    yield "shape of the scale", ValueError, (x, weight, scale[:, None], None, 4)
    yield "length of the bias", ValueError, (x, weight, scale, bias[:7], 4)
    yield "device of the weight", ValueError, (x, weight.to(other), scale, None, 4)
    yield "device of the scale", ValueError, (x, weight, scale.to(other), None, 4)
    yield "device of the bias", ValueError, (x, weight, scale, bias.to(other), 4)


@pytest.mark.parametrize("error, call", [pytest.param(e, c, id=i) for i, e, c in bad_calls()])
def test_bad_input_raises_before_a_launch(stand_in, error, call):
    gpu = stand_in()
    with pytest.raises(error):
        quantization.quantized_linear(*call)
    assert not gpu.launches and gpu.error is None


def test_launch_overhead(stand_in, capsys):
    """A token takes 112 launches. cpm_kernels' own call costs about 15 us of Python each; the target is 6."""
    stand_in(execute=False)
    kernels = kernels_file.load_cuda_kernels(0)
    base = sys.modules["cpm_kernels.kernels.base"]
    ctypes = base.ctypes
    function = base.KernelFunction(base.LazyKernelCModule(kernels_file.CUDA_BASE_PTX.encode()), "int4_gemv_1")
    numbers = (4096, 4096, 4096, 0, 4096, 1, 8, 64, 0)

    def through_cpm_kernels():
        parameters = [ctypes.c_void_p(number) for number in numbers[:5]]
        parameters += [ctypes.c_int32(number) for number in numbers[5:]]
        function((1, 1, 1), (128, 1, 1), 0, ctypes.c_void_p(0), parameters)

    def best(call, rounds=200, calls=100):
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            for _ in range(calls):
                call()
            times.append((time.perf_counter() - start) / calls * 1e6)
        return min(times)  # the machine is shared: the shortest round is the one that nothing interrupted

    ours = best(lambda: kernels._launch("int4_gemv_1", (1, 1), 128, *numbers))
    theirs = best(through_cpm_kernels)
    with capsys.disabled():
        print(f"\nlaunch: {ours:.1f} us; through cpm_kernels' KernelFunction: {theirs:.1f} us")
    assert ours < 0.5 * theirs


# -------------------------------------------------------------------------------------------------- what is shipped


@pytest.fixture(scope="session")
def nvrtc():
    library = build.find_nvrtc()
    if library is None:
        pytest.skip(f"{build.NVRTC_PACKAGE}=={build.NVRTC_VERSION} is not installed")
    return library


def test_shipped_ptx_is_a_fresh_build(nvrtc):
    for name, ptx in build.build_modules(nvrtc).items():
        assert getattr(kernels_file, name).lstrip("\n") == ptx, f"{name}: run `make kernels`"


def test_no_line_of_text_looks_like_an_import():
    """transformers 4.30.2 takes every line that starts with `import x` for a requirement, in strings too."""
    text = (ROOT / "quantization_kernels.py").read_text(encoding="utf-8")
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    statements = {line for node in nodes for line in range(node.lineno, node.end_lineno + 1)}
    lines = enumerate(text.splitlines(), 1)
    assert [line for number, line in lines if re.match(r"\s*(import|from)\s", line) and number not in statements] == []


def test_shipped_ptx_is_for_every_driver_and_gpu():
    for name, _, architecture in build.MODULES:
        header = f"\n.version 7.0\n.target sm_{architecture}\n.address_size 64\n"
        assert getattr(kernels_file, name).startswith(header)


def test_ptxas_assembles_for_every_gpu():
    ptxas = build.find_ptxas()
    if ptxas is None:
        pytest.skip("no ptxas")
    jobs = [
        (name, architecture)
        for name, _, oldest in build.MODULES
        for architecture in build.known_architectures(ptxas)
        if architecture >= oldest
    ]
    assert jobs

    def spilled(job):
        name, architecture = job
        table = build.assemble(ptxas, getattr(kernels_file, name), architecture)
        return [(kernel, architecture) for kernel, row in table.items() if row[1]]

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(spilled, jobs), []) == [], "kernels spill registers"


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


def with_bug(monkeypatch, nvrtc, file, text, replacement, instance):
    """Compiles only the kernels of `instance` (the line that instantiates them), to be quick."""

    def edit(name, source):
        if name == file:
            assert text in source, f"{file} has no {text!r}"
            source = source.replace(text, replacement, 1)
        return re.sub(r"(?m)^(GEMV|GEMV_ANY|DEQUANTIZE|QUANTIZE|MATMULS)\(.*\)\n", "", source) + (
            f"{instance}\n" if f"#define {instance.split('(')[0]}(" in source else ""
        )

    header = edit(build.HEADER, (ROOT / "kernels" / build.HEADER).read_text(encoding="utf-8"))
    for name, source_file, architecture in build.MODULES:
        source = edit(source_file, (ROOT / "kernels" / source_file).read_text(encoding="utf-8"))
        if instance in source:
            monkeypatch.setattr(kernels_file, name, build.compile_ptx(nvrtc, source, header, architecture))


CASES = {
    name: value
    for name, value in list(globals().items())
    if name.startswith(("GEMV_", "MATMUL_", "DEQUANTIZE_", "QUANTIZE_"))
}


@pytest.mark.parametrize("case", CASES)
def test_without_a_bug_the_checks_pass(stand_in, monkeypatch, nvrtc, case):
    """Else the next test would show nothing."""
    instance, check = CASES[case]
    with_bug(monkeypatch, nvrtc, "common.cuh", "", "", instance)
    gpu = stand_in(capability=80 if "MATMUL" in case else 75)
    check(gpu)
    assert gpu.launches


@pytest.mark.parametrize("file, text, replacement, case", [pytest.param(*bug[1:], id=bug[0]) for bug in PLANTED_BUGS])
def test_a_planted_bug_is_noticed(stand_in, monkeypatch, nvrtc, file, text, replacement, case):
    instance, check = case
    with_bug(monkeypatch, nvrtc, file, text, replacement, instance)
    gpu = stand_in(capability=80 if "MATMUL" in instance else 75)
    with pytest.raises((AssertionError, RuntimeError)) as caught:
        check(gpu)
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
    kernels = kernels_file.load_cuda_kernels(torch.cuda.current_device())
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
    kernels = kernels_file.load_cuda_kernels(torch.cuda.current_device())
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
