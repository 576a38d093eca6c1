"""The published INT4 and INT8 formats, the products with them, and the layers. No ctypes, compilers or drivers.

Reads in four parts: the format (pure torch, the reference), the torch backend, one dispatch, the layers.
"""

import threading
import warnings
from typing import Any, List, Optional, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .cpu_kernels import copy_to_huge_pages, is_tracing, least_activation_bits
from .cpu_kernels import float_linear as cpu_float_linear
from .cpu_kernels import quantized_linear as cpu_quantized_linear
from .cpu_kernels import serve as cpu_kernels_serve
from .cuda_kernels import DTYPES as CUDA_DTYPES
from .cuda_kernels import CudaKernels
from .cuda_kernels import kernels_on as cuda_kernels_on

BITS = (4, 8)
FEW_ROWS = 8  # up to here a float weight is read by the native kernel, which waits for memory only
SMALL_WEIGHT = 2**17  # bytes; below, the torch backend expands in the cache, costs no more and is exact in float32
ROWS_PER_BLOCK = 512  # rows expanded at a time: 8 MiB of fp32 at 4,096 columns
LARGE_WEIGHT = 2**22  # elements
ROWS_PER_BLOCK_GPU = 16 * ROWS_PER_BLOCK  # enough of them to keep cuBLAS busy: 64 MiB of 16-bit floats
# Up to 2.3 torch lacked operations of float16 on a CPU; in 2.0, most of them.
HALF_LACKS = tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 4)


# ---------------------------------------------------------------------------------------------------------- format


def check_bits(bits: int) -> None:
    if bits not in BITS:
        raise ValueError(f"bits must be 4 or 8, got {bits!r}")


def pack_int4(values: Tensor) -> Tensor:
    """Packs int8 values in [-8, 7], [out, in], into int8 [out, in / 2]; the even column takes the high nibble."""
    if values.dtype != torch.int8 or values.shape[-1] % 2:
        raise ValueError(f"pack_int4 takes int8 with an even last dimension, got {values.dtype} {list(values.shape)}")
    return (values[..., 0::2] << 4) | (values[..., 1::2] & 0x0F)


def unpack_int4(packed: Tensor) -> Tensor:
    """Inverse of `pack_int4`: int8 [out, in / 2] to int8 [out, in], each in [-8, 7]."""
    # Shifts of a signed integer are arithmetic, so they extend the sign of a nibble.
    return torch.stack((packed >> 4, (packed << 4) >> 4), dim=-1).flatten(-2)


def quantize_weight(weight: Tensor, bits: int, search_scale: bool = False) -> Tuple[Tensor, Tensor]:
    """Quantizes a weight row by row, symmetrically.

    Args:
        weight: float [out, in], `in` even for 4 bits.
        bits: 4 or 8.
        search_scale: False takes scale = max|row| / (2^(bits-1) - 1), which reproduces the published checkpoints bit
            for bit. True tries smaller scales too and keeps, for every row, the one with the least squared error.

    Returns:
        `weight` int8 [out, in / 2] (4 bits, packed) or [out, in] (8 bits), and `scale` [out] in the dtype of `weight`.

    Raises:
        ValueError: bits other than 4 or 8, a shape that cannot be packed, values that are not finite.
    """
    check_bits(bits)
    if weight.dim() != 2 or not weight.is_floating_point() or (bits == 4 and weight.shape[1] % 2):
        raise ValueError(
            f"cannot quantize {weight.dtype} {list(weight.shape)} to {bits} bits: a float [out, in] with "
            f"even `in` is needed"
        )
    blocks = [_quantize_rows(rows, bits, search_scale) for rows in weight.detach().split(ROWS_PER_BLOCK)]
    return torch.cat([values for values, _ in blocks]), torch.cat([scale for _, scale in blocks])


def _gpu_kernels(tensor: Tensor) -> Optional[CudaKernels]:
    return None if is_tracing() else cuda_kernels_on(tensor)


