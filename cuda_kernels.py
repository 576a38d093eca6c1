"""The CUDA kernels of a GPU: PTX, loaded and launched through cpm_kernels. Nothing of a CPU, nothing of the network.

`kernels_on` gives the kernels of the GPU that holds a tensor, or None. The sources are kernels/cuda/*.cu; the driver
compiles their PTX for the GPU at hand. Nothing runs at import.
"""

import contextlib
import ctypes
import functools
import glob
import importlib
import importlib.util
import os
import re
import sys
import tempfile
import threading
import types
import warnings
from typing import Any, ContextManager, Dict, Iterator, Optional, Tuple

import torch
from torch import Tensor

from .kernel_sources import CUDA_BASE_PTX, CUDA_TENSOR_CORE_PTX

DTYPES = (torch.float16, torch.bfloat16, torch.float32)  # of activations


class KernelUnavailableError(RuntimeError):
    """The kernels cannot run on this machine; the message says why and what to install."""


class TorchCuda:
    """What a launch asks of torch. Tests replace `torch_cuda` to drive the launch path on a stand-in driver."""

    # The public torch.cuda.current_stream builds an object on every call; this one only reads the handle.
    _raw_stream = staticmethod(
        getattr(torch._C, "_cuda_getCurrentRawStream", None)
        or (lambda index: torch.cuda.current_stream(index).cuda_stream)
    )
    address = staticmethod(Tensor.data_ptr)  # of a tensor, to go into a launch

    def index(self, tensor: Tensor) -> Optional[int]:
        """The number of the GPU that holds the tensor; None where no GPU does."""
        return tensor.device.index if tensor.is_cuda else None

    def current_device(self) -> int:
        return torch.cuda.current_device()

    def device(self, index: int) -> ContextManager:
        """A context in which this GPU is the current one."""
        return torch.cuda.device(index)

    def stream(self, index: int) -> int:
        """The handle of the stream that torch queues work on."""
        return self._raw_stream(index)


torch_cuda = TorchCuda()
_FLOAT_CODES = {torch.float16: 0, torch.bfloat16: 1, torch.float32: 2}  # as in kernels/cuda/common.cuh
_TENSOR_CORE_NAMES = {torch.float16: "half", torch.bfloat16: "bfloat16"}
_INVALID_CONTEXT = 201  # CUDA_ERROR_INVALID_CONTEXT


