"""HTTP details of Zoom's API: requests, validation, error bodies, page tokens and OAuth."""
