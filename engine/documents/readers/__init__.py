"""One module for each kind of file: `read(path, name, job) -> Document`."""
