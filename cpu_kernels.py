"""The C++ kernels of a CPU: built at the first use, loaded, and called. No CUDA, no modules of the network.

One predicate, `serve`, says whether the kernels take a call; the other functions may be called where it says yes.
Nothing runs at import. Settings are read from the environment at the first use:
  CXX                   the compiler, with arguments where it needs some (default: c++, g++ or clang++)
  CHATGLM_KERNEL_CACHE  the folder of libraries (default: $XDG_CACHE_HOME/chatglm2-kernels, ~/.cache/chatglm2-kernels)
  CHATGLM_CPU_ARCH      "native" (default), or "portable": no intrinsics, runs on any processor of the family

Forking after use: a child may call the kernels, which start threads of their own there. torch's own operators may wait
for ever in a child for OpenMP's threads, which only the parent has: call torch.set_num_threads(1) in it, or start it
with "spawn". A fork while another thread is in its first call, compiling, leaves a child that waits for that.
"""

import ctypes
import hashlib
import importlib
import logging
import math
import os
import platform
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import torch
from torch import Tensor

from .kernel_sources import CPU_SOURCE

FLAGS = ["-std=c++17", "-O3", "-fwrapv", "-fPIC", "-shared", "-pthread"]
ARCH_FLAGS = {
    "native": [["-march=native"], ["-mcpu=native"], []],  # some compilers for ARM know only the second
    "portable": [["-DCHATGLM_PORTABLE"]],
}
VERSION_SECONDS, COMPILE_SECONDS = 10, 600  # after which a compiler counts as hanging
QUIET_SECONDS = 2  # that users wait without being told what for
STALE_SECONDS = 3600  # no build takes as long
TYPES = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 2, torch.int8: 3}  # as in kernels/cpu/types.h
NO_MEMORY = "no memory for the activations of"
CACHE_ADVICE = "Name a folder of your own, on a disk that has room and allows code, in CHATGLM_KERNEL_CACHE."


# -------------------------------------------------------------------------------------------------- build and load


class KernelUnavailableError(RuntimeError):
    """The kernels cannot be built or loaded on this machine; the message says why and what to install."""


class _FolderError(OSError):
    """Code cannot be kept in a folder, or what is there may be somebody else's; the message says which and why."""


_lock = threading.Lock()
_loaded: List[Optional[ctypes.CDLL]] = []  # empty before the first use


def library() -> Any:  # Optional[ctypes.CDLL], which every call behind `serve` would have to ask again
    """The compiled kernels, built at the first call; None, after one warning, where that fails.

    Calls into them release the GIL.
    """
    if not _loaded:
        told: List[str] = []
        with _lock:
            if not _loaded:
                try:
                    _loaded.append(_build(told))
                except KernelUnavailableError as error:
                    _loaded.append(None)
                    told.append(f"ChatGLM runs without its CPU kernels, several times slower: {error}")
        if told:
            warnings.warn(" ".join(told), stacklevel=2)
    return _loaded[0]


def _build(told: List[str]) -> ctypes.CDLL:
    """The library, from the cache or from a compiler; sentences that the user should read are added to `told`."""
    if os.name != "posix":
        raise KernelUnavailableError(f"the CPU kernels are not available on {platform.system()}; use Linux or WSL")
    arch = os.environ.get("CHATGLM_CPU_ARCH", "native")
    if arch not in ARCH_FLAGS:
        raise KernelUnavailableError(f"CHATGLM_CPU_ARCH must be one of {sorted(ARCH_FLAGS)}, got {arch!r}")
    problems: List[str] = []
    for compiler in _compilers(told):
        failed = len(problems)
        try:
            version = _run([*compiler, "--version"], VERSION_SECONDS)
            for arch_flags in ARCH_FLAGS[arch]:
                try:
                    found = _load_or_compile(compiler, FLAGS + arch_flags, version, told)
                except (OSError, subprocess.CalledProcessError) as error:
                    problems.append(_problem([*compiler, *arch_flags], error))
                    continue
                if failed:
                    told.append(f"ChatGLM's CPU kernels: {problems[0]}; name a compiler that works in CXX.")
                return found
        except (OSError, subprocess.SubprocessError) as error:  # hanging ones among them
            problems.append(_problem(compiler, error))
    raise KernelUnavailableError(
        "the CPU kernels could not be built; install a C++17 compiler (for example `apt-get install g++`), or name it "
        "in CXX; if a disk is full, name folders on another in TMPDIR and CHATGLM_KERNEL_CACHE. Tried "
        + " | ".join(problems)
    )


