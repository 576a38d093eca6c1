"""The PTX interpreter itself: it computes what PTX says, and it notices what it promises to notice."""

import ctypes

import numpy as np
import pytest
from cuda_rig import ptx_interpreter
from cuda_rig.ptx_interpreter import PTXError

HEADER = ".version 7.0\n.target sm_60\n.address_size 64\n"
# The prologue of a kernel with one array: %rd1 its address, %r1 the thread, %rd2 the address of element %r1.
PROLOGUE = """
.reg .pred %p<4>; .reg .b16 %h<4>; .reg .b32 %r<9>; .reg .f32 %f<9>; .reg .b64 %rd<9>;
.shared .align 4 .b8 shared[256];
ld.param.u64 %rd1,[p0]; mov.u32 %r1,%tid.x; mul.wide.u32 %rd2,%r1,4; add.s64 %rd2,%rd1,%rd2;
"""


def run(body, values, threads=64, blocks=1):
    """Runs a kernel over a copy of `values`, one thread an element, and returns the copy."""
    module = ptx_interpreter.Module(
        f"{HEADER}.visible .entry kernel(\n.param .u64 p0\n)\n{{{PROLOGUE}{body}\nret;\n}}\n"
    )
    array, memory = values.copy(), ptx_interpreter.Memory()
    memory.add(array.ctypes.data, array.view("u1"))
    address = bytes(ctypes.c_uint64(array.ctypes.data))
    ptx_interpreter.launch(module.kernels["kernel"], (blocks, 1, 1), (threads, 1, 1), [address], memory)
    return array


INTEGERS = np.arange(64, dtype="u4") * 0x01234567 + 0x89ABCDEF


def test_bit_operations():
    assert (
        run(
            "ld.global.u32 %r2,[%rd2]; lop3.b32 %r3,%r2,0x0f0f0f0f,0x00ff00ff,0x6a; st.global.u32 [%rd2],%r3;",
            INTEGERS,
        )
        == (INTEGERS & 0x0F0F0F0F ^ 0x00FF00FF)
    ).all()
    swapped = run("ld.global.u32 %r2,[%rd2]; prmt.b32 %r3,%r2,0,0x0123; st.global.u32 [%rd2],%r3;", INTEGERS)
    assert (swapped == INTEGERS.byteswap()).all()
    shifted = run("ld.global.u32 %r2,[%rd2]; shr.s32 %r3,%r2,5; st.global.u32 [%rd2],%r3;", INTEGERS)
    assert (shifted == (INTEGERS.view("i4") >> 5).view("u4")).all()


def test_floats_round_to_nearest_even():
    values = np.float32([1, 1.0004883, 1.0014648, 65519, 65520, 1e-8, -0.0, np.inf]).repeat(8)
    body = """ld.global.f32 %f1,[%rd2]; cvt.rn.f16.f32 %h1,%f1; cvt.f32.f16 %f2,%h1; st.global.f32 [%rd2],%f2;"""
    with np.errstate(over="ignore"):
        assert run(body, values).tobytes() == values.astype("f2").astype("f4").tobytes()


def test_divergent_threads_meet_again():
    body = """ld.global.u32 %r2,[%rd2]; and.b32 %r3,%r1,1; setp.eq.u32 %p1,%r3,0; @%p1 bra $even;
    add.u32 %r2,%r2,7; bra.uni $join; $even: sub.u32 %r2,%r2,3; $join: bar.sync 0; st.global.u32 [%rd2],%r2;"""
    odd = np.arange(64) % 2 == 1
    assert (run(body, INTEGERS) == np.where(odd, INTEGERS + np.uint32(7), INTEGERS - np.uint32(3))).all()


