"""The registrant sync: make the registrants of meetings and webinars equal desired lists.

::

    async with RegistrantSync(zoom, policy=SyncPolicy(on_absent="cancel")) as sync:
        plan = await sync.plan(DesiredList(SyncTarget.webinar(81234567890), people))
        print(plan)
        async with plan.apply() as outcomes:
            async for outcome in outcomes:
                print(outcome.row, outcome.result, outcome.reason)
"""

from ._journal_file import default_journal
from .desired import DesiredList, DesiredPerson, RejectedRow, SyncTarget
from .files import ColumnMapping, StagedFile
from .journal import Journal
from .outcomes import PersonOutcome, Result
from .plan import Action, PlannedChange, PlanTotals, TargetPlan
from .policy import SyncPolicy
from .sync import RegistrantSync
from .sync_plan import SyncPlan

__all__ = [
    "Action",
    "ColumnMapping",
    "DesiredList",
    "DesiredPerson",
    "Journal",
    "PersonOutcome",
    "PlanTotals",
    "PlannedChange",
    "RegistrantSync",
    "RejectedRow",
    "Result",
    "StagedFile",
    "SyncPlan",
    "SyncPolicy",
    "SyncTarget",
    "TargetPlan",
    "default_journal",
]
