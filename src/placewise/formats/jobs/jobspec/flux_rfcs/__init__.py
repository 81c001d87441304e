"""Parts of jobspecs as Flux's RFCs write them: constraints, counts, lists of hosts, sets of numbers."""
