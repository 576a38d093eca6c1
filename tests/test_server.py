"""`make serve`, asked as its users ask it: by OpenAI's own client, by curl, and by whoever sends nonsense.

The demonstration model answers, as it has something to say. Its rooms by themselves: test_server_rooms.py.
"""

import contextlib
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
import torch
from conftest import load
from package import ROOT
from transformers import AutoTokenizer

for package_name in ("fastapi", "uvicorn", "prometheus_client", "openai", "httpx"):
    pytest.importorskip(package_name, reason=f"{package_name} is not installed (requirements-dev.txt)")

import httpx  # noqa: E402
import openai  # noqa: E402
import uvicorn  # noqa: E402

from examples import model_folder  # noqa: E402
from examples.api_server import parse  # noqa: E402
from examples.model_folder import DEMO, lay_together  # noqa: E402
from examples.server import gate, schema  # noqa: E402
from examples.server.app import Settings, make_app  # noqa: E402
from examples.server.errors import MOST_SHOWN  # noqa: E402
from examples.server.telemetry import JsonLines  # noqa: E402

CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
HELLO = [{"role": "user", "content": "你好"}]
ADA = [{"role": "user", "content": "My name is Ada."}]
EOS, KEY = "2", "secret"
ENDLESS = {"logit_bias": {EOS: -100}, "max_tokens": 3000, "temperature": 0}
CLOSE = 1e-3  # log-probabilities of one text, read in one pass or token by token


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(model_folder, "BUILD", tmp_path_factory.mktemp("server"))
        folder = lay_together(DEMO)
    return load(folder).eval(), AutoTokenizer.from_pretrained(str(folder), trust_remote_code=True)


@contextlib.contextmanager
def running(loaded, **settings):
    """A server on a port of its own, and what asks it."""
    app = make_app(*loaded, Settings(names=("demo", "other-name"), **settings))
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline and thread.is_alive()
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    own = [(b"authorization", f"Bearer {settings['api_key']}".encode())] if settings.get("api_key") else []
    asked = {"base_url": f"{url}/v1", "api_key": settings.get("api_key") or "none", "max_retries": 0, "timeout": 60}
    with httpx.Client(base_url=url, timeout=60, headers=own) as http, openai.OpenAI(**asked) as client:
        yield SimpleNamespace(url=url, http=http, client=client, app=app, state=app.state.server)
    server.should_exit = True
    app.state.server.turns.stop()
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def served(loaded):
    with running(loaded) as server:
        yield server


def chat(served, messages=HELLO, **settings):
    return served.client.chat.completions.create(model="demo", messages=messages, **{"temperature": 0, **settings})


def idle(served, seconds=5.0):
    """Whether nothing is computed any more, within so many seconds."""
    deadline, turns = time.monotonic() + seconds, served.state.turns
    while turns.waiting or turns.reading or turns.writing:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# ------------------------------------------------------------------------------------------------------------- answers


def test_an_answer_is_that_of_chat(served, loaded):
    model, tokenizer = loaded
    expected, history = model.chat(tokenizer, "My name is Ada.", do_sample=False)
    reply = chat(served, ADA)
    assert (reply.object, reply.model, reply.choices[0].message.role) == ("chat.completion", "demo", "assistant")
    assert reply.choices[0].message.content == expected == "Nice to meet you, Ada!"
    assert reply.choices[0].finish_reason == "stop"
    prompt = model.build_inputs(tokenizer, "My name is Ada.")["input_ids"].shape[1]
    assert (reply.usage.prompt_tokens, reply.usage.total_tokens) == (prompt, prompt + reply.usage.completion_tokens)
    second = [*ADA, {"role": "assistant", "content": expected}, {"role": "user", "content": "What is my name?"}]
    again = model.chat(tokenizer, "What is my name?", history, do_sample=False)[0]
    assert chat(served, second).choices[0].message.content == again and "Ada" in again


