"""What is known about a component, a diagnostic, a vulnerability or a release, and from where."""
