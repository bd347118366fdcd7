"""Builds and measures the embedded model of the demo: what made the weights in `src/ct_retrain/demo/model`.

No night needs any of it, so it is not in the package (decision 0023); `benchmarks/build_embedded_model.py` is its door.
"""