def test_a_stream_is_the_answer_in_pieces(served):
    whole = chat(served)
    chunks = list(chat(served, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks[:-1]]
    assert "".join(pieces) == whole.choices[0].message.content and len([piece for piece in pieces if piece]) > 3
    assert chunks[-2].choices[0].finish_reason == "stop" and {chunk.id for chunk in chunks} == {chunks[0].id}
    assert chunks[-1].choices == [] and chunks[-1].usage.prompt_tokens == whole.usage.prompt_tokens
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert all(chunk.usage is None for chunk in chat(served, stream=True)), "not asked for"


def test_system_messages_stand_where_the_chat_template_puts_them(served, loaded):
    _, tokenizer = loaded
    messages = [{"role": "system", "content": "Be kind."}, *ADA]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True)
    ids = ids["input_ids"] if hasattr(ids, "keys") else ids
    seen = []
    fork = served.state.prefixes.fork
    served.state.prefixes.fork = lambda ids: seen.append(list(ids)) or fork(ids)
    try:
        chat(served, messages, max_tokens=1)
        chat(served, [{**messages[0], "role": "developer"}, *ADA], max_tokens=1)
        parts = [{"type": "text", "text": "My name "}, {"type": "text", "text": "is Ada."}]
        chat(served, [messages[0], {"role": "user", "content": parts}], max_tokens=1)
    finally:
        served.state.prefixes.fork = fork
    assert seen == [list(ids)] * 3


@pytest.mark.parametrize("stop, left", [("you", "Nice to meet "), (["zz", "t you, A"], "Nice to mee"), ("Nice", "")])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_ends_before_a_stop_also_where_that_lies_across_pieces(served, stop, left, stream):
    reply = chat(served, ADA, stop=stop, stream=stream)
    if stream:
        choices = [chunk.choices[0] for chunk in reply]
        assert "".join(choice.delta.content or "" for choice in choices) == left
        assert choices[-1].finish_reason == "stop"
    else:
        assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == (left, "stop")


def test_a_bound_on_tokens_is_kept_under_either_name(served):
    for name in ("max_tokens", "max_completion_tokens"):
        reply = chat(served, **{name: 2})
        assert (reply.choices[0].finish_reason, reply.usage.completion_tokens) == ("length", 2)


def test_a_seed_gives_the_same_answer_again(served):
    def drawn(seed):
        return (
            served.client.completions.create(
                model="demo", prompt="The", temperature=2, top_p=1, seed=seed, max_tokens=12
            )
            .choices[0]
            .text
        )

    first = drawn(1)
    assert drawn(1) == first and {drawn(seed) for seed in (2, 3, -4)} != {first}


def test_temperature_and_top_p_count(served):
    greedy = chat(served, ADA).choices[0].message.content
    assert chat(served, ADA, temperature=2, top_p=0).choices[0].message.content == greedy
    assert chat(served, ADA, temperature=0.01, top_p=1).choices[0].message.content == greedy


def test_biases_and_penalties_count(served, loaded):
    _, tokenizer = loaded
    wanted = tokenizer.encode("谢谢", add_special_tokens=False)[-1]
    forced = chat(served, logit_bias={str(wanted): 100}, max_tokens=8)
    assert forced.choices[0].message.content == tokenizer.decode([wanted] * 8)

    other = served.client.completions.create(model="demo", prompt="a b", temperature=0, max_tokens=8)
    less = served.client.completions.create(
        model="demo", prompt="a b", temperature=0, max_tokens=8, presence_penalty=2, frequency_penalty=2
    )
    assert len(set(less.choices[0].text.split())) > len(set(other.choices[0].text.split()))


