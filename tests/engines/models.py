"""What engines are compared with: two checkpoints, their exports, and what this package itself says in fp32."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence
from unittest.mock import patch

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, logging

from benchmarks.common import module_of
from benchmarks.make_checkpoint import make_checkpoint
from examples import export_gguf, export_glm
from examples.model_folder import DEMO, lay_together

ROOT = Path(__file__).resolve().parents[2]
ALL_GOLDEN = ROOT.parent / "shared" / "golden"
GOLDEN = ALL_GOLDEN if ALL_GOLDEN.is_dir() else ROOT / "tests" / "golden"
# Heads of a size that every engine has kernels for; one group per process with two of them.
GEOMETRY = {
    "num_layers": 2,
    "hidden_size": 512,
    "ffn_hidden_size": 1280,
    "kv_channels": 128,
    "num_attention_heads": 4,
    "padded_vocab_size": 2048,
}
LIVELY = 4.0  # random weights are drawn small: these make attention, and with it positions, count
LENGTHS = (17, 300, 3000)
NEW = 16
QUESTIONS = (
    ("你好", "我叫小明。你叫什么名字？", "我叫什么名字？"),
    ("Hello!", "What is the capital of France?", "And what is 12 plus 30?"),
)
SECONDS = 900  # the most that one run of an engine takes
SAID = 40_000  # characters of what it said before it failed
logging.set_verbosity_error()
logging.disable_progress_bar()
_scratch = tempfile.TemporaryDirectory(prefix="chatglm-engines-")
SCRATCH = Path(_scratch.name)


class Chat(NamedTuple):
    messages: List[Dict[str, str]]
    answer: str


@functools.lru_cache(maxsize=None)
def checkpoint(bits: int) -> Path:
    """A random checkpoint in which positions count: fp32, or integers with fp16."""
    dtype = "float16" if bits else "float32"
    folder = make_checkpoint(SCRATCH / f"bits{bits}", bits=bits, dtype=dtype, format="safetensors", **GEOMETRY)
    state = load_file(folder / "model.safetensors")
    for name, tensor in state.items():
        if tensor.is_floating_point() and ("query_key_value.weight" in name or "output_layer" in name):
            tensor *= LIVELY
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@functools.lru_cache(maxsize=None)
def glm(source: Path, dtype: Optional[torch.dtype] = None, keep_integers: bool = False, pad_mlp: bool = False) -> Path:
    """The folder of an export; with a tokenizer where the source has one."""
    target = SCRATCH / f"glm-{len(list(SCRATCH.iterdir()))}"
    with_text = (source / "tokenizer.model").exists()
    export_glm.export(source, target, dtype, keep_integers, with_text, pad_mlp=pad_mlp, tensor_parallel=2)
    return target


@functools.lru_cache(maxsize=None)
def gguf(source: Path, dtype: Optional[torch.dtype] = None) -> Path:
    target = SCRATCH / f"{len(list(SCRATCH.iterdir()))}.gguf"
    export_gguf.export(source, target, dtype, tokenizer=(source / "tokenizer.model").exists())
    return target


@functools.lru_cache(maxsize=None)
def prompts() -> List[List[int]]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randint(3, 2000, (length,), generator=generator).tolist() for length in LENGTHS]


class Reference:
    """This package on `checkpoint(bits)` in fp32, and the same with another rope rule, which must be told apart.

    In torch alone: its kernels for quantized layers round activations to 16-bit integers.
    """

    def __init__(self, bits: int):
        self.model = AutoModelForCausalLM.from_pretrained(checkpoint(bits), trust_remote_code=True).float().eval()
        self.kernels = module_of(self.model, "cpu_kernels")
        self.tokens = [self._greedy(prompt) for prompt in prompts()]
        self.scores = self.log_probabilities(self.tokens)

    def _greedy(self, prompt: Sequence[int]) -> List[int]:
        ids = torch.tensor([prompt])
        found = self.model.generate(input_ids=ids, do_sample=False, max_new_tokens=NEW)
        return found[0, len(prompt) :].tolist()

    @torch.no_grad()
    def log_probabilities(self, tokens: Sequence[Sequence[int]]) -> List[Tensor]:
        """[s - 1, vocab] of every position of prompt and answer but the last."""
        with patch.object(self.kernels, "library", lambda: None):
            return [
                self.model(input_ids=torch.tensor([[*prompt, *new][:-1]])).logits[0].float().log_softmax(-1)
                for prompt, new in zip(prompts(), tokens)
            ]

    @functools.cached_property
    def without_factor(self) -> List[Tensor]:
        """The same positions where nothing divides them."""
        config = self.model.config
        ratio, config.rope_ratio = config.rope_ratio, 1
        try:
            return self.log_probabilities(self.tokens)
        finally:
            config.rope_ratio = ratio


@functools.lru_cache(maxsize=None)
def reference(bits: int) -> Reference:
    return Reference(bits)


@functools.lru_cache(maxsize=None)
def chats() -> List[Chat]:
    """Rounds with the demonstration model, and what this package's `chat` answers, greedily."""
    folder, found = lay_together(DEMO), []
    model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True).float().eval()
    encode = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    for questions in QUESTIONS:
        history: List[Any] = []
        messages: List[Dict[str, str]] = []
        for question in questions:
            messages = [*messages, {"role": "user", "content": question}]
            answer, history = model.chat(encode, question, history=history, do_sample=False)
            found.append(Chat(messages, answer))
            messages = [*messages, {"role": "assistant", "content": answer}]
    return found


