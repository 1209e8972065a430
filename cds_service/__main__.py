"""`python -m cds_service` is the console command."""

from .cli import main

main()
