/* Entries of x86-64's page tables, and the ranges that they map: four levels of 512 entries, level 0 the last. */
#ifndef X86_ENTRIES_H
#define X86_ENTRIES_H
#include <stdint.h>

enum { LEVELS = 4, ENTRIES = 512 };
enum { READ = 1, WRITE = 2, EXECUTE = 4, USER = 8 };

/* Bits of an entry. SHARED is one of those that the hardware leaves to software. */
#define PRESENT 0x001ull
#define WRITABLE 0x002ull
#define OPEN_TO_USER 0x004ull
#define HUGE_LEAF 0x080ull
#define SHARED 0x200ull
#define NO_EXECUTE (1ull << 63)
#define FRAME_FIELD 0x000ffffffffff000ull
#define TABLE (PRESENT | WRITABLE | OPEN_TO_USER)
#define LAST_FRAME (FRAME_FIELD >> 12)

static inline uint32_t shift_of(uint32_t level) { return 12 + 9 * level; }
static inline uint64_t span_of(uint32_t level) { return 1ull << shift_of(level); }
static inline uint64_t index_of(uint64_t address, uint32_t level) { return address >> shift_of(level) & (ENTRIES - 1); }
static inline uint64_t frame_of(uint64_t entry) { return (entry & FRAME_FIELD) >> 12; }
static inline int is_leaf(uint64_t entry, uint32_t level) { return level == 0 || (entry & HUGE_LEAF); }

static inline int is_canonical(uint64_t address) { return address >> 47 == 0 || address >> 47 == 0x1ffff; }

/* Whether whole pages of a level make up a range in one half of the addresses; it may end with the last one. */
static inline int is_range(uint64_t address, uint64_t pages, uint32_t level)
{
    if (level > 2 || address % span_of(level))
        return 0;
    if (pages == 0)
        return 1;
    if (pages > 1ull << (48 - shift_of(level)) || !is_canonical(address))
        return 0;
    uint64_t further = pages * span_of(level) - 1;
    return further <= UINT64_MAX - address && is_canonical(address + further) &&
           address >> 63 == (address + further) >> 63;
}

static inline int are_rights(uint32_t rights) { return (rights & READ) && rights < 2 * USER; }

static inline uint64_t bits_of(uint32_t rights)
{
    return PRESENT | (rights & WRITE ? WRITABLE : 0) | (rights & USER ? OPEN_TO_USER : 0) |
           (rights & EXECUTE ? 0 : NO_EXECUTE);
}

#endif
