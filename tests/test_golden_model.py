"""The model against what the original computed from the same checkpoints (shared/golden)."""

import json

import pytest
import torch
from conftest import GOLDEN
from safetensors.torch import load_file
from transformers import AutoModel

# fp32 on another machine: attention kernels and thread counts move logits of std 1-5 by 1e-6 to 1e-5.
ATOL, RTOL = 2e-4, 1e-4
ATOL_LONG = 1e-3  # 3,100 tokens
ATOL_SCORES = 1e-4

CAUSAL = sorted(p.parent.name for p in GOLDEN.glob("[A-DQ]_*/golden.json"))
PREFIX = {"D_prefix", "D_prefix_proj", "Q_int4_prefix"}


class Golden:
    def __init__(self, folder, name):
        self.name, self.folder = name, folder(name)
        self.tensors = load_file(GOLDEN / name / "golden.safetensors")
        self.values = json.loads((GOLDEN / name / "golden.json").read_text(encoding="utf-8"))
        self.model = AutoModel.from_pretrained(self.folder, trust_remote_code=True).float().eval()

    def __getitem__(self, key):
        return self.tensors[key]


@pytest.fixture(scope="module", params=CAUSAL)
def golden(request, golden_folder):
    return Golden(golden_folder, request.param)


def close(actual, expected, atol=ATOL):
    torch.testing.assert_close(actual.float(), expected.float(), atol=atol, rtol=RTOL)


def batch_first(tensor):
    return tensor.transpose(-3, -2)


@torch.no_grad()
def test_single_sequence(golden):
    out = golden.model(golden["single.input_ids"], output_hidden_states=True)
    close(out.logits, golden["single.logits"])
    close(torch.stack(out.hidden_states), batch_first(golden["single.hidden_states"]))
    key, value = out.past_key_values[0]  # [b, g, t, d]; golden [t, b, g, d]
    close(key, golden["single.past0_key"].permute(1, 2, 0, 3))
    close(value, golden["single.past0_value"].permute(1, 2, 0, 3))
    last = golden.model(golden["single.input_ids"], return_last_logit=True).logits
    close(last, golden["single.logits_last"])


@torch.no_grad()
def test_left_padded_batch(golden):
    real = golden["batch.attention_mask"].bool()
    inputs = {k: golden["batch." + k] for k in ("input_ids", "attention_mask", "position_ids")}
    out = golden.model(**inputs, output_hidden_states=True)
    close(out.logits[real], golden["batch.logits"][real])
    for ours, theirs in zip(out.hidden_states, batch_first(golden["batch.hidden_states"])):
        close(ours[real], theirs[real])
    body = golden.model.transformer(**inputs).last_hidden_state
    close(body[real], golden["batch.last_hidden_state"].transpose(0, 1)[real])
    close(
        golden.model(inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits[real],
        golden["batch.logits"][real],
    )


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


@torch.no_grad()
def test_right_padded_batch(golden):
    mask = golden["batch_rightpad.attention_mask"]
    out = golden.model(golden["batch_rightpad.input_ids"], attention_mask=mask)
    close(out.logits[mask.bool()], golden["batch_rightpad.logits"][mask.bool()])


@torch.no_grad()
def test_steps_on_a_cache(golden):
    ids = golden["inc.input_ids"]
    close(golden.model(ids).logits, golden["inc.full_logits"])
    past, rows = None, []
    for piece in (ids[:, :9], *ids[:, 9:].split(1, dim=1)):
        out = golden.model(piece, past_key_values=past, use_cache=True)
        past = out.past_key_values
        rows.append(out.logits[:, -1])
    close(torch.stack(rows, 1), golden["inc.step_logits"])
    close(past[0][0], golden["inc.final_past0_key"].permute(1, 2, 0, 3))
    close(past[0][1], golden["inc.final_past0_value"].permute(1, 2, 0, 3))


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


@torch.no_grad()
def test_several_tokens_on_a_cache(golden):
    ids, expected = golden["inc.input_ids"], golden["cont.logits"]
    past = golden.model(ids[:, :6]).past_key_values
    close(golden.model(ids[:, 6:11], past_key_values=past).logits, expected)
    past = golden.model(ids[:, :6]).past_key_values
    close(golden.model(ids[:, 6:11], torch.arange(6, 11)[None], past_key_values=past).logits, expected)


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


@torch.no_grad()
def test_input_embeddings(golden):
    embeds = golden["embeds.inputs_embeds_sbh"].transpose(0, 1)
    close(golden.model(inputs_embeds=embeds).logits, golden["embeds.logits"])


@torch.no_grad()
def test_far_apart_positions(golden):
    close(golden.model(golden["sparse.input_ids"], golden["sparse.position_ids"]).logits, golden["sparse.logits"])


@torch.no_grad()
def test_long_sequence(golden):
    if "long.input_ids" not in golden.tensors:
        pytest.skip("no long sequence recorded for this checkpoint")
    out = golden.model(golden["long.input_ids"], use_cache=True)
    close(out.logits[:, golden["long.selected_positions"]], golden["long.logits"], ATOL_LONG)
    close(out.past_key_values[0][0][:, :, -4:], golden["long.past0_key_last4"].permute(1, 2, 0, 3), ATOL_LONG)
    step = golden.model(golden["long.next_input_ids"], past_key_values=out.past_key_values)
    close(step.logits, golden["long.next_logits"], ATOL_LONG)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["A_fp16", "Q_int4"])
