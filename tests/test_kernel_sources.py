"""kernel_sources.py is what kernels/ gives, and people can read kernels/: else a user runs other code than is shown.

The numbers that the kernels compute are held in test_cpp.py, test_cpu_kernels.py and test_cuda_kernels.py.
"""

import ast
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from package import ROOT, load_package

build, kernel_sources = load_package("kernels.build", "kernel_sources")

CPU_FILES = sorted(path.name for path in build.CPU_FOLDER.glob("*.*"))
SOURCES = sorted(path for pattern in ("*.h", "*.cpp", "*.cu", "*.cuh") for path in ROOT.glob(f"kernels/**/{pattern}"))
SOURCES += sorted(ROOT.glob("tests/cpp/*.cpp"))
MOST_LINES = 800  # of a file
MOST_BODY = 60  # lines of a function, without signature and braces
MOST_COLUMNS = 119  # as pyproject.toml says for Python


def sources():
    """{name: text} of what kernel_sources.py holds."""
    return {
        name: getattr(kernel_sources, name)[1:] for name in ("CPU_SOURCE", *(name for name, _, _ in build.MODULES))
    }


# -------------------------------------------------------------------------------------------------------- up to date


@pytest.fixture(scope="session")
def nvrtc():
    library = build.find_nvrtc()
    if library is None:
        pytest.skip(f"{build.NVRTC_PACKAGE}=={build.NVRTC_VERSION} is not installed")
    return library


def test_the_shipped_cpp_is_that_of_the_files():
    assert sources()["CPU_SOURCE"] == build.amalgamate(), "run `make kernels`"


def test_the_shipped_ptx_is_a_fresh_build(nvrtc):
    for name, ptx in build.build_modules(nvrtc).items():
        assert sources()[name] == ptx, f"{name}: run `make kernels`"


def test_the_file_holds_these_texts_and_nothing_else():
    text = (ROOT / "kernel_sources.py").read_text(encoding="utf-8")
    assert text == build.render(sources()), "edited by hand? run `make kernels`"
    docstring, *rest = ast.parse(text).body
    assert "`make kernels`" in docstring.value.value
    assert [type(node) for node in rest] == [ast.Assign] * 3


def test_check_notices_an_old_file(nvrtc, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("sys.argv", ["build", "--check"])
    build.main()
    assert "up to date" in capsys.readouterr().out
    old = tmp_path / "kernel_sources.py"
    old.write_text(build.KERNELS_FILE.read_text(encoding="utf-8").replace("int64_t", "int32_t", 1), encoding="utf-8")
    monkeypatch.setattr(build, "KERNELS_FILE", old)
    with pytest.raises(SystemExit, match="make kernels"):
        build.main()


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.py")), ids=lambda path: path.name)
def test_no_line_of_text_looks_like_an_import(path):
    """transformers 4.30.2 takes every line that starts with `import x` for a requirement, in strings too."""
    text = path.read_text(encoding="utf-8")
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    statements = {line for node in nodes for line in range(node.lineno, node.end_lineno + 1)}
    lines = enumerate(text.splitlines(), 1)
    assert [line for number, line in lines if re.match(r"\s*(import|from)\s", line) and number not in statements] == []


def test_shipped_ptx_is_for_every_driver_and_gpu():
    for name, _, architecture in build.MODULES:
        assert sources()[name].startswith(f".version 7.0\n.target sm_{architecture}\n.address_size 64\n")


def test_ptxas_assembles_for_every_gpu():
    ptxas = build.find_ptxas()
    if ptxas is None:
        pytest.skip("no ptxas")
    jobs = [
        (name, architecture)
        for name, _, oldest in build.MODULES
        for architecture in build.known_architectures(ptxas)
        if architecture >= oldest
    ]
    assert jobs

    def spilled(job):
        name, architecture = job
        table = build.assemble(ptxas, sources()[name], architecture)
        return [(kernel, architecture) for kernel, row in table.items() if row[1]]

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(spilled, jobs), []) == [], "kernels spill registers"


# ---------------------------------------------------------------------------------------------------------- compilers

COMPILERS = [name for name in ("g++", "clang++") if shutil.which(name)]
compilers = pytest.mark.parametrize(
    "compiler",
    COMPILERS or [pytest.param(None, marks=pytest.mark.skip(reason="neither g++ nor clang++ is installed"))],
)


def compile_cpp(*command, **options):
    """UTF-8 by name, as NVRTC leaves a locale behind without the quotes in compilers' messages."""
    command = [str(word) for word in (*command[:1], "-std=c++17", *command[1:])]
    return subprocess.run(command, capture_output=True, encoding="utf-8", **options)


