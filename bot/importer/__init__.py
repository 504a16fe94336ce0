"""Reads Markdown articles into guides, and says of every word and every link where it went."""
