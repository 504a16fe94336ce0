"""The conversation: what the bot says next. Knows no socket, database, clock or environment."""
