"""Checkpoints of tests/golden against the numbers that the original model gave: an error names what differs.

Beams are left out: releases after 4.40 score them by another rule, for every model.
"""

import json
from pathlib import Path
from typing import Callable, Dict, List

import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForSequenceClassification

# tests/golden/README.md gives the reasons.
ATOL, RTOL = 2e-4, 1e-4
GRAD_ATOL, GRAD_RTOL = 1e-5, 1e-3
AFTER_A_STEP = 1e-3

CAUSAL = ("A_fp32", "B_mha", "C_ln_bias_postln", "D_prefix", "Q_int4", "Q_int8")
CLASSIFIERS = ("S_multi", "S_regression", "S_single", "S_single_int4")
INPUTS = ("input_ids", "attention_mask", "position_ids")


class Recorded:
    """One checkpoint's recorded tensors and values, and a list of what has been compared with them."""

    def __init__(self, folder: Path, auto=AutoModel):
        self.tensors = load_file(folder / "golden.safetensors")
        self.values = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
        self.model = auto.from_pretrained(folder, trust_remote_code=True).float().eval()
        self.compared: List[str] = []

    def close(self, name: str, ours: torch.Tensor, theirs: torch.Tensor, atol=ATOL, rtol=RTOL) -> None:
        self.compared.append(name)
        if ours.shape != theirs.shape:
            raise AssertionError(f"{name}: shape {list(ours.shape)}, the original's is {list(theirs.shape)}")
        if not torch.allclose(ours, theirs, atol=atol, rtol=rtol):
            difference = (ours - theirs).abs().max().item()
            raise AssertionError(f"{name}: differs from the original's by up to {difference:.2g}")

    def equal(self, name: str, ours, theirs) -> None:
        self.compared.append(name)
        if ours != theirs:
            raise AssertionError(f"{name}: {ours!r:.400}, the original's: {theirs!r:.400}")

    def batch(self, prefix: str = "batch.") -> Dict[str, torch.Tensor]:
        return {name: self.tensors[prefix + name] for name in INPUTS}


def check_logits(r: Recorded) -> None:
    """Of one sequence, and of steps behind a padded batch."""
    real = r.tensors["batch.attention_mask"].bool()
    with torch.no_grad():
        r.close("single.logits", r.model(r.tensors["single.input_ids"]).logits, r.tensors["single.logits"])
        last = r.model.transformer(**r.batch()).last_hidden_state[real]
        r.close("batch.last_hidden_state", last, r.tensors["batch.last_hidden_state"].transpose(0, 1)[real])
        if "incb.step_logits" not in r.tensors:
            return
        mask, out = r.tensors["batch.attention_mask"], r.model(**r.batch(), use_cache=True)
        rows = [out.logits[:, -1]]
        for ids in r.tensors["incb.next_ids"].split(1, dim=1):
            mask = torch.cat((mask, torch.ones_like(ids)), 1)
            out = r.model(ids, attention_mask=mask, past_key_values=out.past_key_values, use_cache=True)
            rows.append(out.logits[:, -1])
        r.close("incb.step_logits", torch.stack(rows, 1), r.tensors["incb.step_logits"])


def check_ids(r: Recorded) -> None:
    """Of generate() and of streams, greedily."""
    recorded = r.values["generate"]
    ids = torch.tensor(recorded["prompt"])
    batch = {name: torch.tensor(rows) for name, rows in recorded["prompt_batch"].items()}
    without_positions = {name: batch[name] for name in ("input_ids", "attention_mask")}
    for name, inputs, settings in (
        ("greedy", {"input_ids": ids}, {}),
        ("greedy_batch", batch, {}),
        ("greedy_batch", without_positions, {}),
        ("greedy_no_cache_kw", {"input_ids": ids}, {"use_cache": False}),
        ("greedy_repetition_penalty_1.3", {"input_ids": ids}, {"repetition_penalty": 1.3}),
    ):
        new = len(recorded[name][0]) - inputs["input_ids"].shape[1]
        found = r.model.generate(**inputs, max_new_tokens=new, do_sample=False, **settings)
        r.equal(name, found.tolist(), recorded[name])
    new = len(recorded["stream_greedy"][-1][0]) - ids.shape[1]
    stream = r.model.stream_generate(ids, max_new_tokens=new, do_sample=False)
    r.equal("stream_greedy", [step.tolist() for step in stream], recorded["stream_greedy"])
    past = recorded["stream_past"]
    stream = r.model.stream_generate(
        ids, max_new_tokens=len(past["ids"]), do_sample=False, return_past_key_values=True
    )
    steps = [[step.tolist(), cache.get_seq_length()] for step, cache in stream]
    r.equal("stream_past", steps, [list(pair) for pair in zip(past["ids"], past["past0_len"])])


def check_training(r: Recorded, inputs: Dict[str, torch.Tensor], labels: torch.Tensor, loss: float) -> None:
    """Loss, and gradients of every trainable parameter."""
    out = r.model(**inputs, labels=labels)
    r.close("loss", out.loss.detach(), torch.tensor(loss))
    out.loss.backward()
    for name, parameter in r.model.named_parameters():
        if parameter.requires_grad and name in r.values["grad.norms"]:
            norm = torch.tensor(r.values["grad.norms"][name])
            r.close(f"grad.norms {name}", parameter.grad.norm(), norm, GRAD_ATOL, GRAD_RTOL)
        if f"grad.{name}" in r.tensors:
            r.close(f"grad.{name}", parameter.grad, r.tensors[f"grad.{name}"], GRAD_ATOL, GRAD_RTOL)


def check_causal(folder: Path) -> List[str]:
    r = Recorded(folder)
    names = {name: list(p.shape) for name, p in r.model.named_parameters()}
    r.equal("named_parameters", names, {name: shape for name, (shape, *_) in r.values["named_parameters"].items()})
    check_logits(r)
    check_ids(r)
    check_training(r, r.batch(), r.tensors["loss.labels"], r.values["loss.value"])
    torch.optim.SGD([p for p in r.model.parameters() if p.requires_grad], lr=0.05).step()
    with torch.no_grad():
        after = r.model(**r.batch(), labels=r.tensors["loss.labels"]).loss
    r.close("loss after a step", after, torch.tensor(r.values["grad.loss_after_sgd_lr0.05"]), AFTER_A_STEP)
    return r.compared


def check_classifier(folder: Path) -> List[str]:
    r = Recorded(folder, AutoModelForSequenceClassification)
    inputs = r.batch("")
    with torch.no_grad():
        r.close("logits", r.model(**inputs).logits, r.tensors["logits"])
        alone = inputs["input_ids"][:1][:, inputs["attention_mask"][0].bool()]
        r.close("logits_single_row0", r.model(alone).logits, r.tensors["logits_single_row0"])
    check_training(r, inputs, r.tensors["labels"], r.values["loss"])
    r.equal("problem_type", r.model.config.problem_type, r.values["problem_type_after"])
    return r.compared


def steps(golden: Path) -> Dict[str, Callable[[], List[str]]]:
    """Name of a step -> function that raises where the checkpoint gives other numbers than the original."""
    found = {f"original {name}": (lambda name=name: check_causal(golden / name)) for name in CAUSAL}
    found.update({f"original {name}": (lambda name=name: check_classifier(golden / name)) for name in CLASSIFIERS})
    return found
