"""The C++ library of the CPU kernels: built at the first use, kept, loaded, on Linux, macOS and Windows. Calls none.

What the systems differ in is decided by `system_for`, `compiler_words`, `process_options` and `is_private`, which are
told the system and look at nothing else. Nothing runs at import. Settings are read at the first use:
  CXX                   the compiler, with arguments where it needs some (default: c++, g++ or clang++, and where there
                        is none, or none that works, the one of the package ziglang from PyPI; on Windows only that)
  CHATGLM_KERNEL_CACHE  the folder of libraries (default: chatglm2-kernels in $XDG_CACHE_HOME or ~/.cache, on macOS
                        ~/Library/Caches, on Windows %LOCALAPPDATA%)
  CHATGLM_CPU_ARCH      "native" (default), or "portable": no intrinsics, runs on any processor of the family

Forking after use: a child may call the kernels, which start threads of their own there. torch's own operators may wait
for ever in a child for OpenMP's threads, which only the parent has: call torch.set_num_threads(1) in it, or start it
with "spawn". A fork while another thread is in its first call, compiling, leaves a child that waits for that.
"""

import contextlib
import ctypes
import functools
import hashlib
import importlib
import importlib.util
import logging
import ntpath
import os
import platform
import posixpath
import re
import secrets
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import warnings
from pathlib import Path, PureWindowsPath
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

import torch

from .kernel_sources import CPU_SOURCE

FLAGS = ["-std=c++17", "-O3", "-fwrapv", "-fPIC", "-shared", "-pthread"]
ARCH_FLAGS = {
    "native": [["-march=native"], ["-mcpu=native"], []],  # some compilers for ARM know only the second
    "portable": [["-DCHATGLM_PORTABLE"]],
}
VERSION_SECONDS, COMPILE_SECONDS = 10, 600  # after which a compiler counts as hanging
QUIET_SECONDS = 2  # that users wait without being told what for
STALE_SECONDS = 3600  # no build takes as long
PROFILES = ("USERPROFILE", "LOCALAPPDATA")  # folders of Windows that are closed to other users
CACHE_ADVICE = "Name a folder of your own, on a disk that has room and allows code, in CHATGLM_KERNEL_CACHE."


# --------------------------------------------------------------------------------------------------------- systems


class System(NamedTuple):
    """What building and loading ask of a system."""

    posix: bool  # files have owners and modes, folders can be opened, processes have groups
    suffix: str  # of a library
    appendable: bool  # bytes may stand behind the end of a library: macOS signs the whole file
    cache: str  # the folder of libraries where no setting names one
    compilers: Tuple[str, ...]  # that are looked for on the path
    target: str  # what ziglang is told to build for
    install: str  # how users get a compiler


def system_for(platform: str, machine: str, environment: Mapping[str, str]) -> System:
    """The rules of a system.

    Args:
        platform: as `sys.platform` names it.
        machine: what this process runs as: x86_64, AMD64, win-amd64, aarch64, arm64, win-arm64.
        environment: names the folders of caches.
    """
    family = "aarch64" if re.search("arm64|aarch64", machine, re.IGNORECASE) else "x86_64"
    if platform == "win32":
        # g++ for Windows puts vectors of 32 bytes where they are not aligned, and what else is there is not complete.
        local = environment.get("LOCALAPPDATA") or ntpath.join("~", "AppData", "Local")
        cache = ntpath.join(local, "chatglm2-kernels")
        return System(False, ".dll", True, cache, (), f"{family}-windows-gnu", "`pip install ziglang`")
    names = ("c++", "g++", "clang++")
    if platform == "darwin":
        home = environment.get("XDG_CACHE_HOME") or posixpath.join("~", "Library", "Caches")
        cache, install = posixpath.join(home, "chatglm2-kernels"), "`xcode-select --install` or `pip install ziglang`"
        return System(True, ".dylib", False, cache, names, f"{family}-macos", install)
    home = environment.get("XDG_CACHE_HOME") or posixpath.join("~", ".cache")
    cache, install = posixpath.join(home, "chatglm2-kernels"), "`apt-get install g++` or `pip install ziglang`"
    return System(True, ".so", True, cache, names, f"{family}-linux-gnu.2.17", install)


