"""The commands behind `./run check`, `prove`, `bench` and `shots`: run as modules from the repository's root."""
