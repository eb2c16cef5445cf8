"""Conditions in words, for business people: `pep_relation != "none"` as 「政要人物关系」不是“无关系”."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from banli.definitions.model import Field
from banli.expressions import Fault
from banli.expressions.syntax import Node, parse
from banli.i18n import Translator
from banli.sentences import _

IS, IS_NOT = _("{name} is {value}"), _("{name} is not {value}")
ANSWERED, NOT_ANSWERED = _("{name} is answered"), _("{name} is not answered")
AMONG, NOT_AMONG = _("{name} is one of {values}"), _("{name} is none of {values}")
HOLDS, HOLDS_NOT = _("{name} has {value}"), _("{name} does not have {value}")
SIZE = _("the number in {name}")
_SIGNS = {
    "_>_": _("{name} is more than {value}"),
    "_>=_": _("{name} is at least {value}"),
    "_<_": _("{name} is less than {value}"),
    "_<=_": _("{name} is at most {value}"),
}
_OPPOSITE = {"_>_": "_<=_", "_>=_": "_<_", "_<_": "_>=_", "_<=_": "_>_"}
_TEXTS = {
    "startsWith": (_("{name} begins with {value}"), _("{name} does not begin with {value}")),
    "endsWith": (_("{name} ends with {value}"), _("{name} does not end with {value}")),
    "contains": (_("{name} contains {value}"), _("{name} does not contain {value}")),
}
AND, OR = _("{one}, and {other}"), _("{one}, or {other}")
NAMES = {
    "today": _("today"),
    "company.id": _("the company"),
    "business.id": _("the business"),
    "changed": _("anything was changed"),
}
ON_FILE = _("{title} on file")
QUOTED = _("“{text}”")
YES, NO = _("Yes"), _("No")


class _NoWords(Exception):
    pass


@dataclass
class Teller:
    """`fields` are the questions that the condition can name, `record` the titles of what is on file."""

    translator: Translator
    fields: Mapping[str, Field]
    record: Mapping[str, str] = field(default_factory=dict)

    def tell(self, text: str) -> str:
        """The condition in words, "" where there are none."""
        node = parse(text)
        if isinstance(node, Fault):
            return ""
        try:
            return self._of(node, yes=True)
        except _NoWords:
            return ""

    def _say(self, msgid: str, **words: str) -> str:
        return self.translator.gettext(msgid).format(**words)

    def _of(self, node: Node, *, yes: bool) -> str:
        if node.op in ("name", "select"):
            answer = self.translator.gettext(YES if yes else NO)
            name = self._dotted(node)
            if name == "changed":
                return self.translator.gettext(NAMES[name]) if yes else self._say(_("nothing was changed"))
            return self._say(IS, name=self._name(node), value=self._quote(answer))
        if node.op == "method" and node.value in _TEXTS and node.args[1].op == "string":
            return self._say(_TEXTS[node.value][not yes], name=self._name(node.args[0]), value=self._quote(node.args[1].value))
        if node.op != "call":
            raise _NoWords
        if node.value == "!_":
            return self._of(node.args[0], yes=not yes)
        if node.value in ("_&&_", "_||_"):
            joined = AND if (node.value == "_&&_") == yes else OR
            one, other = (self._part(part, yes=yes, inside=joined) for part in node.args)
            return self._say(joined, one=one, other=other)
        if node.value in ("_==_", "_!=_"):
            return self._equal(*node.args, yes=yes == (node.value == "_==_"))
        if node.value == "@in":
            return self._in(*node.args, yes=yes)
        if node.value in _SIGNS:
            sign = node.value if yes else _OPPOSITE[node.value]
            return self._say(_SIGNS[sign], name=self._name(node.args[0]), value=self._value(node.args[1], node.args[0]))
        raise _NoWords

    def _part(self, node: Node, *, yes: bool, inside: str) -> str:
        words = self._of(node, yes=yes)
        mixed = node.op == "call" and node.value in ("_&&_", "_||_") and (AND if (node.value == "_&&_") == yes else OR) != inside
        return f"({words})" if mixed else words

    def _equal(self, one: Node, other: Node, *, yes: bool) -> str:
        if one.op in ("null", "string", "int", "double", "bool"):
            one, other = other, one
        if other.op == "null":
            return self._say(NOT_ANSWERED if yes else ANSWERED, name=self._name(one))
        return self._say(IS if yes else IS_NOT, name=self._name(one), value=self._value(other, one))

    def _in(self, item: Node, group: Node, *, yes: bool) -> str:
        if group.op == "list":
            values = " / ".join(self._value(one, item) for one in group.args)
            return self._say(AMONG if yes else NOT_AMONG, name=self._name(item), values=values)
        return self._say(HOLDS if yes else HOLDS_NOT, name=self._name(group), value=self._value(item, group))

    # Names and values

    def _dotted(self, node: Node) -> str:
        parts: list[str] = []
        while node.op == "select":
            parts.insert(0, str(node.value))
            node = node.args[0]
        if node.op != "name":
            raise _NoWords
        return ".".join([str(node.value), *parts])

    def _field(self, node: Node) -> Field | None:
        if node.op not in ("name", "select"):
            return None
        first, *rest = self._dotted(node).split(".")
        found = self.fields.get(first)
        for name in rest:
            found = next((item for item in found.items if item.name == name), None) if found is not None else None
        return found

    def _name(self, node: Node) -> str:
        if node.op == "call" and node.value == "size":
            return self._say(SIZE, name=self._name(node.args[0]))
        name = self._dotted(node)
        asked = self._field(node)
        if asked is not None:
            return self._quote(self.translator.say(asked.title).rstrip(":\uff1a"))
        if name in NAMES:
            return self.translator.gettext(NAMES[name])
        if name.startswith("client."):
            title = self.record.get(name.removeprefix("client."), name.removeprefix("client."))
            return self._say(ON_FILE, title=self._quote(self.translator.say(title)))
        return name

    def _value(self, node: Node, subject: Node) -> str:
        if node.op in ("name", "select"):
            return self._name(node)
        value: Any = node.value
        if node.op == "bool":
            return self._quote(self.translator.gettext(YES if value else NO))
        if node.op in ("int", "double"):
            return str(value)
        if node.op != "string":
            raise _NoWords
        asked = self._field(subject)
        text = next((one.text for one in asked.choices if one.code == value), value) if asked is not None else value
        return self._quote(self.translator.say(str(text)))

    def _quote(self, text: str) -> str:
        return self._say(QUOTED, text=text)
