"""Records of nights: their index, progress of the running night, refusals, and the archive of nights not published.

Others import its modules by name, so that a look at a workspace loads only what it reads: `index` first of all.
"""
