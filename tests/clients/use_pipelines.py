"""The pipelines of transformers: texts, chats and classes, against the model's own steps."""

import functools
from typing import Iterator, List

import torch
from transformers import AutoModelForSequenceClassification, pipeline

from tests.clients.rows import Row
from tests.clients.tiny import ATOL, NEW, folder, greedy, load, tokenizer

PROMPTS = ["你好", "a quick brown fox jumps over", "1 2 3"]
CHATS = [[{"role": "user", "content": text}] for text in PROMPTS]
LABELS = 3


def texts_by_hand(bits: int, prompts: List[List[int]]) -> List[str]:
    model, encode = load(bits), tokenizer()
    return [encode.decode(greedy(model, torch.tensor([ids])), skip_special_tokens=True) for ids in prompts]


def text_generation(bits: int) -> Iterator[Row]:
    """From a folder's name, as most people begin; alone, in padded batches, and as chats."""
    speak = pipeline(
        "text-generation",
        model=str(folder(bits)),
        tokenizer=str(folder(bits)),
        trust_remote_code=True,
        dtype=torch.float32,
        device="cpu",
    )
    settings = {"max_new_tokens": NEW, "do_sample": False, "return_full_text": False}
    encode, what = tokenizer(), f"text-generation, {f'int{bits}' if bits else 'float'}"
    wanted = texts_by_hand(bits, [encode.encode(text) for text in PROMPTS])
    others = wanted[1:] + wanted[:1]
    alone = [speak(text, **settings)[0]["generated_text"] for text in PROMPTS]
    yield Row(f"{what}: one by one", alone, wanted, others)
    batch = [found[0]["generated_text"] for found in speak(PROMPTS, batch_size=3, **settings)]
    yield Row(f"{what}: a padded batch", batch, wanted, others)
    chats = [encode.apply_chat_template(chat, add_generation_prompt=True, return_dict=False) for chat in CHATS]
    spoken = [found[0]["generated_text"] for found in speak(CHATS, batch_size=3, **settings)]
    yield Row(f"{what}: chats", spoken, texts_by_hand(bits, chats), wanted)
    full = speak(PROMPTS[0], max_new_tokens=NEW, do_sample=False)[0]["generated_text"]
    yield Row(f"{what}: prompt and answer", full, PROMPTS[0] + wanted[0], wanted[0])


def text_classification(bits: int) -> Iterator[Row]:
    """A random head, in padded batches; by hand one text at a time."""
    torch.manual_seed(0)
    model, encode = load(bits, AutoModelForSequenceClassification, num_labels=LABELS), tokenizer()
    torch.nn.init.normal_(model.classifier_head.weight, std=0.2)
    judge = pipeline("text-classification", model=model, tokenizer=encode, device="cpu")
    found = []
    for scores in judge(PROMPTS, batch_size=3, top_k=None):
        by_label = {score["label"]: score["score"] for score in scores}
        found.append([by_label[f"LABEL_{label}"] for label in range(LABELS)])
    with torch.no_grad():
        rows = [model(torch.tensor([encode.encode(text)])).logits[0].softmax(-1) for text in PROMPTS]
    wanted = torch.stack(rows)
    what = f"text-classification, {f'int{bits}' if bits else 'float'}"
    yield Row(f"{what}: probabilities", torch.tensor(found), wanted, wanted.roll(1, 0), ATOL)


CHECKS = tuple(functools.partial(check, bits) for check in (text_generation, text_classification) for bits in (0, 4))
