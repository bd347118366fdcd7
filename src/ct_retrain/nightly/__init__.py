"""The nightly run and its surroundings, one package each: run, records, notices, snapshots, releases, audit."""
