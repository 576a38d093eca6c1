"""Exports to transformers' GLM class: the numbers of the original, integers bit by bit, and bad input."""

import json
import resource
import shutil
from pathlib import Path

import pytest
import torch
from conftest import GOLDEN, cases, holds, load
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from benchmarks.exports import Export, measured
from benchmarks.make_checkpoint import make_checkpoint
from examples import convert_to_safetensors, export_gguf, export_glm

# Logits in fp32, as a part of the largest: both are the same operations, only sums may be in another order.
PART_OF_LARGEST = 1e-5
CLEAR = 1e-2  # what another rope rule moves logits by, at least, as a part of the largest
PLAIN = ("A_fp32", "A_fp16", "A_rope1_norope_key", "B_mha", "Q_int4", "Q_int8")
RECORDED = [
    (name, part)
    for name in PLAIN
    for part in ("single", "batch", "sparse", "long")
    if holds(name, f"{part}.logits") and (GOLDEN / name / "config.json").exists()
]
ATTENTION = "transformer.encoder.layers.1.self_attention.query_key_value"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A folder of the family and settings of the export -> the folder of the export."""
    made = {}

    def make(source, **settings):
        key = (source, tuple(sorted(settings.items(), key=str)))
        if key not in made:
            made[key] = tmp_path_factory.mktemp("exported") / "glm"
            export_glm.export(source, made[key], **{"tokenizer": False, **settings})
        return made[key]

    return make


@pytest.fixture
def source(tmp_path):
    """A copy of a small INT4 checkpoint, to be spoilt."""
    return shutil.copytree(GOLDEN / "Q_int4", tmp_path / "source")


def glm(folder):
    found = AutoModelForCausalLM.from_pretrained(folder).eval()
    assert type(found).__module__ == "transformers.models.glm.modeling_glm"
    return found


def logits(model, ids, **inputs):
    with torch.no_grad():
        return model(input_ids=ids, **inputs).logits


def apart(found, wanted):
    """Largest difference, as a part of the largest wanted number."""
    return ((found - wanted).abs().max() / wanted.abs().max()).item()


def change_config(folder, **changes):
    """Other keys in a folder's config.json."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))
    return folder


def state_of(folder):
    """All tensors of an export, whatever files they are in."""
    return {name: tensor for path in folder.glob("*.safetensors") for name, tensor in load_file(path).items()}


# ----------------------------------------------------------------------------------------------------- the same model


@cases("name, part", RECORDED)
@pytest.mark.golden
def test_logits_are_those_of_the_original(exported, name, part):
    """Whoever serves an export serves ChatGLM2: one row, a padded batch, the last positions, 3,100 tokens."""
    model, recorded = (
        glm(exported(GOLDEN / name, dtype=torch.float32)),
        load_file(GOLDEN / name / "golden.safetensors"),
    )
    inputs = {
        key: recorded[f"{part}.{key}"] for key in ("attention_mask", "position_ids") if f"{part}.{key}" in recorded
    }
    found, wanted = logits(model, recorded[f"{part}.input_ids"], **inputs), recorded[f"{part}.logits"]
    if part == "batch":
        real = inputs["attention_mask"].bool()
        found, wanted = found[real], wanted[real]
    elif part == "long":
        found = found[:, recorded["long.selected_positions"].long()]
    assert apart(found, wanted) < PART_OF_LARGEST


@cases("name", sorted({name for name, part in RECORDED if part == "single"}))
@pytest.mark.golden
def test_greedy_text_is_that_of_the_original(exported, name):
    recorded = json.loads((GOLDEN / name / "golden.json").read_text(encoding="utf-8"))["generate"]
    ids, wanted = torch.tensor(recorded["prompt"]), recorded["greedy"]
    model = glm(exported(GOLDEN / name, dtype=torch.float32))
    settings = {"do_sample": False, "max_new_tokens": len(wanted[0]) - ids.shape[1]}
    assert model.generate(ids, attention_mask=torch.ones_like(ids), **settings).tolist() == wanted


