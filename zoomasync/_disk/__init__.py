"""Files, locks and text on the local disk, for the jobs that must survive a kill."""
