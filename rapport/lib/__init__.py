"""What every room may lean on: the clock, money, refusals, fast inserts, locks. It owns no tables and knows no customer."""
