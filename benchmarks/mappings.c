/* The limits of an audit of page tables: memory copied, and the bitmap of frames alone, over leaves that lie in a row. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

void copy(void *target, const void *source, size_t bytes) { memcpy(target, source, bytes); }

uint64_t sum(const uint64_t *words, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) total += words[i];
    return total;
}

/* How many of the frames are mapped twice, by a bit for each frame; entries of x86-64. */
uint64_t doubled(const uint64_t *leaves, size_t count, uint64_t *bits, size_t frames)
{
    uint64_t found = 0;
    memset(bits, 0, (frames + 63) / 64 * 8);
    for (size_t i = 0; i < count; i++) {
        uint64_t frame = (leaves[i] & 0x000FFFFFFFFFF000ull) >> 12, bit = (leaves[i] & 1) << (frame & 63);
        found += (bits[frame >> 6] & bit) != 0;
        bits[frame >> 6] |= bit;
    }
    return found;
}