def _compilers(told: List[str]) -> List[List[str]]:
    """The commands to try: what CXX names first."""
    named = os.environ.get("CXX", "").strip()
    commands: Dict[Tuple[str, ...], List[str]] = {}
    for name in filter(None, [named, "c++", "g++", "clang++"]):
        try:
            words = [name] if shutil.which(name) else shlex.split(name)
        except ValueError:  # a quote that does not end
            words = [name]
        path = shutil.which(words[0])
        if path:  # c++ is often another name of g++
            commands.setdefault((os.path.realpath(path), *words[1:]), [path, *words[1:]])
        elif name == named:
            told.append(f"The compiler that CXX names does not exist: {named!r}.")
    if not commands:
        raise KernelUnavailableError(
            "no C++ compiler found; install one (for example `apt-get install g++` or "
            "`conda install gxx`), or name it in CXX"
        )
    return list(commands.values())


def _problem(command: List[str], error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"{' '.join(command)}: no answer in {error.timeout:.0f} s"
    return f"{' '.join(command)}: {(getattr(error, 'stderr', None) or str(error)).strip()[:300]}"


def _load_or_compile(compiler: List[str], flags: List[str], version: str, told: List[str]) -> ctypes.CDLL:
    identity = "\0".join([CPU_SOURCE, *compiler, *flags, version, _processor()])
    name = f"chatglm-{hashlib.sha256(identity.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.so"
    folders, problem = [], OSError()
    try:
        folders.append(_cache_folder())
        found = _load(folders[0], name)
        if found is not None:
            return found
    except _FolderError as error:
        folders, problem = [], error
    except OSError:
        pass  # built for something else, for instance on a shared home folder: build it again
    with tempfile.TemporaryDirectory(prefix="chatglm2-compile-") as private:
        _clean(os.path.dirname(private))
        output = os.path.join(private, "kernels.so")
        _run([*compiler, *flags, "-x", "c++", "-", "-o", output], COMPILE_SECONDS, text=CPU_SOURCE)
        content = Path(output).read_bytes()
        for folder in [*folders, private]:  # on Linux and macOS a loaded library outlives its file
            try:
                _store(content + hashlib.sha256(content).digest(), folder, name)
                found = _load(folder, name)
            except OSError as error:
                problem = error
                continue
            if found is not None:
                if folder == private:
                    told.append(f"ChatGLM's CPU kernels are compiled again at every start: {problem}. {CACHE_ADVICE}")
                return found
    if isinstance(problem, _FolderError):  # another compiler would find no better place
        raise KernelUnavailableError(f"the CPU kernels can be compiled, but not kept: {problem}. {CACHE_ADVICE}")
    raise problem


def _run(command: List[str], seconds: float, text: str = "") -> str:
    """What a compiler prints when `text` is put in: in any language, whatever encoding the locale names.

    Raises OSError, subprocess.CalledProcessError, or subprocess.TimeoutExpired when all that it started has ended.
    """
    message = "ChatGLM compiles its CPU kernels, which takes a while once: waiting for %s, %d s at most"
    notice = threading.Timer(QUIET_SECONDS, logging.getLogger(__name__).warning, (message, command[0], seconds))
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8", errors="replace", start_new_session=True
    ) as process:
        notice.start()
        try:
            output, problems = process.communicate(text, timeout=seconds)
        except BaseException:  # Ctrl-C among them
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            notice.cancel()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output, problems)
    return output