@pytest.mark.parametrize("rope", [{}, {"rope_theta": 160000.0}], ids=["no factor", "the rule of ChatGLM3"])
def test_another_rope_rule_gives_other_numbers(exported, golden_folder, tmp_path, rope):
    """Else the tests above would pass for an export that is wrong from the first thousand tokens on."""
    checkpoint = golden_folder("A_fp32")
    folder, ids = exported(checkpoint), torch.arange(2100)[None] * 37 % 300 + 5
    other = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5, **rope}
    changed = change_config(shutil.copytree(folder, tmp_path / "other"), rope_scaling=None, rope_parameters=other)
    wanted = logits(load(checkpoint).eval(), ids)[:, 2000:]
    assert apart(logits(glm(folder), ids)[:, 2000:], wanted) < PART_OF_LARGEST
    assert apart(logits(glm(changed), ids)[:, 2000:], wanted) > CLEAR


def test_the_rule_of_chatglm3_is_another_base(exported, golden_folder):
    checkpoint = golden_folder("A_fp32", rope_ratio_scales="base", rope_ratio=50)
    ids = torch.arange(300)[None] % 300 + 5
    assert apart(logits(glm(exported(checkpoint)), ids), logits(load(checkpoint).eval(), ids)) < PART_OF_LARGEST


def test_both_spellings_of_rope_say_the_same(exported):
    """`rope_parameters` is read by transformers 5, `rope_scaling` and its companions by 4.x and older engines."""
    config = json.loads((exported(GOLDEN / "Q_int4") / "config.json").read_text())
    old = {**config["rope_scaling"], **{key: config[key] for key in ("rope_theta", "partial_rotary_factor")}}
    assert (
        old
        == config["rope_parameters"]
        == {
            "rope_type": "linear",
            "factor": 16.0,
            "rope_theta": 10000.0,
            "partial_rotary_factor": 0.5,
        }
    )
    assert [config[key] for key in ("eos_token_id", "pad_token_id")] == [2, 0], "GLM's own defaults are GLM-4's"
    assert config["max_sequence_length"] * 16 == config["max_position_embeddings"] == 32768, "vLLM multiplies"


# ------------------------------------------------------------------------------------------------- integers and files


def whole_numbers(packed, bits, columns):
    """Integers of compressed-tensors' "pack-quantized", number by number: its documentation, not our code."""
    words = packed.to(torch.int64) & 0xFFFFFFFF
    parts = [words >> shift & (1 << bits) - 1 for shift in range(0, 32, bits)]
    return torch.stack(parts, dim=-1).flatten(1)[:, :columns] - (1 << bits - 1)


@pytest.mark.parametrize("name", ["Q_int4", "Q_int8"])
def test_no_integer_and_no_scale_changes(exported, name):
    """Requantizing would cost accuracy that nobody sees."""
    source = stored(name)
    state = state_of(exported(GOLDEN / name, keep_integers=True))
    bits = int(name[-1])
    for layer in range(2):
        parts = [state_of_linear(state, f"model.layers.{layer}.self_attn.{letter}_proj", bits) for letter in "qkv"]
        for place, (found, scale) in {
            "self_attention.query_key_value": tuple(map(torch.cat, zip(*parts))),
            "self_attention.dense": state_of_linear(state, f"model.layers.{layer}.self_attn.o_proj", bits),
            "mlp.dense_h_to_4h": state_of_linear(state, f"model.layers.{layer}.mlp.gate_up_proj", bits),
            "mlp.dense_4h_to_h": state_of_linear(state, f"model.layers.{layer}.mlp.down_proj", bits),
        }.items():
            weight = source[f"transformer.encoder.layers.{layer}.{place}.weight"].to(torch.int64)
            wanted = torch.stack((weight >> 4, (weight & 15 ^ 8) - 8), -1).flatten(1) if bits == 4 else weight
            assert found.equal(wanted)
            assert scale.equal(source[f"transformer.encoder.layers.{layer}.{place}.weight_scale"])
    assert not [key for key in state if key.startswith("lm_head.weight_")]


def stored(name):
    folder = GOLDEN / name
    bins = list(folder.glob("pytorch_model*.bin"))
    return torch.load(bins[0], weights_only=True) if bins else load_file(folder / "model.safetensors")


