"""lianzhen_core.pyi against the binary: the same names, the same arguments."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import lianzhen_core
import pytest

STUB = Path(__file__).parents[3] / "media_server" / "core" / "lianzhen_core.pyi"
CLASSES = {node.name: node for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ClassDef)}


def public_names() -> set[str]:
    return {name for name in dir(lianzhen_core) if not name.startswith("_") and name != "lianzhen_core"}


def test_every_class_of_the_stub_is_in_the_module_and_the_other_way_round() -> None:
    assert public_names() == set(CLASSES)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_methods_take_the_arguments_that_the_stub_says(name: str) -> None:
    real = getattr(lianzhen_core, name)
    for node in CLASSES[name].body:
        if isinstance(node, ast.AnnAssign):
            assert isinstance(node.target, ast.Name)
            assert hasattr(real, node.target.id)
        if isinstance(node, ast.FunctionDef):
            if any(isinstance(item, ast.Name) and item.id == "property" for item in node.decorator_list):
                assert hasattr(real, node.name)
                continue
            signature = inspect.signature(real if node.name == "__init__" else getattr(real, node.name))
            names = [argument for argument in signature.parameters if argument != "self"]
            arguments = [*node.args.args[1:], *node.args.kwonlyargs]
            assert names == [argument.arg for argument in arguments]
            for argument in node.args.kwonlyargs:
                assert signature.parameters[argument.arg].kind is inspect.Parameter.KEYWORD_ONLY


def test_classes_without_a_constructor_in_the_stub_cannot_be_made() -> None:
    for name, node in CLASSES.items():
        has_constructor = any(
            isinstance(item, ast.FunctionDef) and item.name == "__init__" for item in node.body
        )
        if not has_constructor and name != "MisuseError":
            with pytest.raises(TypeError):
                getattr(lianzhen_core, name)()
