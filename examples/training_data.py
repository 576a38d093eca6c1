"""What ptuning.py and lora.py share: reading question-answer pairs, and the training loop."""

import json
import random
from pathlib import Path
from typing import Iterator, List, Tuple

import torch

IGNORED = -100  # positions with this label count nothing in the loss


def read_pairs(path: Path) -> List[Tuple[str, str]]:
    """Lines of {"prompt": ..., "response": ...}. Raises ValueError naming the line that is something else."""
    pairs = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            pair = item["prompt"], item["response"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path}, line {number}: {{"prompt": ..., "response": ...}} is needed') from error
        if not all(isinstance(text, str) and text for text in pair):
            raise ValueError(f"{path}, line {number}: prompt and response must be texts, and not empty")
        pairs.append(pair)
    if not pairs:
        raise ValueError(f"{path} has no lines")
    return pairs


def encode(tokenizer, prompt: str, response: str, max_length: int) -> Tuple[List[int], List[int]]:
    """(ids, labels) of one pair: the prompt as `chat` builds it, then what is learned: the answer and </s>."""
    question = tokenizer.encode(tokenizer.build_prompt(prompt))
    answer = [*tokenizer.encode(response, add_special_tokens=False), tokenizer.eos_token_id]
    ids, labels = question + answer, [IGNORED] * len(question) + answer
    if len(question) >= max_length:
        raise ValueError(f"a prompt has {len(question)} tokens, max_length is {max_length}: {prompt[:50]!r}")
    return ids[:max_length], labels[:max_length]


def batches(tokenizer, pairs, batch_size: int, max_length: int, seed: int = 0) -> Iterator[dict]:
    """Batches without end, padded on the left, in a new order after every pass over the pairs."""
    examples, shuffle = [encode(tokenizer, *pair, max_length) for pair in pairs], random.Random(seed)
    queue: List[int] = []
    while True:
        while len(queue) < batch_size:
            queue += shuffle.sample(range(len(examples)), len(examples))
        rows = [examples[index] for index in queue[:batch_size]]
        del queue[:batch_size]
        width = max(len(ids) for ids, _ in rows)
        pad = tokenizer.pad_token_id
        yield {
            "input_ids": torch.tensor([[pad] * (width - len(ids)) + ids for ids, _ in rows]),
            "attention_mask": torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids, _ in rows]),
            "labels": torch.tensor([[IGNORED] * (width - len(labels)) + labels for _, labels in rows]),
        }


def train(model, data: Iterator[dict], steps: int, learning_rate: float, accumulate: int = 1) -> List[float]:
    """Trains what is trainable with AdamW and a linearly falling rate; returns the loss of every step."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    print(f"training {sum(parameter.numel() for parameter in parameters):,} parameters")
    optimizer = torch.optim.AdamW(parameters, lr=learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    model.train()
    losses = []
    for step in range(1, steps + 1):
        losses.append(0.0)
        for _ in range(accumulate):
            batch = {name: tensor.to(model.device) for name, tensor in next(data).items()}
            loss = model(**batch).loss / accumulate
            loss.backward()
            losses[-1] += loss.item()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step == 1 or step % max(1, steps // 20) == 0:
            print(f"step {step}/{steps}  loss {losses[-1]:.4f}")
    model.eval()
    return losses
