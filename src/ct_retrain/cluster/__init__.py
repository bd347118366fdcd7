"""Judge on the nodes of a Dask cluster: designs go out as tasks, verdicts come back as JSON.

`judge` implements the judge's ports, `dispatcher` groups questions into batches and assigns the answers, `node` runs
on the nodes. Only `dask_nodes` and `connection` use Dask, and only `jobs` knows queueing systems. Nodes write no files
that this machine reads.
"""
