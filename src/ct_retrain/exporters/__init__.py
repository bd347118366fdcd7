"""Hand what a night made to other tools, in their forms."""
