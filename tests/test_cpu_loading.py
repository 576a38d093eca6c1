"""How the C++ kernels come to be built, kept and loaded: who may put code there, and what happens where it fails.

A user would run somebody else's code, wait for minutes without a word, or compile again at every start if one of
these broke. What the kernels compute is held in test_cpu_kernels.py.
"""

import ctypes
import gc
import hashlib
import logging
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import warnings
import weakref
from pathlib import Path

import pytest
import torch
from package import load_package

quantization, calls, kernels = load_package("quantization", "cpu_kernels", "cpu_library")

TESTS = Path(__file__).resolve().parent
STRANGER = 54321  # no user has this number
HOUR = 3600


# ------------------------------------------------------------------------------------------------------ what is used


@pytest.fixture(scope="session")
def objects(tmp_path_factory):
    """(a kernel library, one that is none and leaves `marker` when it is loaded, marker), without digests."""
    compiler = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
    if compiler is None:
        pytest.skip("no C++ compiler")
    folder = tmp_path_factory.mktemp("objects")
    good, evil, marker = folder / "good.so", folder / "evil.so", folder / "marker"
    code = f'''#include <stdio.h>
    __attribute__((constructor)) static void planted() {{ fclose(fopen("{marker}", "w")); }}'''
    for path, source in ((good, kernels.CPU_SOURCE), (evil, code)):
        flags = [*kernels.FLAGS, "-O0", "-DCHATGLM_PORTABLE"]  # optimizes nothing, so that the test is quick
        subprocess.run([compiler, *flags, "-x", "c++", "-", "-o", path], input=source, encoding="utf-8", check=True)
    return good, evil, marker


class Compiler:
    """A program that takes a compiler's arguments and hands out a library that is ready, and counts."""

    def __init__(self, folder, library, name="quick-cxx", body=""):
        self.path, self.log = folder / name, folder / f"{name}.log"
        self.log.touch()
        self.path.write_text(
            f"""#!/bin/sh
echo "$*" >> {self.log}
case "$*" in *--version*) echo quick of {folder}; exit 0; esac
/bin/cat > /dev/null
{body}
while [ $# -gt 0 ]; do [ "$1" = -o ] && output=$2; shift; done
/bin/cp {library} "$output"
""",  # the version is another for each test, as one process loads a library of one name once
            encoding="utf-8",
        )
        self.path.chmod(0o755)

    @property
    def calls(self):
        return [line for line in self.log.read_text(encoding="utf-8").splitlines() if "--version" not in line]


@pytest.fixture
def compiler(objects, tmp_path, monkeypatch):
    """The only compiler of this machine; nothing is loaded yet, and the cache is in `tmp_path`."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("CXX", str(tools / "quick-cxx"))
    monkeypatch.setenv("CHATGLM_KERNEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CHATGLM_CPU_ARCH", "portable")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(kernels, "_loaded", [])
    monkeypatch.setattr(kernels, "_zig", lambda: None)
    objects[2].unlink(missing_ok=True)
    return Compiler(tools, objects[0])


def whole(path):
    """What the cache holds of a library: its content, and the digest of that, which is no secret."""
    content = path.read_bytes()
    return content + hashlib.sha256(content).digest()


def is_whole(path):
    content = path.read_bytes()
    return hashlib.sha256(content[:-32]).digest() == content[-32:]


def start():
    """What users are told when a process uses the kernels for the first time."""
    kernels._loaded.clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            calls.serve(torch.ones(2))
    assert len(caught) <= 1, [str(one.message) for one in caught]
    return str(caught[0].message) if caught else ""


def fill_cache():
    """Builds into the cache, without loading: a process loads one library of a name, whatever is there by then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "_open", lambda path: path)
        kernels._build([])


def works():
    x, weight = torch.randn(3, 64), torch.randn(5, 64)
    torch.testing.assert_close(calls.float_linear(x, weight, None), x @ weight.T, rtol=1e-4, atol=1e-4)
    return True


