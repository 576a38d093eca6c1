"""The suite tells a right model from a wrong one: each fault of planted_faults.py makes one of its tests fail.

Else a change that breaks the model for users could pass. `python -m tests.planted_faults` prints the table.
"""

import json
import subprocess
import sys
from collections import Counter

import pytest
from package import ROOT, load_package

from tests.planted_faults import CONTROLS, FAULTS

FEWEST = 24
BLIND = 5  # chosen by somebody who had not read the tests


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """name -> the result of that fault; "" -> that of the unchanged package. A process of its own, which forks."""
    path = tmp_path_factory.mktemp("planted") / "results.json"
    native = load_package("cpu_kernels").library() is not None
    names = [fault.name for fault in (*FAULTS, *CONTROLS) if native or not fault.native]
    command = [sys.executable, "-m", "tests.planted_faults", "--json", str(path), *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert path.exists(), done.stderr
    return {result["name"]: result for result in json.loads(path.read_text())}


def test_the_table_is_complete():
    names, files = Counter(fault.name for fault in FAULTS), {fault.file for fault in FAULTS}
    assert len(names) == len(FAULTS) >= FEWEST and sum(fault.blind for fault in FAULTS) == BLIND
    generated = {"kernel_sources.py", "cuda_kernels.py"}  # their faults are those of test_cuda_kernels.py
    assert files == {path.name for path in ROOT.glob("*.py")} - generated


@pytest.mark.parametrize("fault", [*FAULTS, *CONTROLS], ids=lambda fault: fault.name)
def test_what_a_fault_replaces_is_there_once(fault):
    assert (ROOT / fault.file).read_text(encoding="utf-8").count(fault.old) == 1 and fault.old != fault.new


@pytest.mark.slow
def test_the_unchanged_package_passes_every_selected_test(results):
    unchanged = results[""]
    assert not unchanged["problem"] and not unchanged["caught_by"], unchanged
    assert unchanged["passed"] >= len({test for fault in FAULTS if fault.name in results for test in fault.tests})


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_caught_by_a_comparison(results, fault):
    if fault.name not in results:
        pytest.skip("no C++ compiler here")
    assert results[fault.name]["caught_by"], results[fault.name]


@pytest.mark.slow
@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_only_a_comparison_of_what_a_working_package_gives_counts(results, control):
    found = results[control.name]
    assert not found["caught_by"] and bool(found["problem"]) == bool(control.effect)
    assert found["problem"].startswith(control.effect)
