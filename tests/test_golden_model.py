"""The model against what the original computed from the same checkpoints (shared/golden, or its part tests/golden)."""

import json

import pytest
import torch
from conftest import ATOL, GOLDEN, cases, close, holds, load
from safetensors.torch import load_file

ATOL_LONG = 1e-3  # 3,100 tokens

CAUSAL = sorted(path.parent.name for path in GOLDEN.glob("[A-DQ]_*/golden.json"))

pytestmark = pytest.mark.golden


def recorded(*tensors):
    """Runs a test on each checkpoint for which the golden data has these tensors."""
    return cases("golden", [name for name in CAUSAL if holds(name, *tensors)], indirect=True, scope="module")


class Golden:
    def __init__(self, folder, name):
        self.name, self.folder = name, folder(name)
        self.tensors = load_file(GOLDEN / name / "golden.safetensors")
        self.values = json.loads((GOLDEN / name / "golden.json").read_text(encoding="utf-8"))
        self.model = load(self.folder).float().eval()

    def __getitem__(self, key):
        return self.tensors[key]

    def batch(self):
        return {key: self["batch." + key] for key in ("input_ids", "attention_mask", "position_ids")}


@pytest.fixture(scope="module", params=CAUSAL)
def golden(request, golden_folder):
    return Golden(golden_folder, request.param)


def batch_first(tensor):
    """[..., seq, batch, width] as the original returned it -> [..., batch, seq, width]."""
    return tensor.transpose(-3, -2)


def cache_layout(tensor):
    """Keys or values of a layer [t, b, g, d] -> [b, g, t, d], as our cache hands them out."""
    return tensor.permute(1, 2, 0, 3)


@recorded("single.logits", "single.logits_last")
@torch.no_grad()
def test_single_sequence(golden):
    close(golden.model(golden["single.input_ids"]).logits, golden["single.logits"])
    last = golden.model(golden["single.input_ids"], return_last_logit=True).logits
    close(last, golden["single.logits_last"])


@recorded("single.hidden_states", "single.past0_key", "single.past0_value")
@torch.no_grad()
def test_hidden_states_and_cache_of_a_single_sequence(golden):
    out = golden.model(golden["single.input_ids"], output_hidden_states=True)
    close(torch.stack(out.hidden_states), batch_first(golden["single.hidden_states"]))
    key, value = out.past_key_values[0]
    close(key, cache_layout(golden["single.past0_key"]))
    close(value, cache_layout(golden["single.past0_value"]))


@recorded("batch.last_hidden_state")
@torch.no_grad()
def test_last_hidden_states_of_a_left_padded_batch(golden):
    inputs, real = golden.batch(), golden["batch.attention_mask"].bool()
    expected = batch_first(golden["batch.last_hidden_state"])[real]
    close(golden.model.transformer(**inputs).last_hidden_state[real], expected)
    del inputs["position_ids"]  # they follow from the mask
    close(golden.model.transformer(**inputs).last_hidden_state[real], expected)


