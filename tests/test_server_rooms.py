"""Rooms of the API server that need no network: turns, texts up to a stop, kept prefixes. More: test_server.py."""

import threading
import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("prometheus_client", reason="requirements-serve.txt is not installed")

from examples.server import turns as turns_module
from examples.server.answers import Text, begun
from examples.server.prefixes import LEAST, Prefixes, shared
from examples.server.turns import Job, Stopped, Turns

# --------------------------------------------------------------------------------------------------------------- turns


class Scripted(Job):
    """A job of `layers` layers and `answer` tokens, which notes what it does, and does what `at` says then."""

    def __init__(self, name, notes, tokens=4, layers=4, answer=2, at=None, fails=False):
        super().__init__(tokens)
        self.name, self.notes, self.layers, self.answer = name, notes, layers, answer
        self.at, self.fails, self.tokens = at or {}, fails, tokens
        self.done, self.error = threading.Event(), "not ended"

    def note(self, what):
        self.notes.append((self.name, what))
        self.at.get(what, lambda: None)()

    def steps(self, progress):
        for layer in range(self.layers):
            self.note(f"layer {layer}")
            progress("reading", self.tokens * layer // self.layers, self.tokens)
        if self.layers:
            progress("reading", self.tokens, self.tokens)
        if self.fails:
            raise RuntimeError("broken")
        for token in range(self.answer):
            self.note(f"token {token}")
            progress("writing", token + 1, self.answer)
            yield

    def ended(self, error):
        self.error = error
        self.notes.append((self.name, "ended"))
        self.done.set()


@pytest.fixture
def turns():
    made = Turns()
    yield made
    made.stop()
    made.join(5)
    assert not made._thread.is_alive()


def run(turns, *jobs):
    for job in jobs:
        turns.enter(job)
    for job in jobs:
        assert job.done.wait(10)


def test_a_short_prompt_comes_before_the_rest_of_a_long_one(turns):
    notes = []
    short = Scripted("short", notes, tokens=10, answer=1)
    long = Scripted("long", notes, tokens=30000, layers=8, at={"layer 2": lambda: turns.enter(short)})
    run(turns, long)
    assert short.done.wait(10)
    first = notes.index(("short", "token 0"))
    assert notes.index(("long", "layer 2")) < first < notes.index(("long", "layer 4"))
    assert long.error is None and short.error is None


def test_a_prompt_that_is_hardly_shorter_waits(turns):
    """Else each would be left half read for the next one, all their caches in memory."""
    notes = []
    other = Scripted("other", notes, tokens=20000)
    long = Scripted("long", notes, tokens=30000, layers=8, at={"layer 2": lambda: turns.enter(other)})
    run(turns, long)
    assert other.done.wait(10)
    assert notes.index(("long", "token 0")) < notes.index(("other", "layer 0"))


def test_a_long_prompt_is_read_at_last_however_many_short_ones_come(turns, monkeypatch):
    monkeypatch.setattr(turns_module, "MEASURED", 10**6)
    turns.speed = 1e5  # 30,000 tokens are due after 1.2 seconds
    notes, ended = [], threading.Event()

    def another():
        if not ended.is_set():
            turns.enter(Scripted("short", notes, tokens=10, answer=1, layers=1, at={"token 0": another}))

    def slow():
        time.sleep(0.2)

    long = Scripted("long", notes, tokens=30000, layers=10, at={f"layer {n}": slow for n in range(1, 10)})
    turns.enter(long)
    another()
    assert long.done.wait(20)
    ended.set()
    shorts = [index for index, (name, _) in enumerate(notes[: notes.index(("long", "token 0"))]) if name == "short"]
    assert shorts, "control: short ones came before it"


def test_the_speed_of_reading_is_that_of_the_last_prompts(turns):
    """Else a fast machine would leave long prompts to the last, and a slow one take no short one before them."""
    turns.speed = 1e9
    job = Scripted("job", [], tokens=64, layers=5, at={f"layer {n}": lambda: time.sleep(0.02) for n in range(5)})
    run(turns, job)
    assert 64 / 2 < turns.speed < 64 / 0.08
    later = Scripted("later", [], tokens=1000)
    assert turns.due(later) - later.arrived > 1000 / 64 * 0.08


def test_answers_grow_while_a_long_prompt_is_read_and_leave_it_half_the_time(turns):
    notes = []
    writer = Scripted("writer", notes, answer=1000, at={f"token {n}": lambda: time.sleep(0.01) for n in range(1000)})
    long = Scripted(
        "long", notes, tokens=30000, layers=20, at={f"layer {n}": lambda: time.sleep(0.01) for n in range(20)}
    )
    turns.enter(writer)
    run(turns, long)
    begun_at, ended_at = notes.index(("long", "layer 1")), notes.index(("long", "token 0"))
    between = [name for name, _ in notes[begun_at:ended_at]].count("writer")
    assert 5 < between < 40
    turns.cancel(writer)
    assert writer.done.wait(10)


def test_answers_take_turns_token_by_token(turns):
    notes, gate = [], threading.Event()
    first = Scripted("first", notes, layers=0, answer=5, at={"token 0": gate.wait})
    second = Scripted("second", notes, layers=0, answer=5)
    turns.enter(first)
    turns.enter(second)
    gate.set()
    assert first.done.wait(10) and second.done.wait(10)
    middle = [name for name, what in notes if what in ("token 1", "token 2", "token 3")]
    assert middle == ["first", "second"] * 3


@pytest.mark.parametrize("place", ["waiting", "layer 2", "token 2"])
def test_a_job_that_is_cancelled_ends_where_it_stands(turns, place):
    notes, entered = [], threading.Event()
    job = Scripted("job", notes, layers=5, answer=50)
    job.at = {place: lambda: turns.cancel(job)}
    if place == "waiting":
        blocker = Scripted("blocker", notes, at={"layer 0": lambda: entered.wait(10)})
        turns.enter(blocker)
        turns.enter(job)
        turns.cancel(job)
        entered.set()
        assert blocker.done.wait(10)
    else:
        turns.enter(job)
    assert job.done.wait(10) and isinstance(job.error, Stopped)
    assert [what for name, what in notes if name == "job"][-2:] in ([place, "ended"], ["ended"])
    after = Scripted("after", notes)
    run(turns, after)
    assert after.error is None


def test_a_job_that_fails_ends_alone(turns):
    notes = []
    broken, other = Scripted("broken", notes, fails=True), Scripted("other", notes)
    run(turns, broken, other)
    assert isinstance(broken.error, RuntimeError) and other.error is None


def test_stop_ends_all_and_lets_none_in():
    turns, notes, begun_event = Turns(), [], threading.Event()
    running = Scripted("running", notes, layers=10**6, at={"layer 3": begun_event.set})
    waiting = Scripted("waiting", notes, tokens=10**6)
    turns.enter(running)
    turns.enter(waiting)
    assert begun_event.wait(10)
    turns.stop()
    assert running.done.wait(5) and waiting.done.wait(5)
    assert isinstance(running.error, Stopped) and isinstance(waiting.error, Stopped)
    with pytest.raises(Stopped):
        turns.enter(Scripted("late", notes))
    turns.join(5)
    assert not turns._thread.is_alive()


# ---------------------------------------------------------------------------------------------------------------- text


@given(st.text("abc", max_size=30), st.lists(st.text("abc", min_size=1, max_size=4), max_size=3), st.randoms())
def test_pieces_of_a_text_are_the_text_up_to_its_first_stop(text, stops, random):
    """However the text grows, nothing of a stop is shown, and nothing that was shown is taken back."""
    expected = min((text.split(stop)[0] for stop in stops), key=len, default=text)
    shaped, shown, end = Text(str, stops), "", 0
    while end < len(text) and not shaped.stopped:
        end = min(len(text), end + random.randint(1, 3))
        shown += shaped.grow(text[:end])
        assert expected.startswith(shown) or (stops and shaped.stopped)
    shown += shaped.grow(text[:end], last=True)
    if not shaped.stopped:
        assert shown == text == expected
    else:  # stops that overlap: the one that was whole first counts
        assert any(text[:end].startswith(shown + stop) for stop in stops)
        assert not any(stop in shown for stop in stops)


def test_half_a_character_and_half_a_placeholder_are_held_back():
    shaped = Text(lambda text: text.strip().replace("[[训练时间]]", "2023年"), [])
    assert shaped.grow(" 你\ufffd\ufffd") == "你"
    assert shaped.grow(" 你好[[训") == "好"
    assert shaped.grow(" 你好[[训练时间]]") == "2023年"
    assert shaped.grow(" 你好[[训练时间]][[") == ""
    assert shaped.grow(" 你好[[训练时间]][[", last=True) == "[["


def test_begun():
    assert [begun(text, "###") for text in ("a", "a#", "a##", "")] == [0, 1, 2, 0]


# ------------------------------------------------------------------------------------------------------------ prefixes


def read(model, ids, cache, held=0):
    with torch.no_grad():
        return model(torch.tensor([ids[held:]]), past_key_values=cache, use_cache=True).logits[0, -1]


IDS = torch.randint(3, 400, (400,), generator=torch.Generator().manual_seed(0)).tolist()
BETWEEN = 2e-3  # fp32, sums in another order: the same tokens read in one pass or in two


def test_what_is_shared_is_not_read_again_and_changes_nothing(model):
    prefixes = Prefixes(model, 2**30)
    cache, held = prefixes.fork(IDS[:100])
    assert held == 0
    read(model, IDS[:100], cache)
    prefixes.keep(IDS[:100], cache)
    for ids, most in ((IDS[:160], 100), (IDS[:60] + IDS[200:220], 60), (IDS[:100], 99), (IDS[:20], 0)):
        fork, held = prefixes.fork(ids)
        assert held == most and fork.length == most
        expected = read(model, ids, model.make_cache(len(ids)))
        torch.testing.assert_close(read(model, ids, fork, held), expected, atol=BETWEEN, rtol=BETWEEN)
    two = [prefixes.fork(ids) for ids in (IDS[:160], IDS[:100] + IDS[300:340])]  # used by two at a time
    results = [read(model, ids, *fork) for ids, fork in zip((IDS[:160], IDS[:100] + IDS[300:340]), two)]
    for ids, result in zip((IDS[:160], IDS[:100] + IDS[300:340]), results):
        expected = read(model, ids, model.make_cache(len(ids)))
        torch.testing.assert_close(result, expected, atol=BETWEEN, rtol=BETWEEN)


def kept(model, prefixes, ids):
    cache, held = prefixes.fork(ids)
    read(model, ids, cache, held)
    prefixes.keep(ids, cache)


def test_the_least_recently_used_go_first_when_memory_is_full(model):
    texts = [IDS[start : start + 64] for start in (0, 100, 200)]
    alone = Prefixes(model, 2**30)
    kept(model, alone, texts[0])
    prefixes = Prefixes(model, 2 * alone.bytes())
    kept(model, prefixes, texts[0])
    kept(model, prefixes, texts[1])
    assert prefixes.fork([*texts[0], 5])[1] == 64  # used again
    kept(model, prefixes, texts[2])
    assert [prefixes.fork([*text, 5])[1] for text in texts] == [64, 0, 64]
    assert 0 < prefixes.bytes() <= prefixes.most_bytes


def test_a_longer_state_takes_the_place_of_a_shorter_one(model):
    prefixes = Prefixes(model, 2**30)
    kept(model, prefixes, IDS[:50])
    kept(model, prefixes, IDS[:80])
    assert [len(entry.ids) for entry in prefixes.entries] == [80]
    kept(model, prefixes, IDS[:60])
    assert [len(entry.ids) for entry in prefixes.entries] == [80]


def test_room_that_is_not_filled_is_given_back(model):
    prefixes, cache = Prefixes(model, 2**30), model.make_cache(4000)
    read(model, IDS[:64], cache)
    prefixes.keep(IDS[:64], cache)
    assert prefixes.bytes() * 4000 == cache.memory_bytes() * 64


def test_nothing_is_kept_of_little_or_without_memory(model):
    for prefixes, ids in ((Prefixes(model, 2**30), IDS[: LEAST - 1]), (Prefixes(model, 0), IDS[:64])):
        kept(model, prefixes, ids)
        assert prefixes.entries == [] and prefixes.bytes() == 0


def test_shared():
    assert [shared(*pair) for pair in (([1, 2, 3], [1, 2, 4]), ([], [1]), ([1, 2], [1, 2, 3]))] == [2, 0, 2]
