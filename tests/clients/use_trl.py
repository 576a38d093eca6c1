"""TRL: supervised fine-tuning and direct preference optimization of an INT4 model with LoRA."""

import functools
from typing import Any, Iterator, List, Tuple

import peft
import torch
from datasets import Dataset
from torch.nn import functional as F
from transformers import PrinterCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from tests.clients.rows import Row
from tests.clients.tiny import load, log_probabilities, mean_loss, tokenizer, tokenizer_with_end
from tests.clients.use_trainer import LOSS_TOLERANCE, arguments, run

STEPS = 6
RATE = 0.02
BETA = 0.1  # of DPO
CHATS = [
    [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "fox"}],
    [{"role": "user", "content": "1 + 2"}, {"role": "assistant", "content": "a quick brown fox"}],
    [{"role": "user", "content": "晚上睡不着应该怎么办"}, {"role": "assistant", "content": "问：答："}],
    [{"role": "user", "content": "fox"}, {"role": "assistant", "content": "jumps over 1 2 3"}],
]
TEXTS = [chat[1]["content"] + chat[0]["content"] for chat in CHATS]
LORA = peft.LoraConfig(
    task_type="CAUSAL_LM", r=8, target_modules=["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"]
)
QUIET = {"bf16": False, "learning_rate": RATE, "max_steps": STEPS}
Scored = List[Tuple[List[int], int, int]]  # (ids, begin and end of what is scored)


def loss_of(model: torch.nn.Module, texts: Scored) -> float:
    """Mean negative log-probability of the scored tokens."""
    return -torch.cat([log_probabilities(model, ids)[begin - 1 : end - 1] for ids, begin, end in texts]).mean().item()


