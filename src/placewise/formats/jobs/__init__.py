"""Jobs in and out: jobspecs of three dialects, lists of them, build records, workloads in Parquet."""
