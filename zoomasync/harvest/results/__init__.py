"""Results read from a harvest store: status, attendance, exports and the HTML report."""
