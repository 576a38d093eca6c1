"""Who may use the model: answers take turns, and more than there are places for are refused."""

import threading
import time
from typing import Callable, List

SECONDS = 0.3  # a turn: long beside a change of threads, short beside a reader's patience


class Turns:
    """A round: the first in the line has the model, and goes to the end of it when its turn is over.

    Args:
        places: answers that may be in the making at once.
    """

    def __init__(self, places: int):
        self.places = places
        self.line: List[Turn] = []
        self.changed = threading.Condition()


class Turn:
    """One answer's place in the line. `enter` and `leave` for any thread, `wait` and `give_way` for the answer's."""

    def __init__(self, turns: Turns, stopped: Callable[[], bool]):
        self.turns, self.stopped, self.since = turns, stopped, 0.0

    def enter(self) -> bool:
        """Takes a place; False where there is none."""
        with self.turns.changed:
            if len(self.turns.line) >= self.turns.places:
                return False
            self.turns.line.append(self)
            return True

    def leave(self) -> None:
        with self.turns.changed:
            self.turns.line.remove(self)
            self.turns.changed.notify_all()

    def wait(self) -> None:
        """Until the model is free for this answer, or it was stopped, which the caller looks at."""
        with self.turns.changed:
            while self.turns.line[0] is not self and not self.stopped():
                self.turns.changed.wait(0.1)
            self.since = time.monotonic()

    def give_way(self) -> None:
        """Lets the next one in the line have a turn, if this one's is over."""
        with self.turns.changed:
            if len(self.turns.line) == 1 or time.monotonic() - self.since < SECONDS:
                return
            self.turns.line.append(self.turns.line.pop(0))
            self.turns.changed.notify_all()
        self.wait()
