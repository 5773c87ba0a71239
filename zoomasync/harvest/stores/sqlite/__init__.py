"""The SQLite store of a harvest."""