def _store(content: bytes, folder: str, name: str) -> None:
    """Writes a file whole or not at all, also when several processes build it at once. Raises _FolderError."""
    temporary = None
    try:
        _clean(folder)
        if os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
            raise OSError("the disk does not allow code (noexec)")
        descriptor, temporary = tempfile.mkstemp(suffix=".so", dir=folder)
        with open(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, os.path.join(folder, name))
    except OSError as error:
        raise _FolderError(f"{folder}: {error.strerror or error}") from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _clean(folder: str) -> None:
    """Removes what builds that were killed have left in a folder."""
    for path in Path(folder).iterdir():
        if re.fullmatch(r"tmp\w{8}\.so|chatglm2-compile-\w{8}", path.name):
            try:
                status = path.lstat()
                if status.st_uid == os.geteuid() and status.st_mtime < time.time() - STALE_SECONDS:
                    shutil.rmtree(path) if stat.S_ISDIR(status.st_mode) else path.unlink()
            except OSError:
                continue  # another process was faster


def _cache_folder() -> str:
    """The folder of libraries, made where it is missing, and closed to others where it is ours.

    Raises _FolderError where that fails, or where others could put another folder in its place.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")
    named = os.environ.get("CHATGLM_KERNEL_CACHE") or os.path.join(home, "chatglm2-kernels")
    folder = Path(os.path.realpath(os.path.expanduser(named)))
    try:
        for above in reversed(folder.parents):
            above.mkdir(mode=0o700, exist_ok=True)
            if _others_may_rename(above.stat()):
                raise OSError(f"others can write {above}, where {folder} is")
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.stat()
        # The bit of /tmp and its like keeps what is ours ours, and such folders are meant to be open.
        if status.st_uid == os.geteuid() and status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX:
            folder.chmod(stat.S_IMODE(status.st_mode) & ~0o022)
            logging.getLogger(__name__).warning("others could write %s, and no longer can: code is kept there", folder)
    except OSError as error:
        raise _FolderError(str(error)) from error
    return str(folder)


def _others_may_rename(folder: os.stat_result) -> bool:
    """Whether anybody but this user and root may put something else in the place of what a folder holds."""
    if folder.st_uid not in (os.geteuid(), 0, os.stat("/").st_uid):  # the last: root, in a sandbox that maps it away
        return True
    if folder.st_mode & stat.S_ISVTX or not folder.st_mode & 0o022:
        return False
    if folder.st_mode & 0o002:
        return True
    try:  # many systems give every user a group of his own
        group = importlib.import_module("grp").getgrgid(folder.st_gid)
        user = importlib.import_module("pwd").getpwuid(os.geteuid()).pw_name
    except KeyError:
        return True
    return group.gr_name != user or not {user}.issuperset(group.gr_mem)


def _load(folder: str, name: str) -> Optional[ctypes.CDLL]:
    """The library in a file; None where there is none, or not a whole one.

    Raises _FolderError where somebody else may have written it, and OSError where it cannot be loaded.
    """
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # What is checked is what is open here, whatever the path may lead to by now.
        _check_owner(folder, os.fstat(place))
        path, flags = os.path.join(folder, name), os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe would make us wait
        if stat.S_ISLNK(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode):
            raise _FolderError(f"{path} is a link, and not loaded")
        with open(name, "rb", opener=lambda file, mode: os.open(file, mode | flags, dir_fd=place)) as file:
            _check_owner(path, os.fstat(file.fileno()))
            content = file.read()
            # A library ends in the digest of what stands before it: opening a truncated one would kill the process.
            if hashlib.sha256(content[:-32]).digest() != content[-32:]:
                return None
            held = f"/proc/self/fd/{place}"  # nobody else can rename anything in this folder
            if os.path.exists(held):
                try:
                    return _open(os.path.join(held, name))
                except OSError as error:
                    raise OSError(str(error).replace(held, folder)) from error
            if not os.path.samestat(os.stat(path), os.fstat(file.fileno())):
                raise _FolderError(f"{path} has become another file")
            return _open(path)
    except FileNotFoundError:
        return None
    finally:
        os.close(place)


def _check_owner(path: str, status: os.stat_result) -> None:
    """Raises _FolderError for a file or folder that anybody but this user and root may write."""
    if status.st_uid not in (os.geteuid(), 0):
        raise _FolderError(f"{path} belongs to another user, and is not loaded")
    if status.st_mode & 0o022 and not (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX):
        raise _FolderError(f"others can write {path}, which is not loaded")


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            first = file.read().split("\n\n")[0]
        keys = ("model name", "flags", "Features", "CPU implementer", "CPU part")
        return "\n".join(line for line in first.splitlines() if line.startswith(keys))
    except OSError:
        return f"{platform.machine()} {platform.processor()} {platform.platform()}"


def _open(path: str) -> ctypes.CDLL:
    opened = ctypes.CDLL(path)
    pointer, whole, number = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
    linear = [number, number, number, pointer, whole, number, pointer]  # sizes; x, its type and stride; the weight
    tail = [pointer, whole, pointer, whole]  # bias and its type; y; threads
    cache = [pointer, pointer, whole, pointer, pointer, whole]  # key, value, their type; their scales, their type
    signatures = {
        "instructions": [],
        "use_openmp": [pointer],
        "least_activation_bits": [],
        "quantized_linear": [whole, whole, *linear, number, pointer, whole, *tail],
        "float_linear": [*linear, whole, number, *tail],
        "rms_norm": [number, number, pointer, whole, pointer, whole, ctypes.c_float, pointer, whole],
        "swiglu": [number, number, pointer, whole, pointer, whole],
        "rotate": [number, number, number, pointer, whole, number, number, pointer, pointer, whole],
        "block": [pointer, pointer, *[ctypes.c_float] * 3, pointer],
        "attention": [*[number] * 6, pointer, whole, *cache, pointer, pointer, ctypes.c_float, pointer, whole],
    }
    try:
        for name, arguments in signatures.items():
            function = getattr(opened, f"chatglm_{name}")
            function.argtypes, function.restype = arguments, None
    except AttributeError as error:
        raise OSError(f"{path} is not a kernel library: {error}") from error
    opened.chatglm_instructions.restype = ctypes.c_char_p
    opened.chatglm_least_activation_bits.restype = whole
    for can_fail in ("quantized_linear", "float_linear", "attention", "block"):
        getattr(opened, f"chatglm_{can_fail}").restype = whole
    _share_openmp(opened)
    return opened


def _share_openmp(opened: ctypes.CDLL) -> None:
    try:
        # Looked up through torch's own library, which gives the very runtime that torch uses.
        parallel = ctypes.CDLL(torch._C.__file__).GOMP_parallel
        opened.chatglm_use_openmp(ctypes.cast(parallel, ctypes.c_void_p))
    except (AttributeError, OSError):
        pass  # a torch without OpenMP: the kernels start their own threads


# ----------------------------------------------------------------------------------------------------------- calls


def is_tracing() -> bool:
    """Whether torch.compile, torch.export or torch.jit records what runs: then no memory may be read."""
    compiler = getattr(torch, "compiler", None)  # torch 2.0 has none
    return torch.jit.is_tracing() or (compiler is not None and compiler.is_compiling())


def serve(*tensors: Tensor) -> bool:
    """Whether the kernels take these tensors: plain ones in CPU memory, of a dtype they read, without gradients."""
    if is_tracing():
        return False
    for tensor in tensors:
        if not tensor.is_cpu or tensor.dtype not in TYPES or type(tensor) not in (Tensor, torch.nn.Parameter):
            return False  # fake and wrapped tensors, too, have types of their own
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        return False
    return library() is not None


def least_activation_bits() -> int:
    """The fewest bits to which the kernels round activations where they are asked to: 8 with AVX2, else 16."""
    loaded = library()
    return 16 if loaded is None else loaded.chatglm_least_activation_bits()


def quantized_linear(
    x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int, activation_bits: int = 16
) -> Tensor:
    """`x @ (scale * q).T + bias` with x rounded to 16-bit integers per token and 512 columns.

    Args:
        x: float32, float16 or bfloat16 [..., in].
        weight: int8 [out, in / 2] (bits = 4) or [out, in] (bits = 8).
        scale: float [out].
        bias: float [out] or None.
        activation_bits: 16; or 8, which rounds x to 8 bits per token and 128 columns for more than 8 rows of x and
            4-bit weights, where `least_activation_bits()` is 8. Elsewhere it is the same as 16.

    Returns:
        [..., out] in the dtype of x, with a relative error around 3e-5 (8 bits: 7e-3) before it is rounded to that
        dtype.
    """
    shape, k, n = x.shape, x.shape[-1], weight.shape[0]
    x, m, x_stride = _rows(x)
    weight, weight_stride = _unit_stride(weight)
    scale_at, scale_type, scale = _vector(scale)
    bias_at, bias_type, bias = _vector(bias)
    y = x.new_empty((*shape[:-1], n))
    if m and n:
        at = (x.data_ptr(), TYPES[x.dtype], x_stride, weight.data_ptr(), weight_stride)
        factors = (scale_at, scale_type, bias_at, bias_type)
        sizes, threads = (bits, activation_bits, m, n, k), torch.get_num_threads()
        if library().chatglm_quantized_linear(*sizes, *at, *factors, y.data_ptr(), threads):
            raise MemoryError(f"{NO_MEMORY} a quantized linear layer")
    return y


def float_linear(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    """`x @ weight.T + bias` for few rows of x: reads the weight once, in its own dtype, and sums in float32.

    Args:
        x: float32, float16 or bfloat16 [..., in].
        weight: float32, float16 or bfloat16 [out, in].
        bias: float [out] or None.

    Returns:
        [..., out] in the dtype of x.
    """
    shape, k, n = x.shape, x.shape[-1], weight.shape[0]
    x, m, x_stride = _rows(x)
    weight, weight_stride = _unit_stride(weight)
    bias_at, bias_type, bias = _vector(bias)
    y = x.new_empty((*shape[:-1], n))
    if m and n:
        at = (x.data_ptr(), TYPES[x.dtype], x_stride, weight.data_ptr(), TYPES[weight.dtype], weight_stride)
        if library().chatglm_float_linear(m, n, k, *at, bias_at, bias_type, y.data_ptr(), torch.get_num_threads()):
            raise MemoryError(f"{NO_MEMORY} a linear layer")
    return y


def _rows(x: Tensor) -> Tuple[Tensor, int, int]:
    """x as the kernels read it, its number of rows and the distance between them."""
    k, m = x.shape[-1], math.prod(x.shape[:-1])
    if x.is_contiguous():
        return x, m, k
    rows, stride = _unit_stride(x.reshape(m, k))
    return rows, m, stride


def _unit_stride(matrix: Tensor) -> Tuple[Tensor, int]:
    """A matrix whose rows are contiguous, and the distance between them."""
    stride, unit = matrix.stride()
    return (matrix, stride) if unit == 1 else (matrix.contiguous(), matrix.shape[1])


def _vector(tensor: Optional[Tensor]) -> Tuple[int, int, Any]:
    """Address and type of a scale or bias as the kernels read it, and the tensor that keeps the memory alive."""
    if tensor is None:
        return 0, 0, None
    number = TYPES.get(tensor.dtype)
    if number is None or not tensor.is_contiguous():
        tensor, number = tensor.float().contiguous(), 0
    return tensor.data_ptr(), number, tensor


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_scale: Optional[Tensor] = None,
    value_scale: Optional[Tensor] = None,
    starts: Optional[Tensor] = None,
) -> Tensor:
    """Causal attention of the last positions over a key/value cache, without expanding or copying it.

    Query i has position t - s + i and sees the keys from starts[b] up to its own position. Query head h uses group
    h // (heads / groups). Scores and sums are float32 (flash attention: Dao et al. 2022, section 3.1).

    Args:
        query: float32, float16 or bfloat16 [b, s, h, d].
        key, value: [b, t, g, d], of one dtype: float32, float16, bfloat16 or int8; t tokens, those of the query last.
            Any strides with contiguous channels.
        key_scale, value_scale: float [b, t, g], the factors of an int8 cache.
        starts: int64 [b], the first key that a batch row may see (left padding), or None.

    Returns:
        [b, s, h, d] in the dtype of `query`; zeros for queries that see no key.
    """
    scaled = key_scale is not None
    if key.dtype != value.dtype or not scaled == (value_scale is not None) == (key.dtype == torch.int8):
        raise ValueError("an int8 cache, and no other, comes with key_scale and value_scale")
    batch, queries, heads, channels = query.shape
    length, groups = key.shape[1:3]
    fits = key.shape == value.shape == (batch, length, groups, channels) and queries <= length
    if not (fits and groups and heads % groups == 0):
        shapes = [list(t.shape) for t in (query, key, value)]
        raise ValueError(f"attention of {shapes[0]} does not fit a cache of {shapes[1]}, {shapes[2]}")
    query, key, value = [t if t.stride(3) == 1 else t.contiguous() for t in (query, key, value)]
    strides = [*query.stride()[:3], *key.stride()[:3], *value.stride()[:3]]
    scale_type = key_scale_at = value_scale_at = 0
    if key_scale is not None and value_scale is not None:
        if key_scale.dtype != value_scale.dtype or key_scale.dtype not in TYPES:
            key_scale, value_scale = key_scale.float(), value_scale.float()
        scale_type, key_scale_at, value_scale_at = TYPES[key_scale.dtype], key_scale.data_ptr(), value_scale.data_ptr()
        strides += [*key_scale.stride(), *value_scale.stride()]
    starts = None if starts is None else starts.to(torch.int64).contiguous()
    out = torch.empty((batch, queries, heads, channels), dtype=query.dtype)
    if out.numel():
        sizes = (batch, queries, heads, groups, channels, length)
        cache = (key.data_ptr(), value.data_ptr(), TYPES[key.dtype], key_scale_at, value_scale_at, scale_type)
        rest = ((ctypes.c_int64 * 15)(*strides), None if starts is None else starts.data_ptr(), channels**-0.5)
        query_at = (query.data_ptr(), TYPES[query.dtype])
        if library().chatglm_attention(*sizes, *query_at, *cache, *rest, out.data_ptr(), torch.get_num_threads()):
            raise MemoryError(f"{NO_MEMORY} attention")
    return out


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """`weight * (x / sqrt(mean(x²) + eps))` in float32, rounded once.

    Args:
        x: float32, float16 or bfloat16 [..., hidden].
        weight: float32, float16 or bfloat16 [hidden].
    """
    x, weight, k = x.contiguous(), weight.contiguous(), weight.shape[0]
    if x.shape[-1] != k:
        raise ValueError(f"x has {x.shape[-1]} channels, the weight of the norm {k}")
    y = torch.empty_like(x)
    if y.numel():
        at = (x.data_ptr(), TYPES[x.dtype], weight.data_ptr(), TYPES[weight.dtype])
        library().chatglm_rms_norm(x.numel() // k, k, *at, eps, y.data_ptr(), torch.get_num_threads())
    return y


def swiglu(x: Tensor) -> Tensor:
    """`silu(gate) * up` of x [..., gate and up], a float32, float16 or bfloat16, rounded once; [..., half]."""
    x, k = x.contiguous(), x.shape[-1] // 2
    y = x.new_empty((*x.shape[:-1], k))
    if y.numel():
        at = (x.data_ptr(), TYPES[x.dtype], y.data_ptr())
        library().chatglm_swiglu(y.numel() // k, k, *at, torch.get_num_threads())
    return y


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> None:
    """Turns the interleaved pairs of the first channels, in place.

    Args:
        x: float32, float16 or bfloat16 [b, s, heads, d] with contiguous channels.
        cos, sin: float32 [b, s, 1, pairs], 2 * pairs <= d.
    """
    b, s, heads, d = x.shape
    pairs = cos.shape[-1]
    if cos.shape != sin.shape or cos.shape[:3] != (b, s, 1) or 2 * pairs > d:
        raise ValueError(f"cos {list(cos.shape)} and sin {list(sin.shape)} do not fit x {list(x.shape)}")
    cos, sin = cos.float().contiguous(), sin.float().contiguous()
    batch_stride, token_stride, head_stride, unit = x.stride()
    if unit != 1:
        raise ValueError(f"the channels of x must be contiguous, got strides {list(x.stride())}")
    if b > 1 and batch_stride != s * token_stride:  # rows that do not lie one behind the other
        for row in range(b):
            rotate(x[row : row + 1], cos[row : row + 1], sin[row : row + 1])
    elif x.numel():
        at = (x.data_ptr(), TYPES[x.dtype], token_stride, head_stride, cos.data_ptr(), sin.data_ptr())
        library().chatglm_rotate(b * s, heads, pairs, *at, torch.get_num_threads())


# ----------------------------------------------------------------------------------------------------- whole blocks


def run_block(step: Any, block: Any, attention_eps: float, mlp_eps: float, scale: float, x: Tensor) -> None:
    """A whole block of quantized layers, rounded step by step as its modules round.

    Args:
        step, block: `Step` and `Block` in block.h, arrays of int64; whoever fills them answers for the addresses.
        attention_eps, mlp_eps: of the two norms.
        scale: of the attention scores.
        x: float32, float16 or bfloat16 [b, s, hidden], contiguous: changed in place.
    """
    if library().chatglm_block(step, block, attention_eps, mlp_eps, scale, x.data_ptr()):
        raise MemoryError(f"{NO_MEMORY} a block")


# ---------------------------------------------------------------------------------------------------- large pages


def use_huge_pages(tensor: Tensor) -> bool:
    """Asks Linux to back a CPU tensor's memory with 2 MiB pages, which makes reading a large weight faster.

    Works best before the memory is written for the first time. Returns whether the system took the advice; anonymous
    memory only (a memory-mapped file keeps its pages).
    """
    return _advise(tensor, page=2 << 20, advice=14)  # MADV_HUGEPAGE


def copy_to_huge_pages(tensor: Tensor) -> Tensor:
    """A copy of a CPU tensor in 2 MiB pages; pages of a memory-mapped file that it came from are given back."""
    copy = torch.empty_like(tensor, memory_format=torch.contiguous_format)
    if not use_huge_pages(copy):
        return tensor
    copy.copy_(tensor)
    _advise(tensor, page=4096, advice=21)  # MADV_PAGEOUT: drops clean pages of a file, and never loses contents
    return copy


def _advise(tensor: Tensor, page: int, advice: int) -> bool:
    begin = (tensor.data_ptr() + page - 1) // page * page
    end = (tensor.data_ptr() + tensor.numel() * tensor.element_size()) // page * page
    if sys.platform != "linux" or tensor.device.type != "cpu" or end <= begin:
        return False
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return madvise(begin, end - begin, advice) == 0
