"""RTL as text and tree; runs nothing."""
