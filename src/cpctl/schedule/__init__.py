"""pg_cron's schedule language: what it accepts, what that really means, and when it runs.

Pure, and exact: the server's own parser is followed step by step for each version, because it
accepts much that it does not mean. docs/facts.md, section 1.1.
"""
