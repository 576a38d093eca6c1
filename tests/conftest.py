"""Fixtures: checkpoints in the published layout with this package's files beside them, loaded as users load them."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

# The loader of transformers copies remote code into this folder; a test run must not touch the user's.
os.environ["HF_MODULES_CACHE"] = tempfile.mkdtemp(prefix="hf-modules-")
os.environ["HF_HUB_OFFLINE"] = "1"

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT.parent / "shared" / "golden"
CODE_FILES = (
    "configuration_chatglm.py",
    "modeling_chatglm.py",
    "quantization.py",
    "quantization_kernels.py",
    "tokenization_chatglm.py",
)


def install_code(folder: Path) -> Path:
    """Puts the package's files beside the weights in `folder`, as a user does."""
    for name in CODE_FILES:
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def golden_folder(tmp_path_factory):
    """name -> a folder with that golden checkpoint, this package's code and, for chat checkpoints, the tokenizer."""
    if not GOLDEN.is_dir():
        pytest.skip("shared/golden is not here")
    made = {}

    def make(name: str, **overrides) -> Path:
        import json

        key = (name, tuple(sorted(overrides.items())))
        if key not in made:
            # Folder names with dots fail in the loader of 4.30.2, and equal names share a module.
            folder = tmp_path_factory.mktemp(name.replace(".", "_"))
            for file in (GOLDEN / name).iterdir():
                if file.is_file() and "golden" not in file.name:
                    shutil.copyfile(file, folder / file.name)
            if overrides:
                config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
                config.update(overrides)
                (folder / "config.json").write_text(json.dumps(config))
            shutil.copyfile(GOLDEN / "tokenizer" / "tokenizer.model", folder / "tokenizer.model")
            if not (folder / "tokenizer_config.json").exists():
                shutil.copyfile(GOLDEN / "tokenizer" / "tokenizer_config.json", folder / "tokenizer_config.json")
            made[key] = install_code(folder)
        return made[key]

    return make


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory):
    """keyword arguments of make_checkpoint -> a folder with a tiny random checkpoint, tokenizer and code."""
    import sys

    sys.path.insert(0, str(ROOT / "benchmarks"))
    from make_checkpoint import make_checkpoint

    made = {}

    def make(**kwargs) -> Path:
        key = tuple(sorted(kwargs.items()))
        if key not in made:
            made[key] = make_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint", tiny=True, **kwargs)
        return made[key]

    return make


@pytest.fixture(scope="session")
def package(tiny_checkpoint):
    """name -> that module of the package, as the loader of transformers made it from a folder."""
    import importlib

    from transformers import AutoModel

    model = AutoModel.from_pretrained(tiny_checkpoint(bits=0, dtype="float32"), trust_remote_code=True)
    prefix = type(model).__module__.rpartition(".")[0]
    return lambda name: importlib.import_module(f"{prefix}.{name}")
