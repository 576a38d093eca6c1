"""This package against llama.cpp, turn by turn on one machine: the same geometry, random 4-bit weights on both sides.

    python -m benchmarks.peers                              28 layers; llama-cpp-python in this Python's environment
    python -m benchmarks.peers --quick --peer-python /path/to/other/venv/bin/python       4 layers, within 3 minutes
    python -m benchmarks.peers --quick --before ../before        beside another work tree of this package
    python -m benchmarks.peers --quick --before ../before --heads                        the two trees alone

llama.cpp runs a GGUF file of the "chatglm" architecture written here: Q4_0 blocks with random nibbles, the output
layer in fp16 (as ours is) and in Q4_0. Each engine lives in a process of its own and they take turns, so all of them
see the same machine; ratios are medians over the rounds of (their time / our time). Memory is read before every round:
a shared machine is in a fast or a slow mode for minutes (`limits.read_mode`), and where a measurement saw both, the
medians of each are shown too. Prints tables, then one line of JSON.

Needs llama-cpp-python and gguf (benchmarks/requirements.txt) in --peer-python, unless --heads names none.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Callable, Dict, List, Tuple

from benchmarks.children import ROOT, Child, serve

CONFIG = json.loads((ROOT / "config.json").read_text(encoding="utf-8"))
WEIGHT_STD = 0.02
BATCH = 512  # tokens that llama.cpp takes at a time, its default
ROOM = 4096  # positions of every engine's cache
PREFILL, CONTEXT = 512, 2048
OURS, BEFORE = "ours, fp16 head", "before, fp16 head"
QUICK = {"layers": 4, "rounds": 7, "prefills": 2, "tokens": 8}
FULL = {"layers": 28, "rounds": 9, "prefills": 3, "tokens": 8}


# ------------------------------------------------------------------------------------------------------- the GGUF file


def write_gguf(path: Path, layers: int, head: str) -> None:
    """Writes a random model, tensor by tensor. `head` is the type of the output layer, "f16" or "q4_0"."""
    import gguf
    import numpy as np

    kinds = gguf.GGMLQuantizationType
    writer = gguf.GGUFWriter(str(path), "chatglm")
    write_settings(writer, layers)
    write_vocabulary(writer)
    tensors = gguf_tensors(layers, head)
    for name, shape, kind in tensors:
        elements = int(np.prod(shape))
        size = {"f32": 4 * elements, "f16": 2 * elements, "q4_0": elements // 32 * 18}[kind]
        stored = (shape[0], shape[1] // 32 * 18) if kind == "q4_0" else shape
        dtype = np.dtype({"f32": np.float32, "f16": np.float16, "q4_0": np.uint8}[kind])
        writer.add_tensor_info(name, stored, dtype, size, raw_dtype=kinds[kind.upper()])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    random = np.random.default_rng(0)
    for name, shape, kind in tensors:
        writer.write_tensor_data(random_tensor(random, name, shape, kind))
    writer.close()


def write_settings(writer, layers: int) -> None:
    import gguf

    writer.add_context_length(CONFIG["seq_length"])
    writer.add_embedding_length(CONFIG["hidden_size"])
    writer.add_feed_forward_length(CONFIG["ffn_hidden_size"])
    writer.add_block_count(layers)
    writer.add_head_count(CONFIG["num_attention_heads"])
    writer.add_head_count_kv(CONFIG["multi_query_group_num"])
    writer.add_layer_norm_rms_eps(CONFIG["layernorm_epsilon"])
    writer.add_rope_dimension_count(CONFIG["kv_channels"] // 2)
    writer.add_rope_freq_base(10000.0)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)


def write_vocabulary(writer) -> None:
    """The least that a vocabulary needs to load: numbered tokens and the bytes."""
    import gguf

    vocab = CONFIG["padded_vocab_size"]
    types = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE] * 256
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += [f"token{i}" for i in range(len(tokens), vocab)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * vocab)
    writer.add_token_types(types + [gguf.TokenType.NORMAL] * (vocab - len(types)))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)


def gguf_tensors(layers: int, head: str) -> List[Tuple[str, Tuple[int, ...], str]]:
    """(name, shape, type) of every tensor, in the order of the file."""
    hidden, ffn, vocab = CONFIG["hidden_size"], CONFIG["ffn_hidden_size"], CONFIG["padded_vocab_size"]
    heads, groups, channels = (CONFIG[key] for key in ("num_attention_heads", "multi_query_group_num", "kv_channels"))
    qkv = (heads + 2 * groups) * channels
    block = [
        ("attn_norm.weight", (hidden,), "f32"),
        ("attn_qkv.weight", (qkv, hidden), "q4_0"),
        ("attn_qkv.bias", (qkv,), "f32"),
        ("attn_output.weight", (hidden, heads * channels), "q4_0"),
        ("ffn_norm.weight", (hidden,), "f32"),
        ("ffn_up.weight", (2 * ffn, hidden), "q4_0"),
        ("ffn_down.weight", (hidden, ffn), "q4_0"),
    ]
    return [
        ("token_embd.weight", (vocab, hidden), "q4_0"),
        *((f"blk.{i}.{name}", shape, kind) for i in range(layers) for name, shape, kind in block),
        ("output_norm.weight", (hidden,), "f32"),
        ("output.weight", (vocab, hidden), head),
    ]


def random_tensor(random, name: str, shape: Tuple[int, ...], kind: str):
    """Ones for a norm; else numbers of the std that a random checkpoint of ours has, 1 in the embedding."""
    import numpy as np

    if name.endswith("norm.weight"):
        return np.ones(shape, np.float32)
    std = 1.0 if name == "token_embd.weight" else WEIGHT_STD
    if kind != "q4_0":
        normal = random.standard_normal(shape, np.float32) * np.float32(std)
        return normal.astype(np.float16) if kind == "f16" else normal
    # A block: an fp16 scale and 16 bytes with 32 integers from -8 to 7, whose std is 16 / sqrt(12).
    blocks = random.integers(0, 256, (shape[0], shape[1] // 32, 18), np.uint8)
    scales = (std * 12**0.5 / 16 * random.uniform(0.8, 1.2, blocks.shape[:2])).astype(np.float16)
    blocks[..., :2] = scales[..., None].view(np.uint8)
    return blocks.reshape(shape[0], -1)


# ----------------------------------------------------------------------------------------------------------- engines
# Each has prefill(tokens, extend) -> seconds, into an empty cache or behind what it holds; decode(context, tokens) ->
# seconds per token, behind the first `context` tokens that are in the cache; and its versions.


class Ours:
    def __init__(self, folder: str, threads: int):
        import torch

        from benchmarks.common import load_model

        self.torch = torch
        torch.set_num_threads(threads)
        self.model = load_model(Path(folder))
        self.cache = None

    def versions(self) -> dict:
        import transformers

        return {"torch": self.torch.__version__, "transformers": transformers.__version__}

    def run(self, ids) -> None:
        with self.torch.no_grad():
            outputs = self.model(ids, past_key_values=self.cache, use_cache=True, return_last_logit=True)
        self.next = outputs.logits[:, -1].argmax(-1, keepdim=True)

    def prefill(self, tokens: int, extend: bool = False) -> float:
        if not extend:
            self.cache = self.model.make_cache(ROOM)
        ids = self.torch.randint(300, 60000, (1, tokens))
        start = time.perf_counter()
        self.run(ids)
        return time.perf_counter() - start

    def decode(self, context: int, tokens: int) -> float:
        self.cache.crop(context)
        self.next = self.torch.tensor([[300]])
        start = time.perf_counter()
        for _ in range(tokens):
            self.run(self.next)
        return (time.perf_counter() - start) / tokens


class LlamaCpp:
    """Through the C interface of llama-cpp-python, so that no time goes to its Python conveniences."""

    def __init__(self, path: str, threads: int, context: int):
        import llama_cpp

        self.api = api = llama_cpp
        quiet = api.llama_log_callback(lambda level, text, data: None)
        self.keep = [quiet]
        api.llama_log_set(quiet, None)
        api.llama_backend_init()
        self.model = api.llama_model_load_from_file(path.encode(), api.llama_model_default_params())
        parameters = api.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = context, BATCH, BATCH
        parameters.n_threads = parameters.n_threads_batch = threads
        self.context = api.llama_init_from_model(self.model, parameters)
        if not self.model or not self.context:
            raise RuntimeError(f"llama.cpp cannot load {path}")
        self.memory = api.llama_get_memory(self.context)
        self.vocabulary = CONFIG["padded_vocab_size"]

    def versions(self) -> dict:
        return {
            "llama_cpp_python": self.api.__version__,
            "llama_cpp_system": self.api.llama_print_system_info().decode(),
        }

    def run(self, ids) -> None:
        tokens = (self.api.llama_token * len(ids))(*ids)
        if self.api.llama_decode(self.context, self.api.llama_batch_get_one(tokens, len(ids))):
            raise RuntimeError("llama_decode failed")
        self.api.llama_get_logits_ith(self.context, -1)[0]  # waits for the result

    def prefill(self, tokens: int, extend: bool = False) -> float:
        if not extend:
            self.api.llama_memory_clear(self.memory, True)
        ids = [300 + i * 7919 % 59000 for i in range(tokens)]
        start = time.perf_counter()
        for i in range(0, tokens, BATCH):
            self.run(ids[i : i + BATCH])
        return time.perf_counter() - start

    def decode(self, context: int, tokens: int) -> float:
        if context == 0:
            self.api.llama_memory_clear(self.memory, True)
        else:
            self.api.llama_memory_seq_rm(self.memory, 0, context, -1)
        start = time.perf_counter()
        for i in range(tokens):
            self.run([300 + i])
        return (time.perf_counter() - start) / tokens


# -------------------------------------------------------------------------------------------------------- measurement


Times = Dict[str, Dict[str, List[float]]]  # {measurement: {engine: [seconds per token or per prefill]}}
Reads = Dict[str, List[float]]  # {measurement: [GB/s before a round]}


def measure(
    children: Dict[str, Callable], rounds: int, prefills: int, tokens: int, read: Callable[[], float]
) -> Tuple[Times, Reads]:
    """Turn by turn, with a read before every round. Reports every turn on stderr.

    All engines decode with an empty cache; prefills and the long context are for work trees of ours and the first
    other engine: a head is read once in a prefill, which no measurement would show.
    """
    from benchmarks.compare_trees import in_turns

    times: Times = {}
    reads: Reads = {}

    def turn(name: str, engine: str, *request) -> float:
        taken = children[engine](*request)
        print(f"{name}: {engine} {taken:.3f} s", file=sys.stderr)
        return taken

    def turns(name: str, engines: List[str], count: int, *request) -> None:
        before: List[float] = []
        runs = {engine: partial(turn, name, engine, *request) for engine in engines}
        times[name] = in_turns(runs, count, lambda: before.append(read()))
        reads[name] = before[1:]  # the first round warms up

    for child in children.values():  # caches of all kinds get warm
        child("prefill", 32)
        child("decode", 0, 2)
    trees = [engine for engine in children if engine in (OURS, BEFORE)]
    others = [engine for engine in children if engine not in trees]
    turns(f"prefill {PREFILL}", trees + others[:1], prefills, "prefill", PREFILL)
    for engine in trees + others[:1]:
        children[engine]("prefill", CONTEXT - PREFILL, True)  # behind the PREFILL of the last turn
    turns(f"decode {CONTEXT}", trees + others[:1], rounds, "decode", CONTEXT, tokens)
    # Last: a virtual machine may be given its memory slowly at first, and short turns would measure that.
    turns("decode 0", list(children), rounds, "decode", 0, tokens)
    return times, reads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"these instead: {QUICK}")
    parser.add_argument("--layers", type=int, help=f"default {FULL['layers']}")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, help=f"of the decode measurements, default {FULL['rounds']}")
    parser.add_argument("--prefills", type=int, help=f"rounds of the prefill measurement, default {FULL['prefills']}")
    parser.add_argument("--tokens", type=int, help=f"decoded in a turn, default {FULL['tokens']}")
    parser.add_argument("--before", type=Path, metavar="TREE", help="another work tree of this package")
    parser.add_argument("--heads", nargs="*", choices=("f16", "q4_0"), default=["f16", "q4_0"], help="of llama.cpp")
    parser.add_argument("--peer-python", default=sys.executable, help="a Python with llama-cpp-python and gguf")
    parser.add_argument("--work", help="where checkpoints are made, or are kept from an earlier run")
    parser.add_argument("--serve", nargs=2, metavar=("ENGINE", "PATH"), help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs=2, metavar=("PATH", "HEAD"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for name, value in (QUICK if arguments.quick else FULL).items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    if arguments.write:
        write_gguf(Path(arguments.write[0]), arguments.layers, arguments.write[1])
        return
    if arguments.serve:
        engine, path = arguments.serve
        serve(Ours(path, arguments.threads) if engine == "ours" else LlamaCpp(path, arguments.threads, ROOM))
        return
    complaint = what_is_missing(arguments)
    if complaint:
        parser.error(complaint)
    print(json.dumps(run(arguments)))


def what_is_missing(arguments: argparse.Namespace) -> str:
    """What is wrong with the engines asked for, before minutes go into their checkpoints; "" if nothing is."""
    if arguments.before and not (arguments.before / "modeling_chatglm.py").exists():
        return f"--before {arguments.before}: no modeling_chatglm.py there; a work tree of this package has one"
    if arguments.heads:
        try:
            probe = [arguments.peer_python, "-c", "import llama_cpp, gguf"]
            subprocess.run(probe, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            return (
                f"--peer-python {arguments.peer_python}: cannot import llama_cpp and gguf (llama-cpp-python and gguf "
                "of benchmarks/requirements.txt); --heads without a name compares work trees alone"
            )
    return ""


def start_engines(arguments: argparse.Namespace, work: Path, scratch: Path, folder: Path) -> Dict[str, Child]:
    """Makes what they load where it is not kept from an earlier run, and starts all of them."""
    from benchmarks.compare_trees import folder_of

    common = ("--threads", arguments.threads, "--layers", arguments.layers)

    def start(python: str, kind: str, path: Path) -> Child:
        environment = {"HF_MODULES_CACHE": str(scratch / f"modules-{path.name}")}
        return Child(python, "benchmarks.peers", "--serve", kind, path, *common, environment=environment)

    files = {head: work / f"layers{arguments.layers}-{head}.gguf" for head in arguments.heads}
    for head, path in files.items():
        if not path.exists():
            write = [arguments.peer_python, "-m", "benchmarks.peers", "--write", path, head, *common]
            subprocess.run([str(word) for word in write], cwd=ROOT, check=True)
    children = {OURS: start(sys.executable, "ours", folder)}
    if arguments.before:
        before = folder_of(arguments.before.resolve(), folder, scratch / "before")
        children[BEFORE] = start(sys.executable, "ours", before)
    for head, path in files.items():
        children[f"llama.cpp, {head} head"] = start(arguments.peer_python, "llama.cpp", path)
    return children


def run(arguments: argparse.Namespace) -> dict:
    from benchmarks.common import checkpoint_folder
    from benchmarks.compare_trees import commit_of
    from benchmarks.limits import machine, read_bandwidth

    def read() -> float:
        """Three passes, because threads of the engine before spin for a while after its turn."""
        return statistics.median(read_bandwidth(arguments.threads) for _ in range(3))

    result = {"benchmark": "peers", **machine(arguments.threads), "layers": arguments.layers}
    if arguments.before:
        result["before"] = commit_of(arguments.before)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatglm-peers-")))
        work = Path(arguments.work or scratch).resolve()
        work.mkdir(parents=True, exist_ok=True)
        folder = stack.enter_context(checkpoint_folder(str(work / f"layers{arguments.layers}"), arguments.layers))
        children = start_engines(arguments, work, scratch, folder)
        times, reads = measure(children, arguments.rounds, arguments.prefills, arguments.tokens, read)
        peaks = {name: child("peak") for name, child in children.items()}
        for child in children.values():
            child.close()
    before = f", before: {result['before']}" if arguments.before else ""
    print(
        f"{result['cpu']}, {arguments.threads} threads, {arguments.layers} layers, commit {result['commit']}{before}; "
        "a ratio above 1: ours is that much faster\n"
    )
    result["read_gb_s"] = statistics.median(value for values in reads.values() for value in values)
    result["reads"] = report_reads(reads)
    versions = {name: child.versions for name, child in children.items()}
    return {**result, "engines": report(times, reads, peaks, versions)}


def report_reads(reads: Reads) -> Dict[str, dict]:
    """Per measurement: the reads before its rounds, their median, and the mode that this is."""
    from benchmarks.common import table
    from benchmarks.limits import by_mode, read_mode

    found = {}
    for what, values in reads.items():
        middle = statistics.median(values)
        rounds = {mode: len(of) for mode, of in by_mode(values, values).items()}
        found[what] = {"median_gb_s": middle, "mode": read_mode(middle), "rounds": rounds, "gb_s": values}
    rows = [
        [what, of["median_gb_s"], of["mode"], *map(of["rounds"].get, ("fast", "slow"))] for what, of in found.items()
    ]
    table(["read beside", "GB/s", "mode", "rounds, fast", "slow"], rows)
    return found


def report(times: Times, reads: Reads, peaks: Dict[str, int], versions: Dict[str, dict]) -> Dict[str, dict]:
    """Speed and ratio to ours per engine and measurement, and of the rounds of each mode where both were seen."""
    from benchmarks.common import table
    from benchmarks.limits import by_mode

    engines, rows, mode_rows = {}, [], []
    for name, peak in peaks.items():
        row = {"versions": versions[name], "peak_rss_bytes": peak}
        for what, of in times.items():
            if name not in of:
                continue
            per_turn = PREFILL if what.startswith("prefill") else 1
            ratios = [theirs / ours for ours, theirs in zip(of[OURS], of[name])]
            row[f"{what} tok/s"] = per_turn / statistics.median(of[name])
            row[f"{what} ratio"] = statistics.median(ratios)
            row[f"{what} seconds"] = of[name]
            pairs = by_mode(reads[what], list(zip(of[name], ratios)))
            if len(pairs) > 1:
                for mode, rounds in pairs.items():
                    seconds, shares = map(statistics.median, zip(*rounds))
                    row[f"{what} {mode}"] = {"rounds": len(rounds), "tok/s": per_turn / seconds, "ratio": shares}
                    mode_rows.append([f"{what}, {mode}: {name}", *row[f"{what} {mode}"].values()])
        engines[name] = row
        cells = (row.get(f"{what} {key}", "") for what in times for key in ("tok/s", "ratio"))
        rows.append([name, *cells, peak / 1e9])
    table(["engine", *(f"{what} {key}" for what in times for key in ("tok/s", "x")), "peak RSS GB"], rows)
    if mode_rows:
        table(["by mode of the read", "rounds", "tok/s", "x"], sorted(mode_rows))
    return engines


if __name__ == "__main__":
    main()
