"""The house: one idea a room, arrows down the list, nothing too long to read. What STYLE asks of C++ is held in
test_kernel_sources.py."""

import ast
import re
import shutil

import pytest
from conftest import CODE_FILES, load
from package import ROOT

# From the user's side down. A room imports from those below it, and from the two leaves, which import nothing here.
ROOMS = (
    "modeling_chatglm",
    "cache_files",
    "generation_chatglm",
    "sampling_chatglm",
    "pretrained_chatglm",
    "cpu_steps",
    "layers_chatglm",
    "attention_chatglm",
    "cache_chatglm",
    "quantization",
    "cpu_kernels",
    "cpu_library",
    "cuda_kernels",
    "kernel_sources",
)
LEAVES = ("configuration_chatglm", "tokenization_chatglm")
# What a room never holds, as modules that it does not import.
NEVER = {
    "configuration_chatglm": ("torch",),
    "tokenization_chatglm": ("torch",),
    "modeling_chatglm": ("os", "sys", "threading", "ctypes", "subprocess"),
    "cache_files": ("ctypes", "subprocess", "threading", "transformers"),
    "generation_chatglm": ("os", "ctypes", "subprocess", "threading"),
    "sampling_chatglm": ("os", "ctypes", "subprocess", "threading"),
    "pretrained_chatglm": ("os", "ctypes", "subprocess", "threading"),
    "cpu_steps": ("os", "sys", "threading", "subprocess", "transformers"),
    "layers_chatglm": ("os", "sys", "threading", "ctypes", "subprocess", "transformers"),
    "attention_chatglm": ("os", "ctypes", "transformers"),
    "cache_chatglm": ("os", "ctypes", "subprocess"),
    "quantization": ("os", "ctypes", "subprocess", "transformers"),
    "cpu_kernels": ("os", "threading", "subprocess", "transformers", "cpm_kernels"),
    "cpu_library": ("transformers", "cpm_kernels"),
    "cuda_kernels": ("transformers", "subprocess"),
    "kernel_sources": ("torch", "transformers"),
}
MOST_LINES = 800  # of a file that people edit
MOST_BODY = 60  # lines of a function, without its signature and docstring
GENERATED = ROOT / "kernel_sources.py"
PYTHON_FILES = sorted(
    path
    for pattern in ("*.py", *(f"{folder}/**/*.py" for folder in ("kernels", "tests", "benchmarks", "examples")))
    for path in ROOT.glob(pattern)
    if path != GENERATED
)


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def siblings_of(path):
    """Modules of the package that a file imports."""
    nodes = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ImportFrom) and node.level]
    assert all(node.level == 1 and node.module for node in nodes), "the Hub's loader knows `from .name import` only"
    return {node.module for node in nodes}


def imports_of(path):
    """First names of the modules that a file imports from elsewhere."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found


def long_functions(tree):
    """{name: lines of the body} of functions that are too long to be seen at once."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            length = node.end_lineno - body[0].lineno + 1 if body else 0
            if length > MOST_BODY:
                found[node.name] = length
    return found


def test_every_file_is_a_room_of_the_list():
    assert {path.stem for path in ROOT.glob("*.py")} == {*ROOMS, *LEAVES}
    assert set(CODE_FILES) == {f"{name}.py" for name in (*ROOMS, *LEAVES)}


@pytest.mark.parametrize("room", ROOMS + LEAVES)
def test_arrows_point_down(room):
    below = ROOMS[ROOMS.index(room) + 1 :] + LEAVES if room in ROOMS else ()
    assert siblings_of(ROOT / f"{room}.py") <= set(below)
    assert not imports_of(ROOT / f"{room}.py") & set(NEVER[room])


def test_the_entry_file_names_every_sibling():
    """transformers 4.30.2 copies the files that the entry file names to its module cache, and looks no further."""
    assert siblings_of(ROOT / "modeling_chatglm.py") == {*ROOMS[1:], "configuration_chatglm"}


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short_enough_to_read(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert long_functions(ast.parse(text)) == {}
    assert not re.search(r"sys\.path\s*(\.|\[.*\]\s*=|\+?=)", text), "packages are run with -m"
    if path.parent == ROOT:
        assert ast.get_docstring(ast.parse(text)), "the first line says what may be in the file"


def without_encoding(tree):
    """Lines that open a file as text in whatever encoding the machine has, cp936 on a Chinese Windows."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        is_method = name in ("read_text", "write_text", "fdopen")
        if not (is_method or isinstance(node.func, ast.Name) and name == "open"):
            continue
        keywords = {keyword.arg for keyword in node.keywords}
        mode = ast.literal_eval(node.args[1]) if len(node.args) > 1 and name in ("open", "fdopen") else "r"
        if "encoding" not in keywords and "b" not in mode:
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("folder", [".", "examples"])
def test_files_are_opened_in_an_encoding_of_our_own(folder):
    """A vocabulary, a history or a configuration would be garbage, or an error, on a Chinese Windows."""
    paths = (ROOT / folder).glob("*.py")
    assert {path.name: lines for path in paths if (lines := without_encoding(tree_of(path)))} == {}


def test_the_measure_finds_files_without_an_encoding():
    calls = (
        "open(a)",
        "open(a, 'w')",
        "open(a, 'rb')",
        "open(a, encoding='utf-8')",
        "p.read_text()",
        "p.write_text(a)",
    )
    assert without_encoding(ast.parse("\n".join([*calls, "os.open(a, b)"]))) == [1, 2, 5, 6]


def test_what_programs_print_is_read_as_utf8():
    """`text` reads it as the locale says, and a Chinese Windows or LC_ALL=C then cannot."""
    pattern = re.compile(r"\b(text|universal_newlines)" + "=True")
    assert [path.name for path in PYTHON_FILES if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_the_measure_finds_long_functions():
    """Else the test above would show nothing."""
    body = "    x = 1\n" * 61
    assert long_functions(ast.parse(f'def f(\n    a,\n):\n    """Says\n    much."""\n{body}')) == {"f": 61}
    assert long_functions(ast.parse(f"class A:\n  async def g(self):\n{body}    def h(): pass\n")) == {"g": 62}


def test_releases_are_asked_for_in_one_block_per_room():
    """A difference between releases of transformers is looked for in one place of a room, and deleted there."""
    for room in (*ROOMS, *LEAVES):
        lines = (ROOT / f"{room}.py").read_text(encoding="utf-8").splitlines()
        asked = [number for number, line in enumerate(lines) if re.search(r"\bRELEASE [<>]|__version__", line)]
        if asked:
            block = "\n".join(lines[asked[0] : asked[-1] + 1])
            assert "# ----" not in block and asked[-1] - asked[0] < 25, f"{room}: lines {[n + 1 for n in asked]}"


def test_an_old_file_in_a_folder_does_no_harm(tiny_checkpoint, tmp_path):
    """Up to 1.0 the kernels were in `quantization_kernels.py`, which an update leaves lying there."""
    folder = shutil.copytree(tiny_checkpoint(), tmp_path / "updated")
    (folder / "quantization_kernels.py").write_text("raise RuntimeError('an old file was read')\n")
    model = load(folder)
    model.save_pretrained(tmp_path / "saved")
    assert not (tmp_path / "saved" / "quantization_kernels.py").exists()
    load(tmp_path / "saved")
