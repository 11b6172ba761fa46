"""What changed between two recorded values or texts, and how it is told. Pure: no I/O."""