def _quantize_rows(rows: Tensor, bits: int, search_scale: bool) -> Tuple[Tensor, Tensor]:
    kernels = _gpu_kernels(rows)
    if kernels is not None and rows.dtype in CUDA_DTYPES and not search_scale:
        values, scale = kernels.quantize(rows, bits)
        if not torch.isfinite(scale).all():
            raise ValueError("cannot quantize a weight with NaN or infinite values")
        return values, scale
    limit = 2 ** (bits - 1) - 1
    wide = rows.double() if rows.dtype == torch.float64 else rows.float()
    largest = wide.abs().amax(dim=1)
    if not torch.isfinite(largest).all():
        raise ValueError("cannot quantize a weight with NaN or infinite values")
    # A tensor as divisor: on a GPU, torch would multiply by the reciprocal of a number, which rounds differently.
    absmax_scale = (largest / torch.full_like(largest, limit)).to(rows.dtype)

    def quantize(scale: Tensor) -> Tensor:
        divisor = torch.where(scale == 0, torch.ones_like(scale), scale).to(wide.dtype)[:, None]
        # The quotient is rounded to the dtype of the weight first, as when the published checkpoints were made.
        return (wide / divisor).to(rows.dtype).to(wide.dtype).round()

    scale, values = absmax_scale, quantize(absmax_scale)
    if search_scale:
        values = values.clamp(-limit - 1, limit)
        error = (values * scale[:, None].to(wide.dtype) - wide).square().sum(dim=1)
        for factor in torch.linspace(0.5, 0.99, 50).tolist():
            candidate = (absmax_scale.to(wide.dtype) * factor).to(rows.dtype)
            candidate_values = quantize(candidate).clamp(-limit - 1, limit)
            candidate_error = (candidate_values * candidate[:, None].to(wide.dtype) - wide).square().sum(dim=1)
            better = candidate_error < error
            error = torch.where(better, candidate_error, error)
            scale = torch.where(better, candidate, scale)
            values = torch.where(better[:, None], candidate_values, values)
    # 8 bits from a 16-bit weight: a quotient can round to 128, which wraps around in the published packing.
    values = torch.where(scale[:, None] == 0, torch.zeros_like(values), values).to(torch.int32).to(torch.int8)
    return (pack_int4(values) if bits == 4 else values), scale


def dequantize_weight(weight: Tensor, scale: Tensor, bits: int, dtype: Optional[torch.dtype] = None) -> Tensor:
    """The values that a quantized weight stands for, `scale * q`: [out, in] in `dtype` (default: that of `scale`)."""
    dtype = dtype or scale.dtype
    kernels = _gpu_kernels(weight)
    if kernels is not None and dtype in CUDA_DTYPES:
        return kernels.dequantize(weight, scale, bits, dtype)
    values = unpack_int4(weight) if bits == 4 else weight
    return values.to(dtype).mul_(scale.to(dtype)[:, None])


# ---------------------------------------------------------------------------------------------------------- torch


def _row_blocks(weight: Tensor) -> List[slice]:
    size = ROWS_PER_BLOCK_GPU if weight.is_cuda else ROWS_PER_BLOCK
    return [slice(start, start + size) for start in range(0, weight.shape[0], size)]


def _torch_linear(x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int) -> Tensor:
    """The reference, on every device: expands a block of rows at a time and multiplies.

    Args as those of `quantized_linear`, x [m, in]; returns [m, out] in the dtype of x.
    """
    # CPUs multiply 16-bit floats several times slower than 32-bit ones.
    compute_dtype = torch.float32 if x.device.type == "cpu" and x.dtype != torch.float64 else x.dtype
    x_wide = x.to(compute_dtype)
    out = x.new_empty(x.shape[0], weight.shape[0])
    for rows in _row_blocks(weight):
        block = dequantize_weight(weight[rows], scale[rows], bits, compute_dtype)
        product = x_wide @ block.T
        out[:, rows] = product if bias is None else product.add_(bias[rows].to(compute_dtype))  # rounded once
    return out


