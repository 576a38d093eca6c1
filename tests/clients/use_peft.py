"""PEFT: LoRA, DoRA, IA3, prompt tuning, prefix tuning. Trained adapters are computed again by plain arithmetic."""

import functools
from typing import Callable, Dict, Iterator, List, NamedTuple

import peft
import torch
from torch import Tensor

from tests.clients.rows import Row
from tests.clients.tiny import ATOL, SCRATCH, generated, greedy, load, logits, plain_twin, random_ids

LINEARS = ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"]
VIRTUAL = 8  # virtual tokens of prompts and prefixes
RANK, ALPHA = 8, 16
STEPS = 12
LOSS_TOLERANCE = 0.02  # AdamW divides by small gradients, and so enlarges what sums in another order change
IDS = random_ids(4, 24)
PROMPT = IDS[:1, :10]


class Kind(NamedTuple):
    """A sort of adapter: how it is made, how fast it learns, and the loss after STEPS steps at 0, 4, 8 bits."""

    config: Callable[[], peft.PeftConfig]
    rate: float
    losses: Dict[int, float]
    by_hand: Callable[[peft.PeftModel, torch.nn.Module], Tensor]


# ------------------------------------------------------------------------------------------------- adapters by hand


def lora_by_hand(adapter: peft.PeftModel, plain: torch.nn.Module) -> Tensor:
    """W + alpha / r * B A in the plain model's weights (arXiv:2106.09685); DoRA scales its rows (arXiv:2402.09353)."""
    for name, module in adapter.base_model.model.named_modules():
        if not hasattr(module, "lora_A"):
            continue
        weight = plain.get_submodule(name).weight.data
        weight += ALPHA / RANK * module.lora_B["default"].weight.data @ module.lora_A["default"].weight.data
        if "default" in module.lora_magnitude_vector:
            magnitude = module.lora_magnitude_vector["default"].weight.data
            weight *= (magnitude / weight.norm(dim=1))[:, None]
    return logits(plain, IDS)


def ia3_by_hand(adapter: peft.PeftModel, plain: torch.nn.Module) -> Tensor:
    """Scaled outputs, or inputs in the feed-forward network (arXiv:2205.05638)."""
    for name, module in adapter.base_model.model.named_modules():
        if not hasattr(module, "ia3_l"):
            continue
        linear, scale = plain.get_submodule(name), module.ia3_l["default"].data
        linear.weight.data *= scale  # [1, in] or [out, 1]
        if linear.bias is not None and not module.is_feedforward:
            linear.bias.data *= scale[:, 0]
    return logits(plain, IDS)


def prompt_by_hand(adapter: peft.PeftModel, plain: torch.nn.Module) -> Tensor:
    """Learned embeddings before those of the text (arXiv:2104.08691)."""
    virtual = adapter.prompt_encoder["default"].embedding.weight.data.expand(len(IDS), -1, -1)
    with torch.no_grad():
        embedded = torch.cat((virtual, plain.get_input_embeddings()(IDS)), dim=1)
        return plain(inputs_embeds=embedded, use_cache=False).logits


def prefix_by_hand(adapter: peft.PeftModel, plain: torch.nn.Module) -> Tensor:
    """Learned keys and values before those of the text (arXiv:2101.00190), as a tuple for each layer."""
    config = plain.config
    shape = (VIRTUAL, config.num_layers, 2, config.multi_query_group_num, config.kv_channels)
    pairs = adapter.prompt_encoder["default"].embedding.weight.data.view(shape).permute(1, 2, 3, 0, 4)
    pairs = pairs[:, :, None].expand(-1, -1, len(IDS), -1, -1, -1)  # [layers, 2, b, groups, virtual, channels]
    with torch.no_grad():
        return plain(IDS, past_key_values=tuple((key, value) for key, value in pairs)).logits


