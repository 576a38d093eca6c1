"""The Trainer of transformers: gradient accumulation, resuming, classification."""

import functools
from typing import Any, Callable, Dict, Iterator, List, Tuple

import peft
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import (
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from tests.clients.rows import Row
from tests.clients.tiny import ATOL, SCRATCH, load, mean_loss, random_ids, tokenizer

LENGTHS = (3, 19, 7, 12)  # uneven: a mean of means is not the mean
TEXTS = [random_ids(1, length, seed=length)[0].tolist() for length in LENGTHS]
LOSS_TOLERANCE = 1e-4  # sums of logarithms in another order
LABELS = 3


def arguments(name: str, kind: Any = TrainingArguments, **settings: Any) -> Any:
    """Settings of a run on the CPU that reports nothing and logs each step."""
    common = {
        "per_device_train_batch_size": 4,
        "save_strategy": "no",
        "logging_steps": 1,
        "lr_scheduler_type": "constant",
        "max_grad_norm": 0.0,
        "seed": 0,
    }
    folder = str(SCRATCH / name)
    return kind(output_dir=folder, use_cpu=True, report_to=[], disable_tqdm=True, **{**common, **settings})


def run(trainer: Trainer, **settings: Any) -> List[Dict[str, float]]:
    """Trains, and returns what was logged at each step."""
    trainer.remove_callback(PrinterCallback)
    trainer.train(**settings)
    return [entry for entry in trainer.state.log_history if "loss" in entry]


def padded(texts: List[List[int]]) -> List[Dict[str, Tensor]]:
    """Rows of one length for the Trainer's default collator."""
    width, rows = max(map(len, texts)), []
    for ids in texts:
        real = torch.arange(width) < len(ids)
        row = F.pad(torch.tensor(ids), (0, width - len(ids)))
        rows.append({"input_ids": row, "attention_mask": real.long(), "labels": row.masked_fill(~real, -100)})
    return rows


def weights(model: torch.nn.Module) -> Tensor:
    """All trained weights in one row."""
    return torch.cat([p.detach().flatten() for p in model.parameters() if p.requires_grad])


# ----------------------------------------------------------------------------------------------------- accumulation


def one_step(batch: int, steps: int) -> Tuple[float, float, Tensor]:
    """(loss, norm of the gradient, weights after one step of plain descent)."""
    model = load()
    settings = {"optim": "sgd", "learning_rate": 0.1, "max_steps": 1, "max_grad_norm": 1e9}
    settings.update(per_device_train_batch_size=batch, gradient_accumulation_steps=steps)
    (log,) = run(Trainer(model=model, args=arguments("step", **settings), train_dataset=padded(TEXTS)))
    return log["loss"], log["grad_norm"], weights(model)


def mean_of_means() -> Tuple[float, float, Tensor]:
    """The same step by hand where each text counts alike, however long: what a Trainer must not do."""
    model = load()
    losses = [model(row["input_ids"][None], labels=row["labels"][None]).loss for row in padded(TEXTS)]
    torch.stack(losses).mean().backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm().item()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= 0.1 * parameter.grad
    return torch.stack(losses).mean().item(), norm, weights(model)


def accumulation() -> Iterator[Row]:
    whole, wrong = one_step(4, 1), mean_of_means()
    yield Row("1 x 4 texts: loss by hand", whole[0], mean_loss(load(), TEXTS), wrong[0], LOSS_TOLERANCE)
    settings = arguments("evaluate", per_device_eval_batch_size=4)
    trainer = Trainer(model=load(), args=settings, eval_dataset=padded(TEXTS))
    trainer.remove_callback(PrinterCallback)
    found = trainer.evaluate()["eval_loss"]
    yield Row("evaluation: loss by hand", found, mean_loss(load(), TEXTS), wrong[0], LOSS_TOLERANCE)
    for batch, steps in ((1, 4), (2, 2)):
        what = f"{steps} x {batch} texts as 1 x 4:"
        found = one_step(batch, steps)
        yield Row(f"{what} loss", found[0], whole[0], wrong[0], LOSS_TOLERANCE)
        yield Row(f"{what} norm of the gradient", found[1], whole[1], wrong[1], LOSS_TOLERANCE)
        yield Row(f"{what} weights after the step", found[2], whole[2], wrong[2], ATOL)


# ----------------------------------------------------------------------------------------------------------- resume


def lora(bits: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return peft.get_peft_model(load(bits), peft.LoraConfig(task_type="CAUSAL_LM", target_modules=["query_key_value"]))


def resumed(what: str, make: Callable[[], torch.nn.Module]) -> Iterator[Row]:
    """Four steps at once, and the last two again from what the second one saved."""
    rows = padded([random_ids(1, 12, seed=seed)[0].tolist() for seed in range(8)])
    settings = {"max_steps": 4, "per_device_train_batch_size": 2, "learning_rate": 1e-2}
    name = f"resume-{what}"
    settings.update(save_strategy="steps", save_steps=2)
    whole = make()
    log = run(Trainer(model=whole, args=arguments(name, **settings), train_dataset=rows))
    halfway = make()
    stop = {**settings, "max_steps": 2, "save_strategy": "no"}
    run(Trainer(model=halfway, args=arguments(f"{name}-half", **stop), train_dataset=rows))
    again = make()
    saved = str(SCRATCH / name / "checkpoint-2")
    later = run(
        Trainer(model=again, args=arguments(f"{name}-again", **settings), train_dataset=rows),
        resume_from_checkpoint=saved,
    )
    losses = [entry["loss"] for entry in log]
    yield Row(f"resume, {what}: losses", [entry["loss"] for entry in later][-2:], losses[2:], losses[:2])
    yield Row(f"resume, {what}: weights", weights(again), weights(whole), weights(halfway))


# --------------------------------------------------------------------------------------------------- classification


def classification(bits: int) -> Iterator[Row]:
    """Texts of uneven length in padded batches, against one text at a time."""
    encode = tokenizer()
    texts = ["你好", "a quick brown fox jumps over it", "晚上睡不着应该怎么办", "1 2 3", "问：答：", "fox"]
    examples = [{**encode(text), "label": number % LABELS} for number, text in enumerate(texts)]
    torch.manual_seed(0)
    model = load(bits, AutoModelForSequenceClassification, num_labels=LABELS)
    if bits:
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name.startswith("classifier_head")
    settings = {"max_steps": 8, "per_device_eval_batch_size": 3, "learning_rate": 0.03 if bits else 0.01}
    trainer = Trainer(
        model=model,
        args=arguments(f"classes-{bits}", per_device_train_batch_size=6, **settings),
        train_dataset=examples,
        eval_dataset=examples,
        data_collator=DataCollatorWithPadding(encode),
        compute_metrics=lambda given: {"accuracy": float((given[0].argmax(-1) == given[1]).mean())},
    )
    trainer.remove_callback(PrinterCallback)
    before = trainer.evaluate()
    run(trainer)
    after, scores = trainer.evaluate(), torch.tensor(trainer.predict(examples).predictions)
    with torch.no_grad():
        alone = torch.cat([model.eval()(torch.tensor([row["input_ids"]])).logits for row in examples])
    labels = torch.tensor([row["label"] for row in examples])
    what = f"classification, {f'int{bits}, head only' if bits else 'float'}:"
    one_off = scores.roll(1, 0)
    yield Row(f"{what} scores of single texts", scores, alone, one_off, ATOL)
    yield Row(
        f"{what} loss by hand", after["eval_loss"], F.cross_entropy(alone, labels), before["eval_loss"], LOSS_TOLERANCE
    )
    yield Row(f"{what} accuracy", after["eval_accuracy"], 1.0, before["eval_accuracy"])


CHECKS = (
    accumulation,
    functools.partial(resumed, "all weights", load),
    functools.partial(resumed, "int4 with LoRA", lambda: lora(4)),
    functools.partial(classification, 0),
    functools.partial(classification, 4),
)
