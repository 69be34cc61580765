"""The Scheduler Management API: a scheduler over HTTP, and its metrics for Prometheus."""
