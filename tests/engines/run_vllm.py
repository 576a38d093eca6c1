"""The child that runs vLLM offline:

    python -m tests.engines.run_vllm FOLDER JOB.json OUT.json [key=value ...]

Keys are those of `vllm.LLM`. JOB and OUT as in run_glm.py, but instead of whole rows of scores OUT has the
log-probabilities that vLLM gives: of the likeliest five tokens and the prompt's own, at every position.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

QUIET = {
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GB
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_HOST_IP": "127.0.0.1",
    "VLLM_LOGGING_LEVEL": "WARNING",
}
LIKELIEST = 5


def plain(rows: List[Optional[Dict[int, Any]]]) -> List[Optional[Dict[int, float]]]:
    return [row and {int(token): entry.logprob for token, entry in row.items()} for row in rows]


def main() -> None:
    os.environ.update(QUIET)
    folder, job_file, out = sys.argv[1:4]
    settings = {key: json.loads(value) for key, value in (text.split("=", 1) for text in sys.argv[4:])}
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    import vllm

    llm = vllm.LLM(
        model=folder,
        enforce_eager=True,
        max_num_seqs=4,
        skip_tokenizer_init=not job["chats"],
        disable_log_stats=True,
        **settings,
    )
    answers: Dict[str, Any] = {
        "version": vllm.__version__,
        "longest": llm.model_config.max_model_len,
        "tokens": [],
        "rows": [],
        "texts": [],
    }
    if job["prompts"]:
        wanted = vllm.SamplingParams(
            temperature=0,
            max_tokens=job["new"],
            ignore_eos=True,
            prompt_logprobs=LIKELIEST,
            logprobs=LIKELIEST,
            detokenize=False,
        )
        for done in llm.generate([{"prompt_token_ids": prompt} for prompt in job["prompts"]], wanted):
            answers["tokens"].append(list(done.outputs[0].token_ids))
            # The first position has none, so that row i holds what was expected of token i.
            answers["rows"].append(plain(done.prompt_logprobs) + plain(done.outputs[0].logprobs))
    if job["chats"]:
        greedy = vllm.SamplingParams(temperature=0, max_tokens=200)
        answers["texts"] = [done.outputs[0].text for done in llm.chat(job["chats"], greedy)]
    Path(out).write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
