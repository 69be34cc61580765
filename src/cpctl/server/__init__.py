"""The Scheduler Management API: what cpctl tells and does on the command line, over HTTP."""