class CudaKernels:
    """The kernels on one GPU. Every method queues on torch's current stream and returns at once.

    Nothing is allocated but results, by torch, and nothing waits, so calls can be captured in a CUDA graph (after one
    call outside: the first loads the kernels). Arguments have been checked: see `quantization.py`.
    """

    def __init__(self, cpm: Any, index: int):
        self.index = index
        with torch_cuda.device(index):
            self._functions = _load_functions(cpm, CUDA_BASE_PTX, "the driver refused the CUDA kernels")
            self.has_tensor_cores = cpm.Device(index).architecture >= 80
            if self.has_tensor_cores:
                try:
                    self._functions.update(_load_functions(cpm, CUDA_TENSOR_CORE_PTX, "no tensor-core kernels"))
                except KernelUnavailableError as error:
                    self.has_tensor_cores = False
                    warnings.warn(f"quantized layers use slower CUDA kernels: {error}", stacklevel=2)
        self._bind_context = functools.partial(_bind_context, cpm, index)
        self._cu_launch_kernel = cpm.cuda.cuda.cuLaunchKernel  # without cpm_kernels' wrapper, which costs 10 us
        self._error_text = cpm.cuda.cuGetErrorString
        self._plan = functools.lru_cache(maxsize=1024)(self._choose)
        # One block of arguments, reused: 64-bit cells (the driver reads as many bytes as a parameter has) and their
        # addresses. The lock is held until the driver has copied them.
        self._lock = threading.Lock()
        self._cells: Any = (ctypes.c_uint64 * 9)()
        start = ctypes.addressof(self._cells)
        self._addresses = (ctypes.c_void_p * 9)(*(start + 8 * i for i in range(9)))

    def max_rows(self, x: Tensor, bits: int) -> int:
        """Up to this many rows of x, `linear` is expected to beat expanding the weight and calling cuBLAS."""
        k = x.shape[1]
        return 64 if self._fits_tensor_cores(k, bits, x.dtype) else 32 if k % 8 == 0 else 8

    def linear(self, x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int) -> Tensor:
        """x [m, in] (fp16, bf16 or fp32) times the quantized weight [out, in], plus bias: [m, out] in x's dtype."""
        m, k, n = x.shape[0], x.shape[1], weight.shape[0]
        out = torch.empty((m, n), dtype=x.dtype, device=x.device)
        if not (m and n):
            return out
        x, weight, scale = x.contiguous(), weight.contiguous(), _as_kernel_float(scale)
        if x.data_ptr() % 16:  # a view that starts anywhere
            x = x.clone()
        name, grid, block = self._plan(m, n, k, bits, x.dtype, weight.data_ptr() % 16 == 0)
        if name.endswith("any"):
            x = x.float()
        address = torch_cuda.address
        codes, bias_address = _FLOAT_CODES[out.dtype] | _FLOAT_CODES[scale.dtype] << 2, 0
        if bias is not None:
            bias = _as_kernel_float(bias)
            codes, bias_address = codes | _FLOAT_CODES[bias.dtype] << 4, address(bias)
        self._launch(
            name, grid, block, address(weight), address(x), address(scale), bias_address, address(out), m, n, k, codes
        )
        return out

    def _choose(
        self, m: int, n: int, k: int, bits: int, dtype: torch.dtype, aligned: bool
    ) -> Tuple[str, Tuple[int, int], int]:
        """Kernel, grid and block for a linear layer."""
        if aligned and self._fits_tensor_cores(k, bits, dtype):
            tokens, rows = (8, 16) if m <= 8 else (16, 16) if m <= 16 else (32, 32)
            return f"int{bits}_{_TENSOR_CORE_NAMES[dtype]}_matmul_{tokens}", (-(-m // tokens) * -(-n // rows), 1), 256
        if aligned and k % 8 == 0:
            tokens, rows = (1, 8) if m == 1 else (4, 8) if m <= 4 else (8, 4)
            return f"int{bits}_gemv_{tokens}", (-(-m // tokens) * -(-n // rows), 1), 128
        return f"int{bits}_gemv_any", (n, -(-m // 8)), 128

    def _fits_tensor_cores(self, k: int, bits: int, dtype: torch.dtype) -> bool:
        return self.has_tensor_cores and dtype in _TENSOR_CORE_NAMES and k % (128 // bits) == 0  # 16 bytes of a row

    def dequantize(self, weight: Tensor, scale: Tensor, bits: int, dtype: torch.dtype) -> Tensor:
        """`scale * q` as [out, in] in `dtype` (fp16, bf16 or fp32), bit for bit what torch computes."""
        weight, scale = weight.contiguous(), scale.to(dtype).contiguous()
        n, k = weight.shape[0], weight.shape[1] * 8 // bits
        out = torch.empty((n, k), dtype=dtype, device=weight.device)
        if n and k:
            wide = k % 8 == 0 and weight.data_ptr() % bits == 0  # 8 columns are `bits` bytes, read at once
            address = torch_cuda.address
            self._launch(
                f"int{bits}_dequantize",
                (n, 1),
                256,
                address(weight),
                address(scale),
                address(out),
                k,
                wide,
                _FLOAT_CODES[dtype],
            )
        return out

    def quantize(self, weight: Tensor, bits: int) -> Tuple[Tensor, Tensor]:
        """Quantized (packed) weight and scale of a float weight [out, in], bit for bit the torch reference.

        A row that holds a NaN or infinity gets a scale that is not finite.
        """
        weight = weight.contiguous()
        n, k = weight.shape
        packed = torch.empty((n, k * bits // 8), dtype=torch.int8, device=weight.device)
        scale = torch.empty(n, dtype=weight.dtype, device=weight.device)
        if n:
            address = torch_cuda.address
            self._launch(
                f"int{bits}_quantize",
                (n, 1),
                256,
                address(weight),
                address(packed),
                address(scale),
                k,
                _FLOAT_CODES[weight.dtype],
            )
        return packed, scale

    def _launch(self, name: str, grid: Tuple[int, int], block: int, *arguments: int) -> None:
        if torch_cuda.current_device() != self.index:
            with torch_cuda.device(self.index):
                return self._launch(name, grid, block, *arguments)
        call = (
            self._functions[name],
            grid[0],
            grid[1],
            1,
            block,
            1,
            1,
            0,
            torch_cuda.stream(self.index),
            self._addresses,
            None,
        )
        with self._lock:
            self._cells[: len(arguments)] = arguments
            status = self._cu_launch_kernel(*call)
            if status == _INVALID_CONTEXT:  # a new thread, which the CUDA runtime has not bound to the GPU yet
                self._bind_context()
                status = self._cu_launch_kernel(*call)
        if status:
            raise RuntimeError(f"launching {name} on cuda:{self.index} failed: {self._error_text(status)}")


def _as_kernel_float(tensor: Tensor) -> Tensor:
    return (tensor if tensor.dtype in _FLOAT_CODES else tensor.float()).contiguous()


def _bind_context(cpm: Any, index: int) -> None:
    cpm.cudart.cudaSetDevice(index)
    cpm.cudart.cudaFree(None)  # frees nothing; before CUDA 12, cudaSetDevice alone does not bind


def _load_functions(cpm: Any, ptx: str, complaint: str) -> Dict[str, Any]:
    """{name: handle} of every kernel of a PTX module, on the current GPU."""
    try:
        module = cpm.LazyKernelCModule(ptx.encode())  # bytes: cuModuleLoadData would get garbage from a str
        names = re.findall(r"\.entry (\w+)\(", ptx)
        return {name: cpm.KernelFunction(module, name)._prepare_func() for name in names}
    except (RuntimeError, OSError, AttributeError) as error:
        raise KernelUnavailableError(
            f"{complaint} ({error}). They need an NVIDIA GPU from 2016 on and a driver from 450 on; update the driver"
        ) from error


_lock = threading.RLock()
_loaded: Dict[int, Optional[CudaKernels]] = {}  # by the number of the GPU; None where they cannot run


def kernels_on(tensor: Tensor) -> Optional[CudaKernels]:
    """The kernels of the GPU that holds the tensor, loaded at the first call.

    None on a CPU and, after one warning, on a GPU that cannot use them.
    """
    index = torch_cuda.index(tensor)
    if index is None:
        return None
    if index not in _loaded:
        with _lock:
            if index not in _loaded:
                try:
                    _loaded[index] = CudaKernels(_import_cpm_kernels(), index)
                except KernelUnavailableError as error:
                    if None not in _loaded.values():  # else another GPU has said it
                        message = f"quantized layers run slowly on this GPU, without CUDA kernels: {error}"
                        warnings.warn(message, stacklevel=2)
                    _loaded[index] = None
    return _loaded[index]


def _import_cpm_kernels() -> Any:
    """The module `cpm_kernels.kernels.base`, unmodified, on the CUDA libraries that torch runs on.

    cpm_kernels looks for libraries in $CUDA_PATH, /usr/local/cuda and the loader's cache, none of which knows those
    that pip installs with torch; so CUDA_PATH names a folder of links to them while it is imported, and only then.
    Importing it touches every GPU. Where it found no library it would stay broken: it is dropped from sys.modules, to
    be tried again.
    """
    if torch.version.hip:
        raise KernelUnavailableError("cpm_kernels runs on NVIDIA GPUs only, and this torch is built for AMD's")
    base = sys.modules.get("cpm_kernels.kernels.base")
    if base is not None and base.cudart.version:
        return base
    _forget_cpm_kernels()
    with contextlib.ExitStack() as stack:
        if importlib.util.find_spec("pkg_resources") is None:  # setuptools 82 removed it
            sys.modules["pkg_resources"] = _pkg_resources_stand_in()
            stack.callback(sys.modules.pop, "pkg_resources", None)
        stack.enter_context(_cuda_libraries_in_reach())
        try:
            base = importlib.import_module("cpm_kernels.kernels.base")
            names = ("cuda", "cudart", "cublaslt")
            missing = [name for name in names if not sys.modules[f"cpm_kernels.library.{name}"].version]
        except ModuleNotFoundError as error:
            _forget_cpm_kernels()
            raise KernelUnavailableError(f"{error}. Install it: pip install cpm_kernels") from error
        except (ImportError, RuntimeError, OSError, AttributeError) as error:
            _forget_cpm_kernels()
            raise KernelUnavailableError(f"cpm_kernels could not start: {error}. {_LIBRARY_HELP}") from error
    if missing:
        _forget_cpm_kernels()
        raise KernelUnavailableError(f"cpm_kernels found no {' and no '.join(missing)} library. {_LIBRARY_HELP}")
    return base


_LIBRARY_HELP = "It needs NVIDIA's driver and the CUDA libraries (cudart, cublasLt) that a CUDA build of torch brings"


def _forget_cpm_kernels() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "cpm_kernels"]:
        del sys.modules[name]


def _pkg_resources_stand_in() -> types.ModuleType:
    """The two functions of pkg_resources that cpm_kernels calls, to read its own data files."""

    def path(module_name: str, file: str) -> str:
        return os.path.join(os.path.dirname(sys.modules[module_name].__file__ or ""), file)

    def resource_string(module_name: str, file: str) -> bytes:
        with open(path(module_name, file), "rb") as data:
            return data.read()

    module: Any = types.ModuleType("pkg_resources")
    module.resource_exists = lambda module_name, file: os.path.exists(path(module_name, file))
    module.resource_string = resource_string
    return module


@contextlib.contextmanager
def _cuda_libraries_in_reach() -> Iterator[None]:
    """Points cpm_kernels' search at torch's CUDA libraries."""
    with tempfile.TemporaryDirectory(prefix="cuda-libraries-") as folder:
        if sys.platform != "win32":
            os.mkdir(os.path.join(folder, "lib64"))
            for name, path in find_cuda_libraries().items():
                os.symlink(path, os.path.join(folder, "lib64", f"lib{name}.so"))
        variable, value = library_search(sys.platform, folder)
        before = os.environ.get(variable)
        os.environ[variable] = value
        try:
            yield
        finally:
            if before is None:
                del os.environ[variable]
            else:
                os.environ[variable] = before


def library_search(platform: str, links: str) -> Tuple[str, str]:
    """The variable in which cpm_kernels' search looks on a platform, and what puts torch's libraries first there.

    On Windows it lists the folders of $PATH, for the first DLL that begins with a name, and stumbles over what is no
    folder; torch has its own beside its code, and has told the loader of DLLs about that folder.
    """
    if platform != "win32":
        return "CUDA_PATH", links
    folders = [os.path.join(os.path.dirname(torch.__file__), "lib"), *os.environ.get("PATH", "").split(os.pathsep)]
    return "PATH", os.pathsep.join(folder for folder in folders if os.path.isdir(folder))


def find_cuda_libraries() -> Dict[str, str]:
    """{name: path} of libcuda, libcudart and libcublasLt: those that this process runs on, else those beside torch."""
    pattern = re.compile(r"lib(cuda|cudart|cublasLt)(-[0-9a-f]+)?\.so[.0-9]*$")
    candidates = []
    with contextlib.suppress(OSError), open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        candidates += [line.split(None, 5)[5].strip() for line in maps if len(line.split(None, 5)) == 6]
    torch_folder = os.path.dirname(torch.__file__)
    packages = os.path.dirname(torch_folder)
    for folder in (os.path.join(torch_folder, "lib"), os.path.join(packages, "nvidia", "*", "lib")):
        candidates += sorted(glob.glob(os.path.join(folder, "lib*.so*")))
    found: Dict[str, str] = {}
    for path in candidates:
        match = pattern.match(os.path.basename(path))
        if match:
            found.setdefault(match.group(1), path)
    return found