def state_of_linear(state, name, bits):
    rows, columns = state[f"{name}.weight_shape"].tolist()
    found = whole_numbers(state[f"{name}.weight_packed"], bits, columns)
    assert found.shape == (rows, columns)
    return found, state[f"{name}.weight_scale"][:, 0]


@pytest.mark.parametrize("bits", [0, 4])
def test_a_padded_mlp_gives_the_same_numbers(exported, tiny_checkpoint, bits):
    """Zero channels make INT4 shards multiples of 128 columns; the answers stay."""
    checkpoint = tiny_checkpoint(bits=bits, dtype="float32", ffn_hidden_size=200)
    plain, wide = (exported(checkpoint, pad_mlp=pad, tensor_parallel=2) for pad in (False, True))
    ids = torch.arange(40)[None] + 5
    assert json.loads((wide / "config.json").read_text())["intermediate_size"] == 256
    assert apart(logits(glm(wide), ids), logits(glm(plain), ids)) < PART_OF_LARGEST
    if bits:
        kept = state_of(exported(checkpoint, keep_integers=True, pad_mlp=True, tensor_parallel=2))
        found, scale = state_of_linear(kept, "model.layers.1.mlp.down_proj", bits)
        assert (found * scale[:, None]).equal(state_of(wide)["model.layers.1.mlp.down_proj.weight"])


def test_the_6b_model_is_padded_to_13824(exported):
    """What README promises for two and four GPUs, without the 4 GB."""
    config = export_glm.ChatGLMConfig()
    assert [export_glm.width_of_mlp(config, split, True) for split in (1, 2, 4)] == [13824] * 3
    assert export_glm.width_of_mlp(config, 2, False) == 13696


def test_shards_and_formats_of_the_source_make_no_difference(exported, tiny_checkpoint, tmp_path):
    checkpoint = tiny_checkpoint(bits=4)
    convert_to_safetensors.convert(checkpoint, tmp_path / "shards", shard_bytes=60_000)
    assert len(list((tmp_path / "shards").glob("*.safetensors"))) > 2
    wanted = (exported(checkpoint) / "model.safetensors").read_bytes()
    assert (exported(tmp_path / "shards") / "model.safetensors").read_bytes() == wanted
    in_shards = exported(tmp_path / "shards", shard_bytes=60_000)
    index = json.loads((in_shards / "model.safetensors.index.json").read_text())
    assert {path.name for path in in_shards.glob("*.safetensors")} == set(index["weight_map"].values())
    assert len(set(index["weight_map"].values())) > 2
    state = state_of(in_shards)
    assert index["metadata"]["total_size"] == sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    assert all(tensor.equal(state[name]) for name, tensor in state_of(exported(checkpoint)).items())
    ids = torch.arange(20)[None] + 5
    assert logits(glm(in_shards).float(), ids).equal(logits(glm(exported(checkpoint)).float(), ids))


# --------------------------------------------------------------------------------------------------------- bad input

EXPORTS = [(export_glm.export, "glm"), (export_gguf.export, "file.gguf")]


@pytest.mark.parametrize("export, name", EXPORTS, ids=["GLM", "GGUF"])
@pytest.mark.parametrize(
    "changes, message",
    [
        ({"rmsnorm": False}, "LayerNorm"),
        ({"post_layer_norm": False}, "final norm"),
        ({"add_bias_linear": True}, "add_bias_linear"),
        ({"apply_residual_connection_post_layernorm": True}, "residual behind the norm"),
        ({"pre_seq_len": 8}, "prefix"),
        ({"fp32_residual_connection": True}, "fp32_residual_connection"),
        ({"rotary_table_dtype": "float16"}, "rotary_table_dtype='float16'"),
        ({"model_type": "llama"}, "model_type 'llama'"),
        ({"num_layers": 3}, r"lacks transformer.encoder.layers.2.input_layernorm.weight.* more"),
        ({"num_layers": 1}, r"has transformer.encoder.layers.1.*an export would drop it"),
        (
            {"ffn_hidden_size": 128},
            r"dense_h_to_4h.weight has the shape \(192, 32\), by config.json it is \(256, 32\)",
        ),
        ({"quantization_bit": 8}, r"query_key_value.weight has the shape"),
    ],
)
def test_what_is_not_expressible_or_not_whole_is_refused_by_name(source, tmp_path, export, name, changes, message):
    change_config(source, **changes)
    before = set(tmp_path.iterdir())
    with pytest.raises(ValueError, match=message):
        export(source, tmp_path / name, tokenizer=False)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("export, name", EXPORTS, ids=["GLM", "GGUF"])
