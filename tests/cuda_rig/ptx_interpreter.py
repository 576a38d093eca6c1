"""Runs PTX kernels in numpy, over host memory, and checks what a GPU would not report.

All threads of many blocks run in step, one numpy operation an instruction. While it runs, it checks that

- every global access is aligned and lies inside an allocation that was handed to the launch;
- every shared access is aligned, lies inside the block's shared memory, and reads only what was written;
- no two warps touch one shared word, one of them writing, without a barrier between (a race);
- every thread of a block arrives at a barrier, and every lane that shfl.sync or mma.sync needs takes part in it;
- no register is read by a lane that has not written it.

It knows the instructions that our kernels use. An instruction that it does not know is an error, never a guess.
"""

import re
from dataclasses import dataclass, field

import numpy as np

UNSIGNED = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}
TYPES = {f"{kind}{8 * size}": np.dtype(f"{'i' if kind == 's' else 'u'}{size}") for kind in "usb" for size in UNSIGNED}
TYPES.update(f16=np.dtype("f2"), f32=np.dtype("f4"), pred=np.dtype(bool))
LANES_AT_ONCE = 32768  # more blocks than this many threads run one batch after another
MAX_SHARED_BYTES = 48 * 1024
MAX_STEPS = 5_000_000


class PTXError(RuntimeError):
    """A fault of the kernel or its launch, or an instruction that the interpreter does not know."""


# ------------------------------------------------------------------------------------------------------- modules


@dataclass
class Instruction:
    guard: str  # predicate register, or ""
    negated: bool
    opcode: str
    modifiers: "list[str]"
    operands: "list[str]"
    text: str


@dataclass
class Kernel:
    name: str
    params: "list[tuple[str, np.dtype]]"
    registers: "dict[str, np.dtype]" = field(default_factory=dict)
    shared: "dict[str, int]" = field(default_factory=dict)  # name -> offset
    shared_bytes: int = 0
    max_threads: int = 1024
    code: "list[Instruction]" = field(default_factory=list)
    labels: "dict[str, int]" = field(default_factory=dict)


class Module:
    """A PTX module: `version` and `target` as text, `kernels` by name."""

    def __init__(self, text):
        text = text.decode() if isinstance(text, (bytes, bytearray)) else text
        header = re.match(r"\s*\.version ([\d.]+)\s+\.target (\w+)\s+\.address_size 64\n", text)
        if not header:
            raise PTXError("not a 64-bit PTX module")
        self.version, self.target = header.groups()
        bounds = r"(?:\.maxntid (\d+),1,1\s*)?(?:\.minnctapersm \d+\s*)?"
        entries = list(re.finditer(rf"\.visible \.entry (\w+)\(([^)]*)\)\s*{bounds}\{{(.*?\n)\}}\n", text, re.S))
        outside = text[header.end() : entries[0].start()] if entries else text[header.end() :]
        shared = re.findall(r"\.shared \.align (\d+) \.b8 (\w+)\[(\d+)\];", outside)
        if len(shared) != outside.count(";"):
            raise PTXError(f"declarations not understood: {outside}")
        self.kernels = {}
        for entry in entries:
            name, params, threads, body = entry.groups()
            kernel = Kernel(name, [_parameter(p) for p in params.split(",")], max_threads=int(threads or 1024))
            for align, variable, size in shared:
                if re.search(rf"\b{variable}\b", body):
                    _add_shared(kernel, variable, int(align), int(size))
            _parse_body(kernel, body)
            self.kernels[name] = kernel


def _parameter(text):
    match = re.match(r"\s*\.param \.(\w+) (\w+)$", text)
    if not match:
        raise PTXError(f"parameter not understood: {text}")
    return match.group(2), TYPES[match.group(1)]


