"""Who computes when: one thread, one model, and turns that are given between layers and between tokens."""

import logging
import threading
import time
from typing import Callable, Dict, Generator, List, Optional

# A prompt is read before others where its arrival plus so many times its own reading time is the earlier: a short one
# overtakes long ones, and none waits for ever, since those that come later and later have later times.
PATIENCE = 4.0
READING_SPEED = 30.0  # tokens/s, a processor's with the 6B geometry, until prompts of so many tokens show another:
MEASURED = 32
SHORTER = 2  # a prompt is left for one that is shorter than the rest of it by this factor, which bounds their nesting

_logger = logging.getLogger(__name__)


class Stopped(Exception):
    """A job ends before its answer does: its client left, or the server stops."""


class Job:
    """One answer to compute.

    Args:
        tokens: of the prompt, to read.
    """

    def __init__(self, tokens: int):
        self.size = self.left = tokens
        self.arrived = time.monotonic()
        self.cancelled = False
        self.work: Optional[Generator[None, None, None]] = None  # once it has begun
        self.since = 0.0  # when it was last given the turn to read
        self.read_seconds = 0.0

    def steps(self, progress: Callable[[str, int, int], None]) -> Generator[None, None, None]:
        """The work, which calls `progress` as a model does, and yields after every token."""
        raise NotImplementedError

    def ended(self, error: Optional[BaseException]) -> None:
        """Called once: at the end of the work, or with the `Stopped` or other error that ended it."""
        raise NotImplementedError


class Turns:
    """Jobs in turns. What is computed is computed by one thread, so that a model is never called twice at a time, and
    torch has one set of threads.

    A prompt that is being read gives way between layers: to waiting prompts that are much shorter than its rest, which
    are read to their first token on top of it, and to answers that are being written, for half of the time at most.
    """

    def __init__(self) -> None:
        self.waiting: List[Job] = []
        self.reading: List[Job] = []  # each was left for the next one
        self.writing: List[Job] = []
        self.stopping, self.speed = False, READING_SPEED
        self.credit = 0.0  # seconds that answers may be written before a prompt is read on
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="turns", daemon=True)
        self._thread.start()

    def enter(self, job: Job) -> None:
        with self._changed:
            if self.stopping:
                raise Stopped("the server is stopping")
            self.waiting.append(job)
            self._changed.notify()

    def cancel(self, job: Job) -> None:
        """Ends a job, where it stands or at its next layer or token. One that has ended stays so."""
        with self._changed:
            job.cancelled = True
            waited = job in self.waiting
            if waited:
                self.waiting.remove(job)
        if waited:
            job.ended(Stopped("cancelled"))

    def stop(self) -> None:
        """Ends all jobs, each at its next layer or token, and takes no more. Safe in a signal handler's thread."""
        self.stopping = True
        threading.Thread(target=self._wake, daemon=True).start()  # the lock may be held by the thread we are in

    def _wake(self) -> None:
        with self._changed:
            waiting, self.waiting = self.waiting, []
            self._changed.notify()
        for job in waiting:
            job.ended(Stopped("the server is stopping"))

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    # ------------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self.waiting or self.writing or self.stopping)
            job = self._next_prompt()
            if job is not None:
                self._read(job)
            else:
                for job in list(self.writing):
                    self._step(job)
            if self.stopping and not self.writing and not self.waiting:
                return

    def due(self, job: Job) -> float:
        """When a prompt is to be read at the latest: later ones, of whatever length, come behind it."""
        return job.arrived + PATIENCE * job.size / self.speed

    def _next_prompt(self, before: Optional[Job] = None) -> Optional[Job]:
        """Takes the waiting prompt that is due first; `before`, one that a prompt in reading is left for."""
        with self._changed:
            fit = self.waiting
            if before is not None:
                fit = [job for job in fit if self.due(job) < self.due(before) and job.left * SHORTER <= before.left]
            job = min(fit, key=self.due, default=None)
            if job is not None:
                self.waiting.remove(job)
            return job

    def _read(self, job: Job) -> None:
        """From the beginning to the first token."""
        self.reading.append(job)
        job.since = time.monotonic()
        job.work = job.steps(lambda stage, done, total: self._between(job, stage, done, total))
        alive = self._step(job)
        self.reading.remove(job)
        if alive:
            self.writing.append(job)

    def _step(self, job: Job) -> bool:
        """One token of a job, or its end. Returns whether it goes on."""
        assert job.work is not None
        error: Optional[BaseException] = None
        try:
            self._check(job)
            next(job.work)
            return True
        except StopIteration:
            pass
        except Exception as problem:
            error = problem
        if job in self.writing:
            self.writing.remove(job)
        try:
            job.work.close()
            job.ended(error)
        except Exception:  # else one job would end the turns of all
            _logger.exception("a job failed at its end")
        return False

    def _between(self, job: Job, stage: str, done: int, total: int) -> None:
        """The hook: called between the layers of a prompt, and after every token."""
        self._check(job)
        if stage != "reading":
            return
        now = time.monotonic()
        took, job.since, job.left = now - job.since, now, total - done
        job.read_seconds += took
        if done == total >= MEASURED:
            self.speed = total / max(job.read_seconds, 1e-6)
        if not (self.waiting or self.writing):
            self.credit = 0.0
            return
        other = self._next_prompt(before=job)
        while other is not None:
            self._read(other)
            other = self._next_prompt(before=job)
        self.credit = min(self.credit, 0.0) + took  # what was not made use of is lost, what was too much is owed
        while self.writing and self.credit > 0:
            begun = time.monotonic()
            for writer in list(self.writing):
                self._step(writer)
            self.credit -= time.monotonic() - begun
        job.since = time.monotonic()
        self._check(job)

    def _check(self, job: Job) -> None:
        """Raises Stopped where a job is not to go on."""
        if job.cancelled or self.stopping:
            raise Stopped("cancelled" if job.cancelled else "the server is stopping")


def counts(turns: Turns) -> Dict[str, int]:
    """{state: jobs}"""
    return {name: len(getattr(turns, name)) for name in ("waiting", "reading", "writing")}
