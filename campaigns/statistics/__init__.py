"""Statistics: what the numbers carry, and no more. Pure: counts in, plain values out; the standard library alone."""
