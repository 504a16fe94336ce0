"""The preview: what its pages hold, and how they look in a browser."""
