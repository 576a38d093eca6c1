"""Single functions against recorded numbers: rotary tables, norms, quantization, the score guard, classification."""

import hashlib
import json

import pytest
import torch
from conftest import ATOL, GOLDEN, cases, close, holds, load
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

DTYPES = ("float32", "float16", "bfloat16")

pytestmark = pytest.mark.golden


@pytest.fixture(scope="module")
def numerics():
    return load_file(GOLDEN / "numerics" / "numerics.safetensors")


def table(package, width, ratio, dtype, positions):
    config = package("configuration_chatglm").ChatGLMConfig(
        kv_channels=2 * width, rope_ratio=ratio, rotary_table_dtype=dtype, seq_length=32768
    )
    cos, sin = package("layers_chatglm").rotary_cos_sin(positions, config)
    return torch.stack((cos, sin), -1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width,ratio", [(64, 16), (64, 1), (8, 16), (10, 4), (2, 16)])
def test_rotary_table(numerics, package, width, ratio, dtype):
    ours = table(package, width, ratio, dtype, numerics["rope.rows"])
    theirs = numerics[f"rope.dim{width}.ratio{ratio}.{dtype}"]
    torch.testing.assert_close(ours, theirs.float(), atol=1e-6 if dtype == "float32" else 0, rtol=0)
    digests = json.loads((GOLDEN / "numerics" / "numerics.json").read_text(encoding="utf-8"))
    full = table(package, width, ratio, dtype, torch.arange(32768)).to(getattr(torch, dtype))
    if torch.__version__.startswith("2.13.0"):  # sine and cosine libraries differ in the last bit between builds
        digest = hashlib.sha256(full.contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()
        assert digest == digests[f"rope.dim{width}.ratio{ratio}.{dtype}.sha256_full_table_32768"]


def test_rotary_application(numerics, package):
    x, cache = numerics["apply_rope.x"].transpose(0, 1), numerics["apply_rope.cache"].transpose(0, 1)  # [b, s, ...]
    cache = cache.squeeze(2) if cache.dim() == 5 else cache
    cos, sin = cache[..., 0][:, :, None], cache[..., 1][:, :, None]
    ours = package("layers_chatglm").apply_rotary(x, cos, sin)
    torch.testing.assert_close(ours, numerics["apply_rope.out"].transpose(0, 1), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_rms_norm(numerics, package, dtype):
    norm = package("layers_chatglm").RMSNorm(24, 1e-5).to(getattr(torch, dtype))
    norm.weight.data.copy_(numerics[f"rms.{dtype}.weight"])
    ours = norm(numerics[f"rms.{dtype}.x"])
    tolerance = {"float32": 1e-6, "float16": 1e-3, "bfloat16": 1e-2}[dtype]  # one unit in the last place
    torch.testing.assert_close(ours, numerics[f"rms.{dtype}.out"], atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("dtype", DTYPES)
def test_quantize_is_bit_exact(numerics, package, dtype, bits):
    quantization = package("quantization")
    key = f"quant.{dtype}.int{bits}"
    packed, scale = quantization.quantize_weight(numerics[f"quant.{dtype}.weight"], bits)
    assert scale.equal(numerics[f"{key}.scale"]) and scale.dtype == numerics[f"{key}.scale"].dtype
    assert packed.equal(numerics[f"{key}.packed"])
    if bits == 4:
        assert quantization.unpack_int4(packed).equal(numerics[f"{key}.unpacked"])
        assert quantization.pack_int4(numerics[f"{key}.unpacked"]).equal(packed)
    assert quantization.dequantize_weight(packed, scale, bits).equal(numerics[f"{key}.dequant_native"])
    wide = quantization.dequantize_weight(packed, scale, bits, torch.float32)
    assert wide.equal(numerics[f"{key}.dequant_float_kernel"])


def test_every_packed_byte(numerics, package):
    quantization = package("quantization")
    values = numerics["int4.all_bytes_scale1"]
    ours = quantization.dequantize_weight(numerics["int4.all_bytes"], torch.ones(2), 4)
    assert ours.equal(values)
    assert quantization.pack_int4(values.to(torch.int8)).equal(numerics["int4.all_bytes"])


def test_quantized_linear_and_its_gradient(numerics, package):
    x = numerics["qlinear.x"].clone().requires_grad_()
    out = package("quantization").quantized_linear(x, numerics["qlinear.weight"], numerics["qlinear.scale"], None, 4)
    torch.testing.assert_close(out, numerics["qlinear.y"], atol=1e-4, rtol=1e-4)
    out.backward(numerics["qlinear.grad_out"])
    torch.testing.assert_close(x.grad, numerics["qlinear.grad_x"], atol=1e-5, rtol=1e-3)


def test_score_guard(numerics, package):
    guard = package("modeling_chatglm").InvalidScoreLogitsProcessor()
    for kind in ("nan", "inf", "ok"):
        before = numerics[f"invalid.{kind}_in"].clone()
        assert guard(None, before).equal(numerics[f"invalid.{kind}_out"])


def test_configuration_defaults(package):
    expected = json.loads((GOLDEN / "numerics" / "config_defaults.json").read_text(encoding="utf-8"))
    config = package("configuration_chatglm").ChatGLMConfig()
    assert {key: getattr(config, key) for key in expected} == expected


# What quantize() must make of a checkpoint is recorded beside it, or as a checkpoint of its own.
BESIDE, A_WEIGHT = "quantized_from_this.safetensors", "transformer.encoder.layers.0.mlp.dense_4h_to_h.weight"
QUANTIZED = [("A_fp32", bits) for bits in (4, 8) if holds("A_fp32", f"int{bits}.{A_WEIGHT}", file=BESIDE)]
QUANTIZED += [("A_fp16", bits) for bits in (4, 8) if (GOLDEN / "A_fp16").is_dir()]


@cases("name, bits", QUANTIZED)
def test_quantizing_a_model_gives_the_published_tensors(golden_folder, name, bits):
    model = load(golden_folder(name))
    assert model.quantize(bits) is model
    ours = model.state_dict()
    if name == "A_fp32":
        recorded = load_file(GOLDEN / name / BESIDE)
        theirs = {key[5:]: value for key, value in recorded.items() if key.startswith(f"int{bits}.")}
    else:
        theirs = load(golden_folder(f"Q_int{bits}")).state_dict()
    assert theirs
    for key, value in theirs.items():
        assert ours[key].dtype == value.dtype and ours[key].equal(value), key


CLASSIFIERS = sorted(p.parent.name for p in GOLDEN.glob("S_*/golden.json"))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_sequence_classification(golden_folder, name):
    tensors = load_file(GOLDEN / name / "golden.safetensors")
    values = json.loads((GOLDEN / name / "golden.json").read_text(encoding="utf-8"))
    model = load(golden_folder(name), AutoModelForSequenceClassification).float().eval()
    assert model.config.problem_type == values["problem_type_before"]
    inputs = {key: tensors[key] for key in ("input_ids", "attention_mask", "position_ids")}
    out = model(**inputs, labels=tensors["labels"])
    assert model.config.problem_type == values["problem_type_after"]
    close(out.logits, tensors["logits"])
    assert out.loss.item() == pytest.approx(values["loss"], abs=ATOL)
    out.loss.backward()
    for key, parameter in model.named_parameters():
        if key in values["grad.norms"]:
            assert parameter.grad.norm().item() == pytest.approx(values["grad.norms"][key], rel=1e-3, abs=1e-5), key
    torch.testing.assert_close(
        model.classifier_head.weight.grad, tensors["grad.classifier_head.weight"], atol=1e-5, rtol=1e-3
    )
    single = model(inputs["input_ids"][:1][:, inputs["attention_mask"][0].bool()])
    close(single.logits, tensors["logits_single_row0"])
