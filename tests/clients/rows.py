"""One line of the table: a number that a client gave, the number that it must be, and one that it must not be."""

from typing import Any, NamedTuple

import torch

HEADER = """| client | what | found | wanted | apart | control apart | |
|---|---|---|---|---|---|---|"""
CLEAR = 10  # a control lies at least this many tolerances away


def distance(a: Any, b: Any) -> float:
    """Largest difference of two numbers, tensors or lists of numbers; of anything else 0.0 where equal, else inf."""
    try:
        a, b = (torch.as_tensor(value).detach().double() for value in (a, b))
    except (TypeError, ValueError, RuntimeError):
        return 0.0 if a == b else float("inf")
    return (a - b).abs().max().item() if a.shape == b.shape else float("inf")


class Row(NamedTuple):
    """`found` must be `wanted` within `tolerance`; `control`, what a client that does nothing gives, must not."""

    what: str
    found: Any
    wanted: Any
    control: Any
    tolerance: float = 0.0

    @property
    def off(self) -> float:
        return distance(self.found, self.wanted)

    @property
    def control_off(self) -> float:
        return distance(self.control, self.wanted)

    @property
    def right(self) -> bool:
        return self.off <= self.tolerance

    @property
    def shows_something(self) -> bool:
        return self.control_off > CLEAR * self.tolerance

    @property
    def verdict(self) -> str:
        if not self.right:
            return "FAILS"
        return "ok" if self.shows_something else "SHOWS NOTHING"

    def line(self, client: str) -> str:
        """The row of the table: how far found and control are from the wanted value is in the last columns."""
        apart = [f"{value:.2g}" for value in (self.off, self.control_off)]
        cells = (client, self.what, short(self.found), short(self.wanted), *apart, self.verdict)
        return "| " + " | ".join(cells) + " |"


def short(value: Any) -> str:
    """A value as the table shows it: numbers as they are, tensors by their shape, long things cut."""
    if isinstance(value, torch.Tensor) and value.dim():
        return "x".join(map(str, value.shape))
    if isinstance(value, (float, torch.Tensor)):
        return f"{float(value):.4f}"
    text = str(value)
    return text if len(text) <= 24 else f"{text[:21]}..."
