/*
 * What a process was given: regions in an array, upward, none over another, and no two that could be one.
 *
 * Numbers are those of pages; `end` is the page after the last. Whoever changes regions makes room first, so that what
 * has begun cannot fail.
 */
#ifndef VM_REGIONS_H
#define VM_REGIONS_H
#include "vm_frames.h"

enum { READ = 1, WRITE = 2, EXECUTE = 4 };

struct region {
    uint64_t first, end;
    uint32_t rights, shared;
    struct object *object;     /* what is behind it, from its page `place` on; NULL: zeros */
    uint64_t place;
};

struct regions {
    uint64_t count, room;
    struct region *region;
};

/* Room for what one call adds: two halves, and something between. */
static inline int make_room(struct regions *r)
{
    if (r->count + 3 <= r->room)
        return 1;
    uint64_t room = 2 * r->room + 8;
    struct region *grown = realloc(r->region, room * sizeof *grown);
    if (!grown)
        return 0;
    r->region = grown;
    r->room = room;
    return 1;
}

/* The place of the first region that ends after a page. */
static inline uint64_t place_of(const struct regions *r, uint64_t page)
{
    uint64_t low = 0, high = r->count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (r->region[middle].end <= page)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline struct region *region_at(const struct regions *r, uint64_t page)
{
    uint64_t place = place_of(r, page);
    return place < r->count && r->region[place].first <= page ? &r->region[place] : NULL;
}

static inline int is_free(const struct regions *r, uint64_t first, uint64_t end)
{
    uint64_t place = place_of(r, first);
    return place == r->count || r->region[place].first >= end;
}

static inline int is_given(const struct regions *r, uint64_t first, uint64_t end)
{
    for (uint64_t place = place_of(r, first); first < end; place++) {
        if (place == r->count || r->region[place].first > first)
            return 0;
        first = r->region[place].end;
    }
    return 1;
}

/* The lowest `count` free pages side by side between two pages; `end` if there are none. */
static inline uint64_t find_gap(const struct regions *r, uint64_t count, uint64_t first, uint64_t end)
{
    for (uint64_t place = 0; place < r->count; place++) {
        if (r->region[place].first - first >= count)
            return first;
        first = r->region[place].end;
    }
    return end - first >= count ? first : end;
}

static inline void insert(struct regions *r, struct region added)
{
    uint64_t place = place_of(r, added.first);
    memmove(&r->region[place + 1], &r->region[place], (r->count - place) * sizeof added);
    r->region[place] = added;
    r->count++;
}

static inline void take_out(struct regions *r, uint64_t place)
{
    r->count--;
    memmove(&r->region[place], &r->region[place + 1], (r->count - place) * sizeof *r->region);
}

/* A region that goes on over a page ends there, and another one begins. */
static inline void split(struct regions *r, uint64_t page)
{
    struct region *lower = region_at(r, page);
    if (!lower || lower->first == page)
        return;
    struct region upper = *lower;
    upper.first = page;
    if (upper.object) {
        upper.place += page - lower->first;
        upper.object->references++;
    }
    lower->end = page;
    insert(r, upper);
}

static inline int are_one(const struct region *a, const struct region *b)
{
    return a->end == b->first && a->rights == b->rights && a->shared == b->shared && a->object == b->object &&
           (!a->object || a->place + (a->end - a->first) == b->place);
}

static inline void merge(struct regions *r, struct frames *frames)
{
    for (uint64_t place = 0; place + 1 < r->count;) {
        struct region *lower = &r->region[place], *upper = lower + 1;
        if (!are_one(lower, upper)) {
            place++;
            continue;
        }
        lower->end = upper->end;
        drop_object(frames, upper->object);
        take_out(r, place + 1);
    }
}

#endif
