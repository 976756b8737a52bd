"""`python -m jackfield` is `jackfield`."""

from jackfield.cli import main

main()
