"""Templates of one language: sentences are put into them when they are compiled, not each time when a page is drawn."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from banli.i18n import Translator


class SpokenEnvironment(Environment):
    """An environment whose `_('…')` without values are constants of the compiled template.

    A call of gettext costs as much as ten other expressions, and a frame has twenty of them. Compiled templates of one
    language are of no use to another: keep their bytecode apart.
    """

    def speak(self, translator: Translator) -> None:
        """From now on templates are compiled in this language."""
        self.install_gettext_callables(translator.gettext, translator.ngettext, newstyle=True)  # type: ignore[attr-defined]
        self._say = _Say(translator)

    def _generate(self, source: nodes.Template, *rest: Any, **more: Any) -> str:
        return super()._generate(self._say.visit(source), *rest, **more)


class _Say(NodeTransformer):
    def __init__(self, translator: Translator) -> None:
        self.translator = translator

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's name
        called = node.node
        if isinstance(called, nodes.Name) and called.name == "_" and len(node.args) == 1 and not node.kwargs:
            msgid = node.args[0]
            if isinstance(msgid, nodes.Const) and isinstance(msgid.value, str):
                # As the new style of gettext does it: the sentence is markup, and `%%` in it stands for `%`.
                said = Markup(self.translator.gettext(msgid.value)) % {}  # noqa: S704
                return nodes.Const(said, lineno=node.lineno)
        return self.generic_visit(node)
