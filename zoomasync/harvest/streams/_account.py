"""The streams of the whole account: usage, logs, telephone calls and bills."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import TYPE_CHECKING

from ...models.reports import (
    BillingInvoice,
    BillingInvoicesPage,
    BillingReport,
    BillingReportsPage,
    CloudRecordingStorage,
    DailyUsage,
    OperationLog,
    SignInActivity,
    TelephoneLeg,
)
from ...types import Api
from ._pages import listing, page_rows
from ._stream import LATE, SNAPSHOT, PageRows, Parent, PartitionBy, Refresh, Stream

if TYPE_CHECKING:
    from ..tasks import PartitionTask

_STORAGE_DAYS = 30  # of one call


async def _cloud_recording(zoom: Api, task: PartitionTask) -> AsyncGenerator[PageRows, None]:
    first, last = task.days
    while first <= last:
        days = first, min(last, first + timedelta(days=_STORAGE_DAYS - 1))
        async for page in zoom.reports.cloud_recording(*days).pages():
            yield page_rows(page, days)
        first = days[1] + timedelta(days=1)


async def _billing(zoom: Api, _: PartitionTask) -> AsyncGenerator[PageRows, None]:
    async for page in zoom.reports.billing().pages():
        yield PageRows([(page, report) for report in page.items])


async def _billing_invoices(zoom: Api, task: PartitionTask) -> AsyncGenerator[PageRows, None]:
    async for page in zoom.reports.billing_invoices(task.parent_key).pages():
        yield PageRows([(page, invoice) for invoice in page.items])


ACCOUNT_STREAMS = (
    Stream(
        name="activities",
        method="reports.activities",
        shape=(SignInActivity,),
        fetch=listing(lambda zoom, task: zoom.reports.activities(from_=task.days[0], to=task.days[1])),
        partition=PartitionBy.DAY,
        refresh=LATE,
    ),
    Stream(
        name="operation_logs",
        method="reports.operation_logs",
        shape=(OperationLog,),
        fetch=listing(lambda zoom, task: zoom.reports.operation_logs(*task.days)),
        partition=PartitionBy.DAY,
        refresh=LATE,
    ),
    Stream(
        name="telephone",
        method="reports.telephone",
        shape=(TelephoneLeg,),
        fetch=listing(lambda zoom, task: zoom.reports.telephone(*task.days, type_=task.variant)),
        partition=PartitionBy.MONTH,
        variants=("1", "2", "3"),  # toll-free and call-out, toll, SIP connected audio
        refresh=LATE,
    ),
    Stream(
        name="daily",
        method="reports.daily",
        shape=(DailyUsage,),
        fetch=listing(lambda zoom, task: zoom.reports.daily(year=task.days[0].year, month=task.days[0].month)),
        partition=PartitionBy.MONTH,
        row_key=("date",),
        refresh=LATE,
    ),
    Stream(
        name="cloud_recording",
        method="reports.cloud_recording",
        shape=(CloudRecordingStorage,),
        fetch=_cloud_recording,
        partition=PartitionBy.MONTH,
        row_key=("date",),
        refresh=LATE,
        days_ahead=-1,
    ),
    Stream(
        name="billing",
        method="reports.billing",
        shape=(BillingReportsPage, BillingReport),
        fetch=_billing,
        partition=PartitionBy.ACCOUNT,
        row_key=("id",),
        refresh=SNAPSHOT,
        retention=None,
    ),
    Stream(
        name="billing_invoices",
        method="reports.billing_invoices",
        shape=(BillingInvoicesPage, BillingInvoice),
        fetch=_billing_invoices,
        partition=PartitionBy.PARENT,
        parent=Parent(table="billing", key="id", day="end_date"),
        refresh=Refresh(days=31),
        retention=None,
    ),
)
