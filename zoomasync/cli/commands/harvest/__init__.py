"""The command ``zoomasync harvest``: one file for the run, and one for the output of each kind of result."""
