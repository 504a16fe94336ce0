"""Storage: the memory of conversations, inbox and outbox."""
