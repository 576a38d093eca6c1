"""Exports to GGUF, read back with the reader of the `gguf` package: integers bit by bit, rope keys, tokenizer."""

import json
import shutil
import signal

import gguf
import numpy as np
import pytest
import torch
from conftest import GOLDEN, ROOT
from safetensors.torch import load_file

from examples import export_gguf
from examples.plain_tokenizer import PlainTokenizer

DEMO = ROOT / "demo_model"
PLACES = {
    "attn_qkv": "self_attention.query_key_value",
    "attn_output": "self_attention.dense",
    "ffn_up": "mlp.dense_h_to_4h",
    "ffn_down": "mlp.dense_4h_to_h",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
OUTER = {
    "token_embd.weight": "transformer.embedding.word_embeddings.weight",
    "output_norm.weight": "transformer.encoder.final_layernorm.weight",
    "output.weight": "transformer.output_layer.weight",
}


def stored(folder):
    """The tensors of a source."""
    files = [*folder.glob("pytorch_model*.bin")]
    parts = [torch.load(path, weights_only=True) for path in files] or [load_file(folder / "model.safetensors")]
    return {name: tensor for part in parts for name, tensor in part.items()}


def source_name(name):
    if name in OUTER:
        return OUTER[name]
    _, layer, place, kind = name.split(".")
    return f"transformer.encoder.layers.{layer}.{PLACES[place]}.{kind}"


def value(reader, key):
    return reader.get_field(key).contents()


def exported(source, target, **settings):
    export_gguf.export(source, target, **{"tokenizer": False, **settings})
    return gguf.GGUFReader(target)


@pytest.mark.parametrize(
    "name, settings, kind",
    [
        ("Q_int4", {}, "Q4_0"),
        ("Q_int8", {}, "Q8_0"),
        ("Q_int4", {"dtype": torch.float32}, "F32"),
        ("A_fp32", {}, "F32"),
        ("A_fp32", {"dtype": torch.float16}, "F16"),
    ],
)
def test_every_tensor_is_bit_equal(tmp_path, name, settings, kind):
    """As llama.cpp will see them: what its own library makes of the blocks is scale times integer, exactly."""
    reader, source = exported(GOLDEN / name, tmp_path / "model.gguf", **settings), stored(GOLDEN / name)
    used = {key for key in source if key.endswith("inv_freq")}
    for tensor in reader.tensors:
        key = source_name(tensor.name)
        matrix = len(tensor.shape) == 2
        outer_kind = "F16" if kind in ("Q4_0", "Q8_0") else kind
        wanted_kind = (outer_kind if tensor.name in OUTER else kind) if matrix else "F32"
        assert tensor.tensor_type.name == wanted_kind
        found = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        wanted, scale = source[key], source.get(f"{key}_scale")
        used |= {key, f"{key}_scale"} & source.keys()
        if scale is not None:
            signed = wanted.to(torch.int16)
            if name == "Q_int4":
                signed = torch.stack((signed >> 4, (signed & 15 ^ 8) - 8), -1).flatten(1)
            wanted = signed.float() * scale.float()[:, None]
        elif wanted_kind == "F16":
            wanted = wanted.half()
        assert np.array_equal(found.reshape(wanted.shape).astype(np.float32), wanted.float().numpy()), tensor.name
    assert used == source.keys()


def test_heads_without_groups_are_put_in_the_order_that_llama_cpp_reads(tmp_path):
    """Stored head by head, q, k, v each; llama.cpp takes all queries, all keys, all values."""
    reader, source = exported(GOLDEN / "B_mha", tmp_path / "model.gguf"), stored(GOLDEN / "B_mha")
    rows = source["transformer.encoder.layers.1.self_attention.query_key_value.weight"]
    tensor = next(tensor for tensor in reader.tensors if tensor.name == "blk.1.attn_qkv.weight")
    for head in range(4):
        for part in range(3):
            found = tensor.data[part * 64 + head * 16 : part * 64 + (head + 1) * 16]
            assert np.array_equal(found, rows[head * 48 + part * 16 : head * 48 + (part + 1) * 16].numpy())
    assert value(reader, "chatglm.attention.head_count_kv") == 4


def test_rope_keys_are_those_of_positional_interpolation(tmp_path, golden_folder):
    """Without them llama.cpp is 15 nats off past a few thousand tokens, and says nothing."""
    reader = exported(GOLDEN / "Q_int4", tmp_path / "model.gguf")
    keys = {key[len("chatglm.") :]: value(reader, key) for key in reader.fields if key.startswith("chatglm.")}
    wanted = {
        "context_length": 32768,
        "embedding_length": 64,
        "block_count": 2,
        "feed_forward_length": 96,
        "attention.head_count": 4,
        "attention.head_count_kv": 2,
        "vocab_size": 320,
        "rope.dimension_count": 8,
        "rope.freq_base": 10000.0,
        "rope.scaling.type": "linear",
        "rope.scaling.factor": 16.0,
    }
    assert keys.pop("attention.layer_norm_rms_epsilon") == pytest.approx(1e-5)
    assert keys == wanted
    base = golden_folder("A_fp32", rope_ratio_scales="base", rope_ratio=50)
    reader = exported(base, tmp_path / "base.gguf")
    assert value(reader, "chatglm.rope.freq_base") == 500000.0
    assert not reader.get_field("chatglm.rope.scaling.type")
    assert not exported(base, tmp_path / "again.gguf").get_field("chatglm.rope.scaling.factor")


def test_the_tokenizer_is_in_the_file(tmp_path):
    reader = exported(DEMO, tmp_path / "model.gguf", tokenizer=True)
    plain = PlainTokenizer(DEMO)
    tokens, kinds = value(reader, "tokenizer.ggml.tokens"), value(reader, "tokenizer.ggml.token_type")
    scores = value(reader, "tokenizer.ggml.scores")
    assert (
        len(tokens) == len(kinds) == len(scores) == json.loads((DEMO / "config.json").read_text())["padded_vocab_size"]
    )
    assert tokens[: len(plain.pieces)] == [piece.text for piece in plain.pieces]
    assert scores[: len(plain.pieces)] == pytest.approx([piece.score for piece in plain.pieces])
    special = slice(len(plain.pieces), len(plain))
    assert tokens[special] == ["[MASK]", "[gMASK]", "[sMASK]", "<sop>", "<eop>"]
    assert set(kinds[special]) == {gguf.TokenType.CONTROL} and set(kinds[len(plain) :]) == {gguf.TokenType.UNUSED}
    assert kinds[tokens.index("\n")] == gguf.TokenType.NORMAL, "else a space follows every line break"
    assert kinds[tokens.index("<0x0A>")] == gguf.TokenType.BYTE
    flags = {
        key: value(reader, f"tokenizer.ggml.{key}") for key in ("add_bos_token", "add_eos_token", "add_space_prefix")
    }
    assert flags == {"add_bos_token": False, "add_eos_token": False, "add_space_prefix": True}
    assert value(reader, "tokenizer.ggml.eos_token_id") == 2
    assert value(reader, "tokenizer.chat_template") == plain.template
    assert "[gMASK]<sop>" not in plain.template, "llama.cpp would take it for ChatGLM4's and not run it"


def changed(tmp_path, **changes):
    source = shutil.copytree(GOLDEN / "Q_int4", tmp_path / "source")
    config = json.loads((source / "config.json").read_text())
    (source / "config.json").write_text(json.dumps({**config, **changes}))
    return source


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"kv_channels": 32}, "cannot express heads of 128 channels together in a model of 64"),
        ({"ffn_hidden_size": 100}, r"matrices of \(64, 64, 100\) columns in blocks of 32 \(choose --dtype\)"),
    ],
)
def test_what_llama_cpp_cannot_express_is_refused_by_name(tmp_path, changes, message):
    source = changed(tmp_path, **changes)
    with pytest.raises(ValueError, match=message):
        export_gguf.export(source, tmp_path / "model.gguf", tokenizer=False)
    assert not (tmp_path / "model.gguf").exists()