def _add_shared(kernel, name, align, size):
    start = -(-kernel.shared_bytes // align) * align
    kernel.shared[name] = start
    kernel.shared_bytes = start + size


def _parse_body(kernel, body):
    # Braces around statements only limit the scope of registers; braces around operands hold commas and no semicolon.
    body = re.sub(r"\{([^{};]*)\}", r"<\1>", body).replace("{", " ").replace("}", " ").replace("\n", " ")
    body = re.sub(r"(\$\w+):", r"\1:;", body)
    for statement in body.split(";"):
        statement = statement.strip()
        if not statement or statement.startswith(".pragma"):
            continue
        if statement.endswith(":"):
            kernel.labels[statement[:-1]] = len(kernel.code)
        elif statement.startswith(".reg"):
            match = re.match(r"\.reg \.(\w+) ([%\w]+)(?:<(\d+)>)?$", statement)
            kind, name, count = match.groups()
            names = [f"{name}{i}" for i in range(int(count))] if count else [name]
            dtype = TYPES[kind] if kind == "pred" else UNSIGNED[TYPES[kind].itemsize]
            kernel.registers.update(dict.fromkeys(names, dtype))
        elif statement.startswith(".shared"):
            align, name, size = re.match(r"\.shared \.align (\d+) \.b8 (\w+)\[(\d+)\]$", statement).groups()
            _add_shared(kernel, name, int(align), int(size))
        else:
            match = re.match(r"(?:@(!?)([%\w]+) )?([a-z][\w.]*)(?: (.*))?$", statement)
            if not match:
                raise PTXError(f"statement not understood: {statement}")
            negated, guard, opcode, operands = match.groups()
            operands = re.findall(r"<[^>]*>|\[[^\]]*\]|[^,\s]+", operands or "")
            opcode, *modifiers = opcode.split(".")
            kernel.code.append(Instruction(guard or "", bool(negated), opcode, modifiers, operands, statement))


def _vector(operand):
    return operand.strip("<>").replace(" ", "").split(",")


class Memory:
    """The allocations that a launch may touch: (address, bytes as a numpy u1 array)."""

    def __init__(self):
        self.areas = []

    def add(self, address, view):
        if len(view):
            self.areas.append((address, view))

    def parts(self, addresses, size, text):
        """Yields (lanes, bytes of the area, offsets) for accesses of `size` bytes, each inside one area."""
        left = np.ones(len(addresses), bool)
        for address, view in self.areas:
            inside = left & (addresses >= address) & (addresses + np.uint64(size) <= address + len(view))
            if inside.any():
                left &= ~inside
                yield inside, view, addresses[inside] - np.uint64(address)
        if left.any():
            bad, where = int(addresses[left][0]), ""
            if self.areas:
                start, view = min(self.areas, key=lambda area: abs(bad - area[0] - len(area[1]) // 2))
                where = f" (byte {bad - start} of the nearest, which has {len(view)})"
            raise PTXError(f"{text}: {size} bytes at {bad:#x} are outside every allocation{where}")


# ---------------------------------------------------------------------------------------------------------- runs


def launch(kernel, grid, block, parameters, memory):
    """Runs a kernel. `parameters`: the bytes of each. Returns {opcode: how many lanes executed it}."""
    threads = int(np.prod(block))
    if threads > kernel.max_threads:
        raise PTXError(f"{kernel.name}: {threads} threads a block, compiled for {kernel.max_threads}")
    if kernel.shared_bytes > MAX_SHARED_BYTES:
        raise PTXError(f"{kernel.name}: {kernel.shared_bytes} bytes of static shared memory")
    if len(parameters) != len(kernel.params):
        raise PTXError(f"{kernel.name}: {len(parameters)} parameters for {len(kernel.params)}")
    values = {name: np.frombuffer(data, dtype)[0] for (name, dtype), data in zip(kernel.params, parameters)}
    blocks, batch, counts = int(np.prod(grid)), max(1, LANES_AT_ONCE // threads), {}
    with np.errstate(all="ignore"):
        for first in range(0, blocks, batch):
            Run(kernel, grid, block, values, memory, range(first, min(first + batch, blocks)), counts).execute()
    return counts


class Run:
    """Some blocks of a launch. Lane arrays have one element a thread, padded to whole warps."""

    def __init__(self, kernel, grid, block, params, memory, blocks, counts):
        self.kernel, self.params, self.memory, self.counts = kernel, params, memory, counts
        threads = int(np.prod(block))
        padded = -(-threads // 32) * 32
        self.lanes = padded * len(blocks)
        thread = np.tile(np.arange(padded), len(blocks))
        number = np.repeat(np.asarray(blocks), padded)  # of the block in the grid
        self.block = np.repeat(np.arange(len(blocks)), padded)  # of the block in this run
        self.warp = np.arange(self.lanes) // 32
        self.special = {
            "%tid.x": thread % block[0],
            "%tid.y": thread // block[0] % block[1],
            "%tid.z": thread // (block[0] * block[1]),
            "%ctaid.x": number % grid[0],
            "%ctaid.y": number // grid[0] % grid[1],
            "%ctaid.z": number // (grid[0] * grid[1]),
            "%laneid": thread % 32,
        }
        self.special = {name: value.astype("u4") for name, value in self.special.items()}
        for i, axis in enumerate("xyz"):
            self.special[f"%ntid.{axis}"], self.special[f"%nctaid.{axis}"] = np.uint32(block[i]), np.uint32(grid[i])
        self.exists = thread < threads
        self.alive, self.all_alive = self.exists.copy(), bool(self.exists.all())
        self.values = {}  # register -> numpy scalar (the same in all lanes) or lane array, as unsigned integers
        self.unwritten = {}  # register -> lanes that have not written it; absent once all have
        words = -(-kernel.shared_bytes // 4)
        self.shared = np.zeros((len(blocks), 4 * words), "u1")
        # For the race check, a word: epoch of the last write and read (-1: never), and the warp (-2: several warps).
        self.write_epoch, self.write_warp, self.read_epoch, self.read_warp = (
            np.full((len(blocks), words), -1) for _ in range(4)
        )
        self.epoch = np.zeros(len(blocks), int)  # barriers passed

    # ------------------------------------------------------------------------------------------------- control flow

    def execute(self):
        """Runs until every thread has returned.

        While all threads are at the same instruction, `pc` says which. After a divergent branch, `pcs` holds one a
        lane, and those furthest behind run first; lanes at a barrier or warp instruction wait until their whole block
        or warp is there. (Threads that have returned never arrive: a barrier after an early return is a deadlock
        here, though most GPUs let it pass.)
        """
        code = self.kernel.code
        pcs, waiting, pc, steps = np.zeros(self.lanes, int), np.zeros(self.lanes, bool), 0, 0
        together = True
        while self.alive.any():
            if not together:
                ready = self.alive & ~waiting
                if not ready.any():
                    stuck = {code[p].text for p in np.unique(pcs[self.alive])}
                    raise PTXError(f"deadlock: threads wait for others at {stuck}")
                pc = int(pcs[ready].min())
                active = self.alive & (pcs == pc)  # with those that wait at this instruction
                together = np.count_nonzero(active) == np.count_nonzero(self.alive)
            if together:
                active = self.alive
            steps += 1
            if steps > MAX_STEPS:
                raise PTXError(f"{self.kernel.name} does not end")
            instruction = code[pc]
            runs, how_many = active, self.lanes
            if instruction.guard:
                guard = self.get(instruction.guard, "pred", active)
                runs = active & (~guard if instruction.negated else guard)
            if runs is not self.alive or not self.all_alive:
                how_many = int(np.count_nonzero(runs))
                runs = active if how_many == np.count_nonzero(active) else runs
            name = instruction.opcode
            self.counts[name] = self.counts.get(name, 0) + how_many
            if name in ("bar", "shfl", "mma"):
                if instruction.guard:
                    raise PTXError(f"{instruction.text}: a guard on an instruction that lanes execute together")
                arrived = self.complete_groups(active, self.block if name == "bar" else self.warp)
                waiting |= active & ~arrived
                if not arrived.any():
                    together = False
                    pcs[active] = pc
                    continue
                waiting &= ~arrived
                active = arrived
                getattr(self, f"do_{name}")(instruction, arrived)
            elif name == "ret":
                self.alive, self.all_alive = self.alive & ~runs, False
            elif name != "bra" and how_many:
                self.step(instruction, runs)
            target = self.kernel.labels[instruction.operands[0]] if name == "bra" else pc + 1
            if together and (active is self.alive or np.count_nonzero(active) == np.count_nonzero(self.alive)):
                if name != "bra" or runs is active:
                    pc = target
                    continue
                if not how_many:
                    pc += 1
                    continue
            together = False
            pcs[active] = pc + 1
            if name == "bra":
                pcs[runs] = target

    def complete_groups(self, active, group):
        """The active lanes whose whole block or warp is active."""
        if np.count_nonzero(active) == np.count_nonzero(self.exists):
            return active
        missing = np.bincount(group, weights=self.exists & ~active) > 0
        return active & ~missing[group]

    # ----------------------------------------------------------------------------------------------------- operands

    def get(self, operand, kind, active):
        """The value of a register, special register or number as a numpy array (or scalar) of the PTX type."""
        dtype = TYPES[kind]
        if operand in self.values:
            value = self.values[operand]
            gaps = self.unwritten.get(operand)
            if gaps is not None and (gaps & active).any():
                raise PTXError(f"register {operand} is read by lanes that have not written it")
        elif operand in self.special:
            value = self.special[operand]
        elif operand in self.kernel.registers:
            raise PTXError(f"register {operand} is read before it is written")
        elif operand in self.kernel.shared:
            value = np.uint64(self.kernel.shared[operand])
        elif operand.startswith("0f"):
            value = np.uint32(int(operand[2:], 16))
        else:
            value = np.uint64(int(operand.rstrip("U"), 0) & (2**64 - 1))
        if kind == "pred":
            return value
        raw = UNSIGNED[dtype.itemsize]
        return np.asarray(value if value.dtype == raw else value.astype(raw)).view(dtype)

    def put(self, register, value, active):
        """Writes a register in the active lanes. Narrow signed values are sign-extended, as PTX does."""
        dtype, value = self.kernel.registers[register], np.asarray(value)
        if dtype.kind != "b":
            if value.dtype.itemsize != dtype.itemsize:
                value = value.astype(f"{'i' if value.dtype.kind == 'i' else 'u'}{dtype.itemsize}")
            value = value.view(dtype)
        if active is not self.alive:
            old = self.values.get(register)
            gaps = self.unwritten.get(register, np.zeros(self.lanes, bool)) if old is not None else self.alive
            gaps = gaps & ~active
            value = np.where(active, value, dtype.type(0) if old is None else old)
            self.unwritten[register] = gaps
            if not gaps.any():
                del self.unwritten[register]
        else:
            self.unwritten.pop(register, None)
        self.values[register] = value

    def addresses(self, operand, active):
        base, offset = re.match(r"\[([%\w]+)(?:\+(-?\d+))?\]$", operand).groups()
        return np.broadcast_to(self.get(base, "u64", active) + np.uint64(int(offset or 0) & (2**64 - 1)), self.lanes)

    # ------------------------------------------------------------------------------------------------------- memory

    def load(self, space, operand, dtype, count, active, text):
        """`count` consecutive elements a lane: a list of lane arrays."""
        found = [np.zeros(self.lanes, dtype) for _ in range(count)]
        lanes = np.flatnonzero(active)
        for part, view, elements in self.locate(space, operand, dtype, count, active, text, False):
            for i in range(count):
                found[i][lanes[part]] = view[elements[0], elements[1] + i]
        return found

    def store(self, space, operand, dtype, values, active, text):
        lanes = np.flatnonzero(active)
        for part, view, elements in self.locate(space, operand, dtype, len(values), active, text, True):
            for i, value in enumerate(values):
                view[elements[0], elements[1] + i] = np.broadcast_to(value, self.lanes)[lanes[part]]

    def locate(self, space, operand, dtype, count, active, text, write):
        """Checks an access and yields (lanes, memory as [blocks or 1, elements], (row, element) of each lane)."""
        size = dtype.itemsize * count
        addresses = self.addresses(operand, active)[active]
        if (addresses % np.uint64(size)).any():
            bad = int(addresses[addresses % np.uint64(size) != 0][0])
            raise PTXError(f"{text}: misaligned, {size} bytes at {bad:#x}")
        if space == "shared":
            if (addresses + np.uint64(size) > self.kernel.shared_bytes).any():
                raise PTXError(f"{text}: past the {self.kernel.shared_bytes} bytes of shared memory")
            block, offset = self.block[active], addresses.astype(int)
            for word in range(0, max(size, 4), 4):
                self.check_race(block, (offset + word) // 4, self.warp[active], write, text)
            yield slice(None), self.shared.view(dtype), (block, offset // dtype.itemsize)
            return
        for part, view, offset in self.memory.parts(addresses, size, text):
            whole = view[: len(view) // dtype.itemsize * dtype.itemsize].view(dtype)[None]
            yield part, whole, (0, (offset // np.uint64(dtype.itemsize)).astype(int))

    def check_race(self, block, word, warp, write, text):
        now = self.epoch[block]
        if not write and (self.write_epoch[block, word] < 0).any():
            raise PTXError(f"{text}: reads shared memory that was never written")
        race = (self.write_epoch[block, word] == now) & (self.write_warp[block, word] != warp)
        if write:
            race |= (self.read_epoch[block, word] == now) & (self.read_warp[block, word] != warp)
        if write:
            self.write_epoch[block, word], self.write_warp[block, word] = now, warp
            race |= self.write_warp[block, word] != warp  # two warps in this very instruction: one of them lost
        else:
            others = (self.read_epoch[block, word] == now) & (self.read_warp[block, word] != warp)
            self.read_epoch[block, word], self.read_warp[block, word] = now, np.where(others, -2, warp)
            others = self.read_warp[block, word] != warp
            self.read_warp[block[others], word[others]] = -2
        if race.any():
            raise PTXError(
                f"{text}: shared-memory race at byte {4 * int(word[race][0])}, no barrier between two warps"
            )

    # ---------------------------------------------------------------------- instructions that lanes execute together

    def do_bar(self, instruction, active):
        self.epoch[np.unique(self.block[active])] += 1

    def do_shfl(self, instruction, active):
        if instruction.modifiers != ["sync", "bfly", "b32"] or instruction.operands[3:] != ["0x1f", "0xffffffff"]:
            raise PTXError(f"not known: {instruction.text}")
        target, source, mask = instruction.operands[:3]
        value = np.broadcast_to(self.get(source, "b32", active), self.lanes)
        partner = np.arange(self.lanes) ^ np.broadcast_to(self.get(mask, "u32", active), self.lanes).astype(int) & 31
        self.put(target, value[partner], active)

    def do_mma(self, instruction, active):
        """D = A B + C with A [16, 16] and B [16, 8] of fp16 or bf16, C and D [16, 8] of fp32, a warp each."""
        if instruction.modifiers[:5] != ["sync", "aligned", "m16n8k16", "row", "col"]:
            raise PTXError(f"not known: {instruction.text}")
        widen = {"f16": _half_pairs, "bf16": _bfloat16_pairs}[instruction.modifiers[6]]
        if instruction.modifiers[5:] != ["f32", *2 * [instruction.modifiers[6]], "f32"]:
            raise PTXError(f"not known: {instruction.text}")
        targets, a, b, c = (_vector(operand) for operand in instruction.operands)
        warps, g, t = self.lanes // 32, np.arange(32) // 4, np.arange(32) % 4

        def fragment(register, unpack):
            value = np.broadcast_to(self.get(register, "b32", active), self.lanes)
            return unpack(np.ascontiguousarray(value)).reshape(-1, warps, 32)

        left, right, total = np.zeros((warps, 16, 16)), np.zeros((warps, 16, 8)), np.zeros((warps, 16, 8))
        for i, register in enumerate(a):
            left[:, g + 8 * (i % 2), 2 * t + 8 * (i // 2)], left[:, g + 8 * (i % 2), 2 * t + 1 + 8 * (i // 2)] = (
                fragment(register, widen)
            )
        for i, register in enumerate(b):
            right[:, 2 * t + 8 * i, g], right[:, 2 * t + 1 + 8 * i, g] = fragment(register, widen)
        for i, register in enumerate(c):
            total[:, g + 8 * (i // 2), 2 * t + i % 2] = fragment(register, lambda bits: bits.view("f4"))
        total = (left @ right + total).astype("f4")
        for i, register in enumerate(targets):
            self.put(register, total[:, g + 8 * (i // 2), 2 * t + i % 2].reshape(-1), active)

    # -------------------------------------------------------------------------------------- instructions of one lane

    def step(self, instruction, active):
        method = getattr(self, f"op_{instruction.opcode}", None)
        if method is None:
            raise PTXError(f"not known: {instruction.text}")
        method(instruction, active)

    def sources(self, instruction, active, kind):
        return [self.get(operand, kind, active) for operand in instruction.operands[1:]]

    def op_ld(self, instruction, active):
        space, kind = instruction.modifiers[0], instruction.modifiers[-1]
        if space == "param":
            self.put(instruction.operands[0], self.params[instruction.operands[1].strip("[]")], active)
            return
        if space not in ("global", "shared") or not set(instruction.modifiers[1:-1]) <= {"nc", "cs", "v2", "v4"}:
            raise PTXError(f"not known: {instruction.text}")
        targets = _vector(instruction.operands[0])
        values = self.load(space, instruction.operands[1], TYPES[kind], len(targets), active, instruction.text)
        for target, value in zip(targets, values):
            self.put(target, value, active)

    def op_st(self, instruction, active):
        space, kind = instruction.modifiers[0], instruction.modifiers[-1]
        if space not in ("global", "shared") or not set(instruction.modifiers[1:-1]) <= {"v2", "v4"}:
            raise PTXError(f"not known: {instruction.text}")
        values = [self.get(source, kind, active) for source in _vector(instruction.operands[1])]
        self.store(space, instruction.operands[0], TYPES[kind], values, active, instruction.text)

    def op_mov(self, instruction, active):
        self.put(instruction.operands[0], self.get(instruction.operands[1], instruction.modifiers[-1], active), active)

    def op_cvta(self, instruction, active):
        if instruction.modifiers != ["to", "global", "u64"]:
            raise PTXError(f"not known: {instruction.text}")
        self.op_mov(instruction, active)

    def op_selp(self, instruction, active):
        target, a, b, predicate = instruction.operands
        kind = instruction.modifiers[-1]
        a, b = self.get(a, kind, active), self.get(b, kind, active)
        self.put(target, np.where(self.get(predicate, "pred", active), a, b), active)

    def op_setp(self, instruction, active):
        comparison, kind = instruction.modifiers
        compare = {
            "eq": np.equal,
            "ne": np.not_equal,
            "lt": np.less,
            "le": np.less_equal,
            "gt": np.greater,
            "ge": np.greater_equal,
        }[comparison]
        a, b = self.sources(instruction, active, kind)
        if kind == "f32" and comparison == "ne":
            raise PTXError(f"not known: {instruction.text}")  # PTX's ne is false for NaN, numpy's true
        self.put(instruction.operands[0], compare(a, b), active)

    def op_cvt(self, instruction, active):
        *rounding, to, kind = instruction.modifiers
        value, target = self.get(instruction.operands[1], kind, active), TYPES[to]
        round_integer = {"rni": np.rint, "rzi": np.trunc}.get(rounding[0]) if rounding else None
        if kind[0] == "f" and to[0] == "f":
            known = rounding in ([], ["rn"]) or (round_integer is not None and to == kind)
            value = value.astype(target) if round_integer is None else round_integer(value)
        elif kind[0] == "f":
            known = rounding == ["rzi"]
            limits = np.iinfo(target)
            value = np.nan_to_num(np.clip(np.trunc(value.astype("f8")), limits.min, limits.max)).astype(target)
        else:
            known = rounding == (["rn"] if to[0] == "f" else [])
            value = value.astype(target)
        if not known:
            raise PTXError(f"not known: {instruction.text}")
        self.put(instruction.operands[0], value, active)

    def op_lop3(self, instruction, active):
        a, b, c = (self.get(operand, "b32", active) for operand in instruction.operands[1:4])
        table, result = int(instruction.operands[4], 0), np.uint32(0)
        for row in range(8):
            if table >> row & 1:
                result = result | ((a if row & 4 else ~a) & (b if row & 2 else ~b) & (c if row & 1 else ~c))
        self.put(instruction.operands[0], result, active)

    def op_prmt(self, instruction, active):
        if instruction.modifiers != ["b32"]:
            raise PTXError(f"not known: {instruction.text}")
        a, b, select = (value.astype("u8") for value in self.sources(instruction, active, "b32"))
        source, result = a | b << np.uint64(32), np.uint64(0)
        for i in range(4):
            nibble = select >> np.uint64(4 * i) & np.uint64(15)
            if (nibble > 7).any():
                raise PTXError(f"not known: {instruction.text} with sign replication")
            result = result | (source >> nibble * np.uint64(8) & np.uint64(255)) << np.uint64(8 * i)
        self.put(instruction.operands[0], result.astype("u4"), active)

    def op_bfe(self, instruction, active):
        value, start, length = self.sources(instruction, active, "u32")
        if instruction.modifiers != ["u32"] or np.any(start + length > 32):
            raise PTXError(f"not known: {instruction.text}")
        self.put(instruction.operands[0], value >> start & (np.uint32(1) << length) - np.uint32(1), active)

    def op_bfi(self, instruction, active):
        insert, base, start, length = (value.astype("u8") for value in self.sources(instruction, active, "b32"))
        if np.any(start + length > 32):
            raise PTXError(f"not known: {instruction.text}")
        field_mask = ((np.uint64(1) << length) - np.uint64(1)) << start
        self.put(instruction.operands[0], (base & ~field_mask | insert << start & field_mask).astype("u4"), active)

    def op_shl(self, instruction, active):
        self.shift(instruction, active, np.left_shift)

    def op_shr(self, instruction, active):
        self.shift(instruction, active, np.right_shift)

    def shift(self, instruction, active, operation):
        kind = instruction.modifiers[-1]
        value, count = (
            self.get(instruction.operands[1], kind, active),
            self.get(instruction.operands[2], "u32", active),
        )
        bits = value.dtype.itemsize * 8
        if np.any(np.broadcast_to(count, self.lanes)[active] >= bits):
            raise PTXError(f"not known: {instruction.text} by the whole width")
        self.put(instruction.operands[0], operation(value, (count % np.uint32(bits)).astype(value.dtype)), active)

    def arithmetic(self, instruction, active):
        """Integers wrap around. Floats are computed in fp64 and rounded, which is right but for rare bits of fma."""
        *modifiers, kind = instruction.modifiers
        name = instruction.opcode
        if kind in ("f16x2", "bf16x2"):
            unpack, pack = (_half_pairs, _pack_half) if kind == "f16x2" else (_bfloat16_pairs, _pack_bfloat16)
            pairs = [unpack(value) for value in self.sources(instruction, active, "b32")]
            halves = [FLOAT_OPERATIONS[name](*(pair[i] for pair in pairs)) for i in (0, 1)]
            self.put(instruction.operands[0], pack(*halves), active)
        elif kind[0] == "f":
            if not set(modifiers) <= {"rn"}:
                raise PTXError(f"not known: {instruction.text}")
            values = [value.astype("f8") for value in self.sources(instruction, active, kind)]
            self.put(instruction.operands[0], FLOAT_OPERATIONS[name](*values).astype(TYPES[kind]), active)
        else:
            a, b = self.sources(instruction, active, kind)
            if name == "div" and (np.broadcast_to(b, self.lanes)[active] == 0).any():
                raise PTXError(f"{instruction.text}: division by zero")
            if modifiers not in ([], ["lo"], ["wide"]) or (name == "div" and kind[0] == "s"):
                raise PTXError(f"not known: {instruction.text}")
            if modifiers == ["wide"]:
                wide = np.dtype(f"{a.dtype.kind}{2 * a.dtype.itemsize}")
                a, b = a.astype(wide), b.astype(wide)
            self.put(instruction.operands[0], INTEGER_OPERATIONS[name](a, b), active)

    op_add = op_sub = op_mul = op_fma = op_div = op_min = op_max = op_and = op_or = op_xor = arithmetic


FLOAT_OPERATIONS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "fma": lambda a, b, c: a * b + c,
    "min": np.fmin,
    "max": np.fmax,
}
INTEGER_OPERATIONS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "min": np.minimum,
    "max": np.maximum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "div": lambda a, b: a // np.where(b == 0, b.dtype.type(1), b),
}


def _half_pairs(bits):
    """Lower and upper fp16 of 32-bit words, as fp64."""
    bits = np.asarray(bits)
    return np.stack(
        [(bits & np.uint32(0xFFFF)).astype("u2").view("f2"), (bits >> np.uint32(16)).astype("u2").view("f2")]
    ).astype("f8")


def _bfloat16_pairs(bits):
    bits = np.asarray(bits)
    return np.stack([(bits << np.uint32(16)).view("f4"), (bits & np.uint32(0xFFFF0000)).view("f4")]).astype("f8")


def _pack_half(lower, upper):
    lower, upper = (value.astype("f2").view("u2").astype("u4") for value in (lower, upper))
    return lower | upper << np.uint32(16)


def _pack_bfloat16(lower, upper):
    """To nearest even; our kernels add pairs whose sums are exact, so NaN does not occur."""
    lower, upper = (value.astype("f4").view("u4").astype("u8") for value in (lower, upper))
    lower, upper = (
        value + 0x7FFF + (value >> np.uint64(16) & np.uint64(1)) >> np.uint64(16) for value in (lower, upper)
    )
    return (lower | upper << np.uint64(16)).astype("u4")
