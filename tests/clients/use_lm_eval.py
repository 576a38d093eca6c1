"""lm-eval: a task from a folder, without a network; every score is computed again, one text at a time."""

import json
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import lm_eval
import torch
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from tests.clients.rows import Row
from tests.clients.tiny import ATOL, NEW, SCRATCH, folder, greedy, load, log_probabilities, tokenizer

BITS = 4
SUM_TOLERANCE = 10 * ATOL  # of some ten log-probabilities
QUESTIONS = [
    {"question": "你好", "choices": ["fox", "介绍一下", "quick"], "gold": 1},
    {"question": "The quick brown", "choices": ["fox jumps", "晚上", "3"], "gold": 0},
    {"question": "晚上睡不着", "choices": ["应该怎么办", "答：", "over"], "gold": 0},
    {"question": "[Round 1]", "choices": ["2", "答", "a fox"], "gold": 2},
]
TASKS = {
    "chatglm_choices": """
output_type: multiple_choice
doc_to_text: question
doc_to_choice: choices
doc_to_target: gold
target_delimiter: " "
metric_list: [{metric: acc}]
""",
    "chatglm_rolling": """
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: question
metric_list: [{metric: word_perplexity}]
""",
    "chatglm_until": f"""
output_type: generate_until
doc_to_text: question
doc_to_target: question
generation_kwargs: {{max_gen_toks: {NEW}, do_sample: false, until: ["</s>"]}}
metric_list: [{{metric: exact_match}}]
""",
}
COMMON = "dataset_path: json\ndataset_kwargs: {{data_files: {{test: {file}}}}}\ntest_split: test\ntask: {name}\n"


class ChatGLM(HFLM):
    """What HFLM must be told of this tokenizer, in which special tokens decode to nothing, as in the original.

    HFLM leaves out `[gMASK] sop` where a text begins with what the start (or end) token decodes to: with nothing, each
    text does. And it stops a generated text where it finds what the end token decodes to: after one token.
    """

    def tok_encode(self, string: str, add_special_tokens: Any = True, **kwargs: Any) -> List[int]:
        return super().tok_encode(string, add_special_tokens=True, **kwargs)

    def tok_decode(self, tokens: Any, skip_special_tokens: bool = True) -> str:
        return "</s>" if tokens == self.eot_token_id else super().tok_decode(tokens, skip_special_tokens)


def write_tasks() -> Path:
    """A folder with the tasks and their questions."""
    place = SCRATCH / "tasks"
    place.mkdir(exist_ok=True)
    questions = place / "questions.jsonl"
    questions.write_text("".join(json.dumps(line) + "\n" for line in QUESTIONS), encoding="utf-8")
    for name, text in TASKS.items():
        (place / f"{name}.yaml").write_text(COMMON.format(file=questions, name=name) + text, encoding="utf-8")
    return place


def samples(task: str, kind: type = HFLM) -> Tuple[List[Any], dict]:
    """(the model's answers in the order of the questions, metrics) of a task."""
    model = kind(
        pretrained=str(folder(BITS)),
        trust_remote_code=True,
        dtype="float32",
        device="cpu",
        batch_size=4,
        max_length=512,
    )
    tasks = TaskManager(include_path=str(write_tasks()), include_defaults=False)
    result = lm_eval.simple_evaluate(model, tasks=[task], task_manager=tasks, log_samples=True, bootstrap_iters=0)
    answers = sorted(result["samples"][task], key=lambda sample: sample["doc_id"])
    return [sample["filtered_resps"] for sample in answers], result["results"][task]


def choices_by_hand(special: bool) -> torch.Tensor:
    """[questions, choices]: log-probability of each choice behind its question."""
    model, encode, rows = load(BITS), tokenizer(), []
    for line in QUESTIONS:
        row = []
        for choice in line["choices"]:
            whole = encode.encode(f"{line['question']} {choice}", add_special_tokens=special)
            start = len(encode.encode(line["question"], add_special_tokens=special))
            row.append(log_probabilities(model, whole)[start - 1 :].sum())
        rows.append(torch.stack(row))
    return torch.stack(rows)


def choices() -> Iterator[Row]:
    plain, prefixed = choices_by_hand(False), choices_by_hand(True)
    gold = torch.tensor([line["gold"] for line in QUESTIONS])
    for kind, wanted, control in (
        (HFLM, plain, prefixed),
        (ChatGLM, prefixed, plain),
    ):
        answers, metrics = samples("chatglm_choices", kind)
        found = torch.tensor([[float(response[0]) for response in row] for row in answers])
        accuracy, worst = ((best == gold).float().mean() for best in (wanted.argmax(1), wanted.argmin(1)))
        yield Row(f"choices, {kind.__name__}: log-probabilities", found, wanted, control, SUM_TOLERANCE)
        yield Row(f"choices, {kind.__name__}: accuracy", metrics["acc,none"], accuracy, worst)


def rolling() -> Iterator[Row]:
    """Log-probabilities of whole texts: HFLM puts the end token before them, as there is no start token."""
    model, plain = load(BITS), tokenizer()
    texts = [line["question"] for line in QUESTIONS]
    sums = []
    for special in (False, True):
        rows = [[plain.eos_token_id, *plain.encode(text, add_special_tokens=special)] for text in texts]
        sums.append(torch.stack([log_probabilities(model, row).sum() for row in rows]))
    for kind, wanted, control in (
        (HFLM, *sums),
        (ChatGLM, *reversed(sums)),
    ):
        answers, _ = samples("chatglm_rolling", kind)
        found = torch.tensor([float(row[0]) for row in answers])
        yield Row(f"rolling, {kind.__name__}: log-probabilities", found, wanted, control, SUM_TOLERANCE)


def until() -> Iterator[Row]:
    model, plain, wanted = load(BITS), tokenizer(), {}
    for count in (1, NEW):
        prompts = (torch.tensor([plain.encode(line["question"])]) for line in QUESTIONS)
        wanted[count] = [plain.decode(greedy(model, ids, count)) for ids in prompts]
    for kind, count, other in (
        (HFLM, 1, NEW),
        (ChatGLM, NEW, 1),
    ):
        answers, _ = samples("chatglm_until", kind)
        yield Row(
            f"generated, {kind.__name__}: text of {count} tokens",
            [row[0] for row in answers],
            wanted[count],
            wanted[other],
        )


CHECKS = (choices, rolling, until)
