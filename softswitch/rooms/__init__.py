"""Conference rooms: who is in one, who hears whom, and what is said at its door (features 2.16)."""
