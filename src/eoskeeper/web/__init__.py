"""Web: the keeper's last report for peers, monitoring and people; it takes no orders."""
