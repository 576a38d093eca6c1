"""Quantized layers to run on a GPU, stand-in or real, and the limits that their outputs have to keep."""

import torch
from package import load_package

quantization = load_package("quantization")

HALF, BFLOAT16, FLOAT = torch.float16, torch.bfloat16, torch.float32
# An output may be off by its own rounding (half a unit in the last place) ...
OUTPUT_ROUNDING = {HALF: 2.0**-11, BFLOAT16: 2.0**-8, FLOAT: 2.0**-24}
# ... and by the rounding of a sum of some thousand products in fp32, relative to the sum of their magnitudes. One
# wrong weight in 4,352 moves it by 2e-4.
SUM_ROUNDING = 2.0**-20


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
