/*
 * Page tables of x86-64, built in a buffer as an operating system builds them, for pagelaw to check.
 *
 *     cc -O2 -shared -fPIC -o x86_tables.so examples/pagetables/x86_tables.c
 *     pagelaw check ./x86_tables.so --contract translation
 *
 * Physical memory begins with `frames` frames for tables; the buffer is those frames. Four levels of 512 entries, leaves
 * of 4 KiB, 2 MiB and 1 GiB. An empty table is given back at once, and every call first makes sure that it can be
 * done, so that one that fails has changed nothing. What a core may remember is flushed before a table is released.
 */
#include "x86_memory.h"

/* Tables that are missing for a range, or more than there are free frames. */
static uint64_t missing(struct tables *t, uint64_t root, uint64_t address, uint64_t pages, uint32_t level)
{
    uint64_t count = 0, last = address + (pages * span_of(level) - 1);
    for (uint32_t at = level; at < LEVELS - 1; at++) {
        uint64_t first = address >> shift_of(at + 1), end = last >> shift_of(at + 1);
        for (uint64_t part = first; part <= end && count <= t->free; part++) {
            uint64_t frame = root;
            uint32_t above = LEVELS - 1;
            for (; above > at; above--) {
                uint64_t entry = t->memory[frame][index_of(part << shift_of(at + 1), above)];
                if (!entry || is_leaf(entry, above))
                    break;
                frame = frame_of(entry);
            }
            count += above > at;
        }
    }
    return count;
}

void pagelaw_translation_close(void *state)
{
    struct tables *t = state;
    free(t->memory);
    free(t->next);
    free(t->used);
    free(t->space);
    free(t->event);
    free(t);
}

void *pagelaw_translation_open(uint64_t frames, const char *geometry, uint32_t cores)
{
    if (strcmp(geometry, "x86-64") || !frames || frames > LAST_FRAME || !cores || cores > MOST_CORES)
        return NULL;
    struct tables *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->frames = t->free = frames;
    t->cores = cores;
    t->memory = calloc(frames, sizeof *t->memory);
    t->next = calloc(frames, sizeof *t->next);
    t->used = calloc(frames, sizeof *t->used);
    t->space = calloc(frames, sizeof *t->space);
    if (!t->memory || !t->next || !t->used || !t->space) {
        pagelaw_translation_close(t);
        return NULL;
    }
    for (uint64_t frame = 0; frame < frames; frame++)
        t->next[frame] = frame + 1;
    return t;
}

const char *pagelaw_translation_capabilities(void)
{
    return "{\"geometries\": [\"x86-64\"], \"cores\": 64, \"levels\": 2, \"reclaims\": \"eager\"}";
}

int32_t pagelaw_translation_create(void *state, uint64_t space)
{
    struct tables *t = state;
    t->events = 0;
    if (find(t, space))
        return ILLEGAL;
    if (!t->free)
        return NO_MEMORY;
    t->space[t->spaces++] = (struct space){space, take_frame(t)};
    return DONE;
}

static void release_below(struct tables *t, uint64_t frame, uint32_t level)
{
    for (uint64_t index = 0; level && index < ENTRIES; index++) {
        uint64_t entry = t->memory[frame][index];
        if (entry && !is_leaf(entry, level))
            release_below(t, frame_of(entry), level - 1);
    }
    give_frame(t, frame);
}

int32_t pagelaw_translation_drop(void *state, uint64_t space)
{
    struct tables *t = state;
    struct space *known = find(t, space);
    t->events = 0;
    if (!known)
        return ILLEGAL;
    for (uint64_t core = 0; core < t->cores; core++)
        if (t->runs[core] && t->running[core] == space) {
            tell(t, FLUSH_ALL, core, 0, 0);
            t->runs[core] = 0;
        }
    uint64_t root = known->root;
    *known = t->space[--t->spaces];
    release_below(t, root, LEVELS - 1);
    return DONE;
}

static uint64_t tables_in(struct tables *t, uint64_t frame, uint32_t level)
{
    uint64_t count = 1;
    for (uint64_t index = 0; level && index < ENTRIES; index++) {
        uint64_t entry = t->memory[frame][index];
        if (entry && !is_leaf(entry, level))
            count += tables_in(t, frame_of(entry), level - 1);
    }
    return count;
}

