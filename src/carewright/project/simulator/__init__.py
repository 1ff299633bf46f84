"""The demonstration practice: a seed and a day in, a believable family practice out. Pure; it writes nothing."""
