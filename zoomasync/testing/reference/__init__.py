"""Zoom's reference as values: `reference.toml`, in a notation that its head explains."""
