"""An address to proven bytes: the only network, its retries, its cache, its progress."""
