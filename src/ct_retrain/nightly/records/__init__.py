"""Records of nights: their index, progress of the running night, refusals, and the archive of nights not published."""