def test_loops_end_thread_by_thread():
    body = """mov.u32 %r2,0; mov.u32 %r3,0; $loop: add.u32 %r2,%r2,%r3; add.u32 %r3,%r3,1; setp.le.u32 %p1,%r3,%r1;
    @%p1 bra $loop; st.global.u32 [%rd2],%r2;"""
    thread = np.arange(64)
    assert (run(body, INTEGERS) == thread * (thread + 1) // 2).all()


def test_warps_exchange_values():
    body = """ld.global.u32 %r2,[%rd2]; shfl.sync.bfly.b32 %r3,%r2,16,0x1f,0xffffffff; st.global.u32 [%rd2],%r3;"""
    assert (run(body, INTEGERS) == INTEGERS[np.arange(64) ^ 16]).all()


SHARED = "mul.lo.u32 %r4,%r1,4; cvt.u64.u32 %rd3,%r4; mov.u64 %rd4,shared; add.s64 %rd3,%rd4,%rd3;"
FAULTS = {
    "past the end": ("outside every allocation", "ld.global.u32 %r2,[%rd2+4];"),
    "before the start": ("outside every allocation", "st.global.u32 [%rd2+-4],%r1;"),
    "misaligned": ("misaligned", "ld.global.u32 %r2,[%rd2+2];"),
    "never written": ("before it is written", "st.global.u32 [%rd2],%r5;"),
    "written by some": ("have not written", "setp.lt.u32 %p1,%r1,9; @%p1 mov.u32 %r2,1; st.global.u32 [%rd2],%r2;"),
    "past shared memory": ("past the 256 bytes", f"{SHARED} st.shared.u32 [%rd3+4],%r1;"),
    "shared never written": ("never written", f"{SHARED} ld.shared.u32 %r2,[%rd3];"),
    "race": (
        "race",
        f"{SHARED} st.shared.u32 [%rd3],%r1; xor.b32 %r4,%r4,128; cvt.u64.u32 %rd3,%r4; "
        "add.s64 %rd3,%rd4,%rd3; ld.shared.u32 %r2,[%rd3];",
    ),
    "overwritten in a race": ("race", "mov.u64 %rd3,shared; st.shared.u32 [%rd3],%r1;"),
    "barrier in a branch": ("deadlock", "setp.lt.u32 %p1,%r1,32; @%p1 bra $out; bar.sync 0; $out:"),
    "shuffle in a branch": (
        "deadlock",
        "setp.lt.u32 %p1,%r1,9; @%p1 bra $out; shfl.sync.bfly.b32 %r3,%r1,1,0x1f,0xffffffff; $out:",
    ),
    "guarded barrier": ("guard", "setp.lt.u32 %p1,%r1,32; @%p1 bar.sync 0;"),
    "endless": ("does not end", "$loop: bra.uni $loop;"),
    "unknown instruction": ("not known", "popc.b32 %r2,%r1;"),
    "unknown modifier": ("not known", "fma.rz.f32 %f1,0f3F800000,0f3F800000,0f3F800000;"),
}


@pytest.mark.parametrize("message, body", FAULTS.values(), ids=FAULTS)
def test_faults_are_noticed(monkeypatch, message, body):
    monkeypatch.setattr(ptx_interpreter, "MAX_STEPS", 2000)
    with pytest.raises(PTXError, match=message):
        run(body, INTEGERS)


def test_a_barrier_makes_the_exchange_legal():
    body = f"""{SHARED} st.shared.u32 [%rd3],%r1; bar.sync 0; xor.b32 %r4,%r4,128; cvt.u64.u32 %rd3,%r4;
    add.s64 %rd3,%rd4,%rd3; ld.shared.u32 %r2,[%rd3]; st.global.u32 [%rd2],%r2;"""
    assert (run(body, INTEGERS) == (np.arange(64) ^ 32)).all()


def test_matrix_product():
    """One mma.m16n8k16 against numpy, with the fragment layout of the PTX manual (section on mma.m16n8k16)."""
    random = np.random.default_rng(0)
    a, b = random.integers(-8, 8, (16, 16)).astype("f2"), random.integers(-8, 8, (16, 8)).astype("f2")
    lane = np.arange(32)
    g, t = lane // 4, lane % 4
    words = np.zeros((32, 10), "u4")

    def pair(matrix, first, second):
        return matrix[first].view("u2").astype("u4") | matrix[second].view("u2").astype("u4") << np.uint32(16)

    for i in range(4):
        row, column = g + 8 * (i % 2), 2 * t + 8 * (i // 2)
        words[:, i] = pair(a, (row, column), (row, column + 1))
    for i in range(2):
        words[:, 4 + i] = pair(b, (2 * t + 8 * i, g), (2 * t + 8 * i + 1, g))
    words[:, 6:] = np.float32(1.5).view("u4")
    load = "".join(f"ld.global.u32 %w{i},[%rd3+{4 * i}];" for i in range(10))
    store = "".join(f"st.global.f32 [%rd3+{4 * i}],%d{i};" for i in range(4))
    body = f""".reg .b32 %w<10>; .reg .f32 %d<4>; mul.wide.u32 %rd3,%r1,40; add.s64 %rd3,%rd1,%rd3; {load}
    mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {{%d0,%d1,%d2,%d3}},{{%w0,%w1,%w2,%w3}},{{%w4,%w5}},
    {{%w6,%w7,%w8,%w9}}; {store}"""
    out = run(body, words.reshape(-1), threads=32).reshape(32, 10)[:, :4].view("f4")
    product = a.astype("f8") @ b.astype("f8") + 1.5
    for i in range(4):
        assert (out[:, i] == product[g + 8 * (i // 2), 2 * t + i % 2]).all()
