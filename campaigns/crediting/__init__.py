"""Crediting: which touches a conversion is owed to, under a model. Pure: values in, values out, no database.

`models` is the definition, one path at a time in exact fractions; `columns` the same for millions; `markov` the
data-driven model. A test holds the two together.
"""
