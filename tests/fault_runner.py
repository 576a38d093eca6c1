"""Plants faults in copies of the repository and runs tests there; the table of faults is planted_faults.py.

Importing torch and transformers takes longer than most tests, so one process does it and forks for each fault.
"""

import argparse
import ast
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

ROOT = Path(__file__).resolve().parents[1]
MOST_SECONDS = 600  # of one fault; a run that hangs counts as not caught
ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Fault(NamedTuple):
    """One replacement, and the tests of which at least one must fail in a comparison."""

    name: str
    file: str
    old: str  # occurs once in the file
    new: str
    effect: str  # on a user
    tests: Tuple[str, ...]  # below tests/, in the order in which they run
    native: bool = False  # shows only where the compiled kernels run
    blind: bool = False  # chosen by somebody who had not read the tests


class Result(NamedTuple):
    """What came of one fault, or of the unchanged package (`name` "")."""

    name: str
    caught_by: str = ""  # the test that failed in a comparison
    comparison: str = ""  # the statement that did
    problem: str = ""  # anything that keeps the fault from counting
    passed: int = 0  # tests
    seconds: float = 0.0  # of processor time: wall time depends on what else runs


# ------------------------------------------------------------------------------------------------- what a failure is


def compares(statement: ast.stmt) -> bool:
    """Whether a statement of a test compares values: not only types, shapes or whether something is there."""
    by_call = ("equal", "close", "assert_close", "assert_agrees", "check")
    by_operator = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in by_call:
                return True
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], by_operator):
            sides = [ast.dump(side) for side in (node.left, *node.comparators)]
            if not any(all(f"attr='{name}'" in side for side in sides) for name in ("shape", "dtype")):
                return True
    return False


def failed_comparison(error: AssertionError, tests: Path) -> str:
    """The statement of a test whose comparison failed; "" for an assertion of another kind, or of other code."""
    frames, step = [], error.__traceback__
    while step is not None:
        frames.append((Path(step.tb_frame.f_code.co_filename), step.tb_lineno))
        step = step.tb_next
    if not (tests in frames[-1][0].parents or "testing" in frames[-1][0].parts):  # torch.testing raises by itself
        return ""
    file, line = next(((file, line) for file, line in reversed(frames) if tests in file.parents), (None, 0))
    if file is None:
        return ""
    text = file.read_text(encoding="utf-8")
    around = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    statement = max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)))  # the innermost one
    if not isinstance(statement, (ast.Assert, ast.Expr)) or not compares(statement):
        return ""
    return " ".join((ast.get_source_segment(text, statement) or "").split())


class Verdict:
    """A plugin of pytest: stops at the first comparison that fails, and notes whatever else is not a pass."""

    def __init__(self, tests: Path):
        self.tests, self.passed, self.caught_by, self.comparison = tests, 0, "", ""
        self.others: List[str] = []

    def pytest_sessionstart(self) -> None:  # by now pytest looks for modules in this folder first
        try:
            check_finite_output()
        except Exception as error:
            self.others.append(f"{type(error).__name__} {error}")
            raise

    def pytest_deselected(self, items: Sequence) -> None:
        self.others += [f"{item.nodeid} was deselected" for item in items]

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.others.append(f"{report.nodeid} was not collected")

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        if call.excinfo is None:
            self.passed += call.when == "call"
            return
        error = call.excinfo.value
        if call.when == "call" and isinstance(error, AssertionError):
            self.comparison = failed_comparison(error, self.tests)
        if self.comparison:
            self.caught_by = item.nodeid
            item.session.shouldstop = "caught"
        else:
            self.others.append(f"{item.nodeid}: {type(error).__name__} {str(error)[:200]}")


# -------------------------------------------------------------------------------------------------- one forked process


