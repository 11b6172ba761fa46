"""One file per engine: how to find nodes, run all, run one. Each imports its engine when used."""
