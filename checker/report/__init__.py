"""What people and machines read: the terminal, JSON, JUnit, and pictures of memory."""
