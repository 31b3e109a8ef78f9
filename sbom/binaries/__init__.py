"""PE files to evidence: what their headers say, and which components their bytes show."""
