"""What reads or pokes a running scheduler, or gives a developer one to poke."""
