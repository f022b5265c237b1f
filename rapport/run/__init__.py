"""What runs the whole house: the server, the worker with its loops, the check of an installation, the benchmarks. Nothing imports it."""
