"""
Replay: one order or ten million, through the same code path as the server, or at any CDS Hooks service.

    inputs     what is in the files: whole hook calls, or charts from which calls are made (patients)
    partition  run_partition(part of the input, settings) -> a file of records and its tally: the one unit of work
    engines    who runs the partitions: this process, all cores, or a Dask cluster
    run        the run as a whole: plan, resume, collect
    tally, compare, report, table, junit, update    what came out, for people and for CI
"""
