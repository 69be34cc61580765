"""The class of each difference, and how many there are of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from cpctl.core.change import Change
from cpctl.core.drift import CLASSES, Class, classify
from cpctl.core.plan import Plan


def class_of(plan: Plan, change: Change) -> Class:
    """Whose difference this is."""
    last = plan.remembered.get(change.address)
    return classify(change, last, remembers=plan.last is not None)


def classes(plan: Plan) -> Mapping[Class, int]:
    """Every class with its number, in the order in which they need attention."""
    counted = Counter(class_of(plan, change) for change in plan.changes)
    return {name: counted[name] for name in CLASSES}
