"""The hidden file of a download that is not complete."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import pytest

from zoomasync._core.download import FileVersion
from zoomasync.resources.recordings.part_file import PartFile

VERSION = FileVersion(3, "abc")


def opened(target: Path, key: str = "key") -> PartFile:
    part = PartFile(target, "name", key)
    part.open()
    return part


def test_part_is_found_again(tmp_path: Path) -> None:
    """The name of the part has the size and the ETag of the file."""
    part = opened(tmp_path / "a")
    assert part.version is None
    assert part.write(b"ab", 2, VERSION) is None
    part.close()

    again = opened(tmp_path / "a")
    assert (again.size, again.version) == (2, VERSION)
    assert again.write(b"c", 3, VERSION) is None
    again.finish(3)
    again.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"abc"


def test_first_bytes_replace_the_part(tmp_path: Path) -> None:
    part = opened(tmp_path / "a")
    part.write(b"abcdef", 6, VERSION)
    part.write(b"x", 1, FileVersion(1))
    part.close()

    again = opened(tmp_path / "a")
    assert (again.size, again.version) == (1, FileVersion(1))
    again.close()


@pytest.mark.parametrize("other", ["moved", "replaced"])
def test_lost_part_is_not_finished(tmp_path: Path, other: str) -> None:
    """A part that another program moved or replaced does not become the target."""
    part = opened(tmp_path / "a")
    part.write(b"abc", 3, VERSION)
    (path,) = tmp_path.iterdir()
    path.rename(tmp_path / "moved")
    if other == "replaced":
        path.write_bytes(b"x")

    with pytest.raises(BlockingIOError, match="another download wrote this file"):
        part.finish(3)
    part.close()
    assert not (tmp_path / "a").exists()


def test_link_is_not_followed(tmp_path: Path) -> None:
    """A link in place of the part, which another user may have made, is not written through."""
    part = opened(tmp_path / "a")
    part.write(b"abc", 3, VERSION)
    part.close()
    (path,) = tmp_path.iterdir()
    path.unlink()
    path.symlink_to(tmp_path / "other")
    (tmp_path / "other").write_bytes(b"kept")

    with pytest.raises(OSError, match="symbolic links"):
        opened(tmp_path / "a")
    assert (tmp_path / "other").read_bytes() == b"kept"


def test_part_with_two_names_is_kept(tmp_path: Path) -> None:
    """A process that ended between the two steps of `finish` left a complete file, which the user may have moved."""
    part = opened(tmp_path / "a")
    part.write(b"abc", 3, VERSION)
    part.close()
    (path,) = tmp_path.iterdir()
    (tmp_path / "moved").hardlink_to(path)

    again = opened(tmp_path / "a")
    again.write(b"x", 1, FileVersion(1))
    again.finish(1)
    again.close()
    assert (tmp_path / "moved").read_bytes() == b"abc"
    assert (tmp_path / "a").read_bytes() == b"x"
    assert len(list(tmp_path.iterdir())) == 2


def test_lost_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    part = opened(tmp_path / "folder" / "a")
    part.write(b"abc", 3, VERSION)
    rmtree(tmp_path / "folder")

    with pytest.raises(FileNotFoundError, match="folder'"):
        part.finish(3)
    part.close()


@pytest.mark.parametrize("size", [0, 3])
def test_empty_part_is_removed(tmp_path: Path, size: int) -> None:
    part = opened(tmp_path / "a")
    part.write(bytes(size), size, VERSION)
    part.close()
    part.close()

    assert len(list(tmp_path.iterdir())) == bool(size)


def test_second_name_of_target_is_removed(tmp_path: Path) -> None:
    """A process that is killed between the two steps of `finish` leaves two names; the part of another file stays."""
    part = opened(tmp_path / "a")
    part.write(b"abc", 3, VERSION)
    part.close()
    (path,) = tmp_path.iterdir()
    (tmp_path / "a").hardlink_to(path)
    other = opened(tmp_path / "b")
    other.write(b"abc", 3, VERSION)
    other.close()

    with pytest.raises(FileExistsError):
        opened(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"abc"
    assert not path.exists()
    assert len(list(tmp_path.iterdir())) == 2
