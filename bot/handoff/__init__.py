"""The hand-off: cases, the desk where helpdesk staff take them, and the rules between the two sides."""
