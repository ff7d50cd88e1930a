"""The signature tells who owns the transaction: `session` works in one, `world` opens them, kernel.db ends them."""

from __future__ import annotations

import ast

from tests.rules.tree import PRODUCT, arguments_of, calls, files, functions, name_of

ENDS = {"commit", "rollback", "begin", "begin_nested"}
OWNERS = {
    "campaigns/kernel/db.py",
    "campaigns/schema.py",  # migrations run in a transaction that holds their lock
    "campaigns/kernel/limits.py",  # an SQLite file of its own, as below
    "campaigns/adapters/rehearsal.py",
}
RUNS_SQL = {"text", "execute", "exec_driver_sql", "executescript", "executemany"}


def ended_transactions(source: str) -> list[int]:
    """Lines that end or begin a transaction by hand."""
    return [call.lineno for word, call in calls(ast.parse(source)) if word in ENDS]


def confused_functions(source: str) -> list[str]:
    """Functions that take a session and yet open transactions, or take the world beside it."""
    found = []
    for function in functions(source):
        taken = arguments_of(function)
        opens = any(
            word in {"read", "write"}
            and isinstance(call.func, ast.Attribute)
            and ast.unparse(call.func).endswith(f".db.{word}")
            for word, call in calls(function)
        )
        if "session" in taken and (opens or "world" in taken):
            found.append(function.name)
    return found


def sql_made_of_values(source: str) -> list[int]:
    """Lines where a statement is put together from pieces instead of taking parameters."""
    return [
        call.lineno
        for word, call in calls(ast.parse(source))
        if word in RUNS_SQL and call.args and _is_put_together(call.args[0])
    ]


def _is_put_together(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        pieces = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        constant = all(isinstance(piece, ast.Name) and piece.id.isupper() for piece in pieces)
        return not constant and not ast.unparse(node).startswith(("f'PRAGMA ", 'f"PRAGMA '))  # which takes no parameter
    if isinstance(node, ast.BinOp):
        return any(isinstance(piece, ast.JoinedStr | ast.Constant) for piece in (node.left, node.right))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def test_only_the_owners_of_a_database_end_its_transactions() -> None:
    faults = {
        name_of(path): found
        for path in files(*PRODUCT, suffix=".py")
        if name_of(path) not in OWNERS and (found := ended_transactions(path.read_text()))
    }
    assert faults == {}


def test_a_function_that_takes_a_session_opens_nothing_and_sees_no_port() -> None:
    faults = {
        name_of(path): found
        for path in files(*PRODUCT, suffix=".py")
        if (found := confused_functions(path.read_text()))
    }
    assert faults == {}


def test_no_statement_is_put_together_from_values() -> None:
    faults = {
        name_of(path): found
        for path in files(*PRODUCT, "bench", suffix=".py")
        if (found := sql_made_of_values(path.read_text()))
    }
    assert faults == {}


def test_the_constraint_that_was_broken_is_never_caught_inside_a_session() -> None:
    # PostgreSQL aborts the whole transaction; kernel.db.insert_once says who was first instead.
    faults = [
        f"{name_of(path)}:{node.lineno}"
        for path in files(*PRODUCT, suffix=".py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and node.type and "IntegrityError" in ast.unparse(node.type)
    ]
    assert faults == []


def test_the_wrong_is_told_from_the_right() -> None:
    assert ended_transactions("def claim(session):\n    session.commit()") == [2]
    assert ended_transactions("def claim(session):\n    session.flush()") == []
    assert confused_functions("def f(session, world): ...") == ["f"]
    assert confused_functions("def f(session, db):\n    with world.db.write() as s: ...") == ["f"]
    assert confused_functions("def f(world):\n    with world.db.write() as s: ...") == []
    assert sql_made_of_values("session.execute(text(f'select {x}'))") == [1]
    assert sql_made_of_values("session.execute('select ' + x)") == [1]
    assert (
        sql_made_of_values("cursor.execute(f'PRAGMA {x}')") == sql_made_of_values("run.execute(f'select {LOCK}')") == []
    )
    assert sql_made_of_values("session.execute(text('select :x'), {'x': x})") == []