def test_damaged_sources_are_refused_by_name(source, tmp_path, export, name):
    target, weights = tmp_path / name, torch.load(source / "pytorch_model.bin", weights_only=True)

    def refused(message, **changes):
        found = {key: value for key, value in {**weights, **changes}.items() if value is not None}
        torch.save(found, source / "pytorch_model.bin")
        with pytest.raises(ValueError, match=message):
            export(source, target, tokenizer=False)
        assert not target.exists()

    refused("lacks " + ATTENTION + ".weight_scale: it is not whole", **{f"{ATTENTION}.weight_scale": None})
    refused("has classifier_head.weight", **{"classifier_head.weight": torch.zeros(2, 64)})
    refused("is of torch.int32", **{f"{ATTENTION}.weight": weights[f"{ATTENTION}.weight"].int()})
    for name, content, message in (
        ("model.safetensors", b"\x08\0\0\0\0\0\0\0 cut off", "model.safetensors is truncated or damaged"),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1\n", "safetensors is a git-lfs pointer"),
        ("model.safetensors", b"\x02\0\0\0\0\0\0\0{}", "lacks transformer"),
        ("model.safetensors.index.json", b'{"weight_map": {"a"', "index.json is damaged: download it again"),
        ("model.safetensors.index.json", b'{"weight_map": {"a": "b"}}', "b is missing, and the index beside it names"),
        ("pytorch_model.bin", b"<!DOCTYPE html>", "is no PyTorch file .it begins with '<!DOCTYPE html'"),
        ("pytorch_model.bin", b"", "is empty: download it again"),
    ):
        (source / name).write_bytes(content)
        with pytest.raises(ValueError, match=message):
            export(source, target, tokenizer=False)
        (source / name).unlink()
    with pytest.raises(ValueError, match="lacks pytorch_model.bin"):
        export(source, target, tokenizer=False)
    with pytest.raises(ValueError, match="has no config.json"):
        export(GOLDEN, target, tokenizer=False)
    with pytest.raises(ValueError, match="is not a folder"):
        export(source / "nowhere", target, tokenizer=False)
    assert not target.exists()


