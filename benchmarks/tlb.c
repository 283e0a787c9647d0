/* The peer of pagelaw.model.fast.tlb_simulation: the same set-associative TLB, written in C. See tlb.py. */

#include <stddef.h>
#include <stdint.h>

static inline uint64_t find(const uint64_t *set, uint64_t count, uint64_t page) {
    uint64_t at = 0;
    while (at < count && set[at] != page)
        at++;
    return at;
}

uint64_t run_lru(const uint64_t *restrict pages, size_t size, uint64_t *restrict tags, uint64_t *restrict filled,
                 uint64_t ways, uint64_t last_set) {
    uint64_t hits = 0;
    for (size_t index = 0; index < size; index++) {
        uint64_t page = pages[index], chosen = page & last_set, count = filled[chosen];
        uint64_t *set = tags + chosen * ways, at = find(set, count, page);
        if (at < count)
            hits++;
        else if (count < ways)
            filled[chosen] = count + 1;
        else
            at = ways - 1;
        for (; at > 0; at--)
            set[at] = set[at - 1];
        set[0] = page;
    }
    return hits;
}

uint64_t run_random(const uint64_t *restrict pages, size_t size, uint64_t *restrict tags, uint64_t *restrict filled,
                    uint64_t ways, uint64_t last_set) {
    uint64_t hits = 0, chance = 0x14057B7EF767814F;
    for (size_t index = 0; index < size; index++) {
        uint64_t page = pages[index], chosen = page & last_set, count = filled[chosen];
        uint64_t *set = tags + chosen * ways, at = find(set, count, page);
        if (at < count) {
            hits++;
        } else if (count < ways) {
            filled[chosen] = count + 1;
            set[count] = page;
        } else {
            chance = chance * 0x5851F42D4C957F2D + 0x14057B7EF767814F;
            set[(chance >> 33) % ways] = page;
        }
    }
    return hits;
}