# -------------------------------------------------------------------------------------------------------- dispatch


def quantized_linear(
    x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int, activation_bits: int = 16
) -> Tensor:
    """`x @ (scale * q).T + bias`, differentiable in x and bias.

    Args:
        x: float [..., in].
        weight: int8 [out, in / 2] (bits = 4) or [out, in] (bits = 8).
        scale: float [out].
        bias: float [out] or None.
        activation_bits: 8 lets the CPU kernels round x to 8 bits where they gain by it (see there).

    Returns:
        [..., out] in the dtype of x.

    Raises:
        TypeError, ValueError: a dtype, shape or device that does not fit; raised before anything is computed.
    """
    _check_linear(x, weight, scale, bias, bits)
    if torch.is_grad_enabled() and (x.requires_grad or (bias is not None and bias.requires_grad)):
        # Rows, and shaped here: torch lets nobody write to a view that was made within a function (PEFT 0.7 does).
        rows = _QuantizedLinearFunction.apply(x.reshape(-1, x.shape[-1]), weight, scale, bias, bits)  # never by 8 bits
        return rows.view(*x.shape[:-1], weight.shape[0])
    return _linear_forward(x, weight, scale, bias, bits, activation_bits)


def _check_linear(x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int) -> None:
    if weight.dtype != torch.int8:
        raise TypeError(f"a quantized weight is int8, got {weight.dtype}")
    if not x.is_floating_point() or not scale.is_floating_point():
        raise TypeError(f"x and scale must be floating point, got {x.dtype} and {scale.dtype}")
    check_bits(bits)
    out_features, in_features = weight.shape[0], weight.shape[1] * 8 // bits
    if x.shape[-1] != in_features:
        raise ValueError(f"x has {x.shape[-1]} features, the weight takes {in_features} (weight {list(weight.shape)})")
    if scale.shape != (out_features,):
        raise ValueError(f"scale must have shape [{out_features}], got {list(scale.shape)}")
    if bias is not None and bias.shape != (out_features,):
        raise ValueError(f"bias must have shape [{out_features}], got {list(bias.shape)}")
    device = x.device
    if weight.device != device or scale.device != device or (bias is not None and bias.device != device):
        devices = sorted({str(t.device) for t in (x, weight, scale, bias) if t is not None})
        raise ValueError(f"x, weight, scale and bias must be on one device, got {devices}")


def _linear_forward(
    x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int, activation_bits: int = 16
) -> Tensor:
    if weight.numel() >= SMALL_WEIGHT and cpu_kernels_serve(x, weight):
        return cpu_quantized_linear(x, weight, scale, bias, bits, activation_bits)
    rows = x.reshape(-1, x.shape[-1])
    kernels = _gpu_kernels(x)
    if kernels is not None and x.dtype in CUDA_DTYPES and rows.shape[0] <= kernels.max_rows(rows, bits):
        out = kernels.linear(rows, weight, scale, bias, bits)
    else:  # many rows on a GPU: blocks of the weight are expanded by a kernel, for cuBLAS
        out = _torch_linear(rows, weight, scale, bias, bits)
    return out if x.dim() == 2 else out.view(*x.shape[:-1], weight.shape[0])