def compiler_words(text: str, posix: bool) -> List[str]:
    """A command as CXX holds it; a backslash is a part of a path on Windows. ValueError for a quote without an end."""
    return shlex.split(text) if posix else [word.strip('"') for word in shlex.split(text, posix=False)]


def process_options(posix: bool) -> Dict[str, Any]:
    """What Popen is told, so that all that a compiler starts can be ended, and no window of a console opens."""
    return {"start_new_session": True} if posix else {"creationflags": 0x08000000}  # CREATE_NO_WINDOW


def is_private(folder: str, environment: Mapping[str, str]) -> bool:
    """Whether a folder of Windows lies in the profile of this user, which Windows closes to others.

    Elsewhere, for instance on the root of another disk, all users may write by default.
    """
    profiles = [environment.get(name) for name in PROFILES]
    place = PureWindowsPath(folder)
    return any(profile and PureWindowsPath(profile) in (place, *place.parents) for profile in profiles)


def _system() -> System:
    machine = sysconfig.get_platform() if os.name == "nt" else platform.machine()
    return system_for(sys.platform, machine, os.environ)


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
        f"the CPU kernels could not be built; install a C++17 compiler (for example {_system().install}), or name it "
        "in CXX; if a disk is full, name folders on another in TMPDIR and CHATGLM_KERNEL_CACHE. Tried "
        + " | ".join(problems)
    )


def _compilers(told: List[str]) -> List[List[str]]:
    """The commands to try: what CXX names first, what pip has installed last."""
    system, named = _system(), os.environ.get("CXX", "").strip()
    commands: Dict[Tuple[str, ...], List[str]] = {}
    for name in filter(None, [named, *system.compilers]):
        try:
            words = [name] if shutil.which(name) else compiler_words(name, system.posix)
        except ValueError:
            words = [name]
        path = shutil.which(words[0])
        if path:  # c++ is often another name of g++
            commands.setdefault((os.path.realpath(path), *words[1:]), [path, *words[1:]])
        elif name == named:
            told.append(f"The compiler that CXX names does not exist: {named!r}.")
    zig = _zig()
    if zig:
        commands[(zig,)] = [zig, "c++", "-target", system.target]
    if not commands:
        raise KernelUnavailableError(
            f"no C++ compiler found; install one (for example {system.install}), or name it in CXX"
        )
    return list(commands.values())


def _zig() -> Optional[str]:
    """The program of the package ziglang: `python -m ziglang` would run what lies in the work folder, too."""
    found = importlib.util.find_spec("ziglang")
    folders = list(found.submodule_search_locations or []) if found else []
    return next(filter(None, (shutil.which(os.path.join(folder, "zig")) for folder in folders)), None)


