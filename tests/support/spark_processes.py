"""A Spark driver in a process, and the processes that it starts: Java machines and Python workers."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyspark

from .spark_driver import Job

_ROOT = Path(__file__).parents[2]
_PATIENCE = 400.0  # seconds; a busy machine starts Java slowly


class Driver:
    """A driver on *master* that runs *job*. Its files are in *folder*."""

    def __init__(self, master: str, job: Job, folder: Path) -> None:
        folder.mkdir()
        job_file = folder / "job"
        job_file.write_bytes(pickle.dumps(job))
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, str(_ROOT / "tests/support/spark_driver.py"), master, str(job_file)],
                env=_environment(folder),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> int:
        """Return the exit code."""
        return self._process.wait(_PATIENCE)

    def log(self) -> str:
        """Return the last output."""
        return self._log.read_text(errors="replace")[-6_000:]

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for *condition*, while the driver runs."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def kill_worker(self) -> int:
        """Kill a Python worker without notice, and return the number of workers."""
        workers = [pid for pid, command in self._descendants() if _is_worker(pid, command)]
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        return len(workers)

    def kill_executor(self) -> int:
        """Kill the Java machine of each executor that has a Python worker, and return their number."""
        processes = dict(self._descendants())
        busy = {
            ancestor for pid, command in processes.items() if _is_worker(pid, command) for ancestor in _ancestors(pid)
        }
        executors = [pid for pid, command in processes.items() if "ExecutorBackend" in command and pid in busy]
        for pid in executors:
            os.kill(pid, signal.SIGKILL)
        return len(executors)

    def kill(self) -> None:
        """Kill the driver's Java machine, and its Python program."""
        for pid, command in self._descendants():
            if "org.apache.spark.deploy.SparkSubmit" in command:
                os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End what is left of the driver's processes."""
        for pid, _ in self._descendants():
            os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def _descendants(self) -> Iterator[tuple[int, str]]:
        for folder in Path("/proc").glob("[0-9]*"):
            pid = int(folder.name)
            if self._process.pid in _ancestors(pid):
                yield pid, _command(pid)


def _environment(folder: Path) -> Mapping[str, str]:
    """Return the environment of a driver, whose files are in *folder* too."""
    home = folder / "spark"  # a cluster on one machine writes to Spark's own folder
    home.mkdir()
    for entry in Path(pyspark.__file__).parent.iterdir():
        (home / entry.name).symlink_to(entry)
    path = [str(_ROOT), str(_ROOT / "tests"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    # A session of Spark Connect in this process leaves a variable that would make the driver ask for such a session.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    return {
        **inherited,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
        "SPARK_LOCAL_DIRS": str(folder),
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # they start sooner
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "TZ": "UTC",
    }


def _is_worker(pid: int, command: str) -> bool:
    """Return whether *pid* is a worker that runs a task: a child of the daemon that starts workers."""
    return "pyspark.daemon" in command and "pyspark.daemon" in _command(_parent(pid))


def _ancestors(pid: int) -> Iterator[int]:
    while pid := _parent(pid):
        yield pid


def _parent(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(status.rpartition(")")[2].split()[1])


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
