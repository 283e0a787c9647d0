/* The peer of the compiled core: a buddy allocator in C with the same layout and the same contract.
 *
 * One byte for each frame says which block begins there; circular lists with sentinels, next and previous side by
 * side; live blocks are marked and an illegal free is refused; blocks of different zones are never merged.
 */
#include <stddef.h>
#include <stdint.h>

enum { TOP = 10, LIVE = 16, RESERVED = 15, NONE = 255 };
enum { BY_SLOT, DOUBLE, INSIDE, OTHER_ORDER, OUTSIDE, FAR };

struct memory {
    uint8_t *heads;
    uint32_t *link;
    const uint8_t *zones;
    uint64_t frames, room, top, grain;
};

static inline void link_front(uint32_t *link, uint64_t sentinel, uint64_t node)
{
    uint64_t first = link[2 * sentinel];
    link[2 * node] = first;
    link[2 * node + 1] = sentinel;
    link[2 * first + 1] = node;
    link[2 * sentinel] = node;
}

static inline void unlink_node(uint32_t *link, uint64_t node)
{
    uint64_t after = link[2 * node], before = link[2 * node + 1];
    link[2 * before] = after;
    link[2 * after + 1] = before;
}

static inline void insert(const struct memory *m, uint64_t frame, uint64_t order)
{
    m->heads[frame] = order;
    link_front(m->link, m->room + order, frame);
}

static inline int allocate(const struct memory *m, uint64_t order, int upper, uint64_t *given)
{
    uint64_t source_order = order;
    while (source_order <= m->top && m->link[2 * (m->room + source_order)] == m->room + source_order)
        source_order++;
    if (source_order > m->top)
        return 0;
    uint64_t source = m->link[2 * (m->room + source_order)];
    uint64_t frame = source + (upper && order < source_order ? 1ull << order : 0);
    unlink_node(m->link, source);
    m->heads[source] = NONE;
    m->heads[frame] = LIVE + order;
    for (uint64_t level = order; level < source_order; level++)
        insert(m, (frame >> level << level) ^ (1ull << level), level);
    *given = frame;
    return 1;
}

static inline int release(const struct memory *m, uint64_t *at, uint64_t *of)
{
    uint64_t frame = *at, order = *of;
    if (frame >= m->frames || order > m->top || m->heads[frame] != LIVE + order)
        return 0;
    m->heads[frame] = NONE;
    while (order < m->top) {
        uint64_t buddy = frame ^ (1ull << order);
        if (m->heads[buddy] != order || m->zones[buddy >> m->grain] != m->zones[frame >> m->grain])
            break;
        unlink_node(m->link, buddy);
        m->heads[buddy] = NONE;
        frame &= ~(1ull << order);
        order++;
    }
    insert(m, frame, order);
    *at = frame;
    *of = order;
    return 1;
}

uint64_t replay(uint8_t *heads, uint32_t *link, const uint8_t *zones, uint64_t frames, uint64_t room, uint64_t top,
                uint64_t grain, const uint32_t *calls, size_t count, uint32_t *held, int upper)
{
    struct memory memory = {heads, link, zones, frames, room, top, grain};
    uint64_t digest = 0, last = 0;
    for (size_t index = 0; index < count; index++) {
        uint64_t call = calls[index], slot = call & 0xFFFFFF, kind = call >> 28, block = held[slot], answer = 0;
        if (kind == BY_SLOT && block == 0) {
            uint64_t order = call >> 24 & 15, frame;
            if (allocate(&memory, order, upper, &frame))
                held[slot] = answer = (frame << 4 | order) + 1;
        } else {
            if (kind == BY_SLOT) {
                held[slot] = 0;
                last = block;
            } else if (kind == DOUBLE || block == 0)
                block = last;
            uint64_t frame = block ? (block - 1) >> 4 : 0, order = block ? (block - 1) & 15 : 0;
            switch (kind) {
            case INSIDE: frame |= 1, order |= 1; break;
            case OTHER_ORDER: order ^= 1; break;
            case OUTSIDE: frame += frames; break;
            case FAR: frame |= 1ull << 63; break;
            }
            if (release(&memory, &frame, &order))
                answer = (frame << 4 | order) + 1;
        }
        digest = digest * 1099511628211ull + answer;
    }
    return digest;
}
