"""
What this product costs, measured on the machine at hand. `python -m benchmarks` (or `make bench`) runs every section;
`python -m benchmarks replay` one. A section is a module with `run(lines) -> None` and a docstring that says what it is.
"""
