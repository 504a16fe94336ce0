"""Finding guides in a library of any size: the content compiled into one SQLite file, and the finder over it."""
