"""Where a harvest keeps rows and partition states."""
