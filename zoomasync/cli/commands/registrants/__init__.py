"""The commands ``zoomasync registrants``: plan, apply, list and forget."""
