"""`/api/verify/sms`: proving that a phone number is somebody's."""

import re
from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import Feature, bad_params, feature_off
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Effect, post

_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")
_DIGITS: Final = 6


class Begin(Struct, rename="camel"):
    phone_number: str
    verification_profile_id: int


class Check(Struct, rename="camel"):
    phone_number: str
    verification_profile_id: int
    code: str


def begin(call: Call, body: Begin) -> Json:
    """Pretend to send a code: the last six digits of the number."""
    _require(call.project, body.phone_number, body.verification_profile_id)
    call.project.verifications[body.phone_number] = body.phone_number[-_DIGITS:]
    return success()


def check(call: Call, body: Check) -> Json:
    _require(call.project, body.phone_number, body.verification_profile_id)
    if call.project.verifications.get(body.phone_number) != body.code:
        msg = "Invalid verification code"
        raise bad_params(msg)
    del call.project.verifications[body.phone_number]
    return success()


def _require(project: Project, number: str, profile: int) -> None:
    if not project.settings.features.sms_verification:
        raise feature_off(Feature.SMS_VERIFICATION)
    if profile not in project.verification_profiles:
        msg = f"Verification profile {profile} does not exist"
        raise bad_params(msg)
    if not _PHONE.fullmatch(number):
        msg = "phoneNumber must be in E.164 form"
        raise bad_params(msg)


ROUTES: Final = (
    post("/api/verify/sms/begin", begin, effect=Effect.SEND),
    post("/api/verify/sms/check", check),
)
