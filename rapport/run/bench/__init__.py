"""The benchmarks, a file each: ours beside its peer in the same run. A file with a `BENCH` is found by its name."""
