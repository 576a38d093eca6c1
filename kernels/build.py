"""Builds the kernels: kernels/cpu/ and kernels/cuda/ to the text in kernel_sources.py, the only generated file.

    python -m kernels.build            # write it, print what ptxas makes of the PTX
    python -m kernels.build --check    # exit status 1 if the file holds anything else than a fresh build

The C++ becomes one text, which users' own compilers build; the CUDA sources become PTX. NVRTC, from PyPI, is pinned,
because its output is the same byte for byte on every machine. Where it is not installed, it is put into build/nvrtc
(about 70 MB), beside nothing else.
"""

import argparse
import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Set, Tuple

ROOT = Path(__file__).resolve().parents[1]
KERNELS_FILE = ROOT / "kernel_sources.py"
CPU_FOLDER, CUDA_FOLDER = ROOT / "kernels" / "cpu", ROOT / "kernels" / "cuda"
CPU_ENTRY = "kernels.cpp"
NVRTC_PACKAGE, NVRTC_VERSION = "nvidia-cuda-nvrtc-cu11", "11.8.89"
# Name of the string in kernel_sources.py, source, oldest GPU that runs it.
MODULES = (("CUDA_BASE_PTX", "base.cu", 60), ("CUDA_TENSOR_CORE_PTX", "tensor_core.cu", 80))
HEADER = "common.cuh"
# Every driver from 450 on reads PTX 7.0, and every GPU to Blackwell is served by it. NVRTC 11.8 writes 7.8, but the
# kernels use nothing newer than 7.0 (ptxas would refuse them).
PTX_VERSION = "7.0"
# What one SM holds, for occupancy: architecture -> (warps, blocks, 32-bit registers, shared memory in KiB).
SM_LIMITS = {
    75: (32, 16, 65536, 64),
    80: (64, 32, 65536, 164),
    86: (48, 16, 65536, 100),
    89: (48, 24, 65536, 100),
    90: (64, 32, 65536, 228),
    100: (64, 32, 65536, 228),
    120: (48, 24, 65536, 100),
}


def find_nvrtc() -> Optional[Path]:
    """The pinned libnvrtc, from $NVRTC_DIR, build/nvrtc or the installed packages; None where there is none."""
    for folder in (os.environ.get("NVRTC_DIR"), ROOT / "build" / "nvrtc", *sys.path):
        if folder and (Path(folder) / f"{NVRTC_PACKAGE.replace('-', '_')}-{NVRTC_VERSION}.dist-info").is_dir():
            library = Path(folder) / "nvidia" / "cuda_nvrtc" / "lib" / "libnvrtc.so.11.2"
            if library.exists():
                return library
    return None


def install_nvrtc() -> Optional[Path]:
    target = ROOT / "build" / "nvrtc"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(target),
        f"{NVRTC_PACKAGE}=={NVRTC_VERSION}",
    ]
    subprocess.run(command, check=True)
    return find_nvrtc()


class CompileError(RuntimeError):
    """NVRTC refused a source; the message is its log."""


def compile_ptx(nvrtc_path: Path, source: str, header: str, architecture: int, name: str = "kernel.cu") -> str:
    """PTX text of CUDA C++ `source`, which may include `header` as "common.cuh"."""
    nvrtc = ctypes.CDLL(str(nvrtc_path))
    program = ctypes.c_void_p()

    def call(function: str, *arguments: object) -> None:
        if getattr(nvrtc, function)(*arguments):
            size = ctypes.c_size_t()
            nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
            log = ctypes.create_string_buffer(size.value)
            nvrtc.nvrtcGetProgramLog(program, log)
            raise CompileError(f"{function}: {log.value.decode()}")

    headers, names = (ctypes.c_char_p * 1)(header.encode()), (ctypes.c_char_p * 1)(HEADER.encode())
    call("nvrtcCreateProgram", ctypes.byref(program), source.encode(), name.encode(), 1, headers, names)
    try:
        options = [f"--gpu-architecture=compute_{architecture}".encode(), b"-std=c++14"]
        call("nvrtcCompileProgram", program, len(options), (ctypes.c_char_p * len(options))(*options))
        size = ctypes.c_size_t()
        call("nvrtcGetPTXSize", program, ctypes.byref(size))
        text = ctypes.create_string_buffer(size.value)
        call("nvrtcGetPTX", program, text)
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    return tidy(text.value.decode())