def give_away(path, monkeypatch):
    """Makes a file somebody else's; where that is not allowed, everybody is told so."""
    if os.geteuid() == 0:
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
        return
    mine, real = os.lstat(path), os.fstat

    def told(descriptor):
        status = real(descriptor)
        if not os.path.samestat(status, mine):
            return status
        return os.stat_result([*status[:4], STRANGER, *status[5:]], {})

    monkeypatch.setattr(os, "fstat", told)


# ------------------------------------------------------------------------------------------------ somebody else's code


def planted(kind, cache, evil, monkeypatch):
    """Puts a whole library that is no kernel library into the place of the one in the cache, in one of the ways."""
    (library,) = cache.iterdir()
    if kind == "link":
        library.unlink()
        elsewhere = cache.parent / "elsewhere.so"
        elsewhere.write_bytes(whole(evil))
        library.symlink_to(elsewhere)
        return library
    library.write_bytes(whole(evil))
    if kind == "owner":
        give_away(library, monkeypatch)
    elif kind == "group":
        library.chmod(0o664)
    elif kind == "everybody":
        library.chmod(0o646)
    elif kind == "folder":
        give_away(cache, monkeypatch)
        return cache
    elif kind == "parent":
        cache.parent.chmod(0o777)
        return cache.parent
    return library


@pytest.mark.parametrize("kind", ["owner", "group", "everybody", "link", "folder", "parent"])
def test_a_planted_library_is_not_loaded(compiler, objects, tmp_path, monkeypatch, kind):
    cache = tmp_path / "above" / "cache"
    monkeypatch.setenv("CHATGLM_KERNEL_CACHE", str(cache))
    fill_cache()
    suspicious = planted(kind, cache, objects[1], monkeypatch)
    (before,) = cache.iterdir()
    message = start()
    assert not objects[2].exists(), "the planted library ran"
    assert str(suspicious) in message and "CHATGLM_KERNEL_CACHE" in message
    assert works() and len(compiler.calls) == 2
    assert [before] == list(cache.iterdir()) and before.read_bytes() == whole(objects[1])
    assert not list((tmp_path / "temporary").iterdir())


def test_a_folder_that_others_can_write_is_closed_once(compiler, objects, tmp_path, monkeypatch, caplog):
    cache = tmp_path / "cache"
    fill_cache()
    cache.chmod(0o777)
    stranger = planted("owner", cache, objects[1], monkeypatch)
    assert str(stranger) in start() and not objects[2].exists()
    assert stat.S_IMODE(cache.stat().st_mode) == 0o755 and str(cache) in caplog.text
    caplog.clear()
    start()
    assert not caplog.text
    cache.chmod(0o775)
    stranger.unlink()
    assert start() == "" and stat.S_IMODE(cache.stat().st_mode) == 0o755  # ours again: what is there is used


def test_a_folder_as_open_as_tmp_stays_open(compiler, tmp_path):
    """`CHATGLM_KERNEL_CACHE=/tmp`, as root: nobody else could work on this machine if it were closed."""
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o1777)
    assert start() == "" and stat.S_IMODE(cache.stat().st_mode) == 0o1777
    (library,) = cache.iterdir()
    assert not library.stat().st_mode & 0o022


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a library is loaded by its path")
def test_what_was_checked_is_what_is_loaded(compiler, objects, tmp_path, monkeypatch):
    """Somebody exchanges the folder after it was found to be ours."""
    fill_cache()
    cache, check = tmp_path / "cache", kernels._check_owner
    (library,) = cache.iterdir()

    def exchanged(path, status):
        check(path, status)
        if stat.S_ISREG(status.st_mode) and cache.exists():
            cache.rename(tmp_path / "checked")
            cache.mkdir()
            library.write_bytes(whole(objects[1]))

    monkeypatch.setattr(kernels, "_check_owner", exchanged)
    assert start() == "" and works()
    assert library.exists() and not objects[2].exists()


