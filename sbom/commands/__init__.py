"""One module per verb: read inputs, call the core, write or print."""