def losses_by_hand(start: dict, texts: Scored) -> List[float]:
    """The loss before each step of AdamW, one text at a time, from the adapter's weights `start`."""
    model = peft.get_peft_model(load(4), LORA)
    peft.set_peft_model_state_dict(model, start)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE, weight_decay=0.0)
    losses = []
    for _ in range(STEPS):
        scores = []
        for ids, begin, end in texts:
            logits = model(torch.tensor([ids])).logits[0, begin - 1 : end - 1]
            scores.append(F.cross_entropy(logits, torch.tensor(ids[begin:end]), reduction="none"))
        loss = torch.cat(scores).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def trainer_of(name: str, data: List[dict], **settings: Any) -> SFTTrainer:
    trainer = SFTTrainer(
        model=load(4),
        args=arguments(name, SFTConfig, **{**QUIET, **settings}),
        train_dataset=Dataset.from_list(data),
        eval_dataset=Dataset.from_list(data),
        processing_class=tokenizer_with_end(),
        peft_config=LORA,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


# -------------------------------------------------------------------------------------------------------------- SFT


def sft() -> Iterator[Row]:
    """Prompts and answers, in the model's own format; the loss is on the answers and their end token."""
    encode = tokenizer()
    pairs = [(encode.build_prompt(chat[0]["content"]), chat[1]["content"]) for chat in CHATS]
    trainer = trainer_of("sft", [{"prompt": prompt, "completion": answer} for prompt, answer in pairs])
    start = {name: value.clone() for name, value in peft.get_peft_model_state_dict(trainer.model).items()}
    losses = [entry["loss"] for entry in run(trainer)]
    texts: Scored = []
    for prompt, answer in pairs:
        ids = [*encode.encode(prompt + answer), encode.eos_token_id]
        texts.append((ids, len(encode.encode(prompt)), len(ids)))
    expected = losses_by_hand(start, texts)
    everything = loss_of(load(4), [(ids, 1, end) for ids, _, end in texts])
    yield Row("SFT, answers: first loss by hand", losses[0], loss_of(load(4), texts), everything, LOSS_TOLERANCE)
    yield Row(f"SFT, answers: loss of step {STEPS} by hand", losses[-1], expected[-1], expected[0], LOSS_TOLERANCE)
    yield Row(f"SFT, answers: all {STEPS} losses", losses, expected, [expected[0]] * STEPS, LOSS_TOLERANCE)


def sft_chats() -> Iterator[Row]:
    """Messages with the loss on the assistant's words, which TRL finds by the tokenizer's mask."""
    trainer = trainer_of("chats", [{"messages": chat} for chat in CHATS], assistant_only_loss=True)
    encode, texts = tokenizer(), []
    for chat in CHATS:
        prompt = encode.apply_chat_template(chat[:1], add_generation_prompt=True, return_dict=False)
        ids = encode.apply_chat_template(chat, return_dict=False)
        texts.append((ids, len(prompt), len(ids) - 2))  # the template closes an answer with two line feeds
    wanted = loss_of(load(4), texts)
    control = loss_of(load(4), [(ids, 1, end) for ids, _, end in texts])
    found = trainer.evaluate()["eval_loss"]
    yield Row("SFT, chats: loss on the assistant's words", found, wanted, control, LOSS_TOLERANCE)


def sft_texts(packing: bool) -> Iterator[Row]:
    """Plain texts with the end token that TRL appends; packed, several in a row that must not see each other."""
    trainer = trainer_of(f"texts-{packing}", [{"text": text} for text in TEXTS], packing=packing, max_length=128)
    encode, model = tokenizer(), load(4)
    ended = [[*encode.encode(text), encode.eos_token_id] for text in TEXTS]
    letters = [encode.encode(f"{text}</s>") for text in TEXTS]  # what the tokenizer makes of it by itself
    control = mean_loss(model, [sum(ended, [])] if packing else letters)
    what = "SFT, texts packed into one row" if packing else "SFT, texts"
    yield Row(f"{what}: loss", trainer.evaluate()["eval_loss"], mean_loss(model, ended), control, LOSS_TOLERANCE)


# -------------------------------------------------------------------------------------------------------------- DPO


def preferences() -> List[dict]:
    """Each chat's answer is preferred to that of the next one."""
    answers = [chat[1:] for chat in CHATS]
    pairs = zip(CHATS, answers, answers[1:] + answers[:1])
    return [{"prompt": chat[:1], "chosen": chosen, "rejected": rejected} for chat, chosen, rejected in pairs]


def sequence_log_probability(model: torch.nn.Module, prompt: List[dict], answer: List[dict]) -> torch.Tensor:
    encode = tokenizer()
    start = len(encode.apply_chat_template(prompt, add_generation_prompt=True, return_dict=False))
    return log_probabilities(model, encode.apply_chat_template(prompt + answer, return_dict=False))[start - 1 :].sum()


def margins(model: peft.PeftModel) -> torch.Tensor:
    """[pairs]: beta (log p(chosen) / p0(chosen) - log p(rejected) / p0(rejected)), arXiv:2305.18290, eq. 7."""
    found = []
    for pair in preferences():
        ratios = []
        for answer in (pair["chosen"], pair["rejected"]):
            new = sequence_log_probability(model, pair["prompt"], answer)
            with model.disable_adapter():
                ratios.append(new - sequence_log_probability(model, pair["prompt"], answer))
        found.append(BETA * (ratios[0] - ratios[1]))
    return torch.stack(found)


def dpo() -> Iterator[Row]:
    data = Dataset.from_list(preferences())
    trainer = DPOTrainer(
        model=load(4),
        args=arguments("dpo", DPOConfig, beta=BETA, **QUIET),
        train_dataset=data,
        eval_dataset=data,
        processing_class=tokenizer(),
        peft_config=LORA,
    )
    losses = [entry["loss"] for entry in run(trainer)]
    after, expected = trainer.evaluate(), margins(trainer.model.eval())
    wanted = -F.logsigmoid(expected).mean()
    ln2 = 0.69315  # no difference yet: -log(sigmoid(0))
    yield Row("DPO: first loss is ln 2", losses[0], ln2, losses[-1], LOSS_TOLERANCE)
    yield Row(f"DPO: loss after {STEPS} steps by hand", after["eval_loss"], wanted, ln2, LOSS_TOLERANCE)
    yield Row("DPO: margin of rewards by hand", after["eval_rewards/margins"], expected.mean(), 0.0, LOSS_TOLERANCE)


CHECKS = (sft, sft_chats, functools.partial(sft_texts, False), functools.partial(sft_texts, True), dpo)
