"""The namespaces of a client: one class per namespace, with an `Endpoint` and a thin method per operation."""
