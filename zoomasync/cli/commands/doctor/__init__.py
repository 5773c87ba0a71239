"""The command ``zoomasync doctor``."""
