"""The examples, run as their docstrings say, on tiny random checkpoints.

The chat is in test_terminal.py, the API server in test_server.py.
"""

import importlib
import json
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


def test_conversion_names_what_is_wrong(tiny_checkpoint, tmp_path):
    module = example("convert_to_safetensors")
    pointer = tmp_path / "pointer"
    pointer.mkdir()
    (pointer / "pytorch_model.bin").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    content = (tiny_checkpoint() / "pytorch_model.bin").read_bytes()
    (damaged / "pytorch_model.bin").write_bytes(content[: len(content) // 2])
    gap = tmp_path / "gap"
    gap.mkdir()
    (gap / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": {"a": "pytorch_model-1.bin"}}))
    for source, message in (
        (tmp_path / "nowhere", "not a folder"),
        (pointer, "git-lfs"),
        (damaged, "damaged"),
        (gap, "lacks pytorch_model-1.bin"),
    ):
        with pytest.raises(ValueError, match=message):
            module.convert(source, tmp_path / "out")
    with pytest.raises(ValueError, match="not empty"):
        module.convert(tiny_checkpoint(), damaged)


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
