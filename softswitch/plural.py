"""How many there are of something, in the words of the log and of commands."""


def counted(number: int, thing: str) -> str:
    """`1 message`, `2 messages`; of what has its plural in an s."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
