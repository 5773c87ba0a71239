"""The SQLite store of a harvest: one table per stream, and `partition` with the state of each partition.

A partition is fetched and replaced as a whole: the hosts of a month, the meetings of one host in a month, or one report
of one instance. Its rows have its key in ``_part`` (for a report, the instance's UUID), their position in ``_seq``, and
in ``_extra``, as JSON, the fields that the struct does not know and numbers beyond 64 bits. Rows that could not be
decoded are in `rejected_rows`, raw and with the reason. Times are ISO 8601 text in UTC, booleans are 0 and 1, and
nested values are JSON.

Each page is committed together with its partition's line. Until its last page is stored, the partition is in progress;
a run that finds such a partition of a killed run drops its rows and fetches it again.
"""
