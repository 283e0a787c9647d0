"""The program that a puppet runs: a loop that does what it is told, one order at a time, and nothing of its own accord.

It is less than a page of machine code, so that in its address space there is hardly anything but what it was told to
map: no library, no interpreter, no allocator that maps and unmaps meanwhile. A signal that an access brings about is
caught, and told instead of a result::

    order    [kind, a, b, ...] --> | call: system call a of b, ...   load: the byte at a    store: the byte b at a |
                                   | fetch: one instruction at a     twin: a copy of the process, which uses channel b |
    answer   [result, signal, code of the signal, address of the fault, error code of the processor] <--

To fetch, it jumps to the address with the trap flag set: after one instruction the processor traps. Which instruction
was there does not matter, for all registers are zero, and the stack is one of its own.

Source: System V ABI, AMD64 supplement (system calls, `siginfo`, `ucontext`); Intel SDM 3B, 17.3.1.4 (single-step);
Linux manual pages elf(5), clone(2), rt_sigaction(2).
"""

from __future__ import annotations

import struct

#: Where the program is: far from the addresses that are judged. Its heap begins behind it.
BASE = 1 << 37
_CODE = 0x100
_TEXT_BYTES = 0x1000
DATA_BYTES = 0x20000
DATA = BASE + _TEXT_BYTES
#: An order is eight words and a text; an answer is five words.
ORDER = struct.Struct("<8Q64s")
ANSWER = struct.Struct("<qQQQQ")
#: Kinds of orders.
CALL, LOAD, STORE, FETCH, TWIN = range(5)
#: Places in the data: the text of an order, the answer, the channel, the stack for signals, and room for results.
TEXT, ROOM = DATA + 0x40, DATA + 0x4000
ROOM_BYTES = DATA_BYTES - 0x4000
_CHANNEL = 0xB0
SIGNAL_STACK, SIGNAL_STACK_BYTES = DATA + 0x1000, 0x3000

#: Machine code of x86-64 and what it means, for an assembler: `data` is where the data begins.
SYMBOLS = f"""
.set data, start + {_TEXT_BYTES - _CODE:#x}
.set answer, data + 0x80
.set channel, data + {_CHANNEL:#x}
.set stack, data + 0xb8
"""
LISTING = """
start:
    488925b10f0000      mov %rsp, stack(%rip)
next:
    31c0                xor %eax, %eax
    8b3da10f0000        mov channel(%rip), %edi
    488d35ea0e0000      lea data(%rip), %rsi
    ba80000000          mov $0x80, %edx
    0f05                syscall
    483d80000000        cmp $0x80, %rax
    0f8514010000        jne end
    488d3d500f0000      lea answer(%rip), %rdi
    31c0                xor %eax, %eax
    b905000000          mov $5, %ecx
    f348ab              rep stosq
    8b05c00e0000        mov data(%rip), %eax
    488b3dc10e0000      mov data+8(%rip), %rdi
    488b35c20e0000      mov data+16(%rip), %rsi
    83f801              cmp $1, %eax
    722a                jb call
    7455                je load
    83f803              cmp $3, %eax
    7255                jb store
    747d                je fetch
    b838000000          mov $56, %eax
    31d2                xor %edx, %edx
    4531d2              xor %r10d, %r10d
    4531c0              xor %r8d, %r8d
    4889f3              mov %rsi, %rbx
    31f6                xor %esi, %esi
    0f05                syscall
    4885c0              test %rax, %rax
    753f                jnz told
    891d350f0000        mov %ebx, channel(%rip)
    eb37                jmp told
call:
    4889f8              mov %rdi, %rax
    4889f7              mov %rsi, %rdi
    488b358e0e0000      mov data+24(%rip), %rsi
    488b158f0e0000      mov data+32(%rip), %rdx
    4c8b15900e0000      mov data+40(%rip), %r10
    4c8b05910e0000      mov data+48(%rip), %r8
    4c8b0d920e0000      mov data+56(%rip), %r9
    0f05                syscall
    eb0a                jmp told
load:
    0fb607              movzbl (%rdi), %eax
    eb05                jmp told
store:
    408837              mov %sil, (%rdi)
    31c0                xor %eax, %eax
told:
    488905c50e0000      mov %rax, answer(%rip)
tell:
    b801000000          mov $1, %eax
    8b3dea0e0000        mov channel(%rip), %edi
    488d35b30e0000      lea answer(%rip), %rsi
    ba28000000          mov $40, %edx
    0f05                syscall
    e92effffff          jmp next
fetch:
    488d25201c0000      lea data+0xe00(%rip), %rsp
    4889e0              mov %rsp, %rax
    6a2b                pushq $0x2b
    50                  push %rax
    6802010000          pushq $0x102
    6a33                pushq $0x33
    57                  push %rdi
    31c0                xor %eax, %eax
    31db                xor %ebx, %ebx
    31c9                xor %ecx, %ecx
    31d2                xor %edx, %edx
    31f6                xor %esi, %esi
    31ff                xor %edi, %edi
    31ed                xor %ebp, %ebp
    4531c0              xor %r8d, %r8d
    4531c9              xor %r9d, %r9d
    4531d2              xor %r10d, %r10d
    4531db              xor %r11d, %r11d
    48cf                iretq
handler:
    488d1d6f0e0000      lea answer(%rip), %rbx
    897b08              mov %edi, 8(%rbx)
    8b4608              mov 8(%rsi), %eax
    894310              mov %eax, 16(%rbx)
    488b4610            mov 16(%rsi), %rax
    48894318            mov %rax, 24(%rbx)
    488b82c0000000      mov 0xc0(%rdx), %rax
    48894320            mov %rax, 32(%rbx)
    488b25840e0000      mov stack(%rip), %rsp
    eb85                jmp tell
restorer:
    b80f000000          mov $15, %eax
    0f05                syscall
end:
    b8e7000000          mov $231, %eax
    31ff                xor %edi, %edi
    0f05                syscall
"""


def code() -> bytes:
    """The machine code."""
    return bytes.fromhex("".join(line.split()[0] for line in LISTING.splitlines() if line.startswith(" ")))


def place_of(label: str) -> int:
    """The address of a label of the listing."""
    before = LISTING[: LISTING.index(f"\n{label}:")].splitlines()
    return BASE + _CODE + sum(len(line.split()[0]) // 2 for line in before if line.startswith(" "))


def executable(channel: int) -> bytes:
    """An ELF file of the program; it is told what to do through the file descriptor `channel`."""
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01", 2, 62, 1, BASE + _CODE, 0x40, 0, 0, 0x40, 0x38, 3, 0, 0, 0,
    )  # fmt: skip
    text = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, _TEXT_BYTES, _TEXT_BYTES, 0x1000)
    data = struct.pack("<IIQQQQQQ", 1, 6, _TEXT_BYTES, DATA, DATA, 0x1000, DATA_BYTES, 0x1000)
    stack = struct.pack("<IIQQQQQQ", 0x6474E551, 6, 0, 0, 0, 0, 0, 16)  # its stack is not executable
    first = (header + text + data + stack).ljust(_CODE, b"\0") + code()
    return first.ljust(_TEXT_BYTES + _CHANNEL, b"\0") + channel.to_bytes(8, "little").ljust(0x1000 - _CHANNEL, b"\0")
