"""The child that runs llama.cpp, by the bindings of `cyllama`:

    python -m tests.engines.run_llama FILE.gguf JOB.json OUT.json [cache=q8_0]

JOB and OUT as in run_glm.py. The key/value cache is in fp32, and attention is not the fused one, which rounds to fp16,
but which a smaller cache needs. Chats have llama.cpp's default cache.
"""

import json
import sys
from pathlib import Path
from typing import Any, Dict, List

import torch
from safetensors.torch import save_file

CONTEXT = 4096
SLICE = 512  # tokens of a prompt at a time
TYPES = {"f32": 0, "q8_0": 8}  # ggml's numbers


def scores_of(context: Any, llama: Any, ids: List[int], start: int) -> torch.Tensor:
    """[len(ids), vocab] log-probabilities of the positions from `start` on."""
    rows = []
    for first in range(0, len(ids), SLICE):
        part = ids[first : first + SLICE]
        batch = llama.LlamaBatch(n_tokens=SLICE, embd=0, n_seq_max=1)
        for number, token in enumerate(part):
            batch.add(token, start + first + number, [0], True)
        context.decode(batch)
        rows += [torch.tensor(context.get_logits_ith(number)) for number in range(len(part))]
    return torch.stack(rows).log_softmax(-1)


def main() -> None:
    path, job_file, out = sys.argv[1:4]
    kind = dict(text.split("=", 1) for text in sys.argv[4:]).get("cache", "f32")
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    import cyllama
    from cyllama.llama import llama_cpp as llama

    llama.disable_logging()

    class Model(llama.LlamaModel):
        @property
        def n_vocab(self) -> int:  # cyllama 0.2.18 asks its own class for it, which has none
            return self.get_vocab().n_vocab

    answers: Dict[str, Any] = {"version": cyllama.__version__, "tokens": [], "texts": []}
    tensors = {}
    for number, prompt in enumerate(job["prompts"]):
        settings = llama.LlamaContextParams()
        settings.n_ctx, settings.n_batch, settings.n_threads, settings.n_threads_batch = CONTEXT, SLICE, 1, 1
        settings.type_k = settings.type_v = TYPES[kind]
        settings.flash_attn_type = int(kind != "f32")
        model = Model(path, llama.LlamaModelParams())
        context = llama.LlamaContext(model, settings)
        scores = [scores_of(context, llama, prompt, 0)]
        tokens: List[int] = []
        while len(tokens) < job["new"]:
            tokens.append(int(scores[-1][-1].argmax()))
            if len(tokens) < job["new"]:
                scores.append(scores_of(context, llama, tokens[-1:], len(prompt) + len(tokens) - 1))
        answers["tokens"].append(tokens)
        tensors[f"scores.{number}"] = torch.cat(scores)
    if job["chats"]:
        from cyllama.api import LLM, GenerationConfig

        greedy = GenerationConfig(temperature=0.0, max_tokens=200, n_ctx=CONTEXT)
        model = LLM(path, config=greedy)
        answers["texts"] = [str(model.chat(messages, config=greedy)) for messages in job["chats"]]
    save_file(tensors, f"{out}.safetensors")
    Path(out).write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