@pytest.mark.parametrize("export, name", EXPORTS, ids=["GLM", "GGUF"])
def test_a_target_that_is_there_is_left_alone(source, tmp_path, export, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine").write_text("kept")
    with pytest.raises(ValueError, match="is there already"):
        export(source, tmp_path / name, tokenizer=False)
    (tmp_path / f"{name}2").write_text("kept")
    with pytest.raises(ValueError, match="is there already"):
        export(source, tmp_path / f"{name}2", tokenizer=False)
    assert (tmp_path / name / "mine").read_text() == (tmp_path / f"{name}2").read_text() == "kept"
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("export, name", EXPORTS, ids=["GLM", "GGUF"])
def test_a_target_that_cannot_be_made_is_named(source, tmp_path, export, name):
    with pytest.raises(ValueError, match="/proc/chatglm/target could not be written"):
        export(source, Path("/proc/chatglm/target"), tokenizer=False)


@pytest.mark.parametrize("export, name", EXPORTS, ids=["GLM", "GGUF"])
@pytest.mark.parametrize("left", [2_000, 100_000])
def test_nothing_is_left_when_the_disk_fills_up(source, tmp_path, export, name, left):
    """A file that cannot grow further is what a full disk is: the error comes in the middle of a write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = set(tmp_path.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (left, hard))
    try:
        with pytest.raises(ValueError, match="could not be written.*Nothing of it is left"):
            export(source, tmp_path / name, tokenizer=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("export, name", EXPORTS, ids=["GLM", "GGUF"])
def test_a_disk_that_is_too_small_is_noticed_before(source, tmp_path, monkeypatch, export, name):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**6, 10**6 - 1000, 1000))
    with pytest.raises(ValueError, match=r"has 0.00 GB of space, 0.\d\d GB are needed"):
        export(source, tmp_path / name, tokenizer=False)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("export, name", EXPORTS, ids=["GLM", "GGUF"])
def test_an_interrupted_export_leaves_nothing(source, tmp_path, monkeypatch, export, name):
    before = set(tmp_path.iterdir())

    def interrupted(*arguments):
        raise KeyboardInterrupt

    for module in (export_glm, export_gguf):
        monkeypatch.setattr(module, "as_float", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(source, tmp_path / name, torch.float32, tokenizer=False)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "processes, message",
    [
        (3, "--tensor-parallel 3 does not divide num_attention_heads, 4"),
        (8, "--tensor-parallel 8 does not divide num_attention_heads, 4"),
        (0, "needs a whole number > 0"),
    ],
)
def test_a_number_of_processes_that_does_not_divide_is_refused(source, tmp_path, processes, message):
    with pytest.raises(ValueError, match=message):
        export_glm.export(source, tmp_path / "glm", tokenizer=False, tensor_parallel=processes)
    with pytest.raises(ValueError, match="does not divide the MLP's width, 13697: choose another, or add --pad-mlp"):
        export_glm.check_split(export_glm.ChatGLMConfig(), 2, 13697)
    with pytest.raises(ValueError, match="2 and 3 key/value heads"):
        config = {"num_attention_heads": 6, "multi_query_attention": True, "multi_query_group_num": 3}
        export_glm.check_split(export_glm.ChatGLMConfig(**config), 2, 128)


def test_floats_have_no_integers_to_keep(tmp_path):
    with pytest.raises(ValueError, match="--integers: .* holds floats"):
        export_glm.export(GOLDEN / "A_fp32", tmp_path / "glm", keep_integers=True, tokenizer=False)


def test_numbers_beyond_float16_are_not_written_as_infinite(tmp_path, tiny_checkpoint):
    source = shutil.copytree(tiny_checkpoint(bits=0, dtype="float32"), tmp_path / "source")
    weights = torch.load(source / "pytorch_model.bin", weights_only=True)
    weights[f"{ATTENTION}.bias"][7] = 1e6
    torch.save(weights, source / "pytorch_model.bin")
    with pytest.raises(ValueError, match=f"{ATTENTION}.bias holds numbers beyond the range of float16"):
        export_glm.export(source, tmp_path / "glm", torch.float16, tokenizer=False)
    assert not (tmp_path / "glm").exists()


def test_a_mixed_checkpoint_is_written_in_the_dtype_that_holds_it(tmp_path, tiny_checkpoint):
    """Norms in fp32 beside fp16 weights would be rounded without a word."""
    source = shutil.copytree(tiny_checkpoint(bits=0), tmp_path / "source")
    weights = torch.load(source / "pytorch_model.bin", weights_only=True)
    weights["transformer.encoder.final_layernorm.weight"] = torch.full((64,), 1 + 2.0**-20)
    (source / "pytorch_model.bin").unlink()
    save_file(weights, source / "model.safetensors")
    export_glm.export(source, tmp_path / "glm", tokenizer=False)
    found = state_of(tmp_path / "glm")["model.norm.weight"]
    assert found.dtype == torch.float32 and found.equal(weights["transformer.encoder.final_layernorm.weight"])
    assert json.loads((tmp_path / "glm" / "config.json").read_text())["dtype"] == "float32"


# ------------------------------------------------------------------------------------------------------------ memory

MEGABYTE = 10**6


def test_memory_is_that_of_one_tensor_whatever_the_number_of_layers(tmp_path):
    """The 6B model has to be exported where it fits on the disk, not in memory."""
    geometry = {"hidden_size": 512, "ffn_hidden_size": 4096, "padded_vocab_size": 1024, "num_layers": 16}
    geometry.update(kv_channels=64, num_attention_heads=8)
    source = make_checkpoint(tmp_path / "source", bits=4, **geometry)
    for export in (Export("glm", "float32"), Export("glm", "integers"), Export("gguf", "integers")):
        found = measured(source, tmp_path / "target", export)
        largest = 2 * 4096 * 512 * 4
        assert found["written"] > (17 * largest if export.kind == "float32" else 30 * MEGABYTE)
        assert found["anonymous"] < 3 * largest + 40 * MEGABYTE
