"""Small changes that break a rule: what `make mutants` makes of a file, one change at a time.

    mutants = find_mutants(source)
    mutants[0].describe()              # portal/domain/bounds.py:20: a <= b → a < b
    make_tree(source.text, mutants[0])   # the file's syntax tree with that one change

Changed are the bodies of functions and the constants of modules, among them the SQL in them.
"""

from __future__ import annotations

import ast
import copy
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.source_tree import Source

_EDGES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_IS_SQL = re.compile(r"\b(select|update|delete from|insert into|where|join|filter \()")
_SQL_CHANGES = tuple(
    (re.compile(wanted), instead)
    for wanted, instead in (
        (r" < ", " <= "),
        (r" <= ", " < "),
        (r" > ", " >= "),
        (r" >= ", " > "),
        (r"\bis not null\b", "is null"),
        (r"\bis null\b", "is not null"),
        (r" <> ", " = "),
        (r" desc\b", ""),
        (r"\s+and (?!coalesce\()[\w.]+ [<>=]+ [:\w.?']+(?=\s|$|\))", ""),
    )
)
"""The last one takes a condition out."""
_NARROWING = ("where", "filter", "order_by")
LONGEST_SHOWN, SHOWN_AROUND = 60, 20


@dataclass(frozen=True)
class Mutant:
    """One change: of the node at `place` in the order of `ast.walk`, its change number `number`.

    `unit` is the function or method that it changes, None for the constants of the module.
    """

    module: str
    path: str
    line: int
    unit: str | None
    place: int
    number: int
    before: str
    after: str

    def describe(self) -> str:
        """Where it is and what it changes, in one line."""
        return f"{self.path}:{self.line}: {self.before} → {self.after}"


def find_mutants(source: Source) -> list[Mutant]:
    """Every change we know of to this file, in the order of its syntax tree."""
    tree = ast.parse(source.text)
    units = dict(_units_of(tree))
    return [
        Mutant(
            module=source.name,
            path=str(source.path),
            line=getattr(node, "lineno", 0),
            unit=units[id(node)],
            place=place,
            number=number,
            before=shown[0],
            after=shown[1],
        )
        for place, node in enumerate(ast.walk(tree))
        if id(node) in units
        for number, changed in enumerate(changes_of(node))
        for shown in [_show_both(node, changed)]
    ]


def make_tree(text: str, mutant: Mutant) -> ast.Module:
    """The file with this one change, ready to be compiled."""
    tree = ast.parse(text)
    node = list(ast.walk(tree))[mutant.place]
    changed = list(changes_of(node))[mutant.number]
    return ast.fix_missing_locations(_Replace(node, changed).visit(tree))


def changes_of(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place, each of them a broken rule."""
    match node:
        case ast.Compare():
            yield from _changed_comparisons(node)
        case ast.BoolOp(op, values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield ast.BoolOp(other, values)
            yield values[0]
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.If() | ast.While() | ast.IfExp() if not _is_negation(node.test):
            negated = copy.copy(node)
            negated.test = ast.UnaryOp(ast.Not(), node.test)
            yield negated
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Constant(str() as value) if _IS_SQL.search(value):
            yield from map(ast.Constant, _changed_sql(value))
        case ast.Expr(ast.Call()) | ast.AugAssign() | ast.Raise():
            yield ast.Pass()
        case ast.Call(ast.Attribute(inside, name), args) if name in _NARROWING and args:
            yield from _with_one_less(node, inside)


def _is_negation(test: ast.expr) -> bool:
    """A `not` is taken away as an operator: to negate it would be the same change again."""
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _changed_comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for place, operator in enumerate(node.ops):
        operators: list[ast.cmpop] = list(node.ops)
        operators[place] = _EDGES[type(operator)]()
        yield ast.Compare(node.left, operators, node.comparators)


def _changed_sql(text: str) -> Iterator[str]:
    for wanted, instead in _SQL_CHANGES:
        for found in wanted.finditer(text):
            yield text[: found.start()] + instead + text[found.end() :]


def _with_one_less(node: ast.Call, inside: ast.expr) -> Iterator[ast.AST]:
    """A query with one condition less; without its only one, it is what it narrowed."""
    if len(node.args) == 1:
        yield inside
        return
    for place in range(len(node.args)):
        yield ast.Call(node.func, node.args[:place] + node.args[place + 1 :], node.keywords)


class _Replace(ast.NodeTransformer):
    def __init__(self, node: ast.AST, changed: ast.AST) -> None:
        self.node, self.changed = node, changed

    def visit(self, node: ast.AST) -> ast.AST:
        return self.changed if node is self.node else super().visit(node)


def _units_of(tree: ast.Module) -> Iterator[tuple[int, str | None]]:
    """The nodes that may be changed, by identity, and the function each of them is in."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            yield from ((id(node), None) for node in ast.walk(statement.value))
        elif isinstance(statement, ast.FunctionDef):
            yield from _body_of(statement, statement.name)
        elif isinstance(statement, ast.ClassDef):
            methods = (part for part in statement.body if isinstance(part, ast.FunctionDef))
            for method in methods:
                yield from _body_of(method, f"{statement.name}.{method.name}")


def _body_of(function: ast.FunctionDef, name: str) -> Iterator[tuple[int, str | None]]:
    for statement in function.body:
        yield from ((id(node), name) for node in ast.walk(statement))


def _show_both(node: ast.AST, changed: ast.AST) -> tuple[str, str]:
    """A node before and after, in a short line each: of SQL the part that is changed."""
    match node, changed:
        case ast.Constant(str() as before), ast.Constant(str() as after):
            start = max(0, len(os.path.commonprefix([before, after])) - SHOWN_AROUND)
            return _shorten(before[start:]), _shorten(after[start:])
    return _show(node), _show(changed)


def _show(node: ast.AST) -> str:
    """A node in one short line: of a condition what is asked."""
    if isinstance(node, ast.If | ast.While):
        return f"if {_show(node.test)}"
    return _shorten(ast.unparse(node))


def _shorten(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"
