"""Judges on other machines: text goes out in tasks, records come back, and nothing of a node is kept.

`judge` has the ports, `dispatcher` makes tasks of questions and answers of tasks, `node` is what runs elsewhere,
`dask_nodes` and `connection` are all that know Dask, and `jobs` all that knows a queueing system.
"""
