"""externals.toml: model, read, validate, compare, write."""
