"""The part of `make engines` that needs no engine but transformers, and the judgement that its table rests on."""

import math
import shutil
import sys

import pytest
import torch

from tests.engines import __main__ as command
from tests.engines import models, use_transformers
from tests.engines.rows import Measure, Refusal, Row, differing, header, largest, short

FAR = 1.0  # log-probabilities of a model with another rope rule differ by more


@pytest.fixture(scope="module", autouse=True)
def short_prompts():
    """Prompts that a slow machine reads in a second; `make engines` takes longer ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "LENGTHS", (17, 300))
        patch.setattr(use_transformers, "environment", lambda release: sys.executable)
        for cached in (models.prompts, models.reference):
            cached.cache_clear()
        yield
        for cached in (models.prompts, models.reference):
            cached.cache_clear()


def passed(rows):
    rows = list(rows)
    assert rows
    for row in rows:
        assert row.ok, row.line()
    return rows


@pytest.mark.slow
def test_two_processes_share_an_export(short_prompts):
    """`torchrun` with `tp_plan="auto"`: the numbers of one process, and they are not those of another rope rule."""
    scores, tokens = passed(use_transformers.two_processes())
    assert scores.control > FAR and tokens.apart == 0


@pytest.mark.golden
def test_an_export_gives_what_the_original_recorded(short_prompts):
    scores, tokens = passed(use_transformers.original("this release", "Q_int4", "GLM, fp32 from INT4"))
    assert 0 < scores.apart and tokens.apart == 0


@pytest.mark.slow
def test_an_export_runs_with_weights_on_a_disk(short_prompts):
    scores, tokens = passed(use_transformers.on_disk())
    assert scores.control > FAR and tokens.apart == 0


def test_a_row_fails_where_an_engine_is_off_or_the_comparison_shows_nothing():
    row = Row("an engine", "GLM", "1 process", "logits", 0.5e-3, 1e-3, "run", control=5.0)
    assert row.ok and "FAILS" not in row.line()
    assert not row._replace(apart=2e-3).ok and "FAILS" in row._replace(apart=2e-3).line()
    assert not row._replace(control=5e-3).ok, "a model without the factor would have passed"
    assert not row._replace(apart=math.nan).ok
    refusal = Refusal("an engine", "GLM", "1 process", "ValueError: int8 is not known", "int8", "run")
    assert refusal.ok and not refusal._replace(error="").ok and "RUNS NOW" in refusal._replace(error="").line()
    cells = {line.count("|") for line in (*header(), row.line(), refusal.line())}
    assert len(cells) == 1, "a line of the table has as many cells as its head"


def test_differences_of_unlike_things_are_no_small_numbers():
    a, b = torch.zeros(2, 3), torch.zeros(2, 4)
    assert largest([a], [a + 2]) == 2 and largest([a], [b]) == largest([a], [a, a]) == math.inf
    assert differing([1, 2, 3], [1, 5, 3]) == 1 and differing([], ["text"]) == 1
    assert [short(value) for value in (0, 2.5e-5, 48.0, 6.21)] == ["0", "2.5e-05", "48", "6.2"]


def test_rows_go_between_the_marks_of_the_page(tmp_path, monkeypatch):
    page = shutil.copyfile(command.PAGE, tmp_path / "ENGINES.md")
    before = page.read_text(encoding="utf-8")
    monkeypatch.setattr(command, "PAGE", page)
    command.write(["| new |"])
    after = page.read_text(encoding="utf-8")
    first, rest = before.split(command.BEGIN)
    assert after == f"{first}{command.BEGIN}\n\n| new |\n\n{command.END}{rest.split(command.END)[1]}"


def test_a_check_that_ends_in_an_error_is_a_row_that_fails(monkeypatch, capsys):
    def check():
        raise RuntimeError("the engine is gone")

    monkeypatch.setattr(use_transformers, "CHECKS", (check,))
    (row,) = command.rows(["transformers"])
    assert isinstance(row, Measure) and not row.ok and "the engine is gone" in row.line()