@pytest.mark.parametrize("stream", [False, True])
def test_logprobs_are_the_models_own(served, loaded, stream):
    model, tokenizer = loaded
    reply = chat(served, ADA, logprobs=True, top_logprobs=3, stream=stream)
    if stream:
        entries = [
            entry for chunk in reply if chunk.choices[0].logprobs for entry in chunk.choices[0].logprobs.content
        ]
    else:
        entries = reply.choices[0].logprobs.content
    text = b"".join(bytes(entry.bytes) for entry in entries).decode()
    assert text.strip() == "Nice to meet you, Ada!"
    prompt = model.build_inputs(tokenizer, "My name is Ada.")["input_ids"]
    answer = model.generate(prompt, do_sample=False, max_new_tokens=64)[:, prompt.shape[1] : -1]  # without </s>
    with torch.no_grad():
        logits = model(torch.cat((prompt, answer), 1)).logits[0, prompt.shape[1] - 1 : -1].float()
    expected = logits.log_softmax(-1).gather(-1, answer[0, :, None])[:, 0]
    found = torch.tensor([entry.logprob for entry in entries])
    torch.testing.assert_close(found, expected, atol=CLOSE, rtol=CLOSE)
    for entry in entries:
        assert len(entry.top_logprobs) == 3 and entry.top_logprobs[0].token == entry.token  # greedy
        assert [top.logprob for top in entry.top_logprobs] == sorted(t.logprob for t in entry.top_logprobs)[::-1]


def test_ids_without_a_text_are_said_without_one(served, loaded):
    """A model has more rows than its tokenizer has tokens, to make its size round."""
    model, tokenizer = loaded
    last = model.config.padded_vocab_size - 1
    assert last >= len(tokenizer), "control"
    reply = chat(served, logit_bias={str(last): 100}, max_tokens=3, logprobs=True)
    assert reply.choices[0].message.content == "" and reply.usage.completion_tokens == 3
    assert [entry.bytes for entry in reply.choices[0].logprobs.content] == [[]] * 3
    text = served.client.completions.create(model="demo", prompt="a", logit_bias={str(last): 100}, max_tokens=3)
    assert text.choices[0].text == ""


def test_logprobs_end_before_a_stop(served):
    reply = chat(served, ADA, logprobs=True, stop=" you")
    assert "".join(entry.token for entry in reply.choices[0].logprobs.content).strip() == "Nice to meet"
    assert all(entry.top_logprobs == [] for entry in reply.choices[0].logprobs.content)


def test_a_text_is_continued(served, loaded):
    model, tokenizer = loaded

    def completed(**settings):
        return served.client.completions.create(model="demo", **{"prompt": "a b", "temperature": 0, **settings})

    reply = completed(logprobs=2)
    text, logprobs = reply.choices[0].text, reply.choices[0].logprobs
    inputs = tokenizer("a b", return_tensors="pt").to(model.device)
    ids = model.generate(**inputs, do_sample=False, max_new_tokens=16)
    assert "a b" + text == tokenizer.decode(ids[0, 2:]), "the space between the two is there"
    assert reply.usage.completion_tokens == 16, "as many as OpenAI gives, where none are asked for"
    assert "".join(logprobs.tokens) == text and logprobs.text_offset[1] == len(logprobs.tokens[0])
    assert len(logprobs.token_logprobs) == len(logprobs.top_logprobs) == 16
    assert completed(echo=True).choices[0].text == "a b" + text
    assert completed(prompt=inputs["input_ids"][0].tolist()).choices[0].text == text
    assert completed(prompt=["a b"]).choices[0].text == text
    assert "".join(chunk.choices[0].text for chunk in completed(stream=True, echo=True)) == "a b" + text


def test_a_conversation_goes_on_from_the_cache_of_its_last_round(served, loaded):
    with running(loaded, cache_bytes=0) as bare:
        material = "Tom lives in Rome. Ann has a dog. " * 30
        messages = [{"role": "user", "content": material + "Where does Tom live?"}]
        first = chat(served, messages)
        messages += [
            {"role": "assistant", "content": first.choices[0].message.content},
            {"role": "user", "content": "My name is Ada."},
        ]
        second = chat(served, messages)
        held = second.usage.prompt_tokens_details.cached_tokens
        assert first.usage.prompt_tokens < held < second.usage.prompt_tokens
        fresh = chat(bare, messages)
        assert fresh.usage.prompt_tokens_details.cached_tokens == 0
        assert fresh.choices[0].message.content == second.choices[0].message.content
        again = chat(served, messages)
        assert again.usage.prompt_tokens_details.cached_tokens == again.usage.prompt_tokens - 1
        assert again.choices[0].message.content == second.choices[0].message.content


