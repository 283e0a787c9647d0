// The peer of pagelaw.model.fast.region_calls: the same calls over regions in a std::map, by their first page.
// See regions.py. Gaps are walked: a map of intervals knows its neighbours, and no room.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>

namespace {

constexpr uint64_t BACKED = 32, RIGHTS = 31, PRIME = 0x100000001B3;

struct Region {
    uint64_t length, kind, offset;
};

using Map = std::map<uint64_t, Region>;

struct Space {
    uint64_t pages;
    Map regions;

    bool is_range(uint64_t first, uint64_t length) const {
        return first < pages && length != 0 && length <= pages - first;
    }

    // The last region that starts at or before a page, or end().
    Map::iterator place(uint64_t page) {
        auto above = regions.upper_bound(page);
        return above == regions.begin() ? regions.end() : std::prev(above);
    }

    // The first region that starts at or after `page`, where what reaches over it is split.
    Map::iterator split(uint64_t page) {
        auto above = regions.lower_bound(page);
        if (above == regions.begin() || (above != regions.end() && above->first == page))
            return above;
        auto [first, region] = *std::prev(above);
        if (first + region.length <= page)
            return above;
        uint64_t lower = page - first;
        std::prev(above)->second.length = lower;
        uint64_t offset = region.kind & BACKED ? region.offset + lower : 0;
        return regions.emplace_hint(above, page, Region{region.length - lower, region.kind, offset});
    }

    // Joins a region with the one above it, if they could be one; whether they were.
    bool join(Map::iterator below) {
        auto above = std::next(below);
        if (above == regions.end())
            return false;
        Region &one = below->second, &other = above->second;
        bool follows = !(one.kind & BACKED) || one.offset + one.length == other.offset;
        if (below->first + one.length != above->first || one.kind != other.kind || !follows)
            return false;
        one.length += other.length;
        regions.erase(above);
        return true;
    }

    bool map(uint64_t first, uint64_t length, uint64_t kind, uint64_t offset) {
        if (!is_range(first, length) || ((kind & BACKED) && offset > UINT64_MAX - length))
            return false;
        auto above = regions.lower_bound(first);
        if (above != regions.end() && above->first - first < length)
            return false;
        bool lowest = above == regions.begin();
        if (!lowest && std::prev(above)->first + std::prev(above)->second.length > first)
            return false;
        auto here = regions.emplace_hint(above, first, Region{length, kind, kind & BACKED ? offset : 0});
        join(here);
        if (!lowest)
            join(std::prev(here));
        return true;
    }

    bool unmap(uint64_t first, uint64_t length) {
        if (!is_range(first, length))
            return false;
        auto from = split(first);
        if (from == regions.end() || from->first >= first + length)
            return true;
        regions.erase(from, split(first + length));
        return true;
    }

    bool protect(uint64_t first, uint64_t length, uint64_t rights) {
        if (!is_range(first, length))
            return false;
        uint64_t end = first + length;
        auto here = split(first);
        if (here != regions.end() && here->first < end)
            split(end);
        for (auto each = here; each != regions.end() && each->first < end; ++each)
            each->second.kind = (each->second.kind & ~RIGHTS) | (rights & RIGHTS);
        auto node = here == regions.begin() ? here : std::prev(here);
        for (bool last = node == regions.end() || node->first >= end; !last;) {
            auto above = std::next(node);
            last = above == regions.end() || above->first >= end;
            if (!join(node))
                node = above;
        }
        return true;
    }

    // Twice the place of a page, or of the end of the space; one more if that has it.
    uint64_t find(uint64_t page) {
        auto at = place(page);
        if (at == regions.end())
            return pages << 1;
        return at->first << 1 | (page < at->first + at->second.length);
    }

    // Twice the first page of the lowest room, and one; zero if there is none.
    uint64_t fit(uint64_t length) const {
        if (length == 0)
            return 0;
        uint64_t end = 0;
        for (const auto &[first, region] : regions) {
            if (length <= first - end)
                return end << 1 | 1;
            end = first + region.length;
        }
        return length <= pages - end ? end << 1 | 1 : 0;
    }

    // The same of the highest room.
    uint64_t fit_high(uint64_t length) const {
        if (length == 0)
            return 0;
        uint64_t above = pages;
        for (auto at = regions.rbegin(); at != regions.rend(); ++at) {
            if (length <= above - (at->first + at->second.length))
                return (above - length) << 1 | 1;
            above = at->first;
        }
        return length <= above ? (above - length) << 1 | 1 : 0;
    }
};

enum Step { MAP = 7, UNMAP = 8, PROTECT = 9, FIND = 10, FIT = 11 };

uint64_t call(Space &space, uint64_t text) {
    uint64_t page = (text >> 8) & 0xFFFFF, length = (text >> 28) & 0xFFFF, kind = (text >> 44) & 0xFF;
    uint64_t skew = (text >> 52) & 3;
    if (page >= space.pages)
        page = space.pages - 1;
    switch (text & 0x7F) {
    case MAP: {
        uint64_t latest = ~length, offset = skew < 2 ? page + skew : skew == 2 ? latest : latest + (length != 0);
        return space.map(page, length, kind, offset);
    }
    case UNMAP:
        return space.unmap(page, length);
    case PROTECT:
        return space.protect(page, length, kind);
    case FIND:
        return space.find(page);
    case FIT:
        return space.fit(length);
    default:
        return space.fit_high(length);
    }
}

} // namespace

// All calls on an empty space; the digest of all answers. `list` gets four words for each region that is left.
extern "C" uint64_t replay(const uint64_t *calls, size_t size, uint64_t pages, uint64_t *list, uint64_t *count) {
    Space space{pages, {}};
    uint64_t digest = 0;
    for (size_t index = 0; index < size; index++) {
        digest = digest * PRIME + call(space, calls[index]);
        digest = digest * PRIME + space.regions.size();
    }
    *count = space.regions.size();
    for (const auto &[first, region] : space.regions) {
        *list++ = first;
        *list++ = region.length;
        *list++ = region.kind;
        *list++ = region.offset;
    }
    return digest;
}
