"""Reconciles PostgreSQL's pg_cron schedules with what scheduler.yaml says."""

__version__ = "0.1.0"
