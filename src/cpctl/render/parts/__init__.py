"""What several formats share, so that no format knows another."""