def job(with_chats: bool = False, original: str = "") -> Path:
    """The file that tells a child what to do: the prompts, the chats, or what the original answered to."""
    path = SCRATCH / f"job-{with_chats}{original}.json"
    asked, new = (recorded(original).prompts, recorded(original).new) if original else (prompts(), NEW)
    content = {
        "prompts": [] if with_chats else asked,
        "chats": [chat.messages for chat in chats()] if with_chats else [],
        "new": new,
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


class Recorded(NamedTuple):
    """What the original gave for a folder of the golden data, in fp32; scores[i] has a row per position."""

    prompts: List[List[int]]
    positions: List[List[int]]
    scores: List[Tensor]
    greedy: List[int]  # to the last prompt

    @property
    def new(self) -> int:
        return len(self.greedy)


@functools.lru_cache(maxsize=None)
def recorded(name: str) -> Recorded:
    """A sequence of 17 tokens, one of 3,100 where the golden data has it, and a prompt with its greedy answer."""
    tensors = load_file(GOLDEN / name / "golden.safetensors")
    generate = json.loads((GOLDEN / name / "golden.json").read_text(encoding="utf-8"))["generate"]
    parts = [part for part in ("single", "long") if f"{part}.logits" in tensors]
    prompts = [tensors[f"{part}.input_ids"][0].tolist() for part in parts]
    positions = [list(range(len(prompt))) for prompt in prompts]
    if "long" in parts:
        positions[-1] = tensors["long.selected_positions"].tolist()
    scores = [tensors[f"{part}.logits"][0].log_softmax(-1) for part in parts]
    prompt = generate["prompt"][0]
    return Recorded([*prompts, prompt], positions, scores, generate["greedy"][0][len(prompt) :])


class Failed(RuntimeError):
    """A child ended with an error; its text is the last that the child said."""


def run(module: str, *arguments: object, python: str = sys.executable, launcher: Sequence[str] = ("-m",)) -> Dict:
    """Runs `python -m module FOLDER JOB OUT ...`; its answers, with `scores` (tensors by name) where it wrote some."""
    out = SCRATCH / f"out-{len(list(SCRATCH.iterdir()))}.json"
    folder, work, *settings = arguments
    command = [python, *launcher, f"tests.engines.{module}", str(folder), str(work), str(out), *map(str, settings)]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, encoding="utf-8", timeout=SECONDS)
    if not out.exists():
        raise Failed((done.stdout + done.stderr)[-SAID:])
    answers = json.loads(out.read_text(encoding="utf-8"))
    tensors = Path(f"{out}.safetensors")
    return {**answers, "scores": load_file(tensors) if tensors.exists() else {}}


def transformers_here() -> str:
    """The release in this environment."""
    import transformers

    return transformers.__version__
