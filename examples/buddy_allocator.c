/*
 * A buddy allocator for pagelaw to check, in plain C.
 *
 *     cc -O2 -shared -fPIC -o buddy_allocator.so examples/buddy_allocator.c
 *     pagelaw check ./buddy_allocator.so
 *
 * `head[frame]` says which block begins at a frame: none, a free one or a live one, with its order. The free blocks of
 * an order form a doubly linked list through `next` and `previous`, so that every step takes constant time.
 */
#include <stdint.h>
#include <stdlib.h>

#define NONE UINT64_MAX
#define ORDERS 64

enum { NO_HEAD = 0, FREE = 1, LIVE = 128 }; /* FREE + order, LIVE + order */

struct arena {
    uint64_t frames;
    uint32_t max_order;
    uint8_t *head;
    uint64_t *next, *previous;
    uint64_t first[ORDERS];
};

static void push(struct arena *arena, uint64_t frame, uint32_t order)
{
    uint64_t old = arena->first[order];
    arena->head[frame] = (uint8_t)(FREE + order);
    arena->previous[frame] = NONE;
    arena->next[frame] = old;
    if (old != NONE)
        arena->previous[old] = frame;
    arena->first[order] = frame;
}

static void take(struct arena *arena, uint64_t frame, uint32_t order)
{
    uint64_t next = arena->next[frame], previous = arena->previous[frame];
    if (previous == NONE)
        arena->first[order] = next;
    else
        arena->next[previous] = next;
    if (next != NONE)
        arena->previous[next] = previous;
    arena->head[frame] = NO_HEAD;
}

void pagelaw_frames_close(void *state)
{
    struct arena *arena = state;
    free(arena->head);
    free(arena->next);
    free(arena->previous);
    free(arena);
}

void *pagelaw_frames_open(uint64_t frames, uint32_t max_order)
{
    struct arena *arena;
    if (frames == 0 || max_order >= ORDERS || !(arena = malloc(sizeof *arena)))
        return NULL;
    arena->frames = frames;
    arena->max_order = max_order;
    arena->head = calloc(frames, 1);
    arena->next = calloc(frames, sizeof *arena->next);
    arena->previous = calloc(frames, sizeof *arena->previous);
    if (!arena->head || !arena->next || !arena->previous) {
        pagelaw_frames_close(arena);
        return NULL;
    }
    for (uint32_t order = 0; order < ORDERS; order++)
        arena->first[order] = NONE;
    for (uint64_t frame = 0; frame < frames;) { /* the largest aligned block that fits, again and again */
        uint32_t order = 0;
        while (order < max_order && frame % (UINT64_C(2) << order) == 0 && frames - frame >= UINT64_C(2) << order)
            order++;
        push(arena, frame, order);
        frame += UINT64_C(1) << order;
    }
    return arena;
}

int64_t pagelaw_frames_allocate(void *state, uint32_t order)
{
    struct arena *arena = state;
    uint32_t source = order;
    while (source <= arena->max_order && arena->first[source] == NONE)
        source++;
    if (source > arena->max_order)
        return -1;
    uint64_t frame = arena->first[source];
    take(arena, frame, source);
    while (source > order) { /* keep the lower half, give the upper one back */
        source--;
        push(arena, frame + (UINT64_C(1) << source), source);
    }
    arena->head[frame] = (uint8_t)(LIVE + order);
    return (int64_t)frame;
}

int32_t pagelaw_frames_free(void *state, uint64_t frame, uint32_t order)
{
    struct arena *arena = state;
    if (frame >= arena->frames || order > arena->max_order || arena->head[frame] != LIVE + order)
        return -1;
    arena->head[frame] = NO_HEAD;
    for (; order < arena->max_order; order++) {
        uint64_t buddy = frame ^ UINT64_C(1) << order;
        if (buddy >= arena->frames || arena->head[buddy] != FREE + order)
            break;
        take(arena, buddy, order);
        if (buddy < frame)
            frame = buddy;
    }
    push(arena, frame, order);
    return 0;
}

/* Optional: with it, pagelaw compares the free blocks themselves. */
int64_t pagelaw_frames_free_blocks(void *state, uint64_t *frames, uint32_t *orders, uint64_t room)
{
    struct arena *arena = state;
    uint64_t count = 0;
    for (uint64_t frame = 0; frame < arena->frames; frame++)
        if (arena->head[frame] >= FREE && arena->head[frame] < LIVE) {
            if (count < room) {
                frames[count] = frame;
                orders[count] = arena->head[frame] - FREE;
            }
            count++;
        }
    return (int64_t)count;
}

/* Optional: what this allocator claims beyond the contract, and is then held to. */
const char *pagelaw_frames_capabilities(void)
{
    return "{\"policies\": [\"smallest-sufficient\", \"lower-half\"]}";
}