def tidy(ptx: str) -> str:
    """PTX with the version that we ship and short names, without comments, blank lines and most blanks."""
    ptx = re.sub(r"//[^\n]*", "", ptx)
    ptx = re.sub(r"(?m)^\.version .*$", f".version {PTX_VERSION}", ptx)
    ptx = re.sub(r"\b\w+_param_(\d+)\b", r"p\1", ptx)  # parameters are local to their kernel
    for number, mangled in enumerate(dict.fromkeys(re.findall(r"\b_ZZ\w+", ptx))):
        ptx = re.sub(rf"\b{mangled}\b", f"shared{number}", ptx)
    lines = (re.sub(r"\s+", " ", line).replace(", ", ",").strip() for line in ptx.splitlines())
    ptx = "\n".join(line for line in lines if line) + "\n"
    return re.sub(r"(?m)^(.{60,110}[,{])(?=.{20})", r"\1\n", ptx)  # a statement may go on on the next line


def build_modules(nvrtc_path: Path) -> Dict[str, str]:
    """{string name: PTX}"""
    sources = {path.name: path.read_text(encoding="utf-8") for path in CUDA_FOLDER.glob("*.cu*")}
    return {name: compile_ptx(nvrtc_path, sources[file], sources[HEADER], arch, file) for name, file, arch in MODULES}


def amalgamate(folder: Path = CPU_FOLDER) -> str:
    """The C++ of the CPU kernels in one text: every header stands, once, where it is first included.

    `#line` directives make compilers name the file and line that people edit, as a path in the repository.
    """
    seen: Set[str] = set()

    def expand(name: str) -> List[str]:
        seen.add(name)
        shown = f"kernels/cpu/{name}"
        lines = [f'#line 1 "{shown}"']
        for number, line in enumerate((folder / name).read_text(encoding="utf-8").splitlines(), 1):
            include = re.fullmatch(r'#include "(.*)"', line)
            if include and include.group(1) not in seen:
                lines += [*expand(include.group(1)), f'#line {number + 1} "{shown}"']
            else:
                lines.append("" if include or line == "#pragma once" else line)
        return lines

    return "\n".join(expand(CPU_ENTRY)) + "\n"


PREAMBLE = '''"""Generated from kernels/cpu/ and kernels/cuda/, which are what people read and change: do not edit it.

`make kernels` (`python -m kernels.build` where requirements-dev.txt is installed, which pins the CUDA compiler) writes
it again, byte for byte; `python -m kernels.build --check` says whether it is up to date.

CPU_SOURCE is C++17: kernels/cpu/kernels.cpp with the headers that it includes. CUDA_BASE_PTX and CUDA_TENSOR_CORE_PTX
are what {package} {version} makes of kernels/cuda/base.cu and kernels/cuda/tensor_core.cu, shortened.
"""
'''


def render(modules: Dict[str, str]) -> str:
    """The text of kernel_sources.py with these strings: {name: text}."""
    parts = [PREAMBLE.format(package=NVRTC_PACKAGE, version=NVRTC_VERSION)]
    for name, text in modules.items():
        if '"""' in text:
            raise ValueError(f"{name} would end its own string")
        parts.append(f'{name} = r"""\n{text}"""\n')
    return "\n".join(parts)


