"""Backup and restore: the record at one moment, secrets and files in one file, and back, proved by checksums."""