def dense_linear(x: Tensor, weight: Tensor, bias: Optional[Tensor] = None) -> Tensor:
    """`F.linear`, at the speed of memory for a few rows on a CPU, and in float32 there where torch would be slow.

    Args:
        x: float [..., in].
        weight: float [out, in]; on a CPU its dtype may differ from that of x.
        bias: float [out] or None.

    Returns:
        [..., out] in the dtype of x.
    """
    tensors = (x, weight) if bias is None else (x, weight, bias)
    needs_grad = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    narrow = weight.dtype in (torch.float16, torch.bfloat16)
    served = x.is_cpu and x.dtype != torch.float64 and (narrow or weight.dtype == torch.float32)
    if needs_grad or not served:
        if narrow and with_all_operations(x) is not x:
            return F.linear(x.float(), weight.float(), None if bias is None else bias.float()).to(x.dtype)
        return F.linear(x, weight, bias)
    if x.numel() <= FEW_ROWS * x.shape[-1] and cpu_kernels_serve(x, weight):
        return cpu_float_linear(x, weight, bias)
    rows = x.reshape(-1, x.shape[-1])
    if narrow or x.dtype != weight.dtype:
        # CPUs multiply 16-bit floats several times slower than 32-bit ones.
        rows, out = rows.float(), x.new_empty(rows.shape[0], weight.shape[0])
        for block in _row_blocks(weight):
            out[:, block] = rows @ weight[block].float().T
        out = out if bias is None else out.add_(bias.to(out.dtype))
    else:
        out = F.linear(rows, weight, bias)
    return out.view(*x.shape[:-1], weight.shape[0])


def with_all_operations(x: Tensor) -> Tensor:
    """x, in float32 where torch lacks operations of float16."""
    return x.float() if HALF_LACKS and x.is_cpu and x.dtype == torch.float16 else x


class _QuantizedLinearFunction(torch.autograd.Function):
    """Gradient to x, [rows, in], and bias; a quantized weight is never trained."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int) -> Tensor:
        ctx.save_for_backward(weight, scale)
        ctx.bits = bits
        return _linear_forward(x, weight, scale, bias, bits)

    @staticmethod
    def backward(ctx: Any, rows: Tensor) -> Tuple[Optional[Tensor], ...]:
        weight, scale = ctx.saved_tensors
        grad_x = grad_bias = None
        if ctx.needs_input_grad[0]:
            dtype = torch.float32 if rows.device.type == "cpu" and rows.dtype != torch.float64 else rows.dtype
            # Blocks add up in fp32: fourteen roundings to 16 bits would cost a decimal.
            sum_dtype = torch.promote_types(dtype, torch.float32)
            total = rows.new_zeros(rows.shape[0], weight.shape[1] * 8 // ctx.bits, dtype=sum_dtype)
            for block in _row_blocks(weight):
                total += rows[:, block].to(dtype) @ dequantize_weight(weight[block], scale[block], ctx.bits, dtype)
            grad_x = total.to(rows.dtype)
        if ctx.needs_input_grad[3]:
            grad_bias = rows.sum(dim=0)
        return grad_x, None, None, grad_bias, None


# ---------------------------------------------------------------------------------------------------------- module


class DenseLinear(nn.Linear):
    """`nn.Linear` that `dense_linear` computes: 16-bit weights run at the speed of memory on a CPU, too."""

    def forward(self, x: Tensor) -> Tensor:
        return dense_linear(x, self.weight, self.bias)


class QuantizedLinear(nn.Linear):
    """A linear layer whose weight stays INT4 or INT8, in the published layout, whatever backend multiplies with it.

    An `nn.Linear` by type, so that PEFT puts LoRA over it. `weight` int8 [out, in · bits / 8] and `weight_scale` [out]
    are frozen; `bias` [out] may be trained.
    """

    activation_bits = 16  # set by the model from its configuration, see `set_activation_bits`
    _is_hf_initialized: bool  # where it is set, a later init_weights() leaves the layer alone

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bits: int,
        bias: bool = True,
        device: Any = None,
        dtype: Optional[torch.dtype] = None,
    ):
        check_bits(bits)
        if in_features * bits % 8:
            raise ValueError(f"in_features must be even for 4 bits, got {in_features}")
        nn.Module.__init__(self)
        self.in_features, self.out_features, self.bits = in_features, out_features, bits
        packed = torch.empty(out_features, in_features * bits // 8, dtype=torch.int8, device=device)
        weight = nn.Parameter(packed, requires_grad=False)
        # accelerate below 0.27 makes it anew with what stands here, else as a trainable one, which integers cannot be.
        weight.__dict__["requires_grad"] = False
        self.weight = weight
        self.weight_scale = nn.Parameter(torch.empty(out_features, device=device, dtype=dtype), requires_grad=False)
        # Frozen as in the published package; PEFT and callers may switch it on.
        self.register_parameter("bias", None)
        if bias:
            self.bias = nn.Parameter(torch.empty(out_features, device=device, dtype=dtype), requires_grad=False)

    @classmethod
    def from_linear(
        cls, linear: nn.Linear, bits: int, search_scale: bool = False, device: Any = None
    ) -> "QuantizedLinear":
        """Quantizes a float layer on its device (or on `device`, where the result then stays)."""
        weight = linear.weight.detach()
        weight = weight if device is None else weight.to(device)
        layer = cls(linear.in_features, linear.out_features, bits, linear.bias is not None, "meta", weight.dtype)
        packed, scale = quantize_weight(weight, bits, search_scale)
        layer.weight = nn.Parameter(packed, requires_grad=False)
        layer.weight_scale = nn.Parameter(scale, requires_grad=False)
        if linear.bias is not None:
            layer.bias = nn.Parameter(linear.bias.detach().to(weight.device), requires_grad=False)
        return layer

    def forward(self, x: Tensor) -> Tensor:
        return quantized_linear(x, self.weight, self.weight_scale, self.bias, self.bits, self.activation_bits)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, bits={self.bits}"


def quantize_children(
    parent: nn.Module, bits: int, empty_init: bool = False, device: Any = None, search_scale: bool = False
) -> None:
    """Puts a `QuantizedLinear` in the place of every linear child of a module; see the model's `quantize`."""
    for name, linear in list(parent.named_children()):
        if not isinstance(linear, nn.Linear):
            continue
        if empty_init:
            where, dtype = device or linear.weight.device, linear.weight.dtype
            new = QuantizedLinear(linear.in_features, linear.out_features, bits, linear.bias is not None, where, dtype)
        else:
            new = QuantizedLinear.from_linear(linear, bits, search_scale, device)
            new._is_hf_initialized = True
        setattr(parent, name, new)


