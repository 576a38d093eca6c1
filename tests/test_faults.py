"""Faults that users meet, and what must be left afterwards: a model that answers as before.

Faults of files, compilers and disks are in test_loading.py and test_cpu_loading.py; those of other libraries in
test_contracts.py; those of memory in test_memory.py. Here: what ends an answer in its middle, and what a long day
does.
"""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from conftest import load
from transformers import LogitsProcessor, LogitsProcessorList

PROMPT = torch.arange(5, 15)[None]
GREEDY = {"do_sample": False, "max_new_tokens": 6}
TESTS = Path(__file__).resolve().parent


class Breaks(LogitsProcessor):
    """Raises at the third token."""

    def __init__(self, error):
        self.error, self.calls = error, 0

    def __call__(self, input_ids, scores):
        self.calls += 1
        if self.calls == 3:
            raise self.error
        return scores


ENDS = {
    "Ctrl-C": KeyboardInterrupt(),
    "an exception": RuntimeError("mine"),
    "no memory": torch.OutOfMemoryError("CUDA out of memory") if hasattr(torch, "OutOfMemoryError") else MemoryError(),
}


def answers(model, tokenizer):
    streamed = list(model.stream_chat(tokenizer, "你好", **GREEDY))[-1]
    return model.chat(tokenizer, "你好", **GREEDY), streamed, model.generate(PROMPT, **GREEDY).tolist()


@pytest.mark.parametrize("name", ENDS)
def test_an_answer_that_breaks_off_leaves_the_model_whole(model, tokenizer, name):
    before = answers(model, tokenizer)
    for call in (
        lambda breaks: model.chat(tokenizer, "你好", logits_processor=breaks, **GREEDY),
        lambda breaks: list(model.stream_chat(tokenizer, "你好", logits_processor=breaks, **GREEDY)),
        lambda breaks: model.generate(PROMPT, logits_processor=breaks, **GREEDY),
    ):
        with pytest.raises(type(ENDS[name])):
            call(LogitsProcessorList([Breaks(ENDS[name])]))
        assert answers(model, tokenizer) == before


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("static", [False, True])
def test_a_cache_that_chat_keeps_survives_what_breaks_off(model, tokenizer, name, static, monkeypatch):
    monkeypatch.setattr(model.config, "static_decode", static)
    expected = model.chat(tokenizer, "你好", **GREEDY)
    cache = model.make_cache(100)
    with pytest.raises(type(ENDS[name])):
        broken = LogitsProcessorList([Breaks(ENDS[name])])
        model.chat(tokenizer, "你好", past_key_values=cache, logits_processor=broken, **GREEDY)
    for _ in range(2):
        assert model.chat(tokenizer, "你好", past_key_values=cache, **GREEDY) == expected


def test_a_layer_that_breaks_in_the_middle_of_a_pass(tiny_checkpoint, package):
    """E.g. memory that ends: some layers have written, others have not."""
    model = load(tiny_checkpoint(bits=0, dtype="float32")).eval()
    cache, live = model.make_cache(100), model.transformer.encoder.layers[-1]
    with torch.no_grad():
        model(PROMPT[:, :4], past_key_values=cache)
        handle = live.register_forward_pre_hook(lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            model(PROMPT[:, 4:], past_key_values=cache)
        handle.remove()
        assert cache.get_seq_length() == 4
        rest = model(PROMPT[:, 4:], past_key_values=cache).logits
        torch.testing.assert_close(rest, model(PROMPT).logits[:, 4:], atol=1e-4, rtol=1e-4)


def test_a_stream_that_nobody_reads_to_its_end(model, tokenizer):
    """A browser that went away: the generator is closed, or forgotten, and holds nothing back."""
    before = answers(model, tokenizer)
    *_, (_, history, cache) = model.stream_chat(tokenizer, "你好", return_past_key_values=True, **GREEDY)
    settings = {"history": history, "past_key_values": cache, **GREEDY}
    whole = list(model.stream_chat(tokenizer, "再见", **settings))
    for close in (True, False):
        stream = model.stream_chat(tokenizer, "再见", **settings)
        next(stream)
        if close:
            stream.close()
        assert list(model.stream_chat(tokenizer, "再见", **settings)) == whole
    assert answers(model, tokenizer) == before


def test_streams_of_several_readers_take_turns(model, tokenizer):
    """A server hands each step of a generator to whatever thread is free."""
    expected = [list(model.stream_chat(tokenizer, query, **GREEDY)) for query in ("你好", "再见", "早")]
    streams = [model.stream_chat(tokenizer, query, **GREEDY) for query in ("你好", "再见", "早")]
    found = [[] for _ in streams]

    def step(index):
        found[index].extend([item for item in [next(streams[index], None)] if item])

    for _ in range(8):
        threads = [threading.Thread(target=step, args=(index,)) for index in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == expected


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads /proc")
def test_two_hundred_chats_take_the_memory_of_one(model, tokenizer):
    """A server that runs for a week."""
    cache = model.make_cache(100)

    def some(count):
        for number in range(count):
            kept = {"past_key_values": cache} if number % 2 else {}
            model.chat(tokenizer, f"你好 {number}", max_new_tokens=2, **kept)
            next(model.stream_chat(tokenizer, f"再见 {number}", max_new_tokens=2, do_sample=False), None)
        gc.collect()
        tensors = sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())
        return tensors, resident_bytes()

    some(10)
    before, after = some(20), some(180)
    assert after[0] <= before[0]
    assert after[1] - before[1] < 8 * 2**20


BUILD = """
from package import load_package
import torch
kernels = load_package("cpu_kernels")
print("begins", flush=True)
assert kernels.library() is not None
print(kernels.swiglu(torch.ones(1, 4)).tolist())
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the kernels are compiled on POSIX systems")
def test_a_process_that_is_killed_while_it_compiles_leaves_nothing_in_the_way(tmp_path):
    compiler = tmp_path / "slow-cxx"  # takes a while, and optimizes nothing
    compiler.write_text('#!/bin/sh\n[ "$1" = --version ] || sleep 2\nexec c++ "$@" -O0\n')
    compiler.chmod(0o755)
    environment = {
        **os.environ,
        "PYTHONPATH": str(TESTS),
        "CXX": str(compiler),
        "CHATGLM_KERNEL_CACHE": str(tmp_path / "cache"),
        "CHATGLM_CPU_ARCH": "portable",
    }

    def start():
        return subprocess.Popen(
            [sys.executable, "-c", BUILD], env=environment, stdout=subprocess.PIPE, encoding="utf-8"
        )

    killed = start()
    assert killed.stdout.readline() == "begins\n"
    time.sleep(1)
    killed.send_signal(signal.SIGKILL)
    killed.wait(60)
    killed.stdout.close()
    together = [start() for _ in range(4)]
    for process in together:
        out, _ = process.communicate(timeout=300)
        assert process.returncode == 0 and "0.731" in out
    (library,) = (tmp_path / "cache").glob("chatglm-*.so")
    assert [path for path in (tmp_path / "cache").iterdir() if path != library] == []
