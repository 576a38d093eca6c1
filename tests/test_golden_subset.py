"""tests/golden: small enough to carry, the numbers of ../shared/golden, and nobody loses cases against them."""

import json

import pytest
import torch
from conftest import GOLDEN_CASES, GOLDEN_SUBSET, SHARED_GOLDEN, cases, missing_cases
from safetensors.torch import load_file

MOST_BYTES = 3_000_000
DATA = [path for path in sorted(GOLDEN_SUBSET.glob("*/*")) if path.is_file()]
SHARED = [path.relative_to(GOLDEN_SUBSET).as_posix() for path in DATA if SHARED_GOLDEN.is_dir()]


def test_it_is_small_enough_to_carry():
    assert DATA and sum(path.stat().st_size for path in GOLDEN_SUBSET.rglob("*") if path.is_file()) <= MOST_BYTES


@cases("name", SHARED)
def test_it_says_what_the_whole_golden_data_says(name):
    ours, theirs = GOLDEN_SUBSET / name, SHARED_GOLDEN / name
    if ours.suffix == ".safetensors":
        taken, recorded = load_file(ours), load_file(theirs)
        assert taken
        for key, tensor in taken.items():
            assert tensor.dtype == recorded[key].dtype, key
            # Bit by bit: some tensors hold NaN on purpose.
            assert tensor.view(torch.uint8).equal(recorded[key].view(torch.uint8)), key
    elif ours.name == "golden.json":
        taken, recorded = (json.loads(path.read_text(encoding="utf-8")) for path in (ours, theirs))
        assert taken and taken.items() <= recorded.items()
    else:
        assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize(
    "passed, whole_suite, shared, wrong",
    [
        (GOLDEN_CASES, True, True, False),
        (GOLDEN_CASES - 1, True, True, True),
        (GOLDEN_CASES - 1, False, True, False),
        (GOLDEN_CASES - 1, True, False, False),
    ],
)
def test_lost_golden_cases_fail_a_run_of_the_whole_suite(passed, whole_suite, shared, wrong):
    complaint = missing_cases(passed, whole_suite, shared)
    assert bool(complaint) == wrong and (not wrong or str(passed) in complaint)
