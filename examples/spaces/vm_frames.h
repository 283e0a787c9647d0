/* Frames of physical memory, each counted by who refers to it, and objects: files, and memory that is shared. */
#ifndef VM_FRAMES_H
#define VM_FRAMES_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096 };
enum { DONE = 0, NO_MEMORY = -1, ILLEGAL = -2, NO_MAPPING = -3, DENIED = -4, NO_ADDRESSES = -5, PAST_THE_END = -8 };

struct frame {
    uint64_t references;
    struct frame *next;        /* of a free frame: the next one */
    uint8_t bytes[PAGE];
};

struct frames {
    uint64_t most, used;       /* most: 0 for as many as there are */
    struct frame *free;
};

/* A frame of zeros with one reference; NULL if all are in use. */
static inline struct frame *take_frame(struct frames *frames)
{
    struct frame *frame = frames->free;
    if (frames->most && frames->used == frames->most)
        return NULL;
    if (frame) {
        frames->free = frame->next;
        memset(frame->bytes, 0, PAGE);
    } else if (!(frame = calloc(1, sizeof *frame)))
        return NULL;
    frame->references = 1;
    frames->used++;
    return frame;
}

static inline void drop_frame(struct frames *frames, struct frame *frame)
{
    if (!frame || --frame->references)
        return;
    frame->next = frames->free;
    frames->free = frame;
    frames->used--;
}

/* Contents that several may see. A page without a frame is zeros that nobody has asked for yet. */
struct object {
    uint64_t references, length, pages;
    int64_t file;              /* the number of a file; -1: nobody can name it */
    struct object *next;       /* the next file */
    struct frame *frame[];
};

static inline uint64_t pages_in(uint64_t length) { return length / PAGE + (length % PAGE != 0); }

static inline struct object *new_object(uint64_t length, int64_t file)
{
    uint64_t pages = pages_in(length);
    struct object *object = calloc(1, sizeof *object + pages * sizeof *object->frame);
    if (object) {
        object->references = 1;
        object->length = length;
        object->pages = pages;
        object->file = file;
    }
    return object;
}

static inline void drop_object(struct frames *frames, struct object *object)
{
    if (!object || --object->references)
        return;
    for (uint64_t page = 0; page < object->pages; page++)
        drop_frame(frames, object->frame[page]);
    free(object);
}

#endif
