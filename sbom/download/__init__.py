"""Archives from the network: retries, limits, checksums, a cache. The only network access."""
