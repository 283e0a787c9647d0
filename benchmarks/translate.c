/* Translation in C, by hand, for two geometries: the peers of the compiled walk, under the same contract.

   Presence, leaves above the last level, reserved bits, canonical addresses, the end of memory and the rights of all
   levels. Each geometry twice: as one writes it, with early exits, and without a branch on data, which lets the
   compiler use vector instructions. The benchmark compares with the faster one. */

#include <stddef.h>
#include <stdint.h>

enum { NO_FAULT, NOT_CANONICAL, NOT_PRESENT, MALFORMED, OUTSIDE, PROTECTION };

#define ARGUMENTS(word, address)                                                                          \
    const word *restrict words, uint64_t entries, uint64_t root, const address *restrict addresses, size_t count, \
        uint64_t *restrict physical, uint8_t *restrict faults, int write, int user, int execute
#define PICK(condition, chosen, otherwise) \
    (((chosen) & -(uint64_t)(condition)) | ((otherwise) & ~-(uint64_t)(condition)))
#define PICK32(condition, chosen, otherwise) \
    (((chosen) & -(uint32_t)(condition)) | ((otherwise) & ~-(uint32_t)(condition)))

/* 10 + 10 + 12 bits, entries of four bytes. */

void win32_exits(ARGUMENTS(uint32_t, uint32_t))
{
    uint32_t need = (write ? 2 : 0) | (user ? 4 : 0);
    (void)execute;
    for (size_t i = 0; i < count; i++) {
        uint32_t address = addresses[i];
        uint64_t place = (root >> 2) + (address >> 22);
        physical[i] = 0;
        if (place >= entries) { faults[i] = OUTSIDE; continue; }
        uint32_t entry = words[place], rights = entry;
        if (!(entry & 1)) { faults[i] = NOT_PRESENT; continue; }
        if (entry & 0x80) {
            if (entry & 0x3FE000) { faults[i] = MALFORMED; continue; }
            physical[i] = (entry & 0xFFC00000u) | (address & 0x3FFFFF);
        } else {
            place = ((uint64_t)(entry & 0xFFFFF000u) >> 2) + ((address >> 12) & 1023);
            if (place >= entries) { faults[i] = OUTSIDE; continue; }
            entry = words[place];
            if (!(entry & 1)) { faults[i] = NOT_PRESENT; continue; }
            rights &= entry;
            physical[i] = (entry & 0xFFFFF000u) | (address & 0xFFF);
        }
        faults[i] = (rights & need) == need ? NO_FAULT : PROTECTION;
    }
}

void win32_straight(ARGUMENTS(uint32_t, uint32_t))
{
    uint32_t need = (write ? 2 : 0) | (user ? 4 : 0);
    (void)execute;
    uint32_t size = (uint32_t)entries, top = (uint32_t)(root >> 2);
    for (size_t i = 0; i < count; i++) {
        uint32_t address = addresses[i];
        uint32_t place = top + (address >> 22);
        uint32_t in1 = place < size;
        uint32_t e1 = words[place & -in1];
        uint32_t next = ((e1 & 0xFFFFF000u) >> 2) + ((address >> 12) & 1023);
        uint32_t huge = (e1 >> 7) & 1;
        uint32_t in0 = next < size;
        uint32_t e0 = words[next & -in0];
        uint32_t f1 = PICK32(in1, PICK32(e1 & 1, PICK32(huge & ((e1 & 0x3FE000) != 0), MALFORMED, NO_FAULT), NOT_PRESENT), OUTSIDE);
        uint32_t f0 = PICK32(in0, PICK32(e0 & 1, NO_FAULT, NOT_PRESENT), OUTSIDE);
        uint32_t fault = PICK32(f1 != 0, f1, PICK32(huge, NO_FAULT, f0));
        uint32_t rights = e1 & (e0 | -huge);
        uint32_t inside = PICK32(huge, 0x3FFFFFu, 0xFFFu);
        uint32_t at = (PICK32(huge, e1, e0) & ~inside) | (address & inside);
        uint32_t fine = fault == 0;
        physical[i] = at & -fine;
        faults[i] = PICK32(fine, PICK32((rights & need) == need, NO_FAULT, PROTECTION), fault);
    }
}

