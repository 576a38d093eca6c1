"""Finding cpm_kernels and the CUDA libraries, loading the kernels, launching them: what works, and what failure says.

Without a GPU, on the stand-in of tests/cuda_rig. The numbers: test_cuda_kernels.py.
"""

import importlib.util
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
from cuda_rig.layers import HALF, assert_linear, make_layer, run_linear
from package import ROOT, load_package

pytest_plugins = "cuda_rig.fixtures"
cuda_kernels, quantization = load_package("cuda_kernels", "quantization")

# ----------------------------------------------------------------------------------------------- loading, launching


def test_importing_the_package_touches_nothing():
    """cpm_kernels starts CUDA on every GPU when it is imported: that must not happen before a GPU is used."""
    code = (
        "import sys; from package import load_package; load_package('quantization');"
        "print([name for name in sys.modules if name.startswith(('cpm_kernels', 'pkg_resources'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "tests", capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_tensor_on_the_cpu_needs_nothing(stand_in):
    gpu = stand_in()
    gpu.torch_cuda.device_of = lambda tensor: None
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is slow
        assert run_linear(gpu, 1, 9, 128, 4, HALF) == []
    assert not [name for name in sys.modules if name.startswith("cpm_kernels")] and not gpu.modules


def test_cpm_kernels_is_unmodified_and_its_surroundings_restored(stand_in, monkeypatch):
    monkeypatch.setenv("CUDA_PATH", "/somewhere/else")
    monkeypatch.setitem(sys.modules, "pkg_resources", None)  # setuptools 82 and later: the import fails
    monkeypatch.delitem(sys.modules, "pkg_resources")
    stand_in()
    cuda_kernels.kernels_on(torch.empty(0))
    assert os.environ["CUDA_PATH"] == "/somewhere/else"
    base = sys.modules["cpm_kernels.kernels.base"]
    folder = Path(base.__file__).parents[1]
    assert base.KernelFunction.__init__.__code__.co_filename.startswith(str(folder))
    assert "pkg_resources" not in sys.modules or sys.modules["pkg_resources"].__name__ == "pkg_resources"


def test_on_windows_the_libraries_of_torch_are_found_first(monkeypatch, tmp_path):
    """By cpm_kernels' own search for DLLs, in folders with stand-ins; it has not run on Windows."""
    spec = importlib.util.find_spec("cpm_kernels")
    path = Path(spec.origin).parent / "library" / "base.py"
    search = importlib.util.module_from_spec(importlib.util.spec_from_file_location("search_of_cpm_kernels", path))
    search.__spec__.loader.exec_module(search)
    libraries, toolkit = tmp_path / "用户 torch" / "lib", tmp_path / "CUDA 8" / "bin"
    for folder, names in ((libraries, ("cudart64_12", "cublasLt64_12")), (toolkit, ("cudart64_80", "nvrtc64_80"))):
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"{name}.dll").touch()
    (tmp_path / "program.exe").touch()  # people have files in PATH, too
    monkeypatch.setattr(torch, "__file__", str(libraries.parent / "__init__.py"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "program.exe"), str(toolkit), str(tmp_path / "gone")]))
    monkeypatch.setenv(*cuda_kernels.library_search("win32", "not used"))
    for name, file in (("cudart", "cudart64_12"), ("cublasLt", "cublasLt64_12")):
        assert search.windows_find_lib(name) == str(libraries / f"{file}.dll")
    assert search.windows_find_lib("nvrtc") == str(toolkit / "nvrtc64_80.dll")
    assert search.windows_find_lib("cufft") is None  # after every folder, and no file
    assert cuda_kernels.library_search("linux", "links") == ("CUDA_PATH", "links")


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
        own = cuda_kernels._pkg_resources_stand_in()
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
    found = cuda_kernels.find_cuda_libraries()
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


def test_two_gpus_that_cannot_run_them_give_one_warning(stand_in):
    gpu = stand_in(devices=2, capability=52)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for device in (0, 1, 0):
            gpu.torch_cuda.device_of = lambda tensor, device=device: device
            assert run_linear(gpu, 1, 9, 128, 4, HALF) == []
    assert len(caught) == 1, [str(warning.message) for warning in caught]


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


def test_threads_that_start_together_load_once(stand_in, monkeypatch):
    """Two requests of a server can be the first at once: two sets of modules would take the memory twice."""
    gpu, barrier, load = stand_in(execute=False), threading.Barrier(4), cuda_kernels._load_functions

    def slow_load(*arguments):
        time.sleep(0.02)  # the others arrive meanwhile
        return load(*arguments)

    def first_call(_):
        barrier.wait(timeout=60)
        return cuda_kernels.kernels_on(torch.empty(0))

    monkeypatch.setattr(cuda_kernels, "_load_functions", slow_load)
    with ThreadPoolExecutor(4) as pool:
        kernels = list(pool.map(first_call, range(4)))
    assert kernels[0] is not None and all(other is kernels[0] for other in kernels)
    assert [module.target for module in gpu.modules] == ["sm_60", "sm_80"]


def test_threads_do_not_mix_their_arguments(stand_in):
    """The block of arguments is shared: a second launch must not overwrite it before the driver has read it."""
    gpu = stand_in(execute=False)
    kernels = cuda_kernels.kernels_on(torch.empty(0))
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
    kernels = cuda_kernels.kernels_on(torch.empty(0))
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
    """A token takes 112 launches, and cpm_kernels' own call costs 15 us of Python each on a server; the target is 6.

    Counted, because times on a shared machine say too little: the Python functions that a launch enters. The times
    are printed.
    """
    stand_in(execute=False)
    kernels = cuda_kernels.kernels_on(torch.empty(0))
    base = sys.modules["cpm_kernels.kernels.base"]
    ctypes = base.ctypes
    function = base.KernelFunction(base.LazyKernelCModule(cuda_kernels.CUDA_BASE_PTX.encode()), "int4_gemv_1")
    numbers = (4096, 4096, 4096, 0, 4096, 1, 8, 64, 0)

    def through_cpm_kernels():
        parameters = [ctypes.c_void_p(number) for number in numbers[:5]]
        parameters += [ctypes.c_int32(number) for number in numbers[5:]]
        function((1, 1, 1), (128, 1, 1), 0, ctypes.c_void_p(0), parameters)

    def entered(call):
        names = []
        sys.setprofile(lambda frame, event, _: names.append(frame.f_code.co_name) if event == "call" else None)
        try:
            call()
        finally:
            sys.setprofile(None)
        return names[1:]  # without `call` itself

    def best(call, rounds=200, calls=100):
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            for _ in range(calls):
                call()
            times.append((time.perf_counter() - start) / calls * 1e6)
        return min(times)  # the machine is shared: the shortest round is the one that nothing interrupted

    def ours():
        kernels._launch("int4_gemv_1", (1, 1), 128, *numbers)

    times = best(ours), best(through_cpm_kernels)
    with capsys.disabled():
        print("\nlaunch: {:.1f} us; through cpm_kernels' KernelFunction: {:.1f} us".format(*times))
    assert entered(ours) == ["_launch", "current_device", "stream"]
    assert len(entered(through_cpm_kernels)) > 2 * len(entered(ours))
