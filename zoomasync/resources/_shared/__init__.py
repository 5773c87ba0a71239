"""The base classes of the namespaces that meetings and webinars share. The subclasses have the endpoints."""
