"""Takes rights away from a worker, and starts the programs that inherit what is left."""
