"""What runs in the confined processes, and what it has to know; nothing in here knows who asks."""