/* A copy of a table and all below it; leaves that are not shared lose their write right in both. */
static uint64_t copied(struct tables *t, uint64_t source, uint32_t level)
{
    uint64_t frame = take_frame(t);
    for (uint64_t index = 0; index < ENTRIES; index++) {
        uint64_t entry = t->memory[source][index];
        if (!entry)
            continue;
        if (!is_leaf(entry, level))
            put(t, frame, index, copied(t, frame_of(entry), level - 1) << 12 | TABLE);
        else {
            entry &= entry & SHARED ? ~0ull : ~WRITABLE;
            put(t, source, index, entry);
            put(t, frame, index, entry);
        }
    }
    return frame;
}

int32_t pagelaw_translation_copy(void *state, uint64_t source, uint64_t space)
{
    struct tables *t = state;
    struct space *known = find(t, source);
    t->events = 0;
    if (!known || find(t, space))
        return ILLEGAL;
    if (tables_in(t, known->root, LEVELS - 1) > t->free)
        return NO_MEMORY;
    t->space[t->spaces] = (struct space){space, copied(t, known->root, LEVELS - 1)};
    t->spaces++;
    flush(t, source, 0, FLUSH_ALL_ABOVE + 1, 0);
    return DONE;
}

int32_t pagelaw_translation_map(void *state, uint64_t space, uint64_t address, uint64_t frame, uint64_t pages,
                                uint32_t level, uint32_t rights, uint32_t shared)
{
    struct tables *t = state;
    struct space *known = find(t, space);
    t->events = 0;
    if (!known || !is_range(address, pages, level) || !are_rights(rights))
        return ILLEGAL;
    if (!pages)
        return DONE;
    uint64_t size = span_of(level) >> 12;
    if (frame < t->frames || frame % size || frame > LAST_FRAME || pages * size - 1 > LAST_FRAME - frame)
        return ILLEGAL;
    if (missing(t, known->root, address, pages, level) > t->free)
        return NO_MEMORY;
    for (uint64_t page = 0; page < pages; page++) {
        uint64_t place = address + page * span_of(level), table;
        uint32_t there;
        if (leaf_at(t, known->root, place, &table, &there))
            return ILLEGAL;
        table = table_at(t, known->root, place, level, 0);
        if (table != NONE && t->memory[table][index_of(place, level)])
            return ILLEGAL;
    }
    uint64_t bits = bits_of(rights) | (level ? HUGE_LEAF : 0) | (shared ? SHARED : 0);
    for (uint64_t page = 0; page < pages; page++) {
        uint64_t place = address + page * span_of(level);
        uint64_t table = table_at(t, known->root, place, level, 1);
        put(t, table, index_of(place, level), (frame + page * size) << 12 | bits);
    }
    return DONE;
}

/* Whether every page of a range is mapped by a leaf of its level. */
static int all_mapped(struct tables *t, uint64_t root, uint64_t address, uint64_t pages, uint32_t level)
{
    for (uint64_t page = 0; page < pages; page++) {
        uint64_t table;
        uint32_t there;
        if (!leaf_at(t, root, address + page * span_of(level), &table, &there) || there != level)
            return 0;
    }
    return 1;
}

int32_t pagelaw_translation_unmap(void *state, uint64_t space, uint64_t address, uint64_t pages, uint32_t level)
{
    struct tables *t = state;
    struct space *known = find(t, space);
    t->events = 0;
    if (!known || !is_range(address, pages, level))
        return ILLEGAL;
    if (!all_mapped(t, known->root, address, pages, level))
        return NO_MAPPING;
    uint64_t *gone = calloc(t->frames, sizeof *gone), count = 0;
    if (!gone)
        return NO_MEMORY;
    for (uint64_t page = 0; page < pages; page++) {
        uint64_t place = address + page * span_of(level);
        put(t, table_at(t, known->root, place, level, 0), index_of(place, level), 0);
        count += prune(t, known->root, place, level, gone + count);
    }
    flush(t, space, address, pages, level);
    while (count)
        give_frame(t, gone[--count]);
    free(gone);
    return DONE;
}

