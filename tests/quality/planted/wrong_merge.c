/*
 * A bug in C: a freed block is merged with the free block behind it, whether that is its buddy or not.
 *
 * `head[frame]` is 0, FREE + order or LIVE + order of the block that begins there; a search goes through all frames.
 */
#include <stdint.h>
#include <stdlib.h>

enum { FREE = 1, LIVE = 128 };

struct arena {
    uint64_t frames;
    uint32_t max_order;
    uint8_t head[];
};

void *pagelaw_frames_open(uint64_t frames, uint32_t max_order)
{
    struct arena *arena = calloc(1, sizeof *arena + frames);
    if (!arena)
        return NULL;
    arena->frames = frames;
    arena->max_order = max_order;
    for (uint64_t frame = 0; frame < frames;) {
        uint32_t order = 0;
        while (order < max_order && frame % (UINT64_C(2) << order) == 0 && frames - frame >= UINT64_C(2) << order)
            order++;
        arena->head[frame] = (uint8_t)(FREE + order);
        frame += UINT64_C(1) << order;
    }
    return arena;
}

int64_t pagelaw_frames_allocate(void *state, uint32_t order)
{
    struct arena *arena = state;
    for (uint32_t source = order; source <= arena->max_order; source++)
        for (uint64_t frame = 0; frame < arena->frames; frame++)
            if (arena->head[frame] == FREE + source) {
                while (source > order) {
                    source--;
                    arena->head[frame + (UINT64_C(1) << source)] = (uint8_t)(FREE + source);
                }
                arena->head[frame] = (uint8_t)(LIVE + order);
                return (int64_t)frame;
            }
    return -1;
}

int32_t pagelaw_frames_free(void *state, uint64_t frame, uint32_t order)
{
    struct arena *arena = state;
    if (frame >= arena->frames || order > arena->max_order || arena->head[frame] != LIVE + order)
        return -1;
    for (; order < arena->max_order; order++) {
        uint64_t next = frame + (UINT64_C(1) << order); /* the bug: frame ^ 1 << order is the buddy */
        if (next >= arena->frames || arena->head[next] != FREE + order)
            break;
        arena->head[next] = 0;
    }
    arena->head[frame] = (uint8_t)(FREE + order);
    return 0;
}

void pagelaw_frames_close(void *state)
{
    free(state);
}
