"""chat and stream_chat against the original's recorded conversations (shared/golden/E_*)."""

import json

import pytest
import torch
from conftest import GOLDEN, cases, close, load
from safetensors.torch import load_file
from transformers import AutoTokenizer

CHAT = sorted(p.parent.name for p in GOLDEN.glob("E_*/golden_chat.json"))

pytestmark = [pytest.mark.golden, cases("chat", CHAT, indirect=True, scope="module")]


class Chat:
    def __init__(self, folder, values):
        self.tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
        self.model = load(folder).float().eval()
        self.values = values


@pytest.fixture(scope="module")
def chat(request, golden_folder):
    values = json.loads((GOLDEN / request.param / "golden_chat.json").read_text(encoding="utf-8"))
    return Chat(golden_folder(request.param), values)


def pairs(history):
    return None if history is None else [tuple(round_) for round_ in history]


def lists(history):
    return [list(round_) for round_ in history]


def test_built_inputs(chat):
    for case in chat.values["build_inputs"]:
        history = pairs(case["history"])
        for build, key in ((chat.model.build_inputs, "inputs"), (chat.model.build_stream_inputs, "stream_inputs")):
            ours = build(chat.tokenizer, case["query"], history=history)
            assert {name: value.tolist() for name, value in ours.items()} == case[key]


def test_process_response(chat):
    for text, expected in chat.values["process_response"]:
        assert chat.model.process_response(text) == expected


def test_greedy_chat(chat):
    for case in chat.values["chat_greedy"]:
        history = pairs(case["history_in"])
        response, new_history = chat.model.chat(chat.tokenizer, case["query"], history, **case["kwargs"])
        assert response == case["response"]
        assert lists(new_history) == case["history_out"]
        assert history == pairs(case["history_in"])  # the caller's list is untouched
        if history:
            response, _ = chat.model.chat(chat.tokenizer, case["query"], lists(history), **case["kwargs"])
            assert response == case["response"]  # rounds given as lists


def test_chat_with_other_settings(chat):
    for key in ("chat_max_length", "chat_beam3"):
        case = chat.values[key]
        response, _ = chat.model.chat(chat.tokenizer, case["query"], **case["kwargs"])
        assert response == case["response"], key
    for case in chat.values["chat_sample"]:
        torch.manual_seed(case["seed"])
        response, _ = chat.model.chat(chat.tokenizer, case["query"], **case["kwargs"])
        assert response == case["response"]


def test_stream_chat(chat):
    for case in chat.values["stream_plain"]:
        stream = chat.model.stream_chat(
            chat.tokenizer,
            case["query"],
            pairs(case["history_in"]),
            do_sample=False,
            max_new_tokens=case["max_new_tokens"],
        )
        assert [[text, lists(history)] for text, history in stream] == case["yields"]
    case = chat.values["stream_sample"]
    torch.manual_seed(case["seed"])
    stream = chat.model.stream_chat(chat.tokenizer, case["query"], **case["kwargs"])
    assert [text for text, _ in stream] == case["yields"]


def test_stream_chat_with_a_cache_over_rounds(chat):
    past = None
    for case in chat.values["stream_past"]:
        assert (past and past.get_seq_length()) == case["past_in"]
        stream = list(
            chat.model.stream_chat(
                chat.tokenizer,
                case["query"],
                pairs(case["history_in"]) or [],
                past_key_values=past,
                do_sample=False,
                max_new_tokens=case["max_new_tokens"],
                return_past_key_values=True,
            )
        )
        assert [[text, lists(history), past.get_seq_length()] for text, history, past in stream] == case["yields"]
        past = stream[-1][2]
    case = chat.values["stream_past_not_returned"]
    if past.get_seq_length() == case["past_in"]:
        stream = chat.model.stream_chat(
            chat.tokenizer,
            case["query"],
            pairs(case["history_in"]),
            past_key_values=past,
            do_sample=False,
            max_new_tokens=case["max_new_tokens"],
        )
        assert [[text, lists(history)] for text, history in stream] == case["yields"]
        assert past.get_seq_length() == case["past_in"]  # the caller's cache is untouched


def test_streamed_ids(chat):
    case = chat.values["stream_plain"][0]
    inputs = chat.model.build_inputs(chat.tokenizer, case["query"], [])
    start = inputs["input_ids"].shape[1]
    stream = chat.model.stream_generate(**inputs, do_sample=False, max_new_tokens=case["max_new_tokens"])
    assert [ids[0, start:].tolist() for ids in stream] == chat.values["stream_generate_ids"]


@torch.no_grad()
def test_batch_of_queries(chat, request):
    name = request.node.callspec.params["chat"]
    tensors = load_file(GOLDEN / name / "golden.safetensors")
    inputs = {key: tensors["batch." + key] for key in ("input_ids", "attention_mask", "position_ids")}
    logits = chat.model(**inputs, return_last_logit=True).logits[:, -1]
    close(logits, tensors["batch.last_logits"])
    expected = torch.tensor(chat.values["generate_batch_greedy"])
    new = expected.shape[1] - inputs["input_ids"].shape[1]
    assert chat.model.generate(**inputs, max_new_tokens=new, do_sample=False).equal(expected)