int32_t pagelaw_translation_protect(void *state, uint64_t space, uint64_t address, uint64_t pages, uint32_t level,
                                    uint32_t rights)
{
    struct tables *t = state;
    struct space *known = find(t, space);
    t->events = 0;
    if (!known || !is_range(address, pages, level) || !are_rights(rights))
        return ILLEGAL;
    if (!all_mapped(t, known->root, address, pages, level))
        return NO_MAPPING;
    for (uint64_t page = 0; page < pages; page++) {
        uint64_t place = address + page * span_of(level);
        uint64_t *entry = &t->memory[table_at(t, known->root, place, level, 0)][index_of(place, level)];
        *entry = (*entry & (FRAME_FIELD | HUGE_LEAF * (level > 0) | SHARED)) | bits_of(rights);
    }
    flush(t, space, address, pages, level);
    return DONE;
}

int32_t pagelaw_translation_split(void *state, uint64_t space, uint64_t address)
{
    struct tables *t = state;
    struct space *known = find(t, space);
    uint64_t table, *entry;
    uint32_t level;
    t->events = 0;
    if (!known)
        return ILLEGAL;
    if (!is_canonical(address) || !(entry = leaf_at(t, known->root, address, &table, &level)))
        return NO_MAPPING;
    if (!level)
        return ILLEGAL;
    if (!t->free)
        return NO_MEMORY;
    uint64_t lower = take_frame(t), bits = *entry & ~FRAME_FIELD & ~(level == 1 ? HUGE_LEAF : 0);
    uint64_t index = index_of(address, level), first = address & ~(span_of(level) - 1);
    for (uint64_t piece = 0; piece < ENTRIES; piece++)
        put(t, lower, piece, ((frame_of(*entry) << 12) + piece * span_of(level - 1)) | bits);
    /* No core may know the page in both sizes: the entry goes, then what cores remember, then the table comes. */
    put(t, table, index, 0);
    tell(t, CLEAR, space, first, 0);
    flush(t, space, first, 1, level);
    put(t, table, index, lower << 12 | TABLE);
    tell(t, SET, space, first, 0);
    return DONE;
}

int64_t pagelaw_translation_translate(void *state, uint64_t space, uint64_t address, uint32_t access)
{
    struct tables *t = state;
    struct space *known = find(t, space);
    uint64_t table, *entry;
    uint32_t level, kind = access & ~(uint32_t)USER;
    t->events = 0;
    if (!known || (kind != READ && kind != WRITE && kind != EXECUTE))
        return ILLEGAL;
    if (!is_canonical(address) || !(entry = leaf_at(t, known->root, address, &table, &level)))
        return NO_MAPPING;
    if ((access & USER && !(*entry & OPEN_TO_USER)) || (kind == WRITE && !(*entry & WRITABLE)) ||
        (kind == EXECUTE && *entry & NO_EXECUTE))
        return DENIED;
    return (int64_t)((frame_of(*entry) << 12) | (address & (span_of(level) - 1)));
}

int32_t pagelaw_translation_switch(void *state, uint32_t core, uint64_t space)
{
    struct tables *t = state;
    t->events = 0;
    if (core >= t->cores || !find(t, space))
        return ILLEGAL;
    tell(t, FLUSH_ALL, core, 0, 0); /* as writing CR3 does */
    t->runs[core] = 1;
    t->running[core] = space;
    return DONE;
}

uint64_t pagelaw_translation_root(void *state, uint64_t space)
{
    struct space *known = find(state, space);
    return known ? known->root << 12 : NONE;
}

const void *pagelaw_translation_memory(void *state) { return ((struct tables *)state)->memory; }

int64_t pagelaw_translation_free_frames(void *state, uint64_t *frames, uint64_t room)
{
    struct tables *t = state;
    uint64_t frame = t->first_free;
    for (uint64_t place = 0; place < t->free && place < room; place++, frame = t->next[frame])
        frames[place] = frame;
    return (int64_t)t->free;
}

int64_t pagelaw_translation_events(void *state, uint64_t *quads, uint64_t room)
{
    struct tables *t = state;
    if (t->lost_events)
        return NO_MEMORY;
    for (uint64_t place = 0; place < t->events && place < room; place++) {
        quads[4 * place] = t->event[place].kind;
        memcpy(quads + 4 * place + 1, t->event[place].numbers, sizeof t->event[place].numbers);
    }
    return (int64_t)t->events;
}
