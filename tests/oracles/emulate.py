"""A processor that translates by itself: QEMU's, as the library Unicorn. It knows nothing of pagelaw.

Run as a program: each line of the input is a JSON object with an image of physical memory, its root, and accesses; each
line of the output the JSON list of what came of them. The emulated CPU walks the tables in its own memory; nothing
here does. Before each access memory and processor are as they were in the beginning.

    {"machine": "sv39", "memory": base64, "root": 4096, "code": [supervisor's, user's],
     "absent": an address whose top entry is zero, "accesses": [[address, "wu"], ...]}
    [["fault", 15, null, address, {}], ...]     outcome, value or vector, error code, address, words that changed

Code (`with_code`) runs in a page that the tables map for both rings: a load, a store; a fetch jumps to the address
itself. The memory to be read holds instructions that tell their own place, so that data and fetches show what was
reached.

Source: Unicorn 2, https://www.unicorn-engine.org
"""

from __future__ import annotations

import abc
import base64
import ctypes
import json
import struct
import sys
from typing import Any

SLOT = 8
#: What a store writes, as often as it fits.
STAMP = 0x5AA5_C33C
#: Places in the page of code: a load, a store, the way to the user's ring, and where execution never gets.
_LOAD, _STORE, _LEAVE, _END = 0, 16, 32, 0xFF0


