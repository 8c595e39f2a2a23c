"""What can be run in full size: `python -m tests.acceptance`."""

import ast
import sys
from pathlib import Path


def main() -> None:
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        explained = ast.get_docstring(ast.parse(path.read_text())) or ""
        sys.stdout.write(
            f"python -m tests.acceptance.{path.stem}\n    {explained.splitlines()[0]}\n"
        )


if __name__ == "__main__":
    main()
