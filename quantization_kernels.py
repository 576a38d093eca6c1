"""Native kernels for the quantized linear layer: their sources (C++ for CPUs, PTX for GPUs) and how they are loaded.

Nothing here runs at import. `quantization.py` calls `load_cpu_kernels` and `load_cuda_kernels` at the first use.
"""


class KernelUnavailableError(RuntimeError):
    """A native kernel cannot be used on this machine; the message says why and what to install."""


# ------------------------------------------------------------------------------------------------------------- CPU


def load_cpu_kernels():
    raise KernelUnavailableError("no CPU kernel yet")


# ------------------------------------------------------------------------------------------------------------ CUDA


def load_cuda_kernels():
    raise KernelUnavailableError("no CUDA kernel yet")
