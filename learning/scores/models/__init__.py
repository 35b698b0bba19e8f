"""The scores: one file each, found by its name. A file with a `MODEL` is a score; its name is the file's."""
