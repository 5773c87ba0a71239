"""One class a namespace: what the reference says of its endpoints, and a thin method for each."""