def check_finite_output() -> None:
    """Raises ValueError where the package in the current folder gives a logit that is no number."""
    import torch
    from package import load_package

    def run(**changes: Any) -> None:
        modeling, caches, configuration = load_package("modeling_chatglm", "cache_chatglm", "configuration_chatglm")
        sizes = {"num_layers": 2, "hidden_size": 32, "ffn_hidden_size": 48, "kv_channels": 8, "padded_vocab_size": 61}
        heads = {"num_attention_heads": 4, "multi_query_attention": True, "multi_query_group_num": 2}
        config = configuration.ChatGLMConfig(**{**sizes, **heads, "prefill_slice_size": 3, **changes})
        model = modeling.ChatGLMForConditionalGeneration(config).eval()
        for tensor in model.parameters():
            tensor.data.normal_(std=0.1) if tensor.is_floating_point() else tensor.data.random_(-127, 128)
        ids, mask = torch.arange(12).view(2, 6), torch.tensor([[1] * 6, [0] * 2 + [1] * 4])
        cache = caches.cache_class(config.kv_cache_dtype, config.static_decode)(2, 16)
        outputs = [model(ids, attention_mask=mask), model(ids), model(ids, past_key_values=cache)]
        outputs += [model(ids[:, :1], past_key_values=cache), model(ids, return_last_logit=True)]
        if not all(output.logits.isfinite().all() for output in outputs):
            raise ValueError(f"a logit is no number with {changes}")

    with torch.no_grad():
        for bits in (0, 4, 8):
            run(quantization_bit=bits)
            run(quantization_bit=bits, hidden_size=1024, ffn_hidden_size=512, kv_channels=64)
        run(multi_query_attention=False, rmsnorm=False, add_bias_linear=True, fp32_residual_connection=True)
        run(pre_seq_len=3)
        run(kv_cache_dtype="int8")
        run(static_decode=True)


def run_tests(tree: Path, tests: Sequence[str]) -> Result:
    """Runs tests of the package in `tree`, in this process, which has imported neither before."""
    import pytest
    import transformers.dynamic_module_utils as loader

    os.chdir(tree)
    sys.dont_write_bytecode = True
    for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "benchmarks", "kernels")]:
        del sys.modules[name]
    tempfile.tempdir = loader.HF_MODULES_CACHE = str(tree.parent / "temporary")
    os.mkdir(tempfile.tempdir)
    verdict = Verdict(tree / "tests")
    arguments = ["-q", "-p", "no:cacheprovider", "--tb=short", *(f"tests/{test}" for test in tests)]
    code = pytest.main(arguments, plugins=[verdict])
    if sys.modules["conftest"].ROOT != tree:
        raise ValueError("the tests took another package")
    problem = "; ".join(verdict.others)
    if not problem and code not in (0, 1, 2):  # passed, failed, stopped by the verdict
        problem = f"pytest ended with {code!r}"
    return Result("", verdict.caught_by, verdict.comparison, problem, verdict.passed)


def plant(fault: Fault, tree: Path) -> None:
    """Applies a fault. The file may be a hard link to one of other trees, so it is written anew."""
    path = tree / fault.file
    text = path.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        raise ValueError(f"{fault.name}: the text to replace occurs {text.count(fault.old)} times in {fault.file}")
    path.unlink()
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")


def child(fault: Optional[Fault], clean: Path, folder: Path, tests: Sequence[str]) -> None:
    """Runs in a process of its own, and leaves `folder`/result.json."""
    signal.alarm(MOST_SECONDS)
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        tree = Path(shutil.copytree(clean, folder / "repository", copy_function=os.link))
        if fault is not None:
            plant(fault, tree)
        result = run_tests(tree, tests)
    except BaseException as error:
        result = Result("", problem=f"{type(error).__name__}: {error}")
    (folder / "result.json").write_text(json.dumps(result._asdict()))


# ------------------------------------------------------------------------------------------------------ all of them


