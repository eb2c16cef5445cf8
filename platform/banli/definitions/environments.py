"""What is different in one environment (test, production): looks, words and a banner; never what is asked or signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from banli.errors import did_you_mean

Data = Mapping[str, Any]

PRODUCTION = "production"
BUILT_IN = (PRODUCTION, "demo", "development")
"""Environments that no site has to name."""
BANNER = "banner"
"""The id of the notice that a banner becomes."""


def site_in(site: Data, environment: str) -> dict[str, Any]:
    """site.yaml as it is in this environment."""
    own = _own(site, environment)
    return {
        **{key: value for key, value in site.items() if key != "environments"},
        **({"title": own["title"]} if "title" in own else {}),
        "theme": _looks({}, own.get("theme", {})),
        "texts": {**site.get("texts", {}), **own.get("texts", {})},
        "menu": {**site.get("menu", {}), **own.get("menu", {})},
        "notices": [*_banner(own), *site.get("notices", ())],
    }


def company_in(company: Data, site: Data, environment: str) -> dict[str, Any]:
    """company.yaml as it is in this environment. The site's difference wins over what the company says everywhere, the
    company's own difference over both; of two banners the company's is shown."""
    around, own = _own(site, environment), _own(company, environment)
    here = {key: {**around.get(key, {}), **own.get(key, {})} for key in ("texts", "menu")}
    return {
        **{key: value for key, value in company.items() if key != "environments"},
        "theme": _looks(company.get("theme", {}), around.get("theme", {}), own.get("theme", {})),
        "texts": {**company.get("texts", {}), **here["texts"]},
        "menu": {**company.get("menu", {}), **here["menu"]},
        "here": here,
        "notices": [*(_banner(own) or _banner(around)), *site.get("notices", ()), *company.get("notices", ())],
    }


def unnamed(site: Data, environment: str) -> str:
    """A sentence for the operator when BANLI_ENVIRONMENT names what site.yaml does not; "" when it does."""
    known = (*site.get("environments", {}), *BUILT_IN)
    if environment in known or not site.get("environments"):
        return ""
    cure = did_you_mean(environment, known) or f"There are: {', '.join(known)}."
    return f"BANLI_ENVIRONMENT is '{environment}', but site.yaml names no such environment. {cure}"


def _own(data: Data, environment: str) -> Data:
    found = data.get("environments", {}).get(environment)
    return found if isinstance(found, Mapping) else {}


def _looks(*layers: Data) -> dict[str, Any]:
    """The later wins, token by token."""
    looks: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            looks[key] = {**looks.get(key, {}), **value} if key in ("tokens", "dark") else value
    return looks


def _banner(own: Data) -> list[dict[str, Any]]:
    return [{BANNER: {"text": str(own["banner"])}}] if "banner" in own else []


def each(site: Data, company: Data) -> Iterable[str]:
    """The environments in which a company looks different: "" for the usual looks first."""
    return ("", *dict.fromkeys((*site.get("environments", {}), *company.get("environments", {}))))
