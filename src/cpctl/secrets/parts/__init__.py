"""What the sources share; none of them knows another."""