/* Four levels of 9 bits, entries of eight bytes. */

#define FRAME 0x000FFFFFFFFFF000ull

void x86_64_exits(ARGUMENTS(uint64_t, uint64_t))
{
    uint64_t need = (write ? 2 : 0) | (user ? 4 : 0);
    for (size_t i = 0; i < count; i++) {
        uint64_t address = addresses[i], rights = ~0ull, never = 0, table = root, entry = 0;
        int64_t top = (int64_t)address >> 47;
        int shift = 39, fault = top == 0 || top == -1 ? NO_FAULT : NOT_CANONICAL;
        for (int level = 3; !fault; level--, shift -= 9) {
            uint64_t place = (table >> 3) + ((address >> shift) & 511);
            if (place >= entries) { fault = OUTSIDE; break; }
            entry = words[place];
            if (!(entry & 1)) { fault = NOT_PRESENT; break; }
            rights &= entry;
            never |= entry;
            table = entry & FRAME;
            if (level == 0) break;
            if (entry & 0x80) {
                uint64_t reserved = level == 3 ? 0x80 : ((1ull << shift) - 1) & ~0x1FFFull;
                if (entry & reserved) fault = MALFORMED;
                break;
            }
        }
        uint64_t inside = (1ull << shift) - 1;
        physical[i] = fault ? 0 : (table & ~inside) | (address & inside);
        int allowed = (rights & need) == need && !(execute && never >> 63);
        faults[i] = fault ? fault : allowed ? NO_FAULT : PROTECTION;
    }
}

void x86_64_straight(ARGUMENTS(uint64_t, uint64_t))
{
    uint64_t need = (write ? 2 : 0) | (user ? 4 : 0), never = execute ? 1ull << 63 : 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t address = addresses[i], table = root, rights = ~0ull, no = 0, inside = 0xFFF, entry = 0;
        uint64_t top = address >> 47, fault = PICK((top == 0) | (top == 0x1FFFF), NO_FAULT, NOT_CANONICAL);
        uint64_t going = fault == 0;
#define STEP(level, shift) { \
        uint64_t place = (table >> 3) + ((address >> shift) & 511); \
        uint64_t in = place < entries; \
        uint64_t e = words[place & -in]; \
        uint64_t leaf = level == 0 ? 1 : (e >> 7) & 1; \
        uint64_t span = (1ull << shift) - 1; \
        uint64_t reserved = level == 3 ? 0x80 : level == 0 ? 0 : (span & ~0x1FFFull) & -leaf; \
        uint64_t bad = PICK(in, PICK(e & 1, PICK((e & reserved) != 0, MALFORMED, NO_FAULT), NOT_PRESENT), OUTSIDE); \
        rights &= e | ~-going; no |= e & -going; \
        fault = PICK(going, bad, fault); entry = PICK(going, e, entry); inside = PICK(going, span, inside); \
        table = e & FRAME & -going; going &= (bad == 0) & (leaf ^ 1);  }
        STEP(3, 39) STEP(2, 30) STEP(1, 21) STEP(0, 12)
        uint64_t fine = fault == 0;
        physical[i] = ((entry & FRAME & ~inside) | (address & inside)) & -fine;
        faults[i] = PICK(fine, PICK(((rights & need) == need) & ((no & never) == 0), NO_FAULT, PROTECTION), fault);
    }
}

/* The limit: one load at random for each address. */

void gather32(const uint32_t *restrict indices, size_t count, const uint32_t *restrict words, uint32_t *restrict found)
{
    for (size_t i = 0; i < count; i++) found[i] = words[indices[i]];
}

void gather64(const uint32_t *restrict indices, size_t count, const uint64_t *restrict words, uint64_t *restrict found)
{
    for (size_t i = 0; i < count; i++) found[i] = words[indices[i]];
}
