"""X's ids: the moment of a post in milliseconds, above 22 bits."""

X_EPOCH_MS = 1288834974657
"""When X's ids began to count."""
