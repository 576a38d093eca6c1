"""Takes the part of ../shared/golden that this repository carries: python tests/golden/make_subset.py [TARGET]

Checkpoints are copied file by file; of what was recorded, the tensors and values named below stay. Running it again
gives the same bytes.
"""

import json
import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Tuple

from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[2] / "shared" / "golden"
MOST_BYTES = 3_000_000

# Every way through the network once: one sequence, a padded batch, steps behind it, loss and gradients.
EACH = (
    "single.input_ids",
    "single.logits",
    "single.logits_last",
    "batch.input_ids",
    "batch.attention_mask",
    "batch.position_ids",
    "batch.last_hidden_state",
    "loss.*",
    "grad.*",
)
STEPS = ("incb.next_ids", "incb.step_logits")
POSITIONS = ("sparse.*",)
# What depends least on a checkpoint's switches, for the plainest one only.
PLAINEST = (
    "single.hidden_states",
    "single.past0_*",
    "inc.input_ids",
    "inc.step_logits",
    "inc.final_past0_*",
    "cont.logits",
    "reorder.*",
    "embeds.*",
)
TENSORS = {
    "A_fp32": EACH + STEPS + POSITIONS + PLAINEST,
    "B_mha": EACH + STEPS,
    "C_ln_bias_postln": EACH + STEPS + POSITIONS,
    "D_prefix": EACH + STEPS + POSITIONS,
    "Q_int4": EACH + STEPS,
    "Q_int8": EACH,
}
VALUES = ("loss.*", "grad.*", "generate", "named_parameters")
COPIED = ("S_*/*", "numerics/*")  # whole files, as they are
OTHERS = {
    # The 16-bit rotary table matters at far positions.
    "Q_int4/golden_rope16bit_fp32math.safetensors": ("float16.sparse.*", "bfloat16.sparse.*"),
    # INT8 is held by numerics/ and by Q_int8.
    "A_fp32/quantized_from_this.safetensors": ("int4.*",),
}


def is_one_of(name: str, patterns: Tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)  # without its mode: the source is read-only


def take_tensors(source: Path, target: Path, patterns: Tuple[str, ...]) -> None:
    tensors = {name: tensor for name, tensor in load_file(source).items() if is_one_of(name, patterns)}
    unused = [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in tensors)]
    if unused:
        raise ValueError(f"{source} has no {', '.join(unused)}")
    save_file(tensors, target)


def take_checkpoint(name: str, target: Path) -> None:
    for file in (SOURCE / name).iterdir():
        if file.is_file() and not file.name.startswith(("golden", "quantized_from_this")):
            copy(file, target / name / file.name)
    take_tensors(SOURCE / name / "golden.safetensors", target / name / "golden.safetensors", TENSORS[name])
    values = json.loads((SOURCE / name / "golden.json").read_text(encoding="utf-8"))
    kept = {key: value for key, value in values.items() if is_one_of(key, VALUES)}
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    (target / name / "golden.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for folder in target.glob("*/"):
        shutil.rmtree(folder)
    for name in TENSORS:
        take_checkpoint(name, target)
    for name, patterns in OTHERS.items():
        take_tensors(SOURCE / name, target / name, patterns)
    for pattern in COPIED:
        for file in sorted(SOURCE.glob(pattern)):
            copy(file, target / file.relative_to(SOURCE))
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    print(f"{target}: {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit(f"more than {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    main()