def test_scales_that_blocks_would_round_are_refused(tmp_path):
    source = changed(tmp_path)
    weights = torch.load(source / "pytorch_model.bin", weights_only=True)
    name = "transformer.encoder.layers.1.mlp.dense_4h_to_h.weight_scale"
    weights[name] = weights[name].float() * (1 + 2.0**-15)
    torch.save(weights, source / "pytorch_model.bin")
    with pytest.raises(ValueError, match="scales of .*layers.1.mlp.dense_4h_to_h are no float16"):
        export_gguf.export(source, tmp_path / "model.gguf", tokenizer=False)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_the_command_says_what_it_wrote_and_what_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["export_gguf", str(DEMO), str(tmp_path / "model.gguf")])
    export_gguf.main()
    assert capsys.readouterr().out == f"{tmp_path / 'model.gguf'}: Q4_0\n"
    with pytest.raises(SystemExit, match="error: .*model.gguf is there already"):
        export_gguf.main()
    monkeypatch.setattr("sys.argv", ["export_gguf", str(DEMO), str(tmp_path / "stopped.gguf")])
    with monkeypatch.context() as patched, pytest.raises(SystemExit) as ended:
        patched.setattr(export_gguf, "write", lambda *arguments: signal.raise_signal(signal.SIGINT))
        export_gguf.main()
    assert ended.value.code == 130 and [path.name for path in tmp_path.iterdir()] == ["model.gguf"]
    monkeypatch.setitem(__import__("sys").modules, "gguf", None)
    monkeypatch.setattr("sys.argv", ["export_gguf", str(DEMO), str(tmp_path / "other.gguf")])
    with pytest.raises(SystemExit, match="pip install gguf"):
        export_gguf.main()
    assert not (tmp_path / "other.gguf").exists()
