"""Lines of the table in ENGINES.md: how far an engine is from this package, and what the comparison would notice."""

from typing import List, NamedTuple, Optional, Sequence

from torch import Tensor

COLUMNS = ("engine", "export", "shared over", "compared with this package in fp32")
COLUMNS += ("apart", "allowed", "without the factor", "made by")
SMALL_CACHE = "cache in {}: log-probabilities of the prompts {:.2g} apart in the mean"
CLEAR = 10  # the control lies at least this many limits away


class Row(NamedTuple):
    """`apart` may be at most `limit`. `control`: the same comparison with a model whose positions nothing divides."""

    engine: str
    export: str
    spread: str
    what: str
    apart: float
    limit: float
    made_by: str
    control: Optional[float] = None

    @property
    def ok(self) -> bool:
        return self.apart <= self.limit and (self.control is None or self.control > CLEAR * self.limit)

    def line(self) -> str:
        numbers = [short(self.apart), short(self.limit), "" if self.control is None else short(self.control)]
        verdict = [] if self.ok else ["**FAILS**"]
        return _cells(self.engine, self.export, self.spread, self.what, *numbers, f"`{self.made_by}`", *verdict)


class Refusal(NamedTuple):
    """What an engine cannot do; `error` is what it said, empty where it ran after all. It must hold `wanted`."""

    engine: str
    export: str
    spread: str
    error: str
    wanted: str
    made_by: str

    @property
    def ok(self) -> bool:
        return self.wanted in self.error

    def line(self) -> str:
        what = f"refused by the engine: “{self.wanted}”" if self.ok else "**RUNS NOW, OR FAILS OTHERWISE**"
        return _cells(self.engine, self.export, self.spread, what, "", "", "", f"`{self.made_by}`")


class Measure(NamedTuple):
    """A number without a limit: a speed on the machine at hand, or how wrong another way is."""

    engine: str
    export: str
    spread: str
    what: str
    made_by: str
    ok: bool = True

    def line(self) -> str:
        return _cells(self.engine, self.export, self.spread, self.what, "", "", "", f"`{self.made_by}`")


def _cells(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def header() -> List[str]:
    return [_cells(*COLUMNS), "|" + "---|" * len(COLUMNS)]


def short(value: float) -> str:
    return (
        f"{value:.1e}" if 0 < value < 0.1 else f"{value:g}" if value < 1e3 and value == int(value) else f"{value:.2g}"
    )


def largest(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> float:
    """Largest difference over all pairs of tensors; infinite where shapes differ."""
    pairs = list(zip(found, wanted))
    if len(found) != len(wanted) or any(a.shape != b.shape for a, b in pairs):
        return float("inf")
    return max((a - b).abs().max().item() for a, b in pairs)


def differing(found: Sequence[object], wanted: Sequence[object]) -> int:
    """How many of two lists' entries differ; all where one is shorter."""
    return sum(a != b for a, b in zip(found, wanted)) if len(found) == len(wanted) else max(len(found), len(wanted))


def flat(lists: Sequence[Sequence[int]]) -> List[int]:
    return [token for tokens in lists for token in tokens]
