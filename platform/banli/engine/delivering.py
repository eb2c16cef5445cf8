"""Decides what happens outside after an approval: which actions run, how often, which wait for another, when all is done."""

from __future__ import annotations

from banli.definitions.model import Action
from banli.engine.course import Names
from banli.engine.decision import Deciding, Decision, Order


def deliver(deciding: Deciding) -> None:
    """Orders the flow's actions; without any the case is done."""
    orders = [
        (action, delivery) for action in deciding.course.flow.approved for delivery in _runs(action, deciding.position().names)
    ]
    if not orders:
        deciding.note("done")
        return
    deciding.note("delivering", actions=[delivery for _, delivery in orders])
    deciding.orders += [_order(deciding, action, delivery) for action, delivery in orders if not action.waits_for]


def _runs(action: Action, names: Names) -> list[str]:
    """The runs of an action by name: one, or one for each item of the answer that it names (`codes[shfe]`)."""
    if not action.each:
        return [action.id]
    items = names.get(action.each)
    return [f"{action.id}[{item}]" for item in items] if isinstance(items, list | tuple) else []


def run_of(delivery: str) -> tuple[str, str]:
    """The action's id and the item of a delivery: `codes[shfe]` is of codes, for shfe."""
    action, _, item = delivery.partition("[")
    return action, item.removesuffix("]")


EARLIER_REFUSED = "refused:earlier_refused"
"""What comes of an action that waits for one that was refused."""


def ended(outcome: str) -> bool:
    """Has a delivery come to its end? A refusal that is told to the client is one."""
    return outcome == "done" or outcome.startswith("refused:")


def _order(deciding: Deciding, action: Action, delivery: str) -> Order:
    """The key names this order: a job that runs twice has one effect, a person who tries again gets a new one."""
    return Order(action, f"{deciding.case.number}:{delivery}:{deciding.before.revision}", delivery)


def delivered(deciding: Deciding) -> Decision:
    case, command = deciding.case, deciding.command
    if case.state != "delivering" or command.action not in case.deliveries:
        return deciding.no("not_now")
    before = case.deliveries[command.action]
    if ended(before):
        return Decision(case)
    if command.outcome == "waiting" and not before.startswith("failed:"):
        return deciding.no("not_now")
    deciding.note("delivery", action=command.action, outcome=command.outcome)
    if command.outcome == "waiting":
        action = next(a for a in deciding.course.flow.approved if a.id == run_of(command.action)[0])
        deciding.orders.append(_order(deciding, action, command.action))
    if ended(command.outcome):
        _go_on(deciding)
    if all(ended(outcome) for outcome in deciding.case.deliveries.values()):
        deciding.note("done")
    return deciding.done()


def _go_on(deciding: Deciding) -> None:
    """What has waited for the action that has just ended: its time has come, or it is refused as well."""
    came = {run_of(deciding.command.action)[0]: deciding.command.outcome}
    for action in deciding.course.flow.approved:
        if action.waits_for not in came:
            continue
        waiting = [delivery for delivery in deciding.case.deliveries if run_of(delivery)[0] == action.id]
        if came[action.waits_for] == "done":
            deciding.orders += [_order(deciding, action, delivery) for delivery in waiting]
            continue
        came[action.id] = EARLIER_REFUSED
        for delivery in waiting:
            deciding.note("delivery", action=delivery, outcome=EARLIER_REFUSED)
