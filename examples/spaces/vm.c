/*
 * Address spaces as a small Unix has them, for pagelaw to check.
 *
 *     cc -O2 -shared -fPIC -o vm.so examples/spaces/vm.c
 *     pagelaw check ./vm.so --contract space
 *
 * Pages are zeroed when they are accessed first. After a fork both processes refer to the same frames; who writes to a
 * private page whose frame somebody else refers to takes a copy of it first. What can fail comes first in every call,
 * so that a call that is refused has changed nothing.
 */
#include "vm_processes.h"

enum { DONTNEED = 1, FREE = 2 };
#define NO_FILE (-1)

static int is_inside(const struct vm *vm, uint64_t first, uint64_t end) { return vm->first <= first && end <= vm->end; }

static struct object *file_of(struct vm *vm, int64_t number)
{
    struct object *file = vm->files;
    while (file && file->file != number)
        file = file->next;
    return file;
}

/* -- arenas and processes ---------------------------------------------------------------------------------------- */

void *pagelaw_space_open(uint64_t pages, const char *dialect, uint64_t base, uint64_t frames, uint64_t limit)
{
    if (strcmp(dialect, "linux") || pages > FANOUT * FANOUT || limit)
        return NULL;
    struct vm *vm = calloc(1, sizeof *vm);
    if (vm) {
        vm->first = base / PAGE;
        vm->end = vm->first + pages;
        vm->frames.most = frames;
    }
    return vm;
}

const char *pagelaw_space_capabilities(void)
{
    return "{\"processes\": 8, \"merging\": true, \"base\": true, \"frames\": true}";
}

int32_t pagelaw_space_create(void *state, uint64_t process)
{
    if (process_of(state, process))
        return ILLEGAL;
    return new_process(state, process) ? DONE : NO_MEMORY;
}

int32_t pagelaw_space_exit(void *state, uint64_t process)
{
    struct vm *vm = state;
    struct process **slot = slot_of(vm, process);
    if (!slot)
        return ILLEGAL;
    take_back(vm, *slot, vm->first, vm->end);
    for (int table = 0; table < FANOUT; table++)
        free((*slot)->table[table]);
    free((*slot)->regions.region);
    free(*slot);
    *slot = NULL;
    return DONE;
}

/* The child refers to the frames of its parent; 0 if there is no memory for its tables. */
static int share_frames(struct vm *vm, struct process *parent, struct process *child)
{
    for (uint64_t page = vm->first; page < vm->end; page++) {
        struct frame **entry = entry_of(vm, parent, page, 0), **copy;
        if (!entry || !*entry)
            continue;
        if (!(copy = entry_of(vm, child, page, 1)))
            return 0;
        *copy = *entry;
        (*copy)->references++;
    }
    return 1;
}

int32_t pagelaw_space_fork(void *state, uint64_t process, uint64_t child)
{
    struct vm *vm = state;
    struct process *parent = process_of(vm, process), *made;
    if (!parent || process_of(vm, child))
        return ILLEGAL;
    if (!(made = new_process(vm, child)))
        return NO_MEMORY;
    while (made->regions.count < parent->regions.count && make_room(&made->regions)) {
        struct region region = parent->regions.region[made->regions.count];
        if (region.object)
            region.object->references++;
        made->regions.region[made->regions.count++] = region;
    }
    if (made->regions.count == parent->regions.count && share_frames(vm, parent, made))
        return DONE;
    pagelaw_space_exit(vm, child);
    return NO_MEMORY;
}

void pagelaw_space_close(void *state)
{
    struct vm *vm = state;
    for (int slot = 0; slot < MOST_PROCESSES; slot++)
        if (vm->process[slot])
            pagelaw_space_exit(vm, vm->process[slot]->number);
    for (struct object *file; (file = vm->files);) {
        vm->files = file->next;
        drop_object(&vm->frames, file);
    }
    for (struct frame *frame; (frame = vm->frames.free);) {
        vm->frames.free = frame->next;
        free(frame);
    }
    free(vm);
}

/* -- accesses ------------------------------------------------------------------------------------------------------ */

int32_t pagelaw_space_read(void *state, uint64_t process, uint64_t address)
{
    uint8_t *byte;
    int32_t result = reach(state, process, address, READ, &byte);
    return result == DONE ? *byte : result;
}

int32_t pagelaw_space_write(void *state, uint64_t process, uint64_t address, uint32_t value)
{
    uint8_t *byte;
    int32_t result = value > UINT8_MAX ? ILLEGAL : reach(state, process, address, WRITE, &byte);
    if (result == DONE)
        *byte = (uint8_t)value;
    return result;
}

int32_t pagelaw_space_execute(void *state, uint64_t process, uint64_t address)
{
    uint8_t *byte;
    return reach(state, process, address, EXECUTE, &byte);
}

/* -- giving and taking back ---------------------------------------------------------------------------------------- */

