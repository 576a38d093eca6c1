"""What from_pretrained() refuses: weights that would chat garbage, and files that were not fetched, or not wholly."""

import io
import json
import re
import shutil
import tarfile

import pytest
import torch
from conftest import load
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification

PROMPT = torch.tensor([[5, 77, 310, 42, 9, 128, 64]])
LAYER = "transformer.encoder.layers.1"
MLP = f"{LAYER}.mlp.dense_4h_to_h"
FORMATS = {
    "bin": {"format": "bin"},
    "safetensors": {"format": "safetensors"},
    "sharded": {"format": "safetensors", "shard_bytes": 100_000},
}


@pytest.fixture
def folder(tiny_checkpoint, tmp_path):
    """keyword arguments of make_checkpoint -> a copy of that checkpoint, to be spoilt."""
    # A name of its own for each: modules of folders with one name are one module.
    return lambda **kwargs: shutil.copytree(
        tiny_checkpoint(**kwargs), tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
    )


def configure(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return folder


def change_weights(folder, change):
    """Writes the weights of a folder again, after `change` has been called with {name: tensor}."""
    path = next(iter([*folder.glob("*.bin"), *folder.glob("*.safetensors")]))
    state = torch.load(path) if path.suffix == ".bin" else load_file(path)
    change(state)
    if path.suffix == ".bin":
        torch.save(state, path)
    else:
        save_file(state, path, metadata={"format": "pt"})
    return folder


def drop(*patterns):
    def change(state):
        for name in [name for name in state if any(re.search(pattern, name) for pattern in patterns)]:
            del state[name]

    return change


# ------------------------------------------------------------------------------------ weights of another configuration


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("bits", [4, 8])
def test_float_weights_are_no_quantized_ones(folder, kind, bits):
    """Cast to integers they were all zero, and the model talked about nothing."""
    floats = configure(folder(bits=0, dtype="float16", **FORMATS[kind]), quantization_bit=bits)
    with pytest.raises(ValueError, match=rf"float weights: .*\.query_key_value\.weight.* 2 more.*quantize\({bits}\)"):
        load(floats)
    assert load(floats, quantization_bit=0).quantize(bits).config.quantization_bit == bits  # the cure


@pytest.mark.parametrize("kind", ["bin", "safetensors"])
def test_one_float_tensor_at_an_int8_weight(folder, kind):
    """Scales and all keys are there, and still it is no integer."""
    spoilt = folder(bits=8, format=kind)
    change_weights(spoilt, lambda state: state.update({f"{MLP}.weight": state[f"{MLP}.weight"].half()}))
    with pytest.raises(ValueError, match=re.escape(f"float weights: {MLP}.weight.")):
        load(spoilt)


def test_quantized_weights_are_no_float_ones(folder):
    """int8 has the shape of the float weight, and its scales would be dropped with a warning."""
    with pytest.raises(ValueError, match="quantization_bit=0 .* quantized weights: .*config.json"):
        load(configure(folder(bits=8), quantization_bit=0))


@pytest.mark.parametrize("bits", [4, 8])
def test_weights_of_other_bits(folder, tiny_checkpoint, bits):
    """Most loaders refuse another shape. accelerate 0.20 takes it, and the first token failed."""
    model = load(tiny_checkpoint(bits=bits))
    model.get_submodule(MLP).weight = load(tiny_checkpoint(bits=12 - bits)).get_submodule(MLP).weight
    with pytest.raises(ValueError, match=rf"not quantized to {bits} bits.*: {re.escape(MLP)}\. Load"):
        model._refuse_other_bits("FOLDER")


@pytest.mark.parametrize("kind", [*FORMATS, "legacy"])
@pytest.mark.parametrize("bits", [4, 8])
def test_weights_of_other_bits_are_named_with_both_widths(folder, kind, bits):
    """transformers speaks of `ignore_mismatched_sizes`, or of a tensor of some shape."""
    other, columns = 12 - bits, {4: 32, 8: 64}
    checkpoint = legacy(folder(bits=bits)) if kind == "legacy" else folder(bits=bits, **FORMATS[kind])
    wanted = (
        rf"holds weights of {bits} bits: .*query_key_value\.weight has {columns[bits]} columns, at {other} bits it "
    )
    with pytest.raises(ValueError, match=rf"quantization_bit={other} .*{wanted}has {columns[other]}\."):
        load(configure(checkpoint, quantization_bit=other))
    assert load(checkpoint, quantization_bit=bits).config.quantization_bit == bits  # the cure


@pytest.mark.parametrize("bits, wanted", [(0, 8), (8, 0)])
def test_weights_of_before_1_6_are_of_the_other_kind(folder, bits, wanted):
    """INT8 weights were taken for floats, and chatted garbage."""
    with pytest.raises(ValueError, match=f"quantization_bit={wanted} .* holds {'quantized' if bits else 'float'} we"):
        load(configure(legacy(folder(bits=bits)), quantization_bit=wanted))


def test_a_configuration_given_to_from_pretrained_counts(folder, package):
    floats = folder(bits=0)
    config = AutoConfig.from_pretrained(floats, trust_remote_code=True)
    config.quantization_bit = 8
    direct = package("modeling_chatglm").ChatGLMForConditionalGeneration
    for call in (
        lambda: load(floats, config=config),
        lambda: load(floats, quantization_bit=8),
        lambda: direct.from_pretrained(floats, quantization_bit=8),
        lambda: direct.from_pretrained(floats, config=str(configure(folder(bits=0), quantization_bit=8))),
    ):
        with pytest.raises(ValueError, match="float weights"):
            call()


@pytest.mark.parametrize("kind", ["bin", "safetensors"])
def test_a_missing_scale_is_named(folder, kind):
    spoilt = change_weights(folder(bits=4, format=kind), drop(rf"{MLP}\.weight_scale"))
    with pytest.raises(ValueError, match=re.escape(f"lacks 1 parameters of this model: {MLP}.weight_scale.")):
        load(spoilt)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("bits", [0, 4])
def test_fewer_layers_in_the_file_than_in_the_configuration(folder, kind, bits):
    deep = configure(folder(bits=bits, **FORMATS[kind]), num_layers=3)
    with pytest.raises(ValueError, match=r"encoder\.layers\.2\..*num_layers=3.*config\.json"):
        load(deep)
    shallow = configure(deep, num_layers=1)
    assert load(shallow).config.num_layers == 1  # the first layers alone, as benchmarks load them


@pytest.mark.parametrize(
    "name",
    ["embedding.word_embeddings", "output_layer", "encoder.final_layernorm", "encoder.layers.0.input_layernorm"],
)
def test_whatever_is_missing_is_named(folder, package, name):
    spoilt = change_weights(folder(bits=0), drop(re.escape(name)))
    for auto in (None, AutoModelForSequenceClassification):
        with pytest.raises(ValueError, match=re.escape(f"transformer.{name}.weight")):
            load(spoilt, auto) if auto else load(spoilt)
    with pytest.raises(ValueError, match=re.escape(f"{name}.weight")):
        package("modeling_chatglm").ChatGLMModel.from_pretrained(spoilt)


def test_a_prefix_and_a_classifier_begin_untrained(folder):
    prefix = load(folder(bits=4), pre_seq_len=4, prefix_projection=True)
    assert prefix.transformer.prefix_encoder.trans[0].weight.shape[0] == 64
    model, info = load(folder(bits=4), AutoModelForSequenceClassification, num_labels=3, output_loading_info=True)
    assert model.classifier_head.weight.shape[0] == 3
    assert set(info["missing_keys"]) == {"classifier_head.weight", "classifier_head.bias"}


def test_heads_and_layers_of_a_subclass_begin_untrained(folder, package):
    models = package("modeling_chatglm")

    class WithValueHead(models.ChatGLMForConditionalGeneration):
        def __init__(self, config):
            super().__init__(config)
            self.value_head = nn.Linear(config.hidden_size, 1)
            self.transformer.encoder.layers[0].adapter = nn.Linear(4, 4)
            self.post_init()

    checkpoint = folder(bits=4)
    model = WithValueHead.from_pretrained(checkpoint)
    assert model.value_head.weight.isfinite().all()
    with pytest.raises(ValueError, match="lacks 1 parameters"):
        WithValueHead.from_pretrained(change_weights(checkpoint, drop("output_layer")))


def test_a_head_that_4_33_leaves_on_the_meta_device(tiny_checkpoint, package, monkeypatch):
    """It takes meta tensors of one size for one tensor, and answered with what lay in memory; make compat shows it."""
    model = load(tiny_checkpoint(bits=0, dtype="float32"), AutoModelForSequenceClassification, num_labels=1)
    head, bias = model.classifier_head, torch.tensor([3.0])
    head.weight, head.bias = nn.Parameter(head.weight.detach().to("meta")), nn.Parameter(bias.clone())
    monkeypatch.setattr(package("pretrained_chatglm"), "META_TENSORS_ARE_ONE", True)
    assert model._parameters_left_out() == ["classifier_head.weight"]
    model._begin_untrained(["classifier_head.weight"])
    assert model._parameters_left_out() == []
    assert 0 < head.weight.std() < 0.1 and head.weight.requires_grad and head.bias.equal(bias)
    assert model(PROMPT).logits.isfinite().all()


def test_what_is_asked_for_by_name_is_done(folder, package):
    """With ignore_mismatched_sizes or a state_dict, a caller says that he knows."""
    spoilt = change_weights(folder(bits=0, dtype="float32"), drop(re.escape(LAYER)))
    assert load(spoilt, ignore_mismatched_sizes=True)(PROMPT).logits.isfinite().all()
    config = AutoConfig.from_pretrained(spoilt, trust_remote_code=True)
    model = package("modeling_chatglm").ChatGLMForConditionalGeneration
    assert model.from_pretrained(None, config=config, state_dict={})(PROMPT).logits.isfinite().all()
    floats = configure(folder(bits=0), quantization_bit=8)
    assert load(floats, ignore_mismatched_sizes=True).config.quantization_bit == 8


# -------------------------------------------------------------------------------------- files that are not the weights

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 3922347\n"


def legacy(folder, protocol=2):
    """Writes the weights of a folder as torch did before 1.6."""
    path = folder / "pytorch_model.bin"
    torch.save(torch.load(path), path, _use_new_zipfile_serialization=False, pickle_protocol=protocol)
    return folder


def pointer(path):
    path.write_bytes(POINTER)


def empty(path):
    path.write_bytes(b"")


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def web_page(path):
    """What wget makes of the address of a file's page on the Hub."""
    path.write_text('<!DOCTYPE html>\n<html class="">\n' + "<p>pytorch_model.bin</p>\n" * 100, encoding="utf-8")


def behead(path):
    """What is left of a download that ended within the header of a safetensors file."""
    path.write_bytes(path.read_bytes()[:20])


SPOILT = {
    pointer: "is a git-lfs pointer of .*git lfs pull",
    empty: "is empty: download it again",
    truncate: "is truncated or damaged .*: download it again",
    behead: "is truncated or damaged .*: download it again",
}


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_that_is_not_the_weights_is_named_with_the_cure(folder, kind, spoil):
    """torch and safetensors would speak of `weights_only=False`, or of a header that is too large."""
    checkpoint = folder(**FORMATS[kind])
    path = sorted([*checkpoint.glob("*.bin"), *checkpoint.glob("*.safetensors")])[-1]
    spoil(path)
    for options in ({}, {"ignore_mismatched_sizes": True}):
        with pytest.raises(OSError, match=rf"{re.escape(str(path))} {SPOILT[spoil]}"):
            load(checkpoint, **options)


def test_a_web_page_is_no_pytorch_file(folder):
    """torch gave 27 lines, with the advice to run what is in the file; transformers 4.30 spoke of TensorFlow."""
    checkpoint = folder()
    web_page(checkpoint / "pytorch_model.bin")
    with pytest.raises(
        OSError, match=r"model\.bin is no PyTorch file \(it begins with '<!DOCTYPE html'\): download it "
    ):
        load(checkpoint)
    path = folder(format="safetensors") / "model.safetensors"
    web_page(path)
    with pytest.raises(OSError, match=r"model\.safetensors is truncated or damaged .*: download it again"):
        load(path.parent)


@pytest.mark.parametrize("spoil", [pointer, empty, truncate], ids=lambda spoil: spoil.__name__)
def test_an_index_that_is_none(folder, spoil):
    checkpoint = folder(**FORMATS["sharded"])
    spoil(checkpoint / "model.safetensors.index.json")
    with pytest.raises(OSError, match=r"model\.safetensors\.index\.json is (a git-lfs|empty|damaged)"):
        load(checkpoint)


def test_a_shard_that_is_not_there(folder):
    checkpoint = folder(**FORMATS["sharded"])
    path = sorted(checkpoint.glob("*.safetensors"))[1]
    path.unlink()
    with pytest.raises(OSError, match=rf"{re.escape(str(path))} is missing.*download it"):
        load(checkpoint)


def test_variants_and_subfolders_are_found(folder):
    checkpoint = folder()
    (checkpoint / "pytorch_model.bin").rename(checkpoint / "pytorch_model.fp16.bin")
    load(checkpoint, variant="fp16")
    below = shutil.copytree(checkpoint, checkpoint / "below")
    for path in (checkpoint / "pytorch_model.fp16.bin", below / "pytorch_model.fp16.bin"):
        pointer(path)
        with pytest.raises(OSError, match=rf"{re.escape(str(path))} is a git-lfs pointer"):
            load(checkpoint, variant="fp16", subfolder="below" if path.parent == below else "")


def cache(folder, tmp_path):
    """Lays a folder into a cache of the Hub as someone/weights, and returns where it is there."""
    cached = tmp_path / "cache" / "models--someone--weights"
    shutil.copytree(folder, cached / "snapshots" / ("0" * 40))
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0" * 40)
    return cached / "snapshots" / ("0" * 40)


def test_a_repository_is_judged_once_it_has_been_fetched(folder, tmp_path):
    """Before that, what lies in the cache may be of another day."""
    cache(configure(folder(bits=0), quantization_bit=8), tmp_path)
    with pytest.raises(ValueError, match="float weights"):
        load("someone/weights", cache_dir=tmp_path / "cache")
    assert load("someone/weights", cache_dir=tmp_path / "cache", quantization_bit=0).config.quantization_bit == 0


@pytest.mark.parametrize("spoil", [pointer, empty, truncate, web_page], ids=lambda spoil: spoil.__name__)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_broken_file_in_the_cache_of_the_hub_is_named(folder, tmp_path, kind, spoil):
    """It is looked at when loading has failed: a new download may have replaced it before."""
    snapshot = cache(folder(**FORMATS[kind]), tmp_path)
    path = sorted([*snapshot.glob("*.bin"), *snapshot.glob("*.safetensors")])[-1]
    spoil(path)
    with pytest.raises(OSError, match=rf"{re.escape(str(path))} is .*(download|git lfs pull)"):
        load("someone/weights", cache_dir=tmp_path / "cache")


def test_other_bits_in_the_cache_of_the_hub_are_named(folder, package, tmp_path):
    cache(configure(folder(bits=4), quantization_bit=8), tmp_path)
    direct = package("modeling_chatglm").ChatGLMForConditionalGeneration.from_pretrained
    for call in (load, direct):
        with pytest.raises(ValueError, match="holds weights of 4 bits: .* has 32 columns, at 8 bits it has 64"):
            call("someone/weights", cache_dir=tmp_path / "cache")


def test_what_is_no_fault_of_the_files_is_said_as_it_was(folder, tmp_path, monkeypatch, package):
    """A repository whose files are sound, or that was not fetched to the end."""
    checkpoint = folder(**FORMATS["sharded"])
    snapshot = cache(checkpoint, tmp_path)
    sorted(snapshot.glob("*.safetensors"))[0].unlink()
    direct = package("modeling_chatglm").ChatGLMForConditionalGeneration

    def fails(*args, **kwargs):
        raise RuntimeError("the line was cut")

    monkeypatch.setattr(package("pretrained_chatglm").PreTrainedModel, "from_pretrained", fails)
    with pytest.raises(RuntimeError, match="the line was cut"):
        direct.from_pretrained("someone/weights", cache_dir=tmp_path / "cache")


def test_weights_that_torch_pickled_before_1_6_load(folder):
    load(legacy(folder()))


@pytest.mark.parametrize("kind", [1, 2, 4, "tar"])
def test_files_of_every_age_are_left_to_torch(folder, package, kind):
    """Whoever has an old torch reads them; that a newer one does not is for it to say."""
    if kind == "tar":  # of torch 0.1, whose lines these are
        path = folder() / "pytorch_model.bin"
        with tarfile.open(path, mode="w:", format=tarfile.PAX_FORMAT) as archive:
            for name in ("sys_info", "pickle", "tensors", "storages"):
                entry = tarfile.TarInfo(name)
                entry.size = 4
                archive.addfile(entry, io.BytesIO(b"\x80\x02N."))
    else:
        path = legacy(folder(), protocol=kind) / "pytorch_model.bin"
    module = package("pretrained_chatglm")
    module.refuse_broken([path])
    assert (module.stored_tensors(path) == {}) == (kind == "tar")


def test_reading_a_header_runs_nothing_that_a_file_names(package, tmp_path):
    """A file of weights may come from anywhere."""

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "run"), "w"))

    torch.save({f"{MLP}.weight": torch.zeros(2), "evil": Evil()}, tmp_path / "pytorch_model.bin")
    found = package("pretrained_chatglm").stored_tensors(tmp_path / "pytorch_model.bin")
    assert found == {f"{MLP}.weight": (True, (2,), 0)}
    assert not (tmp_path / "run").exists()