def place_teller(machine: str, place: int) -> bytes:
    """Eight bytes of code that put a number for their own address into a register, and tell it as data too."""
    if machine.startswith("sv"):
        return struct.pack("<II", (place // SLOT) << 12 | 11 << 7 | 0x37, 0x6F)  # lui a1, place / 8; j .
    return b"\xb8" + struct.pack("<I", place) + b"\xeb\xfe\x90"  # mov eax, place; jmp $


def with_code(memory: bytes, machine: str, frame: int) -> bytes:
    """The image with a load, a store and the way to the user's ring in its page of code."""
    wide, place = machine.startswith("x86-64"), frame << 12
    if machine in ("sv39", "sv48"):
        parts = {_LOAD: struct.pack("<I", 0x0005_3583), _STORE: struct.pack("<I", 0x00B5_3023)}  # ld, sd
    elif machine == "sv32":
        parts = {_LOAD: struct.pack("<I", 0x0005_2583), _STORE: struct.pack("<I", 0x00B5_2023)}  # lw, sw
    else:
        prefix = b"\x48" if wide else b""
        leave = b"\x48\x0f\x07" if wide else b"\x0f\x35"
        parts = {_LOAD: prefix + b"\x8b\x03", _STORE: prefix + b"\x89\x03", _LEAVE: leave}
    page = bytearray(memory[place : place + 4096])
    for at, code in parts.items():
        page[at : at + len(code)] = code
    return memory[:place] + bytes(page) + memory[place + 4096 :]


class Machine(abc.ABC):
    """An emulator with paging on; `contexts` are the processor's states in the supervisor's and the user's ring."""

    def __init__(self, request: dict[str, Any], memory: bytes) -> None:
        import unicorn

        self.unicorn, self.name = unicorn, request["machine"]
        self.root, self.code, self.size = request["root"], request["code"], len(memory)
        self.word = 8 if self.name in ("x86-64", "x86-64-la57", "sv39", "sv48") else 4
        self.vectors: list[int] = []
        self.uc: Any = self.opened()
        self.uc.mem_map(0, self.size)
        self.uc.mem_write(0, memory)
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._interrupted)
        self.contexts = self.booted()
        self.place_of_code, self.memory = 0, memory
        self.calibrate(request["absent"])

    @abc.abstractmethod
    def opened(self) -> Any:
        """An emulator of this architecture."""

    @abc.abstractmethod
    def booted(self) -> list[Any]:
        """Turn paging on; the processor's state in both rings."""

    @abc.abstractmethod
    def aim(self, address: int, ring: int) -> None:
        """Set registers for an access."""

    @abc.abstractmethod
    def result(self) -> int:
        """The register that a load, or an instruction at the address, fills."""

    @abc.abstractmethod
    def told(self) -> tuple[int | None, int]:
        """Error code and address of the last fault, as the processor keeps them."""

    @abc.abstractmethod
    def calibrate(self, absent: int) -> None:
        """Find what the library has no name for in the processor's state."""

    def _interrupted(self, uc: Any, vector: int, _: Any) -> None:
        self.vectors.append(vector)
        uc.emu_stop()

    def run(self, at: int, ring: int) -> Any:
        """One instruction; the emulator's error, if there was one."""
        try:
            self.uc.emu_start(at, self.code[ring] + _END, count=1)
        except self.unicorn.UcError as error:
            return error
        return None

    def access(self, address: int, kind: str) -> list[Any]:
        """What comes of one access; memory is as before afterwards."""
        ring = int("u" in kind)
        self.uc.context_restore(self.contexts[ring])
        self.vectors.clear()
        self.uc.ctl(self.unicorn.UC_CTL_TLB_FLUSH, self.unicorn.UC_CTL_IO_WRITE)
        self.aim(address, ring)
        error = self.run(address if "x" in kind else self.code[ring] + (_STORE if "w" in kind else _LOAD), ring)
        changes = self._changes()
        if error is not None:
            return ["beyond", error.errno, None, None, changes]
        if self.vectors:
            return ["fault", self.vectors[0], *self.told(), changes]
        return ["done", 0 if "w" in kind else self.result(), None, None, changes]

    def _changes(self) -> dict[int, int]:
        """Words of four bytes that differ from the image, which is restored."""
        now, changes = bytes(self.uc.mem_read(0, self.size)), {}
        if now == self.memory:
            return changes
        for page in range(0, self.size, 4096):
            if now[page : page + 4096] == self.memory[page : page + 4096]:
                continue
            for at in range(page, page + 4096, 4):
                if now[at : at + 4] != self.memory[at : at + 4]:
                    changes[at] = int.from_bytes(now[at : at + 4], "little")
            self.uc.mem_write(page, self.memory[page : page + 4096])
        return changes

    def raw(self) -> bytes:
        """The processor's state as the emulator keeps it."""
        context = self.uc.context_save()
        return ctypes.string_at(context.context, context.size)

    def places(self, absent: int, expected: dict[tuple[str, int], bytes]) -> list[int]:
        """Where in the raw state each of these accesses leaves the bytes that it is known to leave."""
        states = []
        for (kind, address), value in expected.items():
            if self.access(address, kind)[0] != "fault":
                raise SystemExit(f"{self.name}: {address:#x} should be absent")
            states.append((self.raw(), value))
        size = len(next(iter(expected.values())))
        return [at for at in range(0, len(states[0][0]) - 7, 4) if all(raw[at : at + size] == v for raw, v in states)]


#: Bits of CR4: physical address extension, 57-bit addresses.
_EXTENSIONS = {"win32": 0, "pae": 1 << 5, "x86-64": 1 << 5, "x86-64-la57": 1 << 5 | 1 << 12}
#: Mode of satp, and where it stands.
_SATP = {"sv32": (1, 31), "sv39": (8, 60), "sv48": (9, 60)}


class X86(Machine):
    """x86 in its four ways of paging; the user's ring is entered by SYSRET or SYSEXIT."""

    def opened(self) -> Any:
        import unicorn.x86_const as names

        self.names, self.wide = names, self.word == 8
        letter = "R" if self.wide else "E"
        self.a, self.b = (getattr(names, f"UC_X86_REG_{letter}{name}") for name in ("AX", "BX"))
        mode = self.unicorn.UC_MODE_64 if self.wide else self.unicorn.UC_MODE_32
        uc = self.unicorn.Uc(self.unicorn.UC_ARCH_X86, mode)
        uc.ctl_set_cpu_model(names.UC_CPU_X86_ICELAKE_SERVER)
        return uc

    def booted(self) -> list[Any]:
        uc, names = self.uc, self.names
        uc.msr_write(0xC000_0080, 0xD01 if self.wide else 0x800)  # SYSRET and no-execute; long mode
        uc.reg_write(names.UC_X86_REG_CR3, self.root)
        uc.reg_write(names.UC_X86_REG_CR4, _EXTENSIONS[self.name] | 1 << 4)  # 4 MiB pages where there are
        uc.reg_write(names.UC_X86_REG_CR0, 0x8001_0033)  # paging, and write protection for the supervisor too
        supervisor = uc.context_save()
        uc.msr_write(0xC000_0081, 0x13 << 48 | 8 << 32)
        uc.msr_write(0x174, 8)
        if self.wide:
            uc.reg_write(names.UC_X86_REG_R11, 2)
        uc.reg_write(names.UC_X86_REG_RCX if self.wide else names.UC_X86_REG_ECX, self.code[1])
        uc.reg_write(names.UC_X86_REG_RDX if self.wide else names.UC_X86_REG_EDX, self.code[1])
        error = self.run(self.code[0] + _LEAVE, 1)  # the emulator looks at the end of the run from the new ring
        if error is not None or self.vectors or uc.reg_read(names.UC_X86_REG_CS) & 3 != 3:
            raise SystemExit(f"{self.name}: the user's ring was not reached: {error} {self.vectors}")
        return [supervisor, uc.context_save()]

    def aim(self, address: int, ring: int) -> None:
        self.uc.reg_write(self.names.UC_X86_REG_CR2, 0)
        self.uc.reg_write(self.b, address)
        self.uc.reg_write(self.a, STAMP << 32 | STAMP if self.wide else STAMP)

    def result(self) -> int:
        return int(self.uc.reg_read(self.a))

    def told(self) -> tuple[int | None, int]:
        code = int.from_bytes(self.raw()[self.place_of_code : self.place_of_code + 4], "little")
        return code, int(self.uc.reg_read(self.names.UC_X86_REG_CR2))

    def calibrate(self, absent: int) -> None:
        codes = {"r": 0, "w": 2, "ru": 4, "wu": 6}
        known = {(kind, absent): struct.pack("<I", code) for kind, code in codes.items()}
        [self.place_of_code] = self.places(absent, known)


class RiscV(Machine):
    """RISC-V; the ring is a register of the emulator."""

    def opened(self) -> Any:
        import unicorn.riscv_const as names

        self.names = names
        mode = self.unicorn.UC_MODE_RISCV64 if self.word == 8 else self.unicorn.UC_MODE_RISCV32
        return self.unicorn.Uc(self.unicorn.UC_ARCH_RISCV, mode)

    def booted(self) -> list[Any]:
        mode, shift = _SATP[self.name]
        self.uc.reg_write(self.names.UC_RISCV_REG_SATP, mode << shift | self.root >> 12)
        if self.uc.reg_read(self.names.UC_RISCV_REG_SATP) != mode << shift | self.root >> 12:
            raise SystemExit(f"{self.name}: the processor does not know this mode")
        contexts = []
        for ring in (1, 0):
            self.uc.reg_write(self.names.UC_RISCV_REG_PRIV, ring)
            contexts.append(self.uc.context_save())
        return contexts

    def aim(self, address: int, ring: int) -> None:
        self.uc.reg_write(self.names.UC_RISCV_REG_PRIV, 1 - ring)
        self.uc.reg_write(self.names.UC_RISCV_REG_A0, address)
        self.uc.reg_write(self.names.UC_RISCV_REG_A1, STAMP << 32 | STAMP if self.word == 8 else STAMP)

    def result(self) -> int:
        return int(self.uc.reg_read(self.names.UC_RISCV_REG_A1))

    def told(self) -> tuple[int | None, int]:
        return None, int.from_bytes(self.raw()[self.place_of_code : self.place_of_code + self.word], "little")

    def calibrate(self, absent: int) -> None:
        known = {
            (kind, absent + offset): (absent + offset).to_bytes(self.word, "little")
            for kind, offset in (("r", 0), ("w", 0x120), ("ru", 0x1008), ("wu", 0x2010))
        }
        places = [at for at in self.places(absent, known) if at != self._register_place()]
        [self.place_of_code] = places

    def _register_place(self) -> int:
        """Where the raw state has the register that holds the address."""
        mark = 0x1357_9BDE
        self.uc.reg_write(self.names.UC_RISCV_REG_A0, mark)
        return self.raw().index(mark.to_bytes(self.word, "little"))


def main() -> None:
    """Answer each line of the input."""
    for line in sys.stdin:
        request = json.loads(line)
        memory = base64.b64decode(request["memory"])
        machine = (RiscV if request["machine"].startswith("sv") else X86)(request, memory)
        print(json.dumps([machine.access(address, kind) for address, kind in request["accesses"]]), flush=True)


if __name__ == "__main__":
    main()
