"""Policies that are claimed and not kept; every other law is."""

from listed import Listed


class ClaimsLowest(Listed):
    """The block freed last is given, not the one at the lowest address."""

    policies = ("lowest-address",)


class ClaimsLower(Listed):
    """The upper half is given, and the lower one is left in the list."""

    policies = ("lower-half",)

    def split(self, frame, source, order):
        for half in reversed(range(order, source)):
            self.free_at[half].append(frame)
            frame += 1 << half
        return frame


class ClaimsUpper(Listed):
    """The lower half is given."""

    policies = ("upper-half",)


class ClaimsSmallest(Listed):
    """The largest block is split, although a smaller one would do."""

    policies = ("smallest-sufficient",)

    def source_order(self, order):
        for source in range(self.max_order, order - 1, -1):
            if self.free_at[source]:
                return source
        raise MemoryError
