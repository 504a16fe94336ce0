"""Cards: one card type a file, its data and its renderings side by side."""
