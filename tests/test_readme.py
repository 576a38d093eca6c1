"""The READMEs: their examples run, in order, on a tiny model, and both have the same ones."""

import functools
import re
from pathlib import Path

import pytest
import torch
from conftest import ROOT, load

MODEL, FLOAT_MODEL = "chatglm2-6b-32k-int4", "chatglm2-6b"


def blocks(name: str):
    return re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)


def without_texts(code: str) -> str:
    return re.sub(r'"[^"\n]*[^\x00-\x7f][^"\n]*"', '"…"', re.sub(r"#.*", "", code))


def test_both_languages_show_the_same_code():
    english, chinese = blocks("README.md"), blocks("README_zh.md")
    assert [without_texts(block) for block in english] == [without_texts(block) for block in chinese]


def test_every_example_runs(tiny_checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(MODEL).symlink_to(tiny_checkpoint())
    Path(FLOAT_MODEL).symlink_to(tiny_checkpoint(bits=0, dtype="float32"))
    kind = type(load(MODEL))
    for name in ("chat", "stream_chat"):  # a random model would go on to max_length
        method = getattr(kind, name)
        monkeypatch.setattr(kind, name, functools.partialmethod(method, max_new_tokens=3))
    torch.manual_seed(0)  # three tokens drawn at random may be parts of one character, of which a stream shows nothing
    names = {}
    for code in blocks("README.md"):
        compiled = compile(code, "README.md", "exec")
        if "fastapi" in code and not _installed("fastapi"):
            continue
        exec(compiled, names)
    assert len(names["answers"]) == 3


def _installed(package: str) -> bool:
    try:
        pytest.importorskip(package)
    except pytest.skip.Exception:
        return False
    return True


@pytest.mark.parametrize("name", ["README.md", "README_zh.md"])
def test_links_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    paths = [path for path in re.findall(r"\]\(([^)#]+)\)", text) if not path.startswith("http")]
    assert paths and [path for path in paths if not (ROOT / path).exists()] == []
