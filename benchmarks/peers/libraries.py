"""The libraries that are compared, and the ways in which their users run the job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final, TypeAlias

from ..figures import Figure
from .job import Account
from .on_aiozoom import OnAiozoom
from .on_pyzoom import OnPyzoom
from .on_zoom_python_client import OnZoomPythonClient
from .on_zoomasync import OnZoomasync
from .on_zoomus import OnZoomus
from .programs import AT_ONCE, AsyncClient, BlockingClient, OneByOne, Program, Tasks, Threads

Opens: TypeAlias = Callable[[Account], Program]


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library, the *packages* that contain it, and its programs by the way in which they run, the usual one first.

    *participants* and *meeting* are what its users call for the participants of a past meeting and for a meeting, and
    *remark* describes the results and the connections.
    """

    name: str
    packages: tuple[str, ...]
    programs: Mapping[str, Opens]
    participants: str = "its method"
    meeting: str = "its method"
    remark: str = "structs"

    @property
    def way(self) -> str:
        """The usual way to run the job."""
        return next(iter(self.programs))

    @property
    def versions(self) -> str | None:
        """The versions of the packages, or None if one of them is not installed."""
        try:
            return ", ".join(f"{package} {version(package)}" for package in self.packages)
        except PackageNotFoundError:
            return None

    def program(self, account: Account) -> Program:
        """Return the program that runs the job in the usual way."""
        return self.programs[self.way](account)

    def not_measured(self, name: str, unit: str) -> Figure:
        """Return the figure *name* of this library where it is not installed."""
        packages = " and ".join(self.packages)
        return Figure(name=name, value=None, unit=unit, note=f"{packages}: not installed, see the extra `peers`")


def _blocking(client: Callable[[Account], BlockingClient]) -> dict[str, Opens]:
    return {
        f"{AT_ONCE} threads": lambda account: Threads(client(account)),
        ONE_BY_ONE: lambda account: OneByOne(client(account)),
    }


def _asynchronous(client: Callable[[Account], AsyncClient]) -> dict[str, Opens]:
    def connected(account: Account) -> Program:
        async def connect() -> AsyncClient:
            return client(account)

        return Tasks(connect)

    return {f"{AT_ONCE} tasks": connected}


def _on_httpx(account: Account) -> AsyncClient:
    from .on_httpx import OnHttpx  # noqa: PLC0415  its models need pydantic, which may not be installed

    return OnHttpx(account)


ONE_BY_ONE: Final = "one by one"
ZOOMASYNC: Final = Library(
    name="zoomasync",
    packages=("zoomasync",),
    programs={f"{AT_ONCE} workers": OnZoomasync},
)
PEERS: Final = (
    Library(
        name="zoomus",
        packages=("zoomus",),
        programs=_blocking(OnZoomus),
        remark="dicts, a connection per request",
    ),
    Library(
        name="pyzoom",
        packages=("pyzoom",),
        programs=_blocking(OnPyzoom),
        participants="its raw client",
        remark="dicts, a connection per request",
    ),
    Library(
        name="zoom-python-client",
        packages=("zoom-python-client",),
        programs=_blocking(OnZoomPythonClient),
        participants="its generic request",
        remark="dicts, a connection per request",
    ),
    Library(
        name="aiozoom",
        packages=("aiozoom",),
        programs=_asynchronous(OnAiozoom),
        participants="its generic request",
        remark="dicts, a connection per request",
    ),
    Library(
        name="httpx + pydantic",
        packages=("httpx", "pydantic"),
        programs=_asynchronous(_on_httpx),
        participants="models of all fields",
        meeting="models of all fields",
        remark="one AsyncClient",
    ),
)
