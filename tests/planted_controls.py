"""Replacements that must not count as caught: else the others' being caught would show nothing.

Beside those of planted_faults.py, in one run; `effect` begins what is reported.
"""

from typing import Tuple

from tests.fault_runner import Fault

LAYERS, LOADING = "layers_chatglm.py", "pretrained_chatglm.py"
A = "test_golden_model.py::test_single_sequence[A_fp32]"
BASE = "base, ratio = 10000.0, config.rope_ratio"
QUANTIZE = "test_golden_numerics.py::test_quantizing_a_model_gives_the_published_tensors"

CONTROLS: Tuple[Fault, ...] = (
    Fault("another spelling", LAYERS, BASE, "base, ratio = 1e4, config.rope_ratio", "", (A,)),
    Fault("no number", LAYERS, BASE, "base, ratio = float('nan'), config.rope_ratio", "ValueError a logit", (A,)),
    Fault("an exception", LAYERS, BASE, "base, ratio = 10000.0, str(config.rope_ratio)", "TypeError", (A,)),
    Fault("no import", LAYERS, "NATIVE_WIDTH = 1024", "NATIVE_WIDTH = 1024 +", "SyntaxError", (A,)),
    Fault(
        "an assertion of the package",
        LOADING,
        "for block in () if present",
        "assert bits == 8\n        for block in () if present",
        "tests/test_golden_numerics.py::test_quantizing_a_model_gives_the_published_tensors[A_fp32-4]: AssertionError",
        (QUANTIZE,),
    ),
)
