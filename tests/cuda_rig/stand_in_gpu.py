"""GPUs that are not there: an unmodified cpm_kernels on `stand_in_driver.c`; the PTX interpreter executes launches.

Tensors stay on the CPU. `StandInGPU.torch_cuda` takes the place of `cuda_kernels.torch_cuda` and says which
stand-in device "holds" a tensor; every tensor whose address is asked for may be touched by the next launch, and no
other memory may.
"""

import contextlib
import ctypes
import functools
import logging
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field

import numpy as np
from package import load_package

from cuda_rig import ptx_interpreter

cuda_kernels = load_package("cuda_kernels")
HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = ("cuda", "cudart", "cublasLt")
# The newest PTX that a driver reads, from the release notes of each CUDA version.
PTX_OF_DRIVER = {11000: 70, 11040: 74, 11080: 78, 12000: 80, 12040: 84, 12080: 87, 13000: 90}


parse = functools.lru_cache(maxsize=4)(ptx_interpreter.Module)  # most tests load the same two modules


@dataclass
class Launch:
    kernel: str
    device: int
    grid: tuple
    block: tuple
    stream: int
    executed: dict = field(default_factory=dict)  # opcode -> lanes


def compile_driver(folder):
    """Compiles the stand-in and links its other names to it; None without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    paths = {name: os.path.join(folder, f"lib{name}.so") for name in LIBRARIES}
    source = os.path.join(HERE, "stand_in_driver.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-w", "-o", paths["cuda"], source], check=True)
    for name in LIBRARIES[1:]:
        os.symlink(paths["cuda"], paths[name])
    return paths


class StandInGPU:
    """Devices of compute capability `capability` under a driver of version `driver` (12040 is 12.4).

    `paths` comes from `compile_driver`. With `execute=False` launches do nothing, to time the launch path.
    """

    def __init__(self, paths, devices=1, capability=80, driver=12040, runtime=12040, execute=True):
        self.paths, self.capability, self.driver = paths, capability, driver
        self.modules, self.functions, self.launches, self.refused = [], [], [], set()
        self.error = None  # what the interpreter found, where a launch failed
        self.torch_cuda = StandInTorchCuda()
        integer, pointer, out = ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)
        dimensions, parameters = ctypes.POINTER(ctypes.c_uint), ctypes.POINTER(ctypes.c_void_p)
        self._callbacks = (
            ctypes.CFUNCTYPE(integer, integer, pointer, out)(self._load),
            ctypes.CFUNCTYPE(integer, integer, ctypes.c_char_p, out)(self._function),
            ctypes.CFUNCTYPE(integer, integer, integer, dimensions, ctypes.c_uint, pointer, parameters)(self._launch),
        )
        library = ctypes.CDLL(paths["cuda"])
        launch = self._callbacks[2] if execute else None
        library.stand_in_setup(*self._callbacks[:2], launch, devices, capability, driver, runtime)

    def _load(self, device, image, out):
        try:
            module = parse(ctypes.string_at(image))
        except ptx_interpreter.PTXError as error:
            self.error = error
            return 218
        newest = max((ptx for driver, ptx in PTX_OF_DRIVER.items() if driver <= self.driver), default=0)
        if int(module.version.replace(".", "")) > newest:
            return 222
        if int(re.match(r"sm_(\d+)$", module.target).group(1)) > self.capability or module.target in self.refused:
            return 209
        self.modules.append(module)
        out[0] = len(self.modules) - 1
        return 0

    def _function(self, module, name, out):
        kernel = self.modules[module].kernels.get(name.decode())
        if kernel is None:
            return 500
        self.functions.append(kernel)
        out[0] = len(self.functions) - 1
        return 0

    def _launch(self, function, device, dimensions, shared, stream, parameters):
        kernel, sizes = self.functions[function], tuple(dimensions[:6])
        record = Launch(kernel.name, device, sizes[:3], sizes[3:], stream or 0)
        memory = ptx_interpreter.Memory()
        for address, size in self.torch_cuda.take_areas():
            memory.add(address, np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(address)))
        try:
            values = [ctypes.string_at(parameters[i], dtype.itemsize) for i, (_, dtype) in enumerate(kernel.params)]
            record.executed = ptx_interpreter.launch(kernel, sizes[:3], sizes[3:], values, memory)
        except Exception as error:  # a callback cannot raise through C: the test reads it from here
            self.error = error
            return 700 if "outside every allocation" in str(error) else 719
        self.launches.append(record)
        return 0


class StandInTorchCuda:
    """In the place of `cuda_kernels.TorchCuda`."""

    def __init__(self):
        self.current, self.stream_handle, self.device_of = 0, 0, lambda tensor: 0
        self._areas = []

    def index(self, tensor):
        return self.device_of(tensor)

    def current_device(self):
        return self.current

    @contextlib.contextmanager
    def device(self, index):
        from cpm_kernels.library import cudart

        before, self.current = self.current, index
        cudart.cudaSetDevice(index)
        try:
            yield
        finally:
            self.current = before
            cudart.cudaSetDevice(before)

    def stream(self, index):
        return self.stream_handle

    def address(self, tensor):
        assert tensor.is_contiguous()
        self._areas.append((tensor.data_ptr(), tensor.numel() * tensor.element_size()))
        return tensor.data_ptr()

    def take_areas(self):
        areas, self._areas = self._areas, []
        return areas


def install(monkeypatch, paths, **options):
    """Puts stand-in GPUs under the package for one test, with nothing loaded yet. Options: see `StandInGPU`."""
    gpu = StandInGPU(paths, **options)
    monkeypatch.setattr(cuda_kernels, "torch_cuda", gpu.torch_cuda)
    monkeypatch.setattr(cuda_kernels, "find_cuda_libraries", lambda: dict(gpu.paths))
    forget()
    logging.getLogger("cpm_kernels").setLevel(logging.ERROR)  # it names every entry point that the stand-in lacks
    return gpu


def forget():
    """Drops what was loaded on stand-in GPUs."""
    cuda_kernels._loaded.clear()
    cuda_kernels._forget_cpm_kernels()