# ------------------------------------------------------------------------------------------- environments of 2023


def test_accelerate_below_0_27_rebuilds_integers(package):
    """init_empty_weights() of those releases: parameters are made anew with what stands in their __dict__."""
    original = nn.Module.register_parameter

    def register_empty(module, name, parameter):
        original(module, name, parameter)
        if parameter is not None:
            parameter = module._parameters[name]
            module._parameters[name] = type(parameter)(parameter.to("meta"), **parameter.__dict__)

    nn.Module.register_parameter = register_empty
    try:
        layer = package("quantization").QuantizedLinear(8, 4, bits=4)
    finally:
        nn.Module.register_parameter = original
    assert layer.weight.is_meta and layer.weight.dtype == torch.int8 and not layer.weight.requires_grad


@pytest.mark.parametrize("there", [True, False])
def test_memory_is_spared_where_accelerate_is(package, monkeypatch, there):
    """4.x refuses to load with low_cpu_mem_usage where accelerate is not installed."""
    module, options = package("pretrained_chatglm"), {}
    monkeypatch.setattr(module, "RELEASE", (4, 30))
    monkeypatch.setattr(module, "is_accelerate_available", lambda: there)
    module.add_loading_defaults(options)
    assert options == {"torch_dtype": "auto", **({"low_cpu_mem_usage": True} if there else {})}


def test_deepspeed_loads_in_its_own_way(package, monkeypatch):
    """4.x refuses low_cpu_mem_usage together with ZeRO-3, which nobody here had asked for."""
    module, options = package("pretrained_chatglm"), {}
    monkeypatch.setattr(module, "RELEASE", (4, 30))
    monkeypatch.setattr(module.modeling_utils, "is_deepspeed_zero3_enabled", lambda: True)
    module.add_loading_defaults(options)
    assert options == {"torch_dtype": "auto"}
