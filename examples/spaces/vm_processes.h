/*
 * Processes: their regions, their tables of two levels, and what an access to a page comes to.
 *
 *     process --+-- regions   first..end, rights, shared, object           changed by mmap, munmap, mprotect
 *               `-- table     512 x 512 entries -> frame -> 4096 bytes     filled by the first access
 */
#ifndef VM_PROCESSES_H
#define VM_PROCESSES_H
#include "vm_regions.h"

enum { FANOUT = 512, MOST_PROCESSES = 8 };

struct process {
    uint64_t number;
    struct regions regions;
    struct frame **table[FANOUT];
};

struct vm {
    uint64_t first, end;       /* pages of the window */
    struct frames frames;
    struct object *files;
    struct process *process[MOST_PROCESSES];
};

static inline struct process **slot_of(struct vm *vm, uint64_t number)
{
    for (int slot = 0; slot < MOST_PROCESSES; slot++)
        if (vm->process[slot] && vm->process[slot]->number == number)
            return &vm->process[slot];
    return NULL;
}

static inline struct process *process_of(struct vm *vm, uint64_t number)
{
    struct process **slot = slot_of(vm, number);
    return slot ? *slot : NULL;
}

static inline struct process *new_process(struct vm *vm, uint64_t number)
{
    for (int slot = 0; slot < MOST_PROCESSES; slot++)
        if (!vm->process[slot]) {
            vm->process[slot] = calloc(1, sizeof **vm->process);
            if (vm->process[slot])
                vm->process[slot]->number = number;
            return vm->process[slot];
        }
    return NULL;
}

/* The entry of a page, in a new table if `make`; NULL if there is none. */
static inline struct frame **entry_of(struct vm *vm, struct process *p, uint64_t page, int make)
{
    uint64_t index = page - vm->first;
    struct frame ***table = &p->table[index / FANOUT];
    if (!*table && make)
        *table = calloc(FANOUT, sizeof **table);
    return *table ? &(*table)[index % FANOUT] : NULL;
}

/* Private pages, or all, have no frame any more; the next access finds them as the first one did. */
static inline void empty(struct vm *vm, struct process *p, uint64_t first, uint64_t end, int shared_too)
{
    for (uint64_t page = first; page < end; page++) {
        struct region *region = region_at(&p->regions, page);
        struct frame **entry = entry_of(vm, p, page, 0);
        if (entry && region && (shared_too || !region->shared)) {
            drop_frame(&vm->frames, *entry);
            *entry = NULL;
        }
    }
}

/* Pages are free; there is room for the regions that this cuts. */
static inline void take_back(struct vm *vm, struct process *p, uint64_t first, uint64_t end)
{
    struct regions *r = &p->regions;
    empty(vm, p, first, end, 1);
    split(r, first);
    split(r, end);
    for (uint64_t place = place_of(r, first); place < r->count && r->region[place].first < end;) {
        drop_object(&vm->frames, r->region[place].object);
        take_out(r, place);
    }
}

/* The frame behind a page of an object, taken if there is none yet; NULL if it cannot be had. */
static inline struct frame *frame_in(struct vm *vm, struct object *object, uint64_t page)
{
    if (!object->frame[page])
        object->frame[page] = take_frame(&vm->frames);
    return object->frame[page];
}

/* What the fault handler does: a frame for a page that has none. */
static inline int32_t fill(struct vm *vm, const struct region *region, uint64_t page, struct frame **entry)
{
    struct object *object = region->object;
    uint64_t place = region->place + (page - region->first);
    if (object && place >= object->pages)
        return PAST_THE_END;
    *entry = object ? frame_in(vm, object, place) : take_frame(&vm->frames);
    if (*entry && object)
        (*entry)->references++;
    return *entry ? DONE : NO_MEMORY;
}

/* And when a page is written that others refer to: a copy of its own. */
static inline int32_t copy_on_write(struct vm *vm, struct frame **entry)
{
    struct frame *copy = take_frame(&vm->frames);
    if (!copy)
        return NO_MEMORY;
    memcpy(copy->bytes, (*entry)->bytes, PAGE);
    drop_frame(&vm->frames, *entry);
    *entry = copy;
    return DONE;
}

/* The byte that an access finds; one of `READ`, `WRITE` and `EXECUTE` is wanted. */
static inline int32_t reach(struct vm *vm, uint64_t process, uint64_t address, uint32_t wanted, uint8_t **byte)
{
    struct process *p = process_of(vm, process);
    if (!p)
        return ILLEGAL;
    const struct region *region = region_at(&p->regions, address / PAGE);
    if (!region || !(region->rights & wanted))
        return DENIED;
    struct frame **entry = entry_of(vm, p, address / PAGE, 1);
    if (!entry)
        return NO_MEMORY;
    int32_t result = *entry ? DONE : fill(vm, region, address / PAGE, entry);
    if (result == DONE && wanted == WRITE && !region->shared && (*entry)->references > 1)
        result = copy_on_write(vm, entry);
    if (result == DONE)
        *byte = &(*entry)->bytes[address % PAGE];
    return result;
}

#endif
