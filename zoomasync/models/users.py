"""Structs of `zoom.users`."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct, field

from .custom_fields import CustomAttribute
from .field_types import Timestamp
from .pages import NumberedPage
from .secret_fields import MaskedStruct, Secret

LoginType: TypeAlias = Literal[0, 1, 11, 21, 23, 24, 27, 97, 98, 99, 100, 101] | int
UserStatus: TypeAlias = Literal["active", "inactive", "pending"] | str


class License(Struct, frozen=True, kw_only=True):
    """A licence of a user, in an account with several subscriptions.

    *license_option* is 2 for a licensed user of Meetings. For a bundle it is a power of two that names the Zoom
    Workplace plan, such as 4 Enterprise and 8 Enterprise Plus; Zoom rounds the largest ones.
    """

    license_type: Literal["MEETING", "ZOOM_WORKPLACE_BUNDLE"] | str | None = None
    license_option: int | None = None
    subscription_id: str | None = None


class PhoneNumber(Struct, frozen=True, kw_only=True):
    """A telephone number of a user. *code* is the prefix of the country, such as "+1"."""

    code: str | None = None
    country: str | None = None
    label: Literal["Mobile", "Office", "Home", "Fax"] | str | None = None
    number: str | None = None
    verified: bool | None = None


class ListedUser(MaskedStruct, frozen=True, kw_only=True):
    """A user of the account. A pending user has no *id*; other calls also take *email*.

    *type* is 1 basic, 2 licensed, 4 without a plan for meetings, 99 none. *verified* is 1 for a verified e-mail
    address. *created_at* is deprecated. *last_login_time* may lag by three days. *pmi* is the personal meeting id,
    *host_key* the key to take over as host. *plan_united_type* is a power of two, as text, that names the Zoom United
    plan.
    """

    email: str
    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    type: Literal[1, 2, 4, 99] | int | None = None
    status: UserStatus | None = None
    role_id: str | None = None
    pmi: int | None = None
    host_key: Secret[str] | None = None
    dept: str | None = None
    timezone: str | None = None
    verified: int | None = None
    user_created_at: Timestamp | None = None
    created_at: Timestamp | None = None
    last_login_time: Timestamp | None = None
    last_client_version: str | None = None
    employee_unique_id: str | None = None
    group_ids: tuple[str, ...] = ()
    im_group_ids: tuple[str, ...] = ()
    division_ids: tuple[str, ...] = ()
    custom_attributes: tuple[CustomAttribute, ...] = ()
    license_info_list: tuple[License, ...] = ()
    plan_united_type: (
        Literal[
            "1",
            "2",
            "4",
            "8",
            "16",
            "32",
            "64",
            "128",
            "256",
            "512",
            "1024",
            "2048",
            "4096",
            "8192",
            "16384",
            "32768",
            "65536",
            "131072",
        ]
        | str
        | None
    ) = None


class UsersPage(NumberedPage, frozen=True, kw_only=True):
    """One page of the users with one status."""

    items: tuple[ListedUser, ...] = field(name="users")


class User(ListedUser, frozen=True, kw_only=True):
    """A user with the fields that a listing lacks.

    *login_types* holds 0 Facebook, 1 Google, 24 Apple, 27 Microsoft, 97 mobile device, 98 RingCentral, 99 API user, 100
    work e-mail address, 101 single sign-on; in China also 11 telephone number, 21 WeChat, 23 Alipay. *zoom_one_type* is
    the *license_option* of a Zoom Workplace bundle (see `License`). *pronouns_option* is 1 ask each time, 2 always
    show, 3 never show. *phone_number* and *phone_country* are deprecated in favour of *phone_numbers*.
    """

    account_id: str | None = None
    account_number: int | None = None
    cluster: str | None = None
    cms_user_id: str | None = None
    company: str | None = None
    cost_center: str | None = None
    jid: str | None = None
    job_title: str | None = None
    language: str | None = None
    location: str | None = None
    login_types: tuple[LoginType, ...] = ()
    manager: str | None = None
    personal_meeting_url: Secret[str] | None = None
    phone_country: str | None = None
    phone_number: str | None = None
    phone_numbers: tuple[PhoneNumber, ...] = ()
    pic_url: str | None = None
    pronouns: str | None = None
    pronouns_option: int | None = None
    role_name: str | None = None
    use_pmi: bool | None = None
    vanity_url: Secret[str] | None = None
    zoom_one_type: int | None = None