KINDS = {
    "LoRA": Kind(
        lambda: peft.LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA, target_modules=LINEARS),
        0.03,
        {0: 1.730, 4: 1.731, 8: 1.731},
        lora_by_hand,
    ),
    # PEFT takes the norm of the weight's rows, and reads integers as if they were the weight: for float models alone.
    "DoRA": Kind(
        lambda: peft.LoraConfig(
            task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA, target_modules=LINEARS, use_dora=True
        ),
        0.03,
        {0: 1.876},
        lora_by_hand,
    ),
    "IA3": Kind(
        lambda: peft.IA3Config(
            task_type="CAUSAL_LM", target_modules=LINEARS, feedforward_modules=["dense_h_to_4h", "dense_4h_to_h"]
        ),
        0.3,
        {0: 4.666, 4: 4.536},
        ia3_by_hand,
    ),
    "prompt": Kind(
        lambda: peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=VIRTUAL),
        0.5,
        {0: 6.664, 4: 6.566},
        prompt_by_hand,
    ),
    "prefix": Kind(
        lambda: peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=VIRTUAL),
        1.0,
        {0: 4.463, 4: 4.353},
        prefix_by_hand,
    ),
}


# ----------------------------------------------------------------------------------------------------------- checks


def train(adapter: peft.PeftModel, rate: float) -> List[float]:
    """Losses before each of STEPS steps of AdamW on one batch, and after the last."""
    optimizer = torch.optim.AdamW([p for p in adapter.parameters() if p.requires_grad], lr=rate)
    losses = []
    for _ in range(STEPS):
        loss = adapter.train()(input_ids=IDS, attention_mask=torch.ones_like(IDS), labels=IDS).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    with torch.no_grad():
        losses.append(adapter.eval()(input_ids=IDS, attention_mask=torch.ones_like(IDS), labels=IDS).loss.item())
    return losses


def last(scores: Tensor) -> Tensor:
    """Without the positions of virtual tokens."""
    return scores[:, -IDS.shape[1] :]


def rows_of(name: str, kind: Kind, bits: int) -> Iterator[Row]:
    what = f"{name}, {f'int{bits}' if bits else 'float'}"
    base = load(bits)
    without, spoken = logits(base, IDS), generated(base, PROMPT)
    torch.manual_seed(0)
    adapter = peft.get_peft_model(base, kind.config())
    losses = train(adapter, kind.rate)
    trained = last(logits(adapter, IDS))
    yield Row(f"{what}: loss after {STEPS} steps", losses[-1], kind.losses[bits], losses[0], LOSS_TOLERANCE)
    yield Row(f"{what}: logits by hand", trained, last(kind.by_hand(adapter, plain_twin(bits))), without, ATOL)
    yield Row(f"{what}: generate() and whole passes", generated(adapter, PROMPT), greedy(adapter, PROMPT), spoken)
    with adapter.disable_adapter():
        yield Row(f"{what}: switched off", logits(adapter, IDS), without, trained)

    saved = SCRATCH / f"{name}-{bits}"
    adapter.save_pretrained(saved)
    again = peft.PeftModel.from_pretrained(load(bits), saved).eval()
    yield Row(f"{what}: saved and loaded", last(logits(again, IDS)), trained, without)
    if name in ("LoRA", "DoRA", "IA3"):
        yield from rows_of_a_saved_cache(what, adapter, again)
    if name in ("LoRA", "DoRA", "IA3") and not bits:
        yield Row(f"{what}: merged", logits(adapter.merge_and_unload(), IDS), trained, without, ATOL)


@torch.no_grad()
def rows_of_a_saved_cache(what: str, adapter: peft.PeftModel, again: peft.PeftModel) -> Iterator[Row]:
    """A cache in a file is that of the model with the adapter on, whatever object holds both."""
    file, held = SCRATCH / "kept", adapter(PROMPT, use_cache=True).past_key_values
    adapter.save_cache(held, file)
    loaded, _ = again.load_cache(file)
    values = [torch.cat([torch.stack(layer) for layer in cache]) for cache in (loaded, held)]
    yield Row(f"{what}: cache from a file", values[0], values[1], 0 * values[1])
    with again.disable_adapter():
        try:
            said = str(again.load_cache(file))
        except ValueError as error:
            said = "another model" if "the cache of another model" in str(error) else str(error)
    yield Row(f"{what}: cache from a file, switched off", said, "another model", str(loaded))


CHECKS = tuple(functools.partial(rows_of, name, kind, bits) for name, kind in KINDS.items() for bits in kind.losses)
