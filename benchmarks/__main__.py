"""
Run the sections named, or all, and write what they found to standard output.

    python -m benchmarks [replay]
"""

from __future__ import annotations

import importlib
import os
import platform
import sys

SECTIONS = ("replay",)


def main(asked: list[str]) -> None:
    unknown = [name for name in asked if name not in SECTIONS]
    if unknown:
        raise SystemExit(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", flush=True)
    for name in asked or SECTIONS:
        print(f"\n## {name}\n", flush=True)
        importlib.import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    main(sys.argv[1:])
