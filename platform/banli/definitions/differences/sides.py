"""One side of a comparison: a sealed bundle, built into what is defined, without needing its kinds to be there still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from banli.definitions.build import (
    Shelf,
    build_agreement,
    build_company,
    build_dictionary,
    build_flow,
    build_form,
    build_list,
    build_offer,
)
from banli.definitions.edition import Bundle, seal
from banli.definitions.entries import entries
from banli.definitions.kinds import Kinds
from banli.definitions.model import Agreement, AgreementList, Company, Dictionary, Flow, Form, Offer, Step

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Side:
    """A bundle and the kinds that are known today. `schemas` are those of the forms without the codes of dictionaries,
    which are compared once and not in every form that uses them."""

    bundle: Bundle
    kinds: Kinds

    @cached_property
    def hash(self) -> str:
        return seal(self.bundle)[0]

    @cached_property
    def flow(self) -> Flow:
        return build_flow(self.bundle["flow"]["id"], self.bundle["flow"])

    @cached_property
    def shelf(self) -> Shelf:
        return Shelf(self.kinds, self.bundle["dictionaries"], self.bundle["client"])

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        return {name: build_form(name, data, self.shelf) for name, data in self.bundle["forms"].items()}

    @cached_property
    def schemas(self) -> Mapping[str, Schema]:
        return {name: self._bare.resolver().resolve(data.get("schema", {})) for name, data in self.bundle["forms"].items()}

    @cached_property
    def record(self) -> Schema:
        resolved: Schema = self._bare.resolver().resolve(self.bundle["client"].get("schema", {}))
        return resolved

    @cached_property
    def _bare(self) -> Shelf:
        return Shelf(self.kinds, {name: {} for name in self.bundle["dictionaries"]}, self.bundle["client"])

    @cached_property
    def agreements(self) -> Mapping[str, Agreement]:
        return {name: build_agreement(name, data) for name, data in self.bundle["agreements"].items()}

    @cached_property
    def lists(self) -> Mapping[str, AgreementList]:
        return {name: build_list(name, data) for name, data in self.bundle["lists"].items()}

    @cached_property
    def dictionaries(self) -> Mapping[str, Dictionary]:
        return {name: build_dictionary(name, data) for name, data in self.bundle["dictionaries"].items()}

    @cached_property
    def company(self) -> Company:
        return build_company(self.bundle["company"]["id"], self.bundle["company"])

    @cached_property
    def business(self) -> Offer:
        return build_offer(next(entries([{self.bundle["business"]["id"]: self.bundle["business"]}])))

    def form_of(self, step: Step) -> str:
        """The id of the form that a step asks or shows, or ""."""
        shape = self.kinds.steps.get(step.kind)
        return shape.form(step.id, step.options) if shape is not None else ""

    def texts_of(self, step: Step) -> frozenset[str]:
        """The settings of a step that are shown to people, by their dotted path."""
        shape = self.kinds.steps.get(step.kind)
        return frozenset(path for path, sort in (shape.refers if shape is not None else {}).items() if sort == "text")
