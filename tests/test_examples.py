"""The examples, run as their docstrings say, on tiny random checkpoints. The chat is in test_terminal.py."""

import importlib
import json
import sys
from pathlib import Path

import pytest
import torch
from conftest import CODE_FILES, load
from transformers import AutoTokenizer

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


# --------------------------------------------------------------------------------------------------------- API server


@pytest.fixture(scope="module")
def server(tiny_checkpoint):
    for package in ("fastapi", "httpx"):
        pytest.importorskip(package, reason=f"{package} is not installed (examples/requirements.txt)")
    folder = tiny_checkpoint()
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    model = load(folder).float().eval()
    return example("api_server").make_app(model, tokenizer), model, tokenizer


def question(text="你好", **settings):
    return {"messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": 12, **settings}


def test_server_answers(server):
    from fastapi.testclient import TestClient

    app, model, tokenizer = server
    client = TestClient(app)
    expected, history = model.chat(tokenizer, "你好", do_sample=False, max_new_tokens=12)
    reply = client.post("/v1/chat/completions", json=question()).json()
    assert reply["choices"][0]["message"] == {"role": "assistant", "content": expected}
    assert reply["choices"][0]["finish_reason"] in ("stop", "length")
    assert 0 < reply["usage"]["completion_tokens"] <= 12
    assert reply["usage"]["prompt_tokens"] == model.build_inputs(tokenizer, "你好")["input_ids"].shape[1]

    with client.stream("POST", "/v1/chat/completions", json=question(stream=True)) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line[len("data: ") :] for line in response.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line)["choices"][0] for line in lines[:-1]]
    assert "".join(chunk["delta"].get("content", "") for chunk in chunks) == expected
    assert chunks[-1]["finish_reason"] == reply["choices"][0]["finish_reason"]

    messages = [
        {"role": "user", "content": "你好"},
        {"role": "assistant", "content": expected},
        {"role": "user", "content": "again"},
    ]
    reply = client.post("/v1/chat/completions", json=question(messages=messages)).json()
    again = model.chat(tokenizer, "again", history, do_sample=False, max_new_tokens=12)[0]
    assert reply["choices"][0]["message"]["content"] == again
    assert client.get("/v1/models").json()["data"]


def test_server_refuses_what_it_cannot_do(server):
    from fastapi.testclient import TestClient

    client = TestClient(server[0])
    assistant = [{"role": "assistant", "content": "x"}]
    for body, status in (
        (question(messages=assistant), 400),
        (question(messages=[]), 400),
        (question("x " * 40000), 400),
        (question(temperature=-1), 422),
        ({}, 422),
    ):
        reply = client.post("/v1/chat/completions", json=body)
        assert reply.status_code == status and reply.json()["detail"]


def test_server_stops_when_the_client_leaves(server, monkeypatch):
    import asyncio

    app, model, _ = server
    steps, forward = [], model.forward
    monkeypatch.setattr(model, "forward", lambda *args, **kwargs: steps.append(1) or forward(*args, **kwargs))
    body = json.dumps(question(stream=True, max_tokens=2000)).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/chat/completions",
        "raw_path": b"",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def visit() -> None:
        left, sent = asyncio.Event(), []
        requests = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            if requests:
                return requests.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if len(sent) == 5:
                left.set()

        await app(scope, receive, send)

    asyncio.run(visit())
    assert len(steps) < 200
