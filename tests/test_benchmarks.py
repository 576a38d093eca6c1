"""What the benchmarks make of their measurements: a wrong mode or ratio would stand in RESULTS.md. No times here."""

import pytest

from benchmarks.compare_trees import in_turns
from benchmarks.int4_linear import shares_of_read
from benchmarks.limits import by_mode, int8_gops, int8_instruction, int16_gops, processor, read_mode
from benchmarks.peers import BEFORE, OURS, PREFILL, measure, report, report_reads

PEER, SECOND_PEER = "llama.cpp, f16 head", "llama.cpp, q4_0 head"


def test_reads_fall_into_two_modes():
    assert [read_mode(read) for read in (32.0, 44.9, 45.0, 52.0)] == ["slow", "slow", "fast", "fast"]
    assert by_mode([50.0, 30.0, 52.0], ["a", "b", "c"]) == {"fast": ["a", "c"], "slow": ["b"]}


def test_a_share_of_the_read_is_taken_round_by_round():
    """Over medians, rates of the fast mode would be divided by reads of the slow one."""
    found = shares_of_read([50.0, 30.0, 30.0], [40.0, 27.0, 27.0])
    assert found["of_read"] == pytest.approx(0.9) and found["mode"] == "slow"
    assert found["of_read_by_mode"] == pytest.approx({"fast": 0.8, "slow": 0.9})


def test_every_round_has_its_read_and_the_first_does_not_count():
    events = []
    runs = {name: lambda name=name: events.append(name) or float(len(events)) for name in ("before", "after")}
    results = in_turns(runs, 2, lambda: events.append("read"))
    assert events == ["read", "after", "before", "read", "before", "after", "read", "after", "before"]
    assert results == {"before": [5.0, 9.0], "after": [6.0, 8.0]}


def test_peers_report_ratios_in_each_mode_that_was_seen():
    times = {"decode 0": {OURS: [0.1, 0.2, 0.1], PEER: [0.2, 0.2, 0.2]}, f"prefill {PREFILL}": {OURS: [2.0]}}
    reads = {"decode 0": [50.0, 30.0, 50.0], f"prefill {PREFILL}": [30.0]}
    engines = report(times, reads, dict.fromkeys((OURS, PEER), 10**9), dict.fromkeys((OURS, PEER), {}))
    row = engines[PEER]
    assert row["decode 0 tok/s"] == pytest.approx(5) and row["decode 0 ratio"] == pytest.approx(2)
    assert row["decode 0 fast"] == {"rounds": 2, "tok/s": pytest.approx(5), "ratio": pytest.approx(2)}
    assert row["decode 0 slow"] == {"rounds": 1, "tok/s": pytest.approx(5), "ratio": pytest.approx(1)}
    assert f"prefill {PREFILL} tok/s" not in row  # it was not asked to
    assert engines[OURS][f"prefill {PREFILL} tok/s"] == pytest.approx(PREFILL / 2)
    assert f"prefill {PREFILL} slow" not in engines[OURS], "one mode needs no split"
    found = report_reads(reads)
    assert found["decode 0"]["mode"] == "fast" and found["decode 0"]["rounds"] == {"fast": 2, "slow": 1}


@pytest.mark.parametrize("engines", [(OURS, BEFORE), (OURS, PEER), (OURS, BEFORE, PEER, SECOND_PEER)])
def test_both_work_trees_and_one_head_see_every_measurement(engines):
    asked = {engine: [] for engine in engines}
    children = {name: lambda *request, name=name: asked[name].append(request) or 1.0 for name in engines}
    times, reads = measure(children, rounds=3, prefills=2, tokens=8, read=lambda: 30.0)
    assert {what: len(of) for what, of in reads.items()} == {"decode 0": 3, f"prefill {PREFILL}": 2, "decode 2048": 3}
    long = [engine for engine in engines if engine != SECOND_PEER]
    assert list(times["decode 0"]) == list(engines)
    assert list(times["decode 2048"]) == list(times[f"prefill {PREFILL}"]) == long
    # Behind 2,048 tokens means: a prompt, and the rest of the 2,048 behind it.
    for engine in long:
        first = asked[engine].index(("decode", 2048, 8))
        assert asked[engine][first - 1] == ("prefill", 2048 - PREFILL, True)


def test_the_processor_is_told_from_its_flags():
    cpu = "model name\t: Some CPU\nphysical id\t: 0\ncore id\t\t: {}\nflags\t\t: fpu avx2 {}\n"
    threads = "\n".join(cpu.format(core, "avx512bw avx512_vnni") for core in (0, 1, 0, 1))
    assert processor(threads) == {"cpu": "Some CPU", "cores": 2, "instruction_set": "AVX-512 VNNI"}
    assert processor(cpu.format(0, ""))["instruction_set"] == "AVX2"
    assert processor("Features\t: fp asimd asimddp\n") == {"instruction_set": "NEON sdot"}
    assert processor("") == {}


def test_the_peak_of_8_bits_is_another_one_than_that_of_16():
    """Also where there is no AVX2: both are 0 then, and neither has an instruction."""
    assert (int8_gops(1) > 0) == (int16_gops(1) > 0) == bool(int8_instruction())
    assert not int8_instruction() or int8_instruction().startswith(("vpdpbusd", "vpmaddubsw"))
