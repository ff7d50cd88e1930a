"""The domain of Perchoir: planning → publishing → tracking → capturing → selling → measuring.

Imports follow the foreign keys, backwards only. Flows are use cases, one a file; they alone join stages with the
outside, which comes in as one World. docs/architecture.md tells the rest.
"""
