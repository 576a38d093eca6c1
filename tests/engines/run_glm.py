"""The child that runs transformers' own GLM class, of any release from 4.46 on:

    python -m tests.engines.run_glm FOLDER JOB.json OUT.json [tp=true] [map={"": "cpu"}] [weights=true]

JOB holds prompts (lists of ids), chats (lists of messages) and `new`, the number of tokens. OUT gets greedy tokens of
each prompt and answers of each chat; OUT.safetensors the log-probabilities of every position, prompt and answer, and
with `weights` the weights as the model holds them.
"""

import json
import os
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer


def main() -> None:
    folder, job_file, out = sys.argv[1:4]
    settings = {key: json.loads(value) for key, value in (text.split("=", 1) for text in sys.argv[4:])}
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    loading = {"tp_plan": "auto"} if settings.get("tp") else {}
    if "map" in settings:
        loading = {"device_map": settings["map"], "offload_folder": f"{out}.offloaded"}
    model = AutoModelForCausalLM.from_pretrained(folder, **loading).eval()
    answers = {"class": f"{type(model).__module__}.{type(model).__name__}", "version": transformers.__version__}
    tensors = {}
    with torch.no_grad():
        answers["tokens"] = []
        for number, prompt in enumerate(job["prompts"]):
            ids = torch.tensor([prompt])
            found = model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=job["new"]
            )
            answers["tokens"].append(found[0, len(prompt) :].tolist())
            tensors[f"scores.{number}"] = model(found[:, :-1]).logits[0].float().log_softmax(-1).contiguous()
        if job["chats"]:
            encode = AutoTokenizer.from_pretrained(folder)
            answers["texts"] = [answer(model, encode, chat) for chat in job["chats"]]
    if settings.get("weights"):
        tensors.update((name, tensor.contiguous()) for name, tensor in model.state_dict().items())
    if os.environ.get("RANK", "0") == "0":
        save_file(tensors, f"{out}.safetensors")
        Path(out).write_text(json.dumps(answers), encoding="utf-8")


def answer(model, encode, messages) -> str:
    inputs = encode.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    found = model.generate(**inputs, do_sample=False, max_new_tokens=200)
    return encode.decode(found[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


if __name__ == "__main__":
    main()
