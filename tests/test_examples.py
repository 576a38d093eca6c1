"""The examples, run as their docstrings say, on tiny random checkpoints.

The chat is in test_terminal.py, the API server in test_server.py.
"""

import importlib
import json
import resource
import shutil
import signal
import sys
from pathlib import Path

import pytest
import torch
from conftest import CODE_FILES, load

# A prefix moves the loss of a random model little: by 0.028 in 8 steps, and seeds differ by 0.0005 (dropout).
LEARNED = 0.01
PAIRS = [("你好", "hello"), ("1 + 1 = ?", "2"), ("晚上睡不着应该怎么办", "早睡")]


def example(name: str):
    return importlib.import_module(f"examples.{name}")


def call(module, monkeypatch, *arguments) -> None:
    """Runs an example's main() in this process: starting a new one costs ten times what the work does."""
    monkeypatch.setattr(sys, "argv", [module.__file__, *map(str, arguments)])
    module.main()


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.jsonl"
    lines = [json.dumps({"prompt": prompt, "response": response}) for prompt, response in PAIRS]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("shards_in", "shards_out"), [(1, 1), (1, 4), (3, 2)])
def test_conversion_changes_no_tensor(tiny_checkpoint, tmp_path, monkeypatch, shards_in, shards_out):
    source, target = tiny_checkpoint(), tmp_path / "converted"
    weights = torch.load(source / "pytorch_model.bin", weights_only=True)
    total = sum(tensor.numel() * tensor.element_size() for tensor in weights.values())
    if shards_in > 1:
        source = tmp_path / "sharded"
        source.mkdir()
        for path in tiny_checkpoint().iterdir():
            if path.suffix != ".bin":
                (source / path.name).write_bytes(path.read_bytes())
        weight_map = {}
        for number, names in enumerate(list(weights)[start::shards_in] for start in range(shards_in)):
            torch.save({name: weights[name] for name in names}, source / f"pytorch_model-{number}.bin")
            weight_map.update(dict.fromkeys(names, f"pytorch_model-{number}.bin"))
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        (source / "pytorch_model.bin.index.json").write_text(json.dumps(index))

    gigabytes = 1 if shards_out == 1 else total / shards_out * 1.3 / 1e9
    call(example("convert_to_safetensors"), monkeypatch, source, target, "--shard-size", gigabytes)

    written = sorted(path.name for path in target.iterdir())
    assert not [name for name in written if name.endswith(".bin") or name.endswith(".bin.index.json")]
    assert (len([name for name in written if name.endswith(".safetensors")]) > 1) == (shards_out > 1)
    assert {*CODE_FILES, "config.json", "tokenizer.model", "tokenizer_config.json"} <= set(written)
    state = load(target).state_dict()
    assert state.keys() == weights.keys()
    assert all(state[name].dtype == tensor.dtype and state[name].equal(tensor) for name, tensor in weights.items())


BROKEN = {  # name of a file, what it holds, what is said of it
    "pointer": ("pytorch_model.bin", b"version https://git-lfs.github.com/spec/v1\n", "is a git-lfs pointer"),
    "page": ("pytorch_model.bin", b"<!DOCTYPE html>\n<html>", "is no PyTorch file .it begins with '<!DOCTYPE html'"),
    "nothing": ("pytorch_model.bin", b"", "is empty: download it again"),
    "half": ("pytorch_model.bin", b"PK\x03\x04 cut off", "is truncated or damaged"),
    "half of 2019": ("pytorch_model.bin", b"\x80\x02\x8a\nl\xfc", "is damaged, or"),
    "other objects": (
        "pytorch_model.bin",
        b"\x80\x02cbuiltins\nexec\n.",
        "is damaged, or holds more than tensors: dow",
    ),
    "gap": (
        "pytorch_model.bin.index.json",
        b'{"weight_map": {"a": "part-1.bin"}}',
        "part-1.bin is missing, and the index",
    ),
    "half an index": (
        "pytorch_model.bin.index.json",
        b'{"weight_map": {"a"',
        "index.json is damaged: download it again",
    ),
    "no index": ("pytorch_model.bin.index.json", b"<!DOCTYPE html>", "index.json is damaged: download it again"),
    "safetensors alone": ("model.safetensors", b"", "holds safetensors already, and no pytorch_model.bin"),
}