def test_what_was_read_for_a_client_that_left_is_not_read_again(served, loaded):
    """A client with a timeout asks again; a long prompt must not begin from nothing each time."""
    model, text = loaded[0], " ".join(str(number) for number in range(1000))
    message = [{"role": "user", "content": text}]
    before = served.state.turns._between
    calls = []

    def slow(job, stage, done, total):
        calls.append(done)
        if done > 2 * model.config.prefill_slice_size:
            time.sleep(0.5)
        return before(job, stage, done, total)

    served.state.turns._between = slow
    try:
        with pytest.raises(openai.APITimeoutError):
            served.client.with_options(timeout=3).chat.completions.create(model="demo", messages=message, max_tokens=1)
        assert idle(served) and max(calls) > 2 * model.config.prefill_slice_size
    finally:
        served.state.turns._between = before
    reply = chat(served, message, max_tokens=1)
    assert reply.usage.prompt_tokens_details.cached_tokens >= 2 * model.config.prefill_slice_size


def test_models_health_and_metrics(served):
    assert [entry.id for entry in served.client.models.list()] == ["demo", "other-name"]
    assert served.client.models.retrieve("other-name").object == "model"
    assert served.http.get("/health").json() == {"status": "ok"}
    chat(served, max_tokens=3)
    assert idle(served)
    text = served.http.get("/metrics").text
    assert re.search(r'chatglm_requests_total\{path="/v1/chat/completions",status="200"\} [1-9]', text)
    assert re.search(r'chatglm_tokens_total\{kind="answer"\} [1-9]', text)
    assert "chatglm_first_token_seconds_bucket" in text and "chatglm_writing 0.0" in text


# ------------------------------------------------------------------------------------------------------------ refusals


def test_every_field_of_the_official_client_is_known():
    """A field of tomorrow's client must be looked at, and not be dropped in silence."""
    from openai.types import completion_create_params as text
    from openai.types.chat import completion_create_params as chats

    for params, kind, neutral in (
        (chats.CompletionCreateParamsBase, schema.ChatRequest, schema.CHAT),
        (text.CompletionCreateParamsBase, schema.TextRequest, schema.TEXT),
    ):
        ours = {field.alias or name for name, field in kind.model_fields.items()} | set(neutral)
        assert set(params.__annotations__) | {"stream"} <= ours
        assert not set(kind.model_fields) & set(neutral)


def refusal(served, path, status=400, **body):
    base = {"messages": HELLO} if path == CHAT else {"prompt": "a"}
    reply = served.http.post(path, json={**base, "temperature": 0, "max_tokens": 2, **body})
    assert reply.status_code == status, reply.text
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["type"] == "invalid_request_error"
    return error


@pytest.mark.parametrize("path, neutral", [(CHAT, schema.CHAT), (TEXT, schema.TEXT)])
def test_what_cannot_be_honoured_is_refused_by_name_or_passes_where_it_asks_for_nothing(served, path, neutral):
    for name, rule in neutral.items():
        for value in ({"x": 1}, "x", 7, [1]):
            error = refusal(served, path, **{name: value})
            assert error["param"] == name and repr(value) in error["message"] and rule.instead in error["message"]
    passing = {name: rule.values[-1] for name, rule in neutral.items() if rule.values}
    nothing = dict.fromkeys(neutral)
    own = {"user": "u", "metadata": {"a": "b"}, "safety_identifier": "s", "prompt_cache_key": "k"}
    base = {"messages": HELLO, **own} if path == CHAT else {"prompt": "a", "user": "u"}
    for more in (passing, nothing, {"frequency_penalty": 0, "presence_penalty": 0, "logit_bias": {}, "stop": None}):
        reply = served.http.post(path, json={**base, "max_tokens": 2, **more})
        assert reply.status_code == 200, reply.text


def message(**fields):
    return {"messages": [{"role": "user", "content": "a", **fields}]}