def set_activation_bits(model: Any, bits: int) -> None:
    """Gives all quantized layers of a model the bits of its configuration, before a pass where they have changed.

    Warns where 8 bits are without effect: no 4-bit layer is on a CPU whose kernels have code for them.

    Raises:
        ValueError: bits other than 8 or 16.
    """
    if type(bits) is not int or bits not in (8, 16):
        raise ValueError(f"activation_bits must be 16, or 8 for faster prompts on a CPU, got {bits!r}")
    served = False
    for module in model.modules():
        if isinstance(module, QuantizedLinear):
            module.activation_bits = bits
            served = served or (module.bits == 4 and module.weight.is_cpu)
    if bits == 8 and not (served and least_activation_bits() == 8):
        warnings.warn(
            "activation_bits=8 is without effect: it takes INT4 layers on a CPU with AVX2 or AVX-512 and the compiled "
            "kernels",
            stacklevel=2,
        )
    model.activation_bits = bits


_settling = threading.Lock()


def settle_weights(model: Any) -> None:
    """Before the first pass on a CPU: large weights move to memory of large pages, which reads faster.

    Passes of other threads wait: they would read memory that is given back.
    """
    with _settling, torch.inference_mode(False):  # what is made in that mode could not be trained later
        for module in () if model.settled else model.modules():
            weight = module.weight if isinstance(module, nn.Linear) else None
            if type(weight) is nn.Parameter and weight.is_cpu and weight.numel() >= LARGE_WEIGHT:
                weight.data = copy_to_huge_pages(weight.data)
        model.settled = True


def prepare_layers(model: Any, x: Tensor) -> None:
    """Before a pass of x through a model: what its layers have to know, and where their weights lie."""
    if is_tracing():
        return
    if model.activation_bits != model.config.activation_bits:
        set_activation_bits(model, model.config.activation_bits)
    if x.is_cpu and not (model.settled or model.training):
        settle_weights(model)
