"""Pure findings: what deserves attention although it is no difference."""