@pytest.mark.parametrize("name, content, message", BROKEN.values(), ids=BROKEN)
def test_conversion_names_what_is_wrong(tmp_path, name, content, message):
    source = tmp_path / "source"
    source.mkdir()
    (source / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as refused:
        example("convert_to_safetensors").convert(source, tmp_path / "out")
    assert str(source) in str(refused.value) and "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("name", ["convert_to_safetensors", "export_glm"])
@pytest.mark.parametrize("size", ["0", "-1", "nan", "inf", "two", "1e-10"])
def test_a_size_of_shards_that_is_none_is_refused(tmp_path, monkeypatch, capsys, name, size):
    """0 made a file of each tensor, and the others ended in errors that named no option."""
    with pytest.raises(SystemExit) as ended:
        call(example(name), monkeypatch, tmp_path, tmp_path / "out", f"--shard-size={size}")
    assert ended.value.code == 2
    assert f"argument --shard-size: {size} is no size: give GB, a number above 0" in capsys.readouterr().err


def test_conversion_says_what_is_wrong_with_its_target(tiny_checkpoint, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("kept")
    for target, message in (
        (tmp_path / "file", "is there already"),
        (tmp_path / "folder", "is there already"),
        (tmp_path / "file" / "below", "below could not be written"),
        ("/proc/chatglm", "error: "),
        ("/proc/chatglm/below", "below could not be written: .*No such file"),
    ):
        with pytest.raises(SystemExit, match=f"^error: .*{message}" if message != "error: " else message):
            call(example("convert_to_safetensors"), monkeypatch, tiny_checkpoint(), target)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder", "mine"]


@pytest.fixture(params=["new", "empty"])
def target(tmp_path, request):
    """A folder that is not there, and one that is: on a disk of its own it could not be made anew."""
    folder = tmp_path / "target"
    if request.param == "empty":
        folder.mkdir()
    return folder


def test_a_conversion_into_an_empty_folder_leaves_that_folder(tiny_checkpoint, tmp_path):
    (tmp_path / "target").mkdir()
    before = (tmp_path / "target").stat().st_ino
    example("convert_to_safetensors").convert(tiny_checkpoint(), tmp_path / "target")
    assert (tmp_path / "target").stat().st_ino == before
    assert not [path.name for path in (tmp_path / "target").iterdir() if path.is_dir() or path.name.startswith(".")]
    load(tmp_path / "target")


def test_a_conversion_that_is_stopped_leaves_nothing(tiny_checkpoint, tmp_path, monkeypatch, capsys, target):
    """A part of a checkpoint would be taken for one, and stood in the way of the next try."""
    module, before = example("convert_to_safetensors"), sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(module, "compare", lambda *files: signal.raise_signal(signal.SIGINT))
    with pytest.raises(SystemExit) as ended:
        call(module, monkeypatch, tiny_checkpoint(), target)
    assert ended.value.code == 130 and "Traceback" not in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_is_left_when_the_disk_fills_up(tiny_checkpoint, tmp_path, target):
    before, (soft, hard) = sorted(tmp_path.rglob("*")), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(ValueError, match="could not be written.*Nothing of it is left"):
            example("convert_to_safetensors").convert(tiny_checkpoint(), target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(tmp_path.rglob("*")) == before


def test_weights_of_before_1_6_are_converted(tiny_checkpoint, tmp_path):
    source = shutil.copytree(tiny_checkpoint(), tmp_path / "source")
    weights = torch.load(source / "pytorch_model.bin", weights_only=True)
    torch.save(weights, source / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    example("convert_to_safetensors").convert(source, tmp_path / "target")
    state = load(tmp_path / "target").state_dict()
    assert state.keys() == weights.keys() and all(state[name].equal(tensor) for name, tensor in weights.items())


@pytest.mark.parametrize("projection", [[], ["--prefix-projection"]])
def test_prefix_tuning(tiny_checkpoint, data, tmp_path, monkeypatch, capsys, projection):
    module = example("ptuning")
    model, out = tiny_checkpoint(), tmp_path / "prefix"
    sizes = "--pre-seq-len 4 --steps 3 --accumulate 1 --batch-size 2".split()
    call(module, monkeypatch, "train", model, data, out, *sizes, *projection)
    tensors = torch.load(out / "pytorch_model.bin", weights_only=True)
    assert all(name.startswith("transformer.prefix_encoder.") for name in tensors)
    assert len(tensors) == (5 if projection else 1)
    assert all(tensor.dtype == torch.float32 and torch.isfinite(tensor).all() for tensor in tensors.values())
    capsys.readouterr()
    call(module, monkeypatch, "ask", model, out, "你好", "--max-new-tokens", 6)
    tuned, tokenizer = module.load_with_prefix(str(model), out)
    assert capsys.readouterr().out.strip() == tuned.chat(tokenizer, "你好", do_sample=False, max_new_tokens=6)[0]


def test_prefix_tuning_learns(tiny_checkpoint, data):
    module = example("ptuning")
    model, tokenizer = module.load(str(tiny_checkpoint(bits=0, dtype="float32")), pre_seq_len=8)
    pairs = module.read_pairs(data)[:1]
    losses = module.train(model, module.batches(tokenizer, pairs, 1, 64), steps=8, learning_rate=0.3)
    assert losses[0] - losses[-1] > LEARNED


def test_lora(tiny_checkpoint, data, tmp_path, monkeypatch, capsys):
    pytest.importorskip("peft", reason="peft is not installed (examples/requirements.txt)")
    module = example("lora")
    model, out = tiny_checkpoint(), tmp_path / "lora"
    settings = (
        "--steps 3 --accumulate 2 --gradient-checkpointing --target-modules query_key_value dense_4h_to_h".split()
    )
    call(module, monkeypatch, "train", model, data, out, *settings)
    assert (out / "adapter_config.json").exists()
    assert sum(path.stat().st_size for path in out.iterdir()) < 1e6
    capsys.readouterr()
    call(module, monkeypatch, "ask", model, out, "你好", "--max-new-tokens", 4)
    assert "error" not in capsys.readouterr().out


def test_training_data_names_the_line_that_is_wrong(tmp_path):
    read_pairs = example("training_data").read_pairs
    path = Path(tmp_path) / "data.jsonl"
    good = json.dumps({"prompt": "a", "response": "b"})
    for bad in ("not json", json.dumps({"prompt": "a"}), json.dumps({"prompt": "a", "response": 3}), "[1]"):
        path.write_text(f"{good}\n\n{bad}\n")
        with pytest.raises(ValueError, match="line 3"):
            read_pairs(path)
    path.write_text("\n")
    with pytest.raises(ValueError, match="no lines"):
        read_pairs(path)