def occupancy(architecture: int, registers: int, shared: int, threads: int) -> float:
    """Share of an SM's warps that can be resident."""
    warps, blocks, file, shared_kib = SM_LIMITS[architecture]
    per_block = -(-threads // 32)
    by_registers = file // (-(-registers * 32 // 256) * 256) // per_block
    by_shared = shared_kib * 1024 // (shared + 1024)  # the system keeps 1 KiB of every block's
    return min(blocks, warps // per_block, by_registers, by_shared) * per_block / warps


def find_ptxas() -> Optional[str]:
    """ptxas on the path or in /usr/local/cuda; None where there is none."""
    return shutil.which("ptxas") or shutil.which("/usr/local/cuda/bin/ptxas")


def known_architectures(ptxas: str) -> List[int]:
    found = re.findall(r"'sm_(\d+)'", subprocess.run([ptxas, "--help"], capture_output=True, encoding="utf-8").stdout)
    return sorted({int(number) for number in found})


def assemble(ptxas: str, ptx: str, architecture: int) -> Dict[str, Tuple[int, int, int, int]]:
    """{kernel: (registers, bytes spilled, bytes of static shared memory, threads of a block)}; an error if refused."""
    with tempfile.TemporaryDirectory() as folder:
        source, cubin = Path(folder) / "module.ptx", Path(folder) / "module.cubin"
        source.write_text(ptx)
        done = subprocess.run(
            [ptxas, "-v", f"-arch=sm_{architecture}", str(source), "-o", str(cubin)],
            capture_output=True,
            encoding="utf-8",
        )
    if done.returncode:
        raise CompileError(done.stderr)
    threads = dict(re.findall(r"\.entry (\w+)\([^)]*\)\s*\.maxntid (\d+)", ptx))
    kernels = {}
    for part in done.stderr.split("Compiling entry function ")[1:]:
        name = re.match(r"'(\w+)'", part).group(1)
        spills = sum(int(count) for count in re.findall(r"(\d+) bytes spill", part))
        shared = re.search(r"(\d+) bytes smem", part)
        registers = int(re.search(r"Used (\d+) registers", part).group(1))
        kernels[name] = (registers, spills, int(shared.group(1)) if shared else 0, int(threads[name]))
    return kernels


def report(modules: Dict[str, str]) -> None:
    ptxas = find_ptxas()
    if ptxas is None:
        print("no ptxas: registers and occupancy are not reported")
        return
    known = known_architectures(ptxas)
    shown = [architecture for architecture in SM_LIMITS if architecture in known]
    print(
        f"{'kernel (registers, spilled bytes, occupancy)':44s}"
        + "".join(f"{f'sm_{a}':>15s}" for a in shown)
        + f"{'shared':>8s}"
    )
    for name, _, oldest in MODULES:
        tables = {a: assemble(ptxas, modules[name], a) for a in shown if a >= oldest}
        for kernel in next(iter(tables.values())):
            cells = ""
            for a in shown:
                if a not in tables:
                    cells += f"{'-':>15s}"
                    continue
                registers, spills, shared, threads = tables[a][kernel]
                cells += f"{f'{registers} {spills} {occupancy(a, registers, shared, threads):4.0%}':>15s}"
            print(f"{kernel:44s}{cells}{shared:8d}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of write")
    check = parser.parse_args().check
    nvrtc = find_nvrtc() or install_nvrtc()
    if nvrtc is None:
        raise SystemExit(f"{NVRTC_PACKAGE}=={NVRTC_VERSION} cannot be found or installed here")
    modules = build_modules(nvrtc)
    fresh = render({"CPU_SOURCE": amalgamate(), **modules})
    current = KERNELS_FILE.read_text(encoding="utf-8") if KERNELS_FILE.exists() else ""
    if check:
        if fresh != current:
            raise SystemExit(f"{KERNELS_FILE.name} is not what kernels/ gives: run `make kernels`")
        print(f"{KERNELS_FILE.name} is up to date with kernels/")
        return
    if fresh != current:
        # Written beside the file and renamed, so that an interrupted build leaves the old one whole.
        with tempfile.NamedTemporaryFile("w", dir=ROOT, suffix=".tmp", delete=False, encoding="utf-8") as temporary:
            temporary.write(fresh)
        os.chmod(temporary.name, 0o644)
        os.replace(temporary.name, KERNELS_FILE)
    for name, ptx in modules.items():
        print(f"{name}: {len(ptx) / 1024:.0f} KiB of PTX {PTX_VERSION}, {ptx.count('.entry')} kernels")
    report(modules)


if __name__ == "__main__":
    main()