@recorded("batch.logits", "batch.hidden_states")
@torch.no_grad()
def test_left_padded_batch(golden):
    inputs, real = golden.batch(), golden["batch.attention_mask"].bool()
    out = golden.model(**inputs, output_hidden_states=True)
    close(out.logits[real], golden["batch.logits"][real])
    for ours, theirs in zip(out.hidden_states, batch_first(golden["batch.hidden_states"])):
        close(ours[real], theirs[real])
    close(
        golden.model(inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits[real],
        golden["batch.logits"][real],
    )


@recorded("batch.full_attention_mask", "batch.logits_via_full_mask")
@torch.no_grad()
def test_ready_made_masks(golden):
    real = golden["batch.attention_mask"].bool()
    blocked = golden["batch.full_attention_mask"]
    ids, positions = golden["batch.input_ids"], golden["batch.position_ids"]
    expected = golden["batch.logits_via_full_mask"][real]
    close(golden.model(ids, positions, full_attention_mask=blocked).logits[real], expected)
    close(golden.model(ids, positions, ~blocked).logits[real], expected)
    additive = torch.zeros(blocked.shape).masked_fill(blocked, torch.finfo(torch.float32).min)
    close(golden.model(ids, positions, additive).logits[real], expected)


@recorded("batch_rightpad.logits")
@torch.no_grad()
def test_right_padded_batch(golden):
    mask = golden["batch_rightpad.attention_mask"]
    out = golden.model(golden["batch_rightpad.input_ids"], attention_mask=mask)
    close(out.logits[mask.bool()], golden["batch_rightpad.logits"][mask.bool()])


@recorded("inc.full_logits")
@torch.no_grad()
def test_another_sequence(golden):
    close(golden.model(golden["inc.input_ids"]).logits, golden["inc.full_logits"])


@recorded("inc.step_logits", "inc.final_past0_key", "inc.final_past0_value")
@torch.no_grad()
def test_steps_on_a_cache(golden):
    ids = golden["inc.input_ids"]
    past, rows = None, []
    for piece in (ids[:, :9], *ids[:, 9:].split(1, dim=1)):
        out = golden.model(piece, past_key_values=past, use_cache=True)
        past = out.past_key_values
        rows.append(out.logits[:, -1])
    close(torch.stack(rows, 1), golden["inc.step_logits"])
    close(past[0][0], cache_layout(golden["inc.final_past0_key"]))
    close(past[0][1], cache_layout(golden["inc.final_past0_value"]))


@recorded("incb.step_logits")
@torch.no_grad()
def test_steps_of_a_padded_batch(golden):
    mask = golden["batch.attention_mask"]
    out = golden.model(golden["batch.input_ids"], golden["batch.position_ids"], mask)
    rows, steps = [out.logits[:, -1]], golden["incb.next_ids"]
    for step in range(steps.shape[1]):
        mask = torch.cat((mask, torch.ones_like(mask[:, :1])), 1)
        out = golden.model(steps[:, step : step + 1], attention_mask=mask, past_key_values=out.past_key_values)
        rows.append(out.logits[:, -1])
    close(torch.stack(rows, 1), golden["incb.step_logits"])


@recorded("cont.logits")
@torch.no_grad()
def test_several_tokens_on_a_cache(golden):
    ids, expected = golden["inc.input_ids"], golden["cont.logits"]
    past = golden.model(ids[:, :6]).past_key_values
    close(golden.model(ids[:, 6:11], past_key_values=past).logits, expected)
    past = golden.model(ids[:, :6]).past_key_values
    close(golden.model(ids[:, 6:11], torch.arange(6, 11)[None], past_key_values=past).logits, expected)


@recorded("reorder.past1_key", "reorder.past1_value")
@torch.no_grad()
def test_reordered_cache(golden):
    past = golden.model(golden["batch.input_ids"], golden["batch.position_ids"], golden["batch.attention_mask"])
    past = golden.model._reorder_cache(past.past_key_values, golden["reorder.beam_idx"])
    real = golden["batch.attention_mask"].bool()[golden["reorder.beam_idx"]]
    layer = min(1, len(past) - 1)
    prefix = past.prefix_length
    for ours, name in zip(past[layer], ("key", "value")):
        theirs = golden[f"reorder.past1_{name}"].transpose(0, 1)
        close(ours.transpose(1, 2)[:, prefix:][real], theirs[:, prefix:][real])


@recorded("embeds.logits")
@torch.no_grad()
def test_input_embeddings(golden):
    embeds = golden["embeds.inputs_embeds_sbh"].transpose(0, 1)
    close(golden.model(inputs_embeds=embeds).logits, golden["embeds.logits"])


@recorded("sparse.logits")
@torch.no_grad()
def test_far_apart_positions(golden):
    close(golden.model(golden["sparse.input_ids"], golden["sparse.position_ids"]).logits, golden["sparse.logits"])


@recorded("long.logits")
@torch.no_grad()
def test_long_sequence(golden):
    out = golden.model(golden["long.input_ids"], use_cache=True)
    close(out.logits[:, golden["long.selected_positions"]], golden["long.logits"], ATOL_LONG)
    close(out.past_key_values[0][0][:, :, -4:], cache_layout(golden["long.past0_key_last4"]), ATOL_LONG)
    step = golden.model(golden["long.next_input_ids"], past_key_values=out.past_key_values)
    close(step.logits, golden["long.next_logits"], ATOL_LONG)


TABLES = "golden_rope16bit_fp32math.safetensors"


def with_16_bit_table(*tensors):
    """Runs a test on each checkpoint and dtype for which these tensors are recorded with a 16-bit rotary table."""
    dtypes = ("float16", "bfloat16")
    found = [
        (path.parent.name, dtype)
        for path in sorted(GOLDEN.glob(f"*/{TABLES}"))
        for dtype in dtypes
        if holds(path.parent.name, *(f"{dtype}.{name}" for name in tensors), file=TABLES)
    ]
    return cases("name, dtype", found)


@with_16_bit_table("sparse.input_ids", "sparse.position_ids", "sparse.logits")
@torch.no_grad()
def test_far_apart_positions_with_the_original_16_bit_rotary_table(golden_folder, name, dtype):
    tensors = load_file(GOLDEN / name / TABLES)
    model = load(golden_folder(name, rotary_table_dtype=dtype)).float().eval()
    ids, positions = tensors[f"{dtype}.sparse.input_ids"], tensors[f"{dtype}.sparse.position_ids"]
    close(model(ids, positions).logits, tensors[f"{dtype}.sparse.logits"])


@with_16_bit_table("single.input_ids", "single.logits", "long.selected_positions", "long.logits")
@torch.no_grad()
def test_sequences_with_the_original_16_bit_rotary_table(golden_folder, name, dtype):
    tensors = load_file(GOLDEN / name / TABLES)
    model = load(golden_folder(name, rotary_table_dtype=dtype)).float().eval()
    close(model(tensors[f"{dtype}.single.input_ids"]).logits, tensors[f"{dtype}.single.logits"])
    out = model(load_file(GOLDEN / name / "golden.safetensors")["long.input_ids"])
    close(out.logits[:, tensors[f"{dtype}.long.selected_positions"]], tensors[f"{dtype}.long.logits"], ATOL_LONG)


@recorded("loss.labels", "loss.value")
def test_loss_and_gradients(golden):
    model = load(golden.folder).float().eval()
    values = golden.values
    trainable = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert sorted(trainable) == sorted(values["grad.requires_grad"])
    inputs = golden.batch()
    loss = model(**inputs, labels=golden["loss.labels"]).loss
    assert loss.item() == pytest.approx(values["loss.value"], abs=ATOL)
    loss.backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad.norm().item() == pytest.approx(values["grad.norms"][name], rel=1e-3, abs=1e-5), name
        if f"grad.{name}" in golden.tensors:
            torch.testing.assert_close(parameter.grad, golden[f"grad.{name}"], rtol=1e-3, atol=1e-5)
    torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.05).step()
    after = model(**inputs, labels=golden["loss.labels"]).loss.item()
    assert after == pytest.approx(values["grad.loss_after_sgd_lr0.05"], abs=1e-3)


def test_parameter_names_and_shapes(golden):
    ours = {name: [list(p.shape), p.requires_grad] for name, p in golden.model.named_parameters()}
    theirs = {name: [shape, trained] for name, (shape, _, trained) in golden.values["named_parameters"].items()}
    assert ours == theirs
