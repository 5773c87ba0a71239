"""The data of a simulated Zoom account."""