int32_t pagelaw_space_mmap(void *state, uint64_t process, uint64_t address, uint64_t length, uint32_t rights,
                           uint32_t shared, uint32_t fixed, int64_t file, uint64_t offset, uint64_t *given)
{
    struct vm *vm = state;
    struct process *p = process_of(vm, process);
    struct object *object = file == NO_FILE ? NULL : file_of(vm, file);
    uint64_t count = pages_in(length), first = address / PAGE;
    if (!p || !length || offset % PAGE || (fixed && address % PAGE) || rights > (READ | WRITE | EXECUTE))
        return ILLEGAL;
    if ((file != NO_FILE && !object) || (fixed && !is_inside(vm, first, first + count)))
        return ILLEGAL;
    int hint = address && address % PAGE == 0 && is_inside(vm, first, first + count);
    if (!fixed && !(hint && is_free(&p->regions, first, first + count)))
        first = find_gap(&p->regions, count, vm->first, vm->end);
    if (first == vm->end)
        return NO_ADDRESSES;
    if (!make_room(&p->regions))
        return NO_MEMORY;
    if (object)
        object->references++;
    else if (shared && !(object = new_object(length, NO_FILE)))
        return NO_MEMORY;
    take_back(vm, p, first, first + count);
    insert(&p->regions, (struct region){first, first + count, rights, shared, object, object ? offset / PAGE : 0});
    merge(&p->regions, &vm->frames);
    *given = first * PAGE;
    return DONE;
}

int32_t pagelaw_space_munmap(void *state, uint64_t process, uint64_t address, uint64_t length)
{
    struct vm *vm = state;
    struct process *p = process_of(vm, process);
    uint64_t first = address / PAGE, end = first + pages_in(length);
    if (!p || !length || address % PAGE || !is_inside(vm, first, end))
        return ILLEGAL;
    if (!make_room(&p->regions))
        return NO_MEMORY;
    take_back(vm, p, first, end);
    return DONE;
}

/* The process, and the pages of a range all of which were given to it. */
static int32_t given_in(struct vm *vm, uint64_t process, uint64_t address, uint64_t length, struct process **p,
                        uint64_t *first, uint64_t *end)
{
    *p = process_of(vm, process);
    *first = address / PAGE;
    *end = *first + pages_in(length);
    if (!*p || address % PAGE)
        return ILLEGAL;
    return is_given(&(*p)->regions, *first, *end) ? DONE : NO_MAPPING;
}

int32_t pagelaw_space_mprotect(void *state, uint64_t process, uint64_t address, uint64_t length, uint32_t rights)
{
    struct vm *vm = state;
    struct process *p;
    uint64_t first, end;
    int32_t result = given_in(vm, process, address, length, &p, &first, &end);
    if (result != DONE || first == end)
        return result;
    if (rights > (READ | WRITE | EXECUTE))
        return ILLEGAL;
    if (!make_room(&p->regions))
        return NO_MEMORY;
    split(&p->regions, first);
    split(&p->regions, end);
    for (uint64_t place = place_of(&p->regions, first); first < end; place++) {
        p->regions.region[place].rights = rights;
        first = p->regions.region[place].end;
    }
    merge(&p->regions, &vm->frames);
    return DONE;
}

/* -- advice and looks ---------------------------------------------------------------------------------------------- */

int32_t pagelaw_space_madvise(void *state, uint64_t process, uint64_t address, uint64_t length, uint32_t advice)
{
    struct process *p;
    uint64_t first, end;
    int32_t result = given_in(state, process, address, length, &p, &first, &end);
    if (result == ILLEGAL || (advice != DONTNEED && advice != FREE))
        return ILLEGAL;
    if (result == DONE && advice == DONTNEED)
        empty(state, p, first, end, 0);
    return result;
}

int32_t pagelaw_space_mincore(void *state, uint64_t process, uint64_t address, uint64_t length, uint8_t *resident,
                              uint64_t room)
{
    struct process *p;
    uint64_t first, end;
    int32_t result = given_in(state, process, address, length, &p, &first, &end);
    for (uint64_t page = 0; result == DONE && page < room; page++) {
        struct frame **entry = entry_of(state, p, first + page, 0);
        resident[page] = entry && *entry;
    }
    return result;
}

int32_t pagelaw_space_maps(void *state, uint64_t process, uint64_t *fields, uint64_t room)
{
    struct process *p = process_of(state, process);
    if (!p)
        return ILLEGAL;
    for (uint64_t place = 0; place < p->regions.count && place < room; place++) {
        const struct region *r = &p->regions.region[place];
        int64_t file = r->object ? r->object->file : NO_FILE;
        uint64_t offset = file == NO_FILE ? 0 : r->place * PAGE, length = (r->end - r->first) * PAGE;
        uint64_t told[] = {r->first * PAGE, length, r->rights, r->shared, (uint64_t)file, offset};
        memcpy(fields + 6 * place, told, sizeof told);
    }
    return (int32_t)p->regions.count;
}

/* -- files --------------------------------------------------------------------------------------------------------- */

int32_t pagelaw_space_file(void *state, int64_t file, uint64_t length)
{
    struct vm *vm = state;
    if (file_of(vm, file))
        return ILLEGAL;
    struct object *made = new_object(length, file);
    if (!made)
        return NO_MEMORY;
    made->next = vm->files;
    vm->files = made;
    return DONE;
}

int32_t pagelaw_space_load(void *state, int64_t file, uint64_t offset)
{
    struct object *known = file_of(state, file);
    if (!known || offset >= known->length)
        return ILLEGAL;
    struct frame *frame = known->frame[offset / PAGE];
    return frame ? frame->bytes[offset % PAGE] : 0;
}

int32_t pagelaw_space_store(void *state, int64_t file, uint64_t offset, uint32_t value)
{
    struct object *known = file_of(state, file);
    if (!known || offset >= known->length || value > UINT8_MAX)
        return ILLEGAL;
    struct frame *frame = frame_in(state, known, offset / PAGE);
    if (!frame)
        return NO_MEMORY;
    frame->bytes[offset % PAGE] = (uint8_t)value;
    return DONE;
}
