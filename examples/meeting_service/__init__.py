"""A service whose users connect their Zoom accounts, on aiohttp and on FastAPI."""
