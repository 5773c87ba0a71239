"""The ``zoomasync`` command as ``python -m zoomasync``."""

from .cli import main

if __name__ == "__main__":
    main()
