"""Scripts that come late, as on a slow line: what is done before they are there must count."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route


def held_back(page: Page) -> Callable[[], None]:
    """The page is loaded anew, its scripts only when what is given back is called."""
    held: list[Route] = []
    came = False

    def meet(route: Route) -> None:
        if came:
            route.continue_()
        else:
            held.append(route)

    def come() -> None:
        nonlocal came
        came = True
        for route in held:
            route.continue_()
        page.wait_for_load_state()

    page.route("**/static/js/**", meet)
    page.reload(wait_until="commit")
    return come