@torch.no_grad()
def test_original_16_bit_rotary_table(name, dtype, golden_folder):
    tensors = load_file(GOLDEN / name / "golden_rope16bit_fp32math.safetensors")
    folder = golden_folder(name, rotary_table_dtype=dtype)
    model = AutoModel.from_pretrained(folder, trust_remote_code=True).float().eval()
    close(model(tensors[f"{dtype}.single.input_ids"]).logits, tensors[f"{dtype}.single.logits"])
    ids, positions = tensors[f"{dtype}.sparse.input_ids"], tensors[f"{dtype}.sparse.position_ids"]
    close(model(ids, positions).logits, tensors[f"{dtype}.sparse.logits"])
    ids = load_file(GOLDEN / name / "golden.safetensors")["long.input_ids"]
    out = model(ids)
    close(out.logits[:, tensors[f"{dtype}.long.selected_positions"]], tensors[f"{dtype}.long.logits"], ATOL_LONG)


def test_loss_and_gradients(golden_folder, golden):
    model = AutoModel.from_pretrained(golden.folder, trust_remote_code=True).float().eval()
    recorded = golden.values
    trainable = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert sorted(trainable) == sorted(recorded["grad.requires_grad"])
    inputs = {k: golden["batch." + k] for k in ("input_ids", "attention_mask", "position_ids")}
    loss = model(**inputs, labels=golden["loss.labels"]).loss
    assert loss.item() == pytest.approx(recorded["loss.value"], abs=ATOL)
    loss.backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad.norm().item() == pytest.approx(recorded["grad.norms"][name], rel=1e-3, abs=1e-5), (
                name
            )
        if f"grad.{name}" in golden.tensors:
            torch.testing.assert_close(parameter.grad, golden[f"grad.{name}"], rtol=1e-3, atol=1e-5)
    torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.05).step()
    after = model(**inputs, labels=golden["loss.labels"]).loss.item()
    assert after == pytest.approx(recorded["grad.loss_after_sgd_lr0.05"], abs=1e-3)


def test_parameter_names_and_shapes(golden):
    ours = {name: [list(p.shape), p.requires_grad] for name, p in golden.model.named_parameters()}
    theirs = {name: [shape, trained] for name, (shape, _, trained) in golden.values["named_parameters"].items()}
    assert ours == theirs
