"""The layers of ARCHITECTURE.md, checked: who may import whom, and who may touch the clock."""

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeGuard

ROOT = Path(__file__).parent.parent
PACKAGES = ("softswitch", "media", "routing", "mailbox")

MAY_IMPORT = {
    "media": {"softswitch.media"},
    "routing": {"softswitch.routing", "softswitch.sip"},
    "mailbox": {"softswitch.mailbox", "softswitch.media"},
    "softswitch/sip": {"softswitch.sip"},
    "softswitch/config": {"softswitch.config", "softswitch.routing"},
    "softswitch/store": {"softswitch.store"},
}
"""A folder's modules may import these packages of ours; a folder that is not named, all."""

IMPURE = {
    "asyncio",
    "socket",
    "ssl",
    "time",
    "random",
    "secrets",
    "threading",
    "datetime",
    "subprocess",
    "multiprocessing",
    "selectors",
    "select",
}
SHELLS = {
    "softswitch/sip/transport.py",
    "softswitch/sip/udp.py",
    "softswitch/sip/tcp.py",
    "media/engine/worker.py",
    "media/engine/client.py",
    "media/engine/process.py",
    "media/engine/backends/epoll.py",
    "media/engine/backends/probe.py",
    "media/engine/backends/uring.py",
    "media/engine/sockets.py",
    "media/engine/files.py",
}
"""The modules of the pure packages that may do I/O."""

PURE = ("media", "routing", "mailbox", "softswitch/sip", "softswitch/b2bua", "softswitch/events")
MAX_MODULE_LINES = 600
MAX_FUNCTION_LINES = 60


@functools.cache
def modules() -> list[str]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(
        str(path.relative_to(ROOT))
        for path in paths
        if not any(parent.is_symlink() for parent in path.parents)
    )


class Facts(NamedTuple):
    """What a module is like. Its tree is let go: hundreds of them are a burden to all tests."""

    says_what_it_is: bool
    long_functions: tuple[str, ...]
    imports: frozenset[str]
    """Absolute names."""
    imports_for_types_too: frozenset[str]


@functools.cache
def facts(module: str) -> Facts:
    tree = ast.parse((ROOT / module).read_text())
    every = list(statements(tree))
    return Facts(
        bool(ast.get_docstring(tree)),
        tuple(f"{module}: {node.name}" for node in every if _is_long_function(node)),
        frozenset(_imports(module, statements(tree, with_type_checking=False))),
        frozenset(_imports(module, every)),
    )


def statements(parent: ast.AST, *, with_type_checking: bool = True) -> Iterator[ast.AST]:
    """All that is below, but no expressions, which are most of a tree: none holds a statement."""
    left = [parent]
    while left:
        one = left.pop()
        for field in ("body", "handlers", "orelse", "finalbody", "cases"):
            for node in getattr(one, field, ()):
                if with_type_checking or not _is_for_types(node):
                    yield node
                    left.append(node)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _is_long_function(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MAX_FUNCTION_LINES
    )


def _imports(module: str, nodes: Iterable[ast.AST]) -> Iterator[str]:
    package = (
        dotted(module).rpartition(".")[0] if not module.endswith("__init__.py") else dotted(module)
    )
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = f"{package}.{node.module or ''}".rstrip(".") if node.level else str(node.module)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def dotted(module: str) -> str:
    name = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return name if name.startswith("softswitch") else f"softswitch.{name}"


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def test_imports_point_down() -> None:
    wrong = {
        (module, name)
        for folder, allowed in MAY_IMPORT.items()
        for module in modules()
        if module.startswith(folder + "/")
        for name in facts(module).imports
        if name.startswith("softswitch.") and not within(name, allowed)
    }
    assert sorted(wrong) == []


def test_pure_modules_do_no_io_and_read_no_clock() -> None:
    impure = {
        (module, name)
        for module in modules()
        if module.startswith(PURE) and module not in SHELLS
        for name in facts(module).imports
        if name.partition(".")[0] in IMPURE
    }
    assert sorted(impure) == []


def test_nobody_imports_the_app() -> None:
    importers = {
        module for module in modules() if "softswitch.app" in facts(module).imports_for_types_too
    }
    assert all(
        module.startswith("softswitch/cli/") or module == "softswitch/__main__.py"
        for module in importers
    ), importers


def test_there_are_no_import_cycles() -> None:
    known = {dotted(module) for module in modules()}
    graph = {
        dotted(module): {
            name for name in facts(module).imports if name in known and name != dotted(module)
        }
        for module in modules()
        if not module.endswith("__init__.py")
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))
        if name not in done:
            for imported in graph.get(name, ()):
                visit(imported, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_modules_and_functions_fit() -> None:
    long = [
        module for module in modules() if (ROOT / module).read_text().count("\n") > MAX_MODULE_LINES
    ]
    long += [name for module in modules() for name in facts(module).long_functions]
    assert long == []


def test_every_module_says_what_it_is() -> None:
    assert [module for module in modules() if not facts(module).says_what_it_is] == []
