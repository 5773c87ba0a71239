"""``python -m zoomasync``: the same as the ``zoomasync`` command."""

from .cli import main

if __name__ == "__main__":
    main()
