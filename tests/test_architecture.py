"""The layers of ARCHITECTURE.md, checked: who may import whom, and who may touch the clock."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("softswitch", "media", "routing", "mailbox")

MAY_IMPORT = {
    "media": {"softswitch.media"},
    "routing": {"softswitch.routing", "softswitch.sip"},
    "mailbox": {"softswitch.mailbox", "softswitch.media"},
    "softswitch/sip": {"softswitch.sip"},
    "softswitch/config": {"softswitch.config"},
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


def modules() -> list[str]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(
        str(path.relative_to(ROOT))
        for path in paths
        if not any(parent.is_symlink() for parent in path.parents)
    )


def imports(module: str, *, with_type_checking: bool) -> Iterator[str]:
    """Absolute names of what the module imports."""
    tree = ast.parse((ROOT / module).read_text())
    skipped = set()
    if not with_type_checking:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                skipped |= set(ast.walk(node))
    package = (
        dotted(module).rpartition(".")[0] if not module.endswith("__init__.py") else dotted(module)
    )
    for node in ast.walk(tree):
        if node in skipped:
            continue
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


@pytest.mark.parametrize("module", modules())
def test_imports_point_down(module: str) -> None:
    for folder, allowed in MAY_IMPORT.items():
        if module.startswith(folder + "/"):
            ours = {
                name
                for name in imports(module, with_type_checking=False)
                if name.startswith("softswitch.")
            }
            wrong = {name for name in ours if not within(name, allowed)}
            assert not wrong, f"{module} may not import {', '.join(sorted(wrong))}"


@pytest.mark.parametrize("module", [m for m in modules() if m.startswith(PURE)])
def test_pure_modules_do_no_io_and_read_no_clock(module: str) -> None:
    if module not in SHELLS:
        impure = {name.partition(".")[0] for name in imports(module, with_type_checking=False)}
        assert not impure & IMPURE, f"{module} imports {impure & IMPURE}"


def test_nobody_imports_the_app() -> None:
    importers = {
        module
        for module in modules()
        if "softswitch.app" in set(imports(module, with_type_checking=True))
    }
    assert all(
        module.startswith("softswitch/cli/") or module == "softswitch/__main__.py"
        for module in importers
    ), importers


def test_there_are_no_import_cycles() -> None:
    known = {dotted(module) for module in modules()}
    graph = {
        dotted(module): {
            name
            for name in imports(module, with_type_checking=False)
            if name in known and name != dotted(module)
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


@pytest.mark.parametrize("module", modules())
def test_modules_and_functions_fit(module: str) -> None:
    source = (ROOT / module).read_text()
    assert source.count("\n") <= MAX_MODULE_LINES
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{module}: {node.name} has {length} lines"


@pytest.mark.parametrize("module", modules())
def test_every_module_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(ast.parse((ROOT / module).read_text())), module
