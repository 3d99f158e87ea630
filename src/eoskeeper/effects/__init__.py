"""Effects perform actions on the world and say how sure they are of what became of them."""
