"""Harvests on other engines than the one of `zoomasync.harvest`: a module per engine, with an extra of its name."""