WRONG = [
    (CHAT, {"messages": []}, "messages"),
    (CHAT, {"messages": [{"role": "assistant", "content": "a"}]}, "messages"),
    (CHAT, {"messages": HELLO * 2}, "messages"),
    (CHAT, {"messages": [*HELLO, {"role": "system", "content": "a"}, *HELLO]}, "messages"),
    (CHAT, {"messages": "你好"}, "messages"),
    (CHAT, {"messages": ["你好"]}, "messages[0]"),
    (CHAT, message(role="tool"), "messages[0]"),
    (CHAT, message(role=1), "messages[0]"),
    (CHAT, message(content=None), "messages[0]"),
    (CHAT, message(content=[{"type": "image_url", "image_url": {"url": "data:"}}]), "messages[0]"),
    (CHAT, message(content=[{"type": "text"}]), "messages[0]"),
    (CHAT, message(name="Ada"), "messages[0]"),
    (CHAT, message(tool_calls=[{"id": "1"}]), "messages[0]"),
    (CHAT, message(weight=1), "messages[0].weight"),
    (CHAT, {"max_completion_tokens": 3}, "max_tokens"),
    (CHAT, {"max_completion_tokens": 0}, "max_completion_tokens"),
    (CHAT, {"logprobs": 1}, "logprobs"),
    (CHAT, {"top_logprobs": 2}, "top_logprobs"),
    (CHAT, {"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
    (CHAT, {"metadata": {"a": 1}}, "metadata.a"),
    (CHAT, {"user": 1}, "user"),
    (CHAT, {"prompt": "a"}, "prompt"),
    (CHAT, {"best_of": 1}, "best_of"),
    (TEXT, {"messages": HELLO}, "messages"),
    (TEXT, {"prompt": ["a", "b"]}, "prompt"),
    (TEXT, {"prompt": []}, "prompt"),
    (TEXT, {"prompt": [1.5]}, "prompt"),
    (TEXT, {"prompt": [10**9]}, "prompt"),
    (TEXT, {"prompt": [-1]}, "prompt"),
    (TEXT, {"logprobs": 6}, "logprobs"),
    (TEXT, {"logprobs": True}, "logprobs"),
    (TEXT, {"echo": True, "logprobs": 1}, "echo"),
    (TEXT, {"echo": True, "prompt": [5]}, "echo"),
    *(
        (path, fields, name)
        for path in (CHAT, TEXT)
        for name, fields in (
            ("temperature", {"temperature": -0.1}),
            ("temperature", {"temperature": 2.5}),
            ("temperature", {"temperature": "1"}),
            ("top_p", {"top_p": 1.1}),
            ("max_tokens", {"max_tokens": 0}),
            ("max_tokens", {"max_tokens": 2.5}),
            ("stop", {"stop": ""}),
            ("stop", {"stop": ["a"] * 5}),
            ("stop", {"stop": [1]}),
            ("seed", {"seed": 2**63}),
            ("seed", {"seed": "1"}),
            ("frequency_penalty", {"frequency_penalty": 3}),
            ("presence_penalty", {"presence_penalty": -3}),
            ("logit_bias", {"logit_bias": {"a": 1}}),
            ("logit_bias", {"logit_bias": {"5": 101}}),
            ("logit_bias", {"logit_bias": {"999999": 1}}),
            ("stream", {"stream": "yes"}),
            ("stream_options", {"stream_options": {"include_usage": True}}),
            ("stream_options.include_obfuscation", {"stream": True, "stream_options": {"include_obfuscation": True}}),
            ("stream_options.more", {"stream": True, "stream_options": {"more": 1}}),
            ("top_k", {"top_k": 5}),
            ("model", {"model": 7}),
        )
    ),
]


@pytest.mark.parametrize("path, fields, param", WRONG, ids=lambda value: str(value)[:40])
def test_a_field_that_is_wrong_is_named(served, path, fields, param):
    error = refusal(served, path, **fields)
    assert error["param"] == param
    assert param.split("[")[0].split(".")[-1] in error["message"] or "content" in error["message"]
    assert len(error["message"]) < 3 * MOST_SHOWN + 200


@pytest.mark.parametrize(
    "body, words",
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"[]", "JSON object"),
        (b'"a"', "JSON object"),
        (b"[" * 100000, "no JSON"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "no JSON"),
        (b'{"messages": [], "temperature": NaN}', "NaN"),
        (b'{"messages": [], "temperature": -Infinity}', "Infinity"),
        (b'{"messages": [{"role": "user", "content": "a"}], "temperature": 1e999}', "temperature"),
        (b'{"messages": [{"role": "user", "content": "a\\ud800"}]}', "messages[0].content holds '\\ud800'"),
        (b'{"\\udc00": 1}', "half of a character"),
        (b'{"messages": [{"role": "user", "content": "\xff"}]}', "UTF-8 (byte 43)"),
        (b"{}", "messages is missing"),
    ],
)
def test_what_is_no_request_is_refused(served, body, words):
    reply = served.http.post(CHAT, content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 400 and words in reply.json()["error"]["message"]


def test_another_type_of_body_is_refused(served):
    """Pages of other sites may send text without asking the browser's user; JSON they may not."""
    for kind in ({"content-type": "text/plain"}, {}):
        reply = served.http.post(CHAT, content=json.dumps({"messages": HELLO}).encode(), headers=kind)
        assert reply.status_code == 415 and "application/json" in reply.json()["error"]["message"]
        assert "access-control-allow-origin" not in reply.headers


def test_unknown_models_and_places_are_said_so_in_the_same_shape(served):
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-4o' here, only demo, other-name"):
        served.client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert served.http.get("/v1/models/none").json()["error"]["code"] == "model_not_found"
    assert "/v1/embeddings" in served.http.post("/v1/embeddings", json={}).json()["error"]["message"]
    assert served.http.get(CHAT).status_code == 405 and served.http.get(CHAT).json()["error"]["message"]


def test_the_official_client_shows_the_message(served):
    with pytest.raises(openai.BadRequestError, match="tools=.*not trained to call tools") as caught:
        chat(served, tools=[{"type": "function", "function": {"name": "f"}}])
    assert caught.value.param == "tools" and caught.value.code == "unsupported_value"


def test_a_body_of_60_mb_is_refused_while_others_are_answered(served):
    text, answered = "a" * 60_000_000, []
    beside = threading.Thread(target=lambda: answered.append(chat(served, ADA)))
    beside.start()
    with pytest.raises(openai.APIStatusError, match="60,000,.* bytes or more, this server reads 3,276,800") as caught:
        served.client.chat.completions.create(model="demo", messages=[{"role": "user", "content": text}])
    assert caught.value.status_code == 413
    beside.join(10)
    assert answered[0].choices[0].message.content == "Nice to meet you, Ada!"
    reply = served.http.post(
        CHAT, content=(b"a" * 2**16 for _ in range(100)), headers={"content-type": "application/json"}
    )
    assert reply.status_code == 413, "without a length, it is counted while it comes"


def test_a_body_that_stops_coming_is_not_waited_for(served, monkeypatch):
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(gate, "DRAIN_SECONDS", 0.2)
    port = int(served.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = [f"POST {CHAT} HTTP/1.1", "Host: a", "Content-Type: application/json", "Content-Length: 9"]
        connection.sendall("\r\n".join([*head, "", "{"]).encode())
        assert b" 408 " in connection.recv(1000).split(b"\r\n")[0]


def test_a_prompt_that_does_not_fit_is_refused_before_it_is_read(served):
    for text in ("x " * 40000, "x" * 3_000_000):
        with pytest.raises(
            openai.BadRequestError, match="messages has .* (tokens, this server takes|characters, more than) 32,767"
        ):
            chat(served, [{"role": "user", "content": text}])


# ------------------------------------------------------------------------------------------------ limits, keys, errors


@pytest.fixture(scope="module")
def narrow(loaded):
    settings = {"api_key": KEY, "most_requests": 1, "most_prompt": 50, "most_body": 4000}
    with running(loaded, cors=("http://page.example",), **settings) as server:
        yield server


def test_a_key_is_asked_for_where_there_is_one(narrow):
    for key in (b"Bearer wrong", b"Bearer sec", b"secret", b"bearer secret", b"\xff", b""):
        for path in ("/v1/models", "/metrics", "/none"):
            reply = narrow.http.get(path, headers=[(b"authorization", key)])
            assert reply.status_code == 401 and reply.json()["error"]["code"] == "invalid_api_key"
        assert narrow.http.post(CHAT, json={}, headers=[(b"authorization", key)]).status_code == 401
    assert narrow.http.get("/health", headers={"authorization": ""}).status_code == 200
    assert narrow.http.get("/v1/models").status_code == 200


def test_limits_are_those_that_were_set(narrow):
    reply = narrow.http.post(CHAT, json={"messages": [{"role": "user", "content": "one two " * 60}]})
    assert reply.status_code == 400 and "this server takes 50" in reply.json()["error"]["message"]
    assert narrow.http.post(CHAT, json={"messages": [{"role": "user", "content": "a" * 4000}]}).status_code == 413


def test_pages_of_one_origin_may_ask_where_that_was_set(narrow):
    for origin, allowed in (("http://page.example", "http://page.example"), ("http://other.example", None)):
        asks = {"origin": origin, "access-control-request-method": "POST", "authorization": ""}
        reply = narrow.http.options(CHAT, headers=asks)
        assert reply.headers.get("access-control-allow-origin") == allowed


def test_a_full_server_says_so_and_the_official_client_tries_again(narrow):
    stream = narrow.http.stream("POST", CHAT, json={"messages": HELLO, "stream": True, **ENDLESS})
    with stream as response:
        assert response.status_code == 200
        reply = narrow.http.post(CHAT, json={"messages": HELLO})
        assert reply.status_code == 429 and reply.headers["retry-after"] == "2"
        assert "1 requests are being answered" in reply.json()["error"]["message"]
        threading.Timer(1, response.close).start()
        again = openai.OpenAI(
            base_url=f"{narrow.url}/v1",
            api_key=KEY,
            max_retries=3,
        )
        assert again.chat.completions.create(model="demo", messages=HELLO, max_tokens=1).choices


def test_a_fault_inside_is_told_without_what_it_was_about(served, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("about a secret prompt")

    monkeypatch.setattr(served.state.model, "stream_generate", broken)
    with caplog.at_level(logging.INFO):
        reply = served.http.post(CHAT, json={"messages": HELLO})
        assert reply.status_code == 500 and "secret" not in reply.text
        assert reply.json()["error"]["type"] == "server_error"
        with pytest.raises(openai.APIError, match="its log says where"):
            list(chat(served, stream=True))
    told = [JsonLines().format(record) for record in caplog.records if record.exc_info]
    assert len(told) == 2 and all("RuntimeError" in line and "answers.py" in line for line in told)
    assert not any("secret" in JsonLines().format(record) for record in caplog.records)
    monkeypatch.undo()
    assert idle(served) and chat(served, ADA).choices[0].message.content == "Nice to meet you, Ada!"


def test_memory_that_is_full_is_taken_from_kept_prefixes_and_then_said(served, monkeypatch):
    prefixes, fork = served.state.prefixes, served.state.prefixes.fork
    left = [1]

    def full(ids):
        if left and left.pop():
            raise MemoryError("10 MiB, 5 MiB are free")
        return fork(ids)

    monkeypatch.setattr(prefixes, "fork", full)
    assert chat(served, ADA).choices[0].message.content == "Nice to meet you, Ada!"
    left += [1, 1]
    with pytest.raises(openai.InternalServerError, match="no memory for this answer now: 10 MiB"):
        chat(served, ADA)


# ----------------------------------------------------------------------------------------------------- clients that go


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_frees_its_turn(served, stream):
    wrote = served.state.metrics.tokens.labels("answer")._value.get
    before = wrote()
    with pytest.raises(openai.APITimeoutError):
        reply = served.client.with_options(timeout=1).chat.completions.create(
            model="demo", messages=HELLO, stream=stream, extra_body=ENDLESS
        )
        started = time.monotonic()
        for _ in reply:
            if time.monotonic() - started > 1:
                reply.close()
                raise openai.APITimeoutError(request=None)
    assert idle(served), "the turn is freed within 5 seconds"
    time.sleep(0.1)
    assert wrote() - before < ENDLESS["max_tokens"]


# ---------------------------------------------------------------------------------------------------------- start, end


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_make_serve_answers_curl_keeps_texts_out_of_its_log_and_ends_when_told(tmp_path, told):
    """SIGTERM or Ctrl-C ends it within 5 seconds, also while it answers, and who waits for an answer is told."""
    log = tmp_path / "log"
    command = [sys.executable, "-m", "examples.api_server", "--port", "0"]
    with open(log, "w") as lines, subprocess.Popen(command, cwd=ROOT, stderr=lines, env={**os.environ}) as server:
        try:
            deadline, found = time.monotonic() + 240, None
            while found is None:
                assert time.monotonic() < deadline and server.poll() is None, log.read_text()
                found = re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text())
                time.sleep(0.1)
            body = json.dumps({"messages": HELLO, "stream": True, **ENDLESS})
            if shutil.which("curl"):
                asked = ["curl", "-sN", f"{found[1]}{CHAT}", "-H", "Content-Type: application/json", "-d", body]
                with subprocess.Popen(asked, stdout=subprocess.PIPE, encoding="utf-8") as curl:
                    pieces = [curl.stdout.readline() for _ in range(10)]
                    began = time.monotonic()
                    server.send_signal(told)
                    rest = curl.stdout.read()
                assert all(line.startswith("data: ") for line in filter(str.strip, pieces))
                assert '"code": "stopping"' in rest and "[DONE]" not in rest
            else:
                with httpx.stream("POST", f"{found[1]}{CHAT}", json=json.loads(body)) as reply:
                    lines_of_reply = reply.iter_lines()
                    next(lines_of_reply)
                    began = time.monotonic()
                    server.send_signal(told)
                    assert any('"code": "stopping"' in line for line in lines_of_reply)
            server.wait(20)
            assert time.monotonic() - began < 5
            assert server.returncode in (0, -told if told == signal.SIGTERM else 130)
            assert "Traceback" not in log.read_text()
        finally:
            server.kill()
    records = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    answered = [record for record in records if record["from"] == "chatglm.requests"]
    assert answered[-1]["path"] == CHAT and answered[-1]["finish_reason"] == "error"
    assert answered[-1]["prompt_tokens"] > 0 and "你好" not in log.read_text()


def test_texts_are_in_the_log_where_they_were_asked_for(loaded, caplog):
    with running(loaded, log_text=True) as server, caplog.at_level(logging.INFO):
        chat(server, ADA)
        deadline = time.monotonic() + 5
        while not (found := [r.args for r in caplog.records if r.name == "chatglm.requests"]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert "My name is Ada." in found[0]["prompt"] and found[0]["answer"] == "Nice to meet you, Ada!"


@pytest.mark.parametrize(
    "words, message",
    [
        (["--max-requests", "0"], "--max-requests 0 must be at least 1"),
        (["--max-prompt", "-1"], "--max-prompt -1 must be at least 1"),
        (["--cache-mib", "-1"], "--cache-mib -1 must not be negative"),
        (["--api-key", " "], "the API key is empty"),
    ],
)
def test_options_that_are_wrong_are_named(words, message, capsys):
    with pytest.raises(SystemExit):
        parse(words)
    assert message in capsys.readouterr().err


def test_the_key_may_come_from_the_environment_and_others_machines_are_kept_out(monkeypatch):
    monkeypatch.setenv("CHATGLM_API_KEY", "secret")
    options = parse([])
    assert (options.api_key, options.host, options.cors, options.log_text) == ("secret", "127.0.0.1", [], False)