def test_users_of_a_group_of_their_own_keep_their_cache(compiler, tmp_path, monkeypatch):
    """Where umask is 002 because every user has a group, ~/.cache is writable to that group: to nobody else."""
    import grp
    import pwd

    above = tmp_path / "above"
    above.mkdir()
    above.chmod(0o775)
    monkeypatch.setenv("CHATGLM_KERNEL_CACHE", str(above / "cache"))
    user = pwd.struct_passwd(("alice", "x", os.geteuid(), 1, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: user)
    for name, members, told in (
        ("alice", [], False),
        ("alice", ["alice"], False),
        ("alice", ["bob"], True),
        ("staff", [], True),
    ):
        monkeypatch.setattr(grp, "getgrgid", lambda _, n=name, m=members: grp.struct_group((n, "x", 1, m)))
        assert (str(above) in start()) == told
    monkeypatch.setattr(pwd, "getpwuid", lambda _: {}["a container's user, which has no name"])
    assert str(above) in start()


def test_folders_are_made_for_their_user_alone(compiler, tmp_path, monkeypatch):
    monkeypatch.delenv("CHATGLM_KERNEL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / "cache"))
    before = os.umask(0)
    try:
        assert start() == ""
    finally:
        os.umask(before)
    folder = tmp_path / "home" / "cache" / "chatglm2-kernels"
    assert kernels._cache_folder() == str(folder)
    for path in (folder, *list(folder.parents)[:2], *folder.iterdir()):
        assert not path.stat().st_mode & 0o022


def test_a_pipe_in_the_place_of_a_library_does_not_make_anybody_wait(compiler, tmp_path):
    fill_cache()
    (library,) = (tmp_path / "cache").iterdir()
    library.unlink()
    os.mkfifo(library)
    assert start() == "" and works() and is_whole(library)


def test_a_file_that_is_no_kernel_library_is_refused_and_torch_goes_on(objects):
    """Closing it would be right, and closing what torch uses would end the process."""
    expected = torch.relu(torch.ones(1 << 20)).sum()
    with pytest.raises(OSError, match="is not a kernel library"):
        kernels._open(str(objects[1]))
    objects[2].unlink()
    assert torch.relu(torch.ones(1 << 20)).sum() == expected


# ------------------------------------------------------------------------------------------------ no room, no compiler


def full_disk(cache, monkeypatch):
    """Every file that Python opens in the cache has no room for a byte."""
    real = tempfile.mkstemp

    def mkstemp(*arguments, **options):
        descriptor, path = real(*arguments, **options)
        if Path(path).parent == cache:
            os.close(descriptor)
            descriptor = os.open("/dev/full", os.O_WRONLY)
        return descriptor, path

    monkeypatch.setattr(tempfile, "mkstemp", mkstemp)


def disk_without_code(cache, monkeypatch):
    real = os.statvfs

    def statvfs(path):
        status = list(real(path))
        status[8] |= os.ST_NOEXEC if str(path) == str(cache) else 0
        return os.statvfs_result(status)

    monkeypatch.setattr(os, "statvfs", statvfs)


def loader_that_refuses(cache, monkeypatch):
    """A policy of the system, which no flag of a disk tells."""
    real = ctypes.CDLL

    def load(path, *arguments, **options):
        if path and os.path.exists(path) and Path(os.path.realpath(path)).parent == cache:
            raise OSError(f"{path}: failed to map segment from shared object")
        return real(path, *arguments, **options)

    monkeypatch.setattr(ctypes, "CDLL", load)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the disk is simulated with Linux's means")
@pytest.mark.parametrize("cause", [full_disk, disk_without_code, loader_that_refuses])
def test_a_cache_that_cannot_keep_code_costs_one_compile_and_says_so(compiler, tmp_path, monkeypatch, cause):
    cache = tmp_path / "cache"
    cache.mkdir()
    cause(cache, monkeypatch)
    for starts in (1, 2):
        message = start()
        assert works() and len(compiler.calls) == starts
        assert "compiled again at every start" in message and "CHATGLM_KERNEL_CACHE" in message
        assert str(cache) in message and "apt-get" not in message
    assert not [path for path in cache.iterdir() if path.name.startswith("tmp")]
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize("options", ["size=64k", "noexec"])
def test_a_real_disk_that_cannot_keep_code(compiler, tmp_path, options):
    cache = tmp_path / "cache"
    cache.mkdir()
    mounted = ["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", cache]
    if os.geteuid() or not os.path.exists("/bin/mount") or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("mounting a disk is not allowed here; the test above simulates it")
    try:
        message = start()
        assert works() and len(compiler.calls) == 1 and not list(cache.iterdir())
        assert "No space left" in message or "noexec" in message
        assert str(cache) in message and "CHATGLM_KERNEL_CACHE" in message
    finally:
        subprocess.run(["/bin/umount", "--lazy", cache], check=True)


def test_no_room_anywhere_compiles_once_and_names_the_cure(compiler, tmp_path, monkeypatch):
    monkeypatch.setattr(kernels.os, "ST_NOEXEC", -1, raising=False)  # every disk
    monkeypatch.setattr(kernels, "_open", lambda path: 1 / 0)
    message = start()
    assert kernels.library() is None and len(compiler.calls) == 1
    assert "CHATGLM_KERNEL_CACHE" in message and "noexec" in message and "apt-get" not in message


def test_a_full_temporary_folder_is_named_and_a_kept_library_needs_none(compiler, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert "nowhere" in start() and kernels.library() is None
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
        fill_cache()
    assert start() == "" and works()


def test_leftovers_of_killed_builds_are_removed_and_nothing_else(compiler, tmp_path):
    cache, temporary = tmp_path / "cache", tmp_path / "temporary"
    cache.mkdir()
    old, new = [cache / "tmpabc_12xy.so", temporary / "chatglm2-compile-abcdefgh"], [cache / "tmp23456789.so"]
    kept = [cache / "tmp-notes.so", cache / "chatglm-0123.so", temporary / "tmp1234567"]
    for path in (*old, *new, *kept):
        path.mkdir() if "compile" in path.name else path.write_bytes(b"")
        if path not in new:
            os.utime(path, (time.time() - HOUR - 60,) * 2)
    assert start() == ""
    assert not any(path.exists() for path in old) and all(path.exists() for path in (*new, *kept))


def test_calls_without_a_compiler_keep_nothing_alive(monkeypatch, tmp_path):
    """One exception that is raised again and again keeps every caller's activations in its traceback."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(kernels, "_loaded", [])
    monkeypatch.setattr(kernels, "_zig", lambda: None)
    weight, scale = torch.zeros(1024, 512, dtype=torch.int8), torch.ones(1024)
    assert weight.numel() >= quantization.SMALL_WEIGHT
    activations = []
    with pytest.warns(UserWarning, match="no C\\+\\+ compiler found") as caught:
        for _ in range(2000):
            x = torch.zeros(1, 1024)
            activations.append(weakref.ref(x))
            with torch.no_grad():
                quantization.dense_linear(x, x)
                assert not calls.serve(x, weight)
    quantization.quantized_linear(x, weight, scale, None, 4)
    del x
    gc.collect()
    assert not any(reference() is not None for reference in activations)
    assert len(caught) == 1 and kernels._loaded == [None]


# ----------------------------------------------------------------------------------------------------------- compilers


def runs(pid):
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"  # dead, and nobody has asked how it ended
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_compiler_that_hangs_is_left_and_users_are_told_what_they_wait_for(
    compiler, objects, tmp_path, monkeypatch, caplog
):
    assert (kernels.VERSION_SECONDS, kernels.COMPILE_SECONDS, kernels.QUIET_SECONDS) == (10, 600, 2)
    for name, seconds in (("VERSION_SECONDS", 4), ("COMPILE_SECONDS", 4), ("QUIET_SECONDS", 1)):
        monkeypatch.setattr(kernels, name, seconds)
    child = tmp_path / "child"
    Compiler(compiler.path.parent, objects[0], "quick-cxx", f"/bin/sh -c 'echo $$ > {child}; exec /bin/sleep 300'")
    other = Compiler(compiler.path.parent, objects[0], "g++")
    began = time.monotonic()
    message = start()
    assert time.monotonic() - began < 30 and works() and len(compiler.calls) == len(other.calls) == 1
    assert "quick-cxx" in message and "no answer in 4 s" in message and "CXX" in message
    (line,) = {
        (record.levelno, record.getMessage()) for record in caplog.records if "quick-cxx" in record.getMessage()
    }
    assert line[0] == logging.WARNING and "compiles its CPU kernels" in line[1]
    while runs(int(child.read_text())):  # what the compiler has started ends with it
        assert time.monotonic() - began < 30


def test_a_compiler_that_hangs_at_once_is_left(compiler, objects, monkeypatch):
    monkeypatch.setattr(kernels, "VERSION_SECONDS", 2)
    compiler.path.write_text(f"#!/bin/sh\necho $* >> {compiler.log}\nexec /bin/sleep 300\n")
    other = Compiler(compiler.path.parent, objects[0], "clang++")
    began = time.monotonic()
    message = start()
    assert "quick-cxx: no answer in 2 s" in message and works() and len(other.calls) == 1
    assert time.monotonic() - began < 30 and compiler.log.read_text().count("--version") == 1


def test_a_build_that_is_quick_is_not_announced(compiler, monkeypatch, caplog):
    monkeypatch.setattr(kernels, "QUIET_SECONDS", 60)  # this machine may have much to do
    assert start() == "" and not caplog.records


def test_cxx_may_hold_arguments(compiler, objects, monkeypatch):
    Compiler(compiler.path.parent, objects[0], "ccache")
    monkeypatch.setenv("CXX", "ccache 'g++' -ffirst '-fsecond third'")
    assert start() == "" and works()
    version, line = (compiler.path.parent / "ccache.log").read_text().splitlines()
    assert version == "g++ -ffirst -fsecond third --version"
    assert line.startswith("g++ -ffirst -fsecond third -std=c++17 ") and not compiler.calls


def test_a_compiler_in_a_folder_with_a_blank_is_found(compiler, objects, tmp_path, monkeypatch):
    folder = tmp_path / "my tools"
    folder.mkdir()
    named = Compiler(folder, f'"{objects[0]}"', body="")
    monkeypatch.setenv("CXX", str(named.path))
    named.path.write_text(named.path.read_text().replace(str(named.log), f"'{named.log}'"))
    assert start() == "" and works() and len(named.calls) == 1


@pytest.mark.parametrize("named", ["no-such-cxx", "no-such-cxx -O2", "/opt/no such/c++", "an 'open quote"])
def test_a_compiler_that_does_not_exist_is_named(compiler, objects, monkeypatch, named):
    monkeypatch.setenv("CXX", named)
    message = start()
    assert repr(named) in message and "CXX" in message and "no C++ compiler found" in message
    other = Compiler(compiler.path.parent, objects[0], "g++")
    message = start()
    assert repr(named) in message and "no C++ compiler" not in message and works() and len(other.calls) == 1


# ----------------------------------------------------------------------------------------------------------- processes


def run_python(code, **environment):
    inherited = {name: value for name, value in os.environ.items() if name not in ("CXX", "CHATGLM_CPU_ARCH")}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**inherited, "PYTHONPATH": str(TESTS), **environment},
        encoding="utf-8",  # whatever locale a test before has set
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process, timeout=300):
    out, err = process.communicate(timeout=timeout)
    assert process.returncode == 0, err
    return out


LINEAR_IN_A_PROCESS = """
import torch, warnings
from package import load_package
quantization = load_package("quantization")
load_package("cpu_library")._zig = lambda: None
layer = quantization.QuantizedLinear.from_linear(torch.nn.Linear(1024, 300), 4)  # above SMALL_WEIGHT
x = torch.randn(9, 1024)
def check():
    dense = quantization.dequantize_weight(layer.weight, layer.weight_scale, 4)
    with torch.no_grad():
        for rows in (x, x[:1]):
            torch.testing.assert_close(layer(rows), rows @ dense.T + layer.bias, rtol=1e-3, atol=1e-3)
"""


def test_after_fork():
    # libgomp's threads do not exist in the child: a kernel that waited for them would hang.
    finish(
        run_python(
            LINEAR_IN_A_PROCESS
            + """
import multiprocessing, os
torch.set_num_threads(2)
def expected(rows): return rows @ dense.T + layer.bias
check()
def child():
    out = layer.forward(x)
    assert out.shape == (9, 300)
    torch.save(out, path)
path = f"/tmp/chatglm-fork-{os.getpid()}.pt"
with torch.no_grad():
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    assert process.exitcode == 0, process.exitcode
    assert torch.equal(torch.load(path), layer(x))
os.unlink(path)
"""
        ),
        timeout=120,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process's memory are Linux's")
@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("openmp", [True, False], ids=["openmp", "own"])
def test_memory_that_ends_in_a_thread_is_a_memory_error(threads, openmp):
    """Every thread of attention takes memory of its own; an exception that left it would end the process."""
    finish(
        run_python(
            f"""
import resource, torch
from package import load_package
kernels = load_package("cpu_kernels")
if not {openmp}: kernels.library().chatglm_use_openmp(None)
torch.set_num_threads({threads})
few, large = torch.randn(1, 40, 4, 64), torch.zeros(1, 8, 4, 1 << 20)  # of the latter a thread wants 590 MiB
expected = kernels.attention(few, few, few)  # the threads exist
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (200 << 20),) * 2)  # room for the result, not for a thread
for _ in range(3):
    try: kernels.attention(large, large, large)
    except MemoryError as error: assert "no memory for the activations of attention" in str(error)
    else: raise AssertionError("there was memory")
assert torch.equal(kernels.attention(few, few, few), expected)
print("goes on")
"""
        )
    )


def test_no_compiler_means_one_warning_and_right_numbers(tmp_path):
    out = finish(
        run_python(
            LINEAR_IN_A_PROCESS
            + """
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    check(); check()
    assert load_package("cpu_kernels").library() is None
    quantization.dense_linear(x, torch.randn(5, 1024).half())
print(len(caught), caught[0].message)
""",
            PATH="",
            CHATGLM_KERNEL_CACHE=str(tmp_path),
        )
    )
    assert out.startswith("1 ") and "no C++ compiler found" in out
    assert "apt-get install g++" in out and "pip install ziglang" in out


def test_compile_error_says_what_the_compiler_said_in_any_encoding(tmp_path):
    compiler = tmp_path / "broken-cxx"
    compiler.write_text(
        "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\nprintf 'fatal \\374: no such luck' >&2; exit 1\n"
    )
    compiler.chmod(0o755)
    out = finish(
        run_python(
            LINEAR_IN_A_PROCESS
            + """
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    check()
print(len(caught), caught[0].message)
""",
            PATH="/bin-that-is-empty",
            CXX=str(compiler),
            CHATGLM_KERNEL_CACHE=str(tmp_path / "cache"),
        )
    )
    assert out.startswith("1 ") and "no such luck" in out
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.slow
def test_processes_build_at_once_and_a_damaged_library_is_rebuilt(tmp_path):
    compiler = tmp_path / "quick-cxx"  # optimizes nothing, so that the test is quick
    compiler.write_text('#!/bin/sh\nexec c++ "$@" -O0\n')
    compiler.chmod(0o755)
    cache = tmp_path / "cache"
    settings = {"CXX": str(compiler), "CHATGLM_KERNEL_CACHE": str(cache)}
    code = LINEAR_IN_A_PROCESS + "warnings.simplefilter('error'); check()"
    for process in [run_python(code, **settings) for _ in range(3)]:
        finish(process)
    (library,) = cache.iterdir()
    content = library.read_bytes()
    for damaged in (content[: len(content) // 2], content[:1000] + b"damage" + content[1006:]):
        library.write_bytes(damaged)
        finish(run_python(code, **settings))
        (library,) = cache.iterdir()
        assert is_whole(library)
    modified = library.stat().st_mtime_ns
    finish(run_python(code, **settings))
    assert library.stat().st_mtime_ns == modified  # a whole one is used as it is