def _problem(command: List[str], error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"{' '.join(command)}: no answer in {error.timeout:.0f} s"
    return f"{' '.join(command)}: {(getattr(error, 'stderr', None) or str(error)).strip()[:300]}"


def _load_or_compile(compiler: List[str], flags: List[str], version: str, told: List[str]) -> ctypes.CDLL:
    system = _system()
    identity = "\0".join([CPU_SOURCE, *compiler, *flags, version, _processor()])
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
    name = f"chatglm-{digest[:24]}{system.suffix}"
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
    with _private_folder(None if system.posix else next(iter(folders), None)) as private:
        content = _compile(compiler, flags, private)
        for folder in [*folders, private]:  # on Linux and macOS a loaded library outlives its file
            try:
                _keep(content, folder, name)
                found = _load(folder, name)
            except OSError as error:
                if not (isinstance(problem, _FolderError) and isinstance(error, _FolderError)):
                    problem = error  # else the first is the folder that users have named
                continue
            if found is not None:
                if folder == private:
                    told.append(f"ChatGLM's CPU kernels are compiled again at every start: {problem}. {CACHE_ADVICE}")
                return found
    if isinstance(problem, _FolderError):  # another compiler would find no better place
        raise KernelUnavailableError(f"the CPU kernels can be compiled, but not kept: {problem}. {CACHE_ADVICE}")
    raise problem


@contextlib.contextmanager
def _private_folder(parent: Optional[str]) -> Iterator[str]:
    """A temporary folder; on Windows beside the library, as the system's own may be open to others."""
    folder = tempfile.mkdtemp(prefix="chatglm2-compile-", dir=parent)
    try:
        _clean(os.path.dirname(folder))
        yield os.path.realpath(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # Windows keeps a library that is loaded: `_clean` removes it later


def _compile(compiler: List[str], flags: List[str], folder: str) -> bytes:
    """The library that a compiler makes in a folder. Raises what `_run` raises."""
    output = os.path.join(folder, "kernels" + _system().suffix)
    caches = {f"ZIG_{kind}_CACHE_DIR": os.path.join(folder, "zig") for kind in ("GLOBAL", "LOCAL")}  # 120 MB
    _run([*compiler, *flags, "-x", "c++", "-", "-o", output], COMPILE_SECONDS, CPU_SOURCE, caches)
    return Path(output).read_bytes()


def _run(command: List[str], seconds: float, text: str = "", settings: Optional[Dict[str, str]] = None) -> str:
    """What a compiler prints when `text` is put in: in any language, whatever encoding the locale names.

    `settings` go into its environment, unless they are there. Raises OSError, subprocess.CalledProcessError, or
    subprocess.TimeoutExpired when all that it started has ended.
    """
    message = "ChatGLM compiles its CPU kernels, which takes a minute or two once: waiting for %s, %d s at most"
    notice = threading.Timer(QUIET_SECONDS, logging.getLogger(__name__).warning, (message, command[0], seconds))
    pipe, options = subprocess.PIPE, process_options(_system().posix)
    options["env"] = {**(settings or {}), **os.environ}
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8", errors="replace", **options
    ) as process:
        notice.start()
        try:
            output, problems = process.communicate(text, timeout=seconds)
        except BaseException:  # Ctrl-C among them
            _end(process)
            raise
        finally:
            notice.cancel()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output, problems)
    return output


def _end(process: "subprocess.Popen[str]") -> None:
    """Ends a process and all that it has started."""
    system = _system()
    if system.posix:
        os.killpg(process.pid, signal.SIGKILL)
        return
    taskkill = os.path.join(os.environ.get("SystemRoot", r"C:\Windows"), "System32", "taskkill.exe")
    with contextlib.suppress(OSError):
        subprocess.run(
            [taskkill, "/F", "/T", "/PID", str(process.pid)], capture_output=True, **process_options(system.posix)
        )
    process.kill()


def _keep(content: bytes, folder: str, name: str) -> None:
    """Writes a library, and the digest that says whether it is whole. Raises _FolderError."""
    digest = hashlib.sha256(content).digest()
    if _system().appendable:
        _store(content + digest, folder, name)
    else:
        _store(digest, folder, name + ".sha256")
        _store(content, folder, name)