def compile_text(text, *command):
    return compile_cpp(*command, "-x", "c++", "-", input=text, cwd=build.CPU_FOLDER)


@compilers
@pytest.mark.parametrize("name", ["vectors.h", "many_tokens.h", "attention.h", "kernels.cpp"])
def test_a_compile_error_names_the_file_that_people_edit(compiler, tmp_path, name):
    for file in CPU_FILES:
        shutil.copy(build.CPU_FOLDER / file, tmp_path)
    lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
    last_brace = max(number for number, line in enumerate(lines) if line == "}")  # the end of the last function
    lines.insert(last_brace + 1, "int planted = not_declared;")
    (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = compile_text(build.amalgamate(tmp_path), compiler, "-DCHATGLM_PORTABLE", "-fsyntax-only")
    assert done.returncode and f"kernels/cpu/{name}:{last_brace + 2}:" in done.stderr, done.stderr


@compilers
@pytest.mark.parametrize("cheap_adds", [0, 1])
@pytest.mark.parametrize("arch", ["native", "portable"])
def test_compiles_without_a_warning(compiler, tmp_path, arch, cheap_adds):
    """By itself, as an editor or another build compiles it; -O3, as some warnings come from the optimizer only."""
    flags = ["-march=native" if arch == "native" else "-DCHATGLM_PORTABLE", f"-DCHATGLM_ADDS_ARE_CHEAP={cheap_adds}"]
    entry = build.CPU_FOLDER / build.CPU_ENTRY
    done = compile_cpp(compiler, "-O3", *flags, "-Wall", "-Wextra", "-c", entry, "-o", tmp_path / "kernels.o")
    assert done.returncode == 0 and done.stderr == "", done.stderr


@compilers
def test_every_header_compiles_by_itself(compiler):
    """It includes what it uses, so that it can be read and moved without knowing who includes it."""
    for name in CPU_FILES:
        done = compile_text(f'#include "{name}"\n', compiler, "-DCHATGLM_PORTABLE", "-fsyntax-only", "-I.")
        assert done.returncode == 0, f"{name}: {done.stderr}"


def test_includes_have_no_circle_and_reach_every_file():
    includes = {
        name: re.findall(r'(?m)^#include "(.*)"', (build.CPU_FOLDER / name).read_text(encoding="utf-8"))
        for name in CPU_FILES
    }
    order = []

    def visit(name, path):
        assert name not in path, f"circle: {' -> '.join([*path, name])}"
        for header in includes[name]:
            visit(header, (*path, name))
        if name not in order:
            order.append(name)

    visit(build.CPU_ENTRY, ())
    assert sorted(order) == CPU_FILES


# ------------------------------------------------------------------------------------------------------- what is read


def functions(text):
    """(signature, lines of the body) of every function with a body of its own in C++ or CUDA.

    A brace after a closing parenthesis, outside of functions, opens one; others open types, namespaces, tables.
    """
    code = re.sub(
        r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'",
        lambda found: re.sub(r"[^\n]", " ", found.group()),
        text,
        flags=re.DOTALL,
    )
    opened, found, statement = [], [], 0
    for brace in re.finditer(r"[{};]", code):
        at = brace.start()
        if brace.group() == "{":
            signature = " ".join(code[statement:at].replace("\\\n", " ").split())
            inside = any(is_function for is_function, _, _ in opened)
            opened.append((not inside and bool(re.search(r"\)( const)?$", signature)), at, signature))
        elif brace.group() == "}":
            is_function, begin, signature = opened.pop()
            if is_function:
                found.append((signature, max(0, code.count("\n", begin, at) - 1)))
        statement = at + 1
    assert opened == [], "braces do not match"
    return found


def test_the_measure_finds_functions():
    """Else the next test would show nothing."""
    body = "  if (a) { b = {1, 2}; }  // }\n" * 61
    text = f"namespace {{\nstruct S {{\n  int f() const {{ return 1; }}\n}};\nvoid g(char a = '{{') {{\n{body}}}\n}}\n"
    assert functions(text) == [("int f() const", 0), ("void g(char a = )", 61)]
    found = " ".join(signature for path in SOURCES for signature, _ in functions(path.read_text(encoding="utf-8")))
    for name in (
        "multiply_tile(",
        "transpose_words(",
        "attend(",
        "chatglm_attention(",
        "matmul(",
        "gemv(",
        "unpack8(",
    ):
        assert name in found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_files_and_functions_are_short_enough_to_read(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("// "), "the first line says what may be in the file"
    assert len(lines) <= MOST_LINES
    assert [number for number, line in enumerate(lines, 1) if len(line) > MOST_COLUMNS] == []
    assert {name: length for name, length in functions("\n".join(lines)) if length > MOST_BODY} == {}
