"""The measurements behind `./run bench`: one file each, run as a module, with `--help`."""