def _store(content: bytes, folder: str, name: str) -> None:
    """Writes a file whole or not at all, also when several processes build it at once. Raises _FolderError."""
    temporary, system = None, _system()
    try:
        _clean(folder)
        if system.posix and os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
            raise OSError("the disk does not allow code (noexec)")
        descriptor, temporary = tempfile.mkstemp(suffix=system.suffix, dir=folder)
        with open(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        try:
            os.replace(temporary, os.path.join(folder, name))
        except PermissionError:
            if system.posix:
                raise
            # Windows does not replace a library that is loaded, but renames it; `_clean` removes it later.
            os.rename(os.path.join(folder, name), os.path.join(folder, f"tmp{secrets.token_hex(4)}{system.suffix}"))
            os.replace(temporary, os.path.join(folder, name))
    except OSError as error:
        raise _FolderError(f"{folder}: {error.strerror or error}") from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _clean(folder: str) -> None:
    """Removes what builds that were killed have left in a folder, and libraries that were loaded when replaced."""
    system = _system()
    for path in Path(folder).iterdir():
        if re.fullmatch(rf"tmp\w{{8}}{re.escape(system.suffix)}|chatglm2-compile-\w{{8}}", path.name):
            try:
                status = path.lstat()
                is_own = not system.posix or status.st_uid == os.geteuid()
                if is_own and status.st_mtime < time.time() - STALE_SECONDS:
                    shutil.rmtree(path) if stat.S_ISDIR(status.st_mode) else path.unlink()
            except OSError:
                continue  # another process was faster, or has loaded it


def _cache_folder() -> str:
    """The folder of libraries, made where it is missing, and closed to others where it is ours.

    Raises _FolderError where that fails, or where others could put another folder in its place.
    """
    system = _system()
    named = os.environ.get("CHATGLM_KERNEL_CACHE") or system.cache
    folder = Path(os.path.realpath(os.path.expanduser(named)))
    try:
        if not system.posix:
            _check_private(str(folder))
            folder.mkdir(parents=True, exist_ok=True)
            return str(folder)
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


def _check_private(path: str) -> None:
    # Profiles, too, may lie behind a link: many move them to another disk.
    profiles = {name: os.path.realpath(os.environ[name]) for name in PROFILES if os.environ.get(name)}
    if not is_private(os.path.realpath(path), profiles):
        raise _FolderError(f"{path} is outside of your user profile, where others may write: no code is kept there")


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
    path = os.path.join(folder, name)
    try:
        if _system().posix:
            return _load_open(folder, name)
        _check_private(path)
        return _open(path) if _is_whole(Path(path).read_bytes()) else None
    except FileNotFoundError:
        return None


def _load_open(folder: str, name: str) -> Optional[ctypes.CDLL]:
    """What is checked is what is open here, whatever the path may lead to by now."""
    path, place = os.path.join(folder, name), os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _check_owner(folder, os.fstat(place))
        with _open_file(place, folder, name) as file:
            content = file.read()
            if not _system().appendable:
                with _open_file(place, folder, name + ".sha256") as digest:
                    content += digest.read()
            if not _is_whole(content):
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
    finally:
        os.close(place)


def _open_file(place: int, folder: str, name: str) -> Any:  # BinaryIO
    """A file of an open folder, if it is one that only this user and root may write; else _FolderError."""
    path, flags = os.path.join(folder, name), os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe would make us wait
    if stat.S_ISLNK(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode):
        raise _FolderError(f"{path} is a link, and not loaded")
    file = open(name, "rb", opener=lambda name, mode: os.open(name, mode | flags, dir_fd=place))
    try:
        _check_owner(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def _is_whole(content: bytes) -> bool:
    """Whether a library is followed by its digest: opening a truncated one would kill the process."""
    return hashlib.sha256(content[:-32]).digest() == content[-32:]


def _check_owner(path: str, status: os.stat_result) -> None:
    """Raises _FolderError for a file or folder that anybody but this user and root may write."""
    if status.st_uid not in (os.geteuid(), 0):
        raise _FolderError(f"{path} belongs to another user, and is not loaded")
    if status.st_mode & 0o022 and not (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX):
        raise _FolderError(f"others can write {path}, which is not loaded")


@functools.lru_cache(maxsize=None)
def _processor() -> str:
    """What tells this processor from others that may read the same cache: a library holds any of its instructions."""
    try:
        if sys.platform == "win32":
            has = ctypes.WinDLL("kernel32").IsProcessorFeaturePresent
            return os.environ.get("PROCESSOR_IDENTIFIER", "") + "".join(str(int(bool(has(i)))) for i in range(64))
        if sys.platform == "darwin":
            return _run(["/usr/sbin/sysctl", "machdep.cpu", "hw.optional"], VERSION_SECONDS)
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            first = file.read().split("\n\n")[0]
        keys = ("model name", "flags", "Features", "CPU implementer", "CPU part")
        return "\n".join(line for line in first.splitlines() if line.startswith(keys))
    except (OSError, subprocess.SubprocessError):
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
