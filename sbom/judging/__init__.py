"""Documents held against judges, ours and others: what they say of them, and the score."""