def copy_repository(target: Path) -> Path:
    """A copy beside which there is no `shared` folder, so that the tests use tests/golden."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build")
    shutil.copytree(ROOT, target, ignore=ignored)
    assert not (target.parent / "shared").exists()
    return target


def prepare_process() -> None:
    """Imports what all runs need, and nothing of this repository; starts no threads, which a fork would lose."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"), HF_HUB_OFFLINE="1", PYTHONDONTWRITEBYTECODE="1")
    import hypothesis
    import pytest  # noqa: F401
    import safetensors.torch  # noqa: F401
    import sentencepiece  # noqa: F401
    import torch.utils.checkpoint  # noqa: F401
    import transformers.generation.utils
    import transformers.modeling_utils  # noqa: F401
    from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizer  # noqa: F401

    # The same examples every time, none remembered, and no work on a failure but to report it.
    hypothesis.settings.register_profile(
        "planted",
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("planted")


def run_all(faults: Sequence[Fault], workers: int) -> List[Result]:
    """The result of the unchanged package over every selected test, then that of each fault."""
    prepare_process()
    every_test = tuple(dict.fromkeys(test for fault in faults for test in fault.tests))
    jobs: List[Tuple[Optional[Fault], Tuple[str, ...]]] = [(None, every_test)]
    jobs += [(fault, fault.tests) for fault in faults]
    results: List[Result] = [Result("")] * len(jobs)
    running: Dict[int, int] = {}  # process -> job
    with tempfile.TemporaryDirectory(prefix="planted-faults-") as name:
        clean = copy_repository(Path(name).resolve() / "clean" / "repository")

        def wait() -> None:
            process, status, usage = os.wait3(0)
            index = running.pop(process)
            path = clean.parents[1] / str(index) / "result.json"
            found = json.loads(path.read_text()) if path.exists() else {"problem": f"ended with status {status}"}
            fault = jobs[index][0]
            found.update(name=fault.name if fault else "", seconds=usage.ru_utime + usage.ru_stime)
            results[index] = Result(**found)
            shutil.rmtree(path.parent)

        for index, (fault, tests) in enumerate(jobs):
            if len(running) == workers:
                wait()
            folder = clean.parents[1] / str(index)
            folder.mkdir()
            process = os.fork()
            if not process:
                try:
                    child(fault, clean, folder, tests)
                finally:
                    os._exit(0)
            running[process] = index
        while running:
            wait()
    return results


def table(faults: Sequence[Fault], results: Sequence[Result]) -> str:
    """The results in Markdown; those chosen blind are marked with a star."""
    lines = ["| fault | file | what a user would see | caught by | CPU s |", "|---|---|---|---|---|"]
    for fault, result in zip(faults, results):
        caught = f"`{result.caught_by}`" if result.caught_by else f"**not caught** {result.problem}"
        cells = (fault.name + " *" * fault.blind, f"`{fault.file}`", fault.effect, caught, f"{result.seconds:.1f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(every_fault: Sequence[Fault], controls: Sequence[Fault], description: str) -> int:
    """The command line of planted_faults.py; returns the status of the process. Controls run where they are named."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="faults to plant (default: all)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes at a time (default: per CPU)")
    parser.add_argument("--json", type=Path, help="write the results to this file, too")
    options = parser.parse_args()
    faults = [fault for fault in (*every_fault, *controls) if fault.name in options.names] or list(every_fault)
    unknown = set(options.names) - {fault.name for fault in faults}
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    start = time.monotonic()
    unchanged, *results = run_all(faults, options.workers)
    if options.json:
        options.json.write_text(json.dumps([result._asdict() for result in (unchanged, *results)]))
    right = not (unchanged.caught_by or unchanged.problem)
    caught = sum(bool(result.caught_by) for result in results)
    print(table(faults, results))
    print(
        f"\n{caught} of {len(faults)} faults caught, by comparisons of numbers, ids or texts. The unchanged package "
        + (f"passes the {unchanged.passed} tests" if right else f"FAILS {unchanged.caught_by} {unchanged.problem}")
        + f". {time.monotonic() - start:.0f} s."
    )
    return 0 if right and caught == len(faults) else 1
