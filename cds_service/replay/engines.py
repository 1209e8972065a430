"""
Who runs the partitions: this process, all cores of this machine, or the workers of a Dask scheduler. Always the same
function, so always the same files; a partition whose worker is lost is done again by another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final

from .sources import Partition

RETRIES: Final = 3  # how often a partition is tried again after its worker was lost

Work = Callable[[Partition], str]
Done = Iterator[tuple[Partition, str]]


def here(work: Work, partitions: Sequence[Partition]) -> Done:
    for partition in partitions:
        yield partition, work(partition)


def on_cores(work: Work, partitions: Sequence[Partition], jobs: int) -> Done:
    """As they are done. Raises BrokenProcessPool when workers go on being lost."""
    left = list(partitions)
    for attempt in range(RETRIES + 1):
        try:
            for partition, path in _in_a_pool(work, left, jobs):
                yield partition, path
                left.remove(partition)
        except BrokenProcessPool:
            if attempt == RETRIES:
                raise
        if not left:
            return


def _in_a_pool(work: Work, partitions: Sequence[Partition], jobs: int) -> Done:
    pool = ProcessPoolExecutor(max_workers=min(jobs, len(partitions)))
    try:
        futures: dict[Future[str], Partition] = {pool.submit(work, partition): partition for partition in partitions}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def on_dask(work: Work, partitions: Sequence[Partition], scheduler: str, jobs: int) -> Done:
    """At a scheduler's address, or on a cluster of this machine's own for as long as the run takes."""
    distributed = _distributed()
    own = {"n_workers": jobs, "threads_per_worker": 1, "dashboard_address": None}
    where = {"address": scheduler} if scheduler else own
    with _client(distributed, where, scheduler) as client:
        futures = client.map(work, partitions, pure=False, retries=RETRIES)
        by_key = {future.key: partition for future, partition in zip(futures, partitions, strict=True)}
        for future, path in distributed.as_completed(futures, with_results=True):
            yield by_key[future.key], path


def _client(distributed: Any, where: dict[str, Any], scheduler: str) -> Any:
    try:
        return distributed.Client(**where)
    except (OSError, ValueError):
        raise NoCluster(f"--scheduler {scheduler}: no Dask scheduler answers there") from None


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise NoCluster from None
    return distributed


class NoCluster(Exception):  # noqa: N818 - said to the user as it is
    """Dask is not installed, or no scheduler answers."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why or "--engine dask needs the cluster extra: pip install 'neuropathic-pain-cds[cluster]'")


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
