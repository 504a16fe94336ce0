"""What a person sees in a Teams client: the real bot, the real Agents Playground and a browser, all on loopback."""
