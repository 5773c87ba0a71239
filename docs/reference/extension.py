"""The extension of Griffe with which mkdocstrings renders the reference.

It adds three things that the source text alone does not show: the route, label and scopes of each method with an
endpoint, the fields of a struct as its signature, and links from the names in docstrings. Literal blocks of docstrings
become code blocks.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import copy
from importlib import import_module
from textwrap import dedent
from typing import Final

import griffe

from zoomasync import Zoom
from zoomasync.auth import StaticToken
from zoomasync.types import Endpoint

_LITERAL_BLOCK: Final = re.compile(r"(\S)?::\n\n((?:    .*\n|\n)+)")
_NAME: Final = re.compile(r"(?<!`)`([A-Za-z_][\w.]*)`(?!`)")
_CODE_BLOCK: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


class ReferenceExtension(griffe.Extension):
    """The changes to the package, once all of it is loaded."""

    def on_package(self, *, pkg: griffe.Module, **_: object) -> None:
        """Change the docstrings and signatures of *pkg*."""
        if pkg.name != "zoomasync":
            return
        objects = list(_objects_in(pkg))
        paths = _paths_of_names(objects)
        for each in objects:
            if isinstance(each, griffe.Attribute) and each.docstring is None and _is_type_alias(each):
                each.docstring = griffe.Docstring("A type of fields or arguments.", parent=each)
            elif each.docstring is not None:
                each.docstring.value = _with_links(_with_code_blocks(each.docstring.value), each, paths)
            if isinstance(each, griffe.Class) and _is_struct(each):
                each.set_member("__init__", _init_of(each))
        for name in ("__init__", "endpoints"):  # for the client, not for callers
            pkg["resources._resource.Resource"].del_member(name)
        client = Zoom(StaticToken("none"))
        for method, endpoint in Zoom.endpoints().items():
            _describe_endpoint(pkg, client, method, endpoint)


def _objects_in(parent: griffe.Module | griffe.Class) -> Iterator[griffe.Object]:
    yield parent
    for member in parent.members.values():
        if isinstance(member, griffe.Module | griffe.Class):
            yield from _objects_in(member)
        elif isinstance(member, griffe.Object):
            yield member


def _paths_of_names(objects: list[griffe.Object]) -> Mapping[str, str]:
    """Return the path of each public name, unless two objects have it."""
    found: dict[str, set[str]] = {}
    for each in objects:
        if isinstance(each, griffe.Module):
            found.setdefault(each.path, set()).add(each.path)
            for name in (str(name) for name in each.exports or ()):
                with suppress(KeyError, griffe.AliasResolutionError):  # names of other packages
                    found.setdefault(name, set()).add(each.members[name].canonical_path)
        elif isinstance(each, griffe.Class) and each.is_public:
            found.setdefault(each.name, set()).add(each.path)
    return {name: paths.pop() for name, paths in found.items() if len(paths) == 1}


def _with_code_blocks(docstring: str) -> str:
    """Return *docstring* with code blocks in place of its literal blocks."""

    def code_block(match: re.Match[str]) -> str:
        code = dedent(match[2]).strip()
        end_of_text = f"{match[1]}:\n\n" if match[1] else ""
        return f"{end_of_text}```{'python' if _is_python(code) else 'text'}\n{code}\n```\n\n"

    return _LITERAL_BLOCK.sub(code_block, f"{docstring}\n").strip()


def _is_python(code: str) -> bool:
    try:
        compile(code, "docstring", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    except SyntaxError:
        return False
    return True


def _with_links(docstring: str, owner: griffe.Object, paths: Mapping[str, str]) -> str:
    """Return *docstring* with links to the objects that it names, to those of *owner* first."""
    scope = owner if isinstance(owner, griffe.Class | griffe.Module) else owner.parent

    def link(match: re.Match[str]) -> str:
        first, dot, rest = match[1].partition(".")
        if match[1] in paths:
            path = paths[match[1]]
        elif isinstance(scope, griffe.Class) and not dot and first in scope.members:
            path = f"{scope.path}.{first}"
        elif dot and first in paths:
            path = f"{paths[first]}.{rest}"
        else:
            return match[0]
        return f'<autoref identifier="{path}" optional><code>{match[1]}</code></autoref>'

    parts = _CODE_BLOCK.split(docstring)
    return "".join(part if part.startswith("```") else _NAME.sub(link, part) for part in parts)


def _is_type_alias(attribute: griffe.Attribute) -> bool:
    annotation = attribute.annotation
    return isinstance(annotation, griffe.Expr) and annotation.canonical_path == "typing.TypeAlias"


def _is_struct(class_: griffe.Class) -> bool:
    bases = (base for each in (class_, *class_.mro()) for base in each.bases if isinstance(base, griffe.Expr))
    return any(base.canonical_path == "msgspec.Struct" for base in bases)


def _init_of(struct: griffe.Class) -> griffe.Function:
    """Return the `__init__` of *struct*, with its fields as they are written in the source."""
    type_ = getattr(import_module(struct.module.path), struct.name)
    parameters = [griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)]
    for field in inspect.signature(type_).parameters.values():
        owner = next(each for each in (struct, *struct.mro()) if field.name in each.members)
        attribute = owner.members[field.name]
        assert isinstance(attribute, griffe.Attribute)  # noqa: S101  for the type checkers
        parameters.append(
            griffe.Parameter(
                field.name,
                annotation=attribute.annotation,
                kind=griffe.ParameterKind[field.kind.name.lower()],
                default=None if field.default is inspect.Parameter.empty else repr(field.default),
            )
        )
    return griffe.Function("__init__", parameters=griffe.Parameters(*parameters), returns="None", parent=struct)


def _describe_endpoint(package: griffe.Module, client: Zoom, name: str, endpoint: Endpoint[object]) -> None:
    """Add the facts of *endpoint* to the docstring of the method that calls it, inherited or not."""
    namespace: object = client
    *parts, method = name.split(".")
    for part in parts:
        namespace = getattr(namespace, part)
    type_ = type(namespace)
    class_ = package[f"{type_.__module__}.{type_.__qualname__}".removeprefix("zoomasync.")]
    owner = next(each for each in (class_, *class_.mro()) if method in each.members)
    function = copy(owner.members[method])
    scopes = ", ".join(f"`{scope}`" for scope in (*endpoint.scopes, *endpoint.granular_scopes))
    facts = f"`{endpoint.route}`, label {endpoint.label.value}. Needs one of these scopes: {scopes}."
    own = "" if function.docstring is None else function.docstring.value
    function.docstring = griffe.Docstring(f"{own}\n\n{facts}", parent=function)
    class_.set_member(method, function)
    class_.members.pop("__init__", None)
