/* Table memory: frames that are free or tables, the spaces that they belong to, and what cores may remember. */
#ifndef X86_MEMORY_H
#define X86_MEMORY_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "x86_entries.h"

enum { MOST_CORES = 64, FLUSH_ALL_ABOVE = 32 };
enum { DONE = 0, NO_MEMORY = -1, ILLEGAL = -2, NO_MAPPING = -3, DENIED = -4 };
enum { FLUSH_PAGE = 1, FLUSH_SPACE, FLUSH_ALL, RELEASE, UNLOCK, CLEAR, SET };
#define NONE UINT64_MAX

struct space { uint64_t number, root; };
struct event { uint64_t kind, numbers[3]; };

struct tables {
    uint64_t frames, cores, free, first_free, spaces, events, room;
    uint64_t (*memory)[ENTRIES];
    uint64_t *next;            /* of a free frame: the next one */
    uint16_t *used;            /* entries of a table that are not zero */
    struct space *space;
    struct event *event;
    int lost_events;
    int runs[MOST_CORES];      /* whether a core runs a space, and which */
    uint64_t running[MOST_CORES];
};

static inline void tell(struct tables *t, uint64_t kind, uint64_t first, uint64_t second, uint64_t third)
{
    if (t->events == t->room) {
        uint64_t room = 2 * t->room + 64;
        struct event *grown = realloc(t->event, room * sizeof *grown);
        if (!grown) {
            t->lost_events = 1;
            return;
        }
        t->event = grown;
        t->room = room;
    }
    t->event[t->events++] = (struct event){kind, {first, second, third}};
}

/* Cores that run the space forget `pages` pages from an address on: one by one, or where that takes long, all. */
static inline void flush(struct tables *t, uint64_t space, uint64_t address, uint64_t pages, uint32_t level)
{
    for (uint64_t core = 0; core < t->cores; core++) {
        if (!t->runs[core] || t->running[core] != space)
            continue;
        if (pages > FLUSH_ALL_ABOVE)
            tell(t, FLUSH_SPACE, core, space, 0);
        else
            for (uint64_t page = 0; page < pages; page++)
                tell(t, FLUSH_PAGE, core, space, address + page * span_of(level));
    }
}

static inline struct space *find(struct tables *t, uint64_t number)
{
    for (uint64_t place = 0; place < t->spaces; place++)
        if (t->space[place].number == number)
            return &t->space[place];
    return NULL;
}

static inline uint64_t take_frame(struct tables *t)
{
    uint64_t frame = t->first_free;
    t->first_free = t->next[frame];
    t->free--;
    memset(t->memory[frame], 0, sizeof t->memory[frame]);
    t->used[frame] = 0;
    return frame;
}

static inline void give_frame(struct tables *t, uint64_t frame)
{
    tell(t, RELEASE, frame, 0, 0);
    t->next[frame] = t->first_free;
    t->first_free = frame;
    t->free++;
}

static inline void put(struct tables *t, uint64_t frame, uint64_t index, uint64_t entry)
{
    t->used[frame] += (entry != 0) - (t->memory[frame][index] != 0);
    t->memory[frame][index] = entry;
}

/* The table at `level` on the way of an address, made where it is missing if `make`; NONE if there is none. */
static inline uint64_t table_at(struct tables *t, uint64_t root, uint64_t address, uint32_t level, int make)
{
    uint64_t frame = root;
    for (uint32_t at = LEVELS - 1; at > level; at--) {
        uint64_t index = index_of(address, at), entry = t->memory[frame][index];
        if (entry && is_leaf(entry, at))
            return NONE;
        if (!entry && !make)
            return NONE;
        if (!entry) {
            entry = take_frame(t) << 12 | TABLE;
            put(t, frame, index, entry);
        }
        frame = frame_of(entry);
    }
    return frame;
}

/* The entry that maps an address; its table and level too. NULL if there is none. */
static inline uint64_t *leaf_at(struct tables *t, uint64_t root, uint64_t address, uint64_t *table, uint32_t *level)
{
    uint64_t frame = root;
    for (uint32_t at = LEVELS; at-- > 0;) {
        uint64_t *entry = &t->memory[frame][index_of(address, at)];
        if (!*entry)
            return NULL;
        *table = frame;
        *level = at;
        if (is_leaf(*entry, at))
            return entry;
        frame = frame_of(*entry);
    }
    return NULL;
}

/* Unlink the tables over an address that have become empty; they are told in `gone` and released later. */
static inline uint64_t prune(struct tables *t, uint64_t root, uint64_t address, uint32_t level, uint64_t *gone)
{
    uint64_t count = 0;
    for (; level < LEVELS - 1; level++) {
        uint64_t frame = table_at(t, root, address, level, 0);
        if (frame == NONE || t->used[frame])
            break;
        put(t, table_at(t, root, address, level + 1, 0), index_of(address, level + 1), 0);
        gone[count++] = frame;
    }
    return count;
}

#endif
