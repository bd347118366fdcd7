"""The nightly run and what is around it, a room for each: run, records, notices, snapshots, releases, audit."""
