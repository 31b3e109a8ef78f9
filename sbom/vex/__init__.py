"""VEX: what people state about vulnerabilities of components, and which releases it is true of."""
