"""The building around the conversation: doors, memory, desk."""
