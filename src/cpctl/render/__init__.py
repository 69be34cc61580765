"""Pure functions from a Plan to what people and programs read: no I/O, no clock, no environment."""
