"""Cards as people see them: drawn from what is sent, without a platform."""
