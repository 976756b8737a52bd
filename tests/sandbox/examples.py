"""One successful call of every route on the usual project: the seed has something for each."""

from dataclasses import dataclass
from typing import Any

AVERY = "avery.abbott@example.com"
AVERY_ID = "us-10001"
BLAKE = "blake.hayes@example.org"

NEWSLETTER, TRAIL_CLUB = 30_001, 30_002
DRAFT, READY, SCHEDULED, FINISHED, STARTING = 100_001, 100_002, 100_003, 100_004, 100_005
RECURRING, ARCHIVED = 100_007, 100_010
TRIGGERED = {
    "email": 100_011,
    "push": 100_012,
    "sms": 100_013,
    "inApp": 100_014,
    "webPush": 100_015,
    "whatsApp": 100_016,
    "embedded": 100_017,
}
TEMPLATES = {
    "email": 200_001,
    "push": 200_002,
    "sms": 200_003,
    "inapp": 200_004,
    "embedded": 200_007,
}
SPARE = 200_008
SOON = "2026-03-02 10:00:00"


@dataclass(frozen=True, slots=True)
class Example:
    """`path` fills in the route's parameters; `before` are calls that make this one possible."""

    path: str = ""
    body: Any = None
    before: tuple[tuple[str, str, Any], ...] = ()
    wait: float = 0


def _target(medium: str) -> Example:
    return Example(body={"campaignId": TRIGGERED[medium], "recipientEmail": AVERY})


def _cancel(medium: str) -> Example:
    later = {"campaignId": TRIGGERED[medium], "recipientEmail": AVERY, "sendAt": SOON}
    return Example(
        body={"campaignId": TRIGGERED[medium], "email": AVERY},
        before=(("POST", f"/api/{medium}/target", later),),
    )


def _in_app_event(**fields: Any) -> Example:
    return Example(body={"email": AVERY, "messageId": "{in_app_message}", **fields})


def _embedded_event(**fields: Any) -> Example:
    return Example(body={"email": AVERY, "messageId": "{embedded_message}", **fields})


def _proof(medium: str) -> Example:
    return Example(body={"templateId": TEMPLATES[medium], "recipientEmail": AVERY})


_ITEM = {"id": "sku-1", "name": "Map", "price": 12.5, "quantity": 2}
_START = ("POST", "/api/export/start", {"dataTypeName": "user", "outputFormat": "text/csv"})
_GROUP = f"/api/subscriptions/emailList/{TRAIL_CLUB}"
_SECOND_VARIANT = (
    "POST",
    "/api/experiments/50001/start",
    None,
)

EXAMPLES: dict[str, Example] = {
    "GET /api/campaigns": Example("/api/campaigns?page=1&pageSize=5&sort=-createdAt"),
    "POST /api/campaigns/abort": Example(body={"campaignId": STARTING}),
    "POST /api/campaigns/activateTriggered": Example(
        body={"campaignId": TRIGGERED["email"]},
        before=(
            ("POST", "/api/campaigns/deactivateTriggered", {"campaignId": TRIGGERED["email"]}),
        ),
    ),
    "POST /api/campaigns/archive": Example(body={"campaignIds": [DRAFT, 42]}),
    "POST /api/campaigns/cancel": Example(body={"campaignId": SCHEDULED}),
    "POST /api/campaigns/create": Example(
        body={"name": "New", "templateId": TEMPLATES["email"], "listIds": [NEWSLETTER]}
    ),
    "POST /api/campaigns/deactivateTriggered": Example(body={"campaignId": TRIGGERED["sms"]}),
    "GET /api/campaigns/metrics": Example(
        f"/api/campaigns/metrics?campaignId={TRIGGERED['email']}"
    ),
    "GET /api/campaigns/recurring/{id}/childCampaigns": Example(
        f"/api/campaigns/recurring/{RECURRING}/childCampaigns?page=1&pageSize=10"
    ),
    "POST /api/campaigns/trigger": Example(
        body={"campaignId": TRIGGERED["email"], "listIds": [TRAIL_CLUB]}
    ),
    "POST /api/campaigns/{campaignId}/schedule": Example(
        f"/api/campaigns/{READY}/schedule", {"sendAt": "2026-03-03T10:00:00Z"}
    ),
    "POST /api/campaigns/{campaignId}/send": Example(f"/api/campaigns/{READY}/send"),
    "GET /api/campaigns/{id}": Example(f"/api/campaigns/{FINISHED}"),
    "GET /api/catalogs": Example("/api/catalogs?page=1&pageSize=1"),
    "DELETE /api/catalogs/{catalogName}": Example("/api/catalogs/stores"),
    "POST /api/catalogs/{catalogName}": Example("/api/catalogs/brands"),
    "GET /api/catalogs/{catalogName}/fieldMappings": Example(
        "/api/catalogs/products/fieldMappings"
    ),
    "PUT /api/catalogs/{catalogName}/fieldMappings": Example(
        "/api/catalogs/products/fieldMappings",
        {"mappingsUpdates": [{"fieldName": "inStock", "fieldType": "boolean"}]},
    ),
    "DELETE /api/catalogs/{catalogName}/items": Example(
        "/api/catalogs/products/items", {"itemIds": ["tent-2p"]}
    ),
    "GET /api/catalogs/{catalogName}/items": Example(
        "/api/catalogs/products/items?page=2&pageSize=2&orderBy=price"
    ),
    "POST /api/catalogs/{catalogName}/items": Example(
        "/api/catalogs/products/items",
        {"documents": {"rope": {"title": "Rope"}}, "replaceUploadedFieldsOnly": False},
    ),
    "DELETE /api/catalogs/{catalogName}/items/{itemId}": Example(
        "/api/catalogs/products/items/tent-2p"
    ),
    "GET /api/catalogs/{catalogName}/items/{itemId}": Example(
        "/api/catalogs/products/items/tent-2p"
    ),
    "PATCH /api/catalogs/{catalogName}/items/{itemId}": Example(
        "/api/catalogs/products/items/tent-2p", {"update": {"price": 199.0}}
    ),
    "PUT /api/catalogs/{catalogName}/items/{itemId}": Example(
        "/api/catalogs/products/items/tent-2p", {"value": {"title": "Tent"}}
    ),
    "GET /api/channels": Example(),
    "POST /api/commerce/trackPurchase": Example(
        body={"user": {"email": AVERY}, "items": [_ITEM], "total": 25.0, "id": "order-1"}
    ),
    "POST /api/commerce/updateCart": Example(body={"user": {"email": AVERY}, "items": [_ITEM]}),
    "POST /api/email/cancel": _cancel("email"),
    "POST /api/email/target": _target("email"),
    "GET /api/email/viewInBrowser": Example(
        f"/api/email/viewInBrowser?email={AVERY}&messageId={{email_message}}"
    ),
    "GET /api/embedded-messaging/messages": Example(
        f"/api/embedded-messaging/messages?email={AVERY}&platform=Web"
    ),
    "POST /api/embedded-messaging/events/click": _embedded_event(buttonIdentifier="plan"),
    "POST /api/embedded-messaging/events/received": _embedded_event(),
    "POST /api/embedded-messaging/events/session": Example(
        body={"email": AVERY, "session": {"id": "s"}, "impressions": [{"placementId": 11}]}
    ),
    "GET /api/events/byUserId/{userId}": Example(f"/api/events/byUserId/{AVERY_ID}?limit=2"),
    "POST /api/events/inAppConsume": _in_app_event(deleteAction="inbox-swipe"),
    "POST /api/events/track": Example(
        body={"email": AVERY, "eventName": "signedUp", "id": "e-1", "dataFields": {"step": 1}}
    ),
    "POST /api/events/trackBulk": Example(
        body={
            "events": [
                {"email": AVERY, "eventName": "seen"},
                {"userId": "somebody", "eventName": "seen"},
            ]
        }
    ),
    "POST /api/events/trackInAppClick": _in_app_event(clickedUrl="https://larkfield.example"),
    "POST /api/events/trackInAppClose": _in_app_event(closeAction="back"),
    "POST /api/events/trackInAppDelivery": _in_app_event(),
    "POST /api/events/trackInAppOpen": _in_app_event(),
    "POST /api/events/trackPushOpen": Example(
        body={"email": AVERY, "campaignId": TRIGGERED["push"], "messageId": "m"}
    ),
    "POST /api/events/trackWebPushClick": Example(body={"email": AVERY, "messageId": "m"}),
    "GET /api/events/{email}": Example(f"/api/events/{AVERY}"),
    "GET /api/experiments": Example("/api/experiments?state=draft&limit=5"),
    "POST /api/experiments": Example(
        body={"campaignId": SCHEDULED, "experimentType": "SubjectLine"}
    ),
    "GET /api/experiments/metrics": Example("/api/experiments/metrics?experimentId=50001"),
    "GET /api/experiments/{experimentId}": Example("/api/experiments/50001"),
    "GET /api/experiments/{experimentId}/variants": Example("/api/experiments/50001/variants"),
    "POST /api/experiments/{experimentId}/variants": Example(
        "/api/experiments/50001/variants", {"copyFromTemplateId": TEMPLATES["email"]}
    ),
    "GET /api/experiments/{experimentId}/totals": Example("/api/experiments/50001/totals"),
    "GET /api/experiments/{experimentId}/trends": Example("/api/experiments/50001/trends"),
    "PATCH /api/experiments/{experimentId}/settings": Example(
        "/api/experiments/50001/settings",
        {"conversionEventSettings": {"systemConversionEventType": "Opens"}},
    ),
    "POST /api/experiments/{experimentId}/start": Example("/api/experiments/50001/start", {}),
    "POST /api/experiments/{experimentId}/cancel": Example(
        "/api/experiments/50001/cancel", {}, before=(_SECOND_VARIANT,)
    ),
    "POST /api/experiments/{experimentId}/winner": Example(
        "/api/experiments/50001/winner", {"variantId": 55_002}, before=(_SECOND_VARIANT,)
    ),
    "POST /api/experiments/{experimentId}/delete": Example("/api/experiments/50001/delete", {}),
    "GET /api/export/data.csv": Example("/api/export/data.csv?dataTypeName=purchase&range=All"),
    "GET /api/export/data.json": Example("/api/export/data.json?dataTypeName=user&range=All"),
    "GET /api/export/jobs": Example(before=(_START,)),
    "POST /api/export/start": Example(body=_START[2]),
    "GET /api/export/userEvents": Example(
        f"/api/export/userEvents?email={AVERY}&includeCustomEvents=true"
    ),
    "DELETE /api/export/{jobId}": Example("/api/export/80001", before=(_START,)),
    "GET /api/export/{jobId}/files": Example("/api/export/80001/files", before=(_START,), wait=5),
    "POST /api/inApp/cancel": _cancel("inApp"),
    "GET /api/inApp/getMessages": Example(f"/api/inApp/getMessages?email={AVERY}&count=5"),
    "GET /api/inApp/getPriorityMessage": Example(f"/api/inApp/getPriorityMessage?email={AVERY}"),
    "POST /api/inApp/target": _target("inApp"),
    "GET /api/inApp/web/getMessages": Example(f"/api/inApp/web/getMessages?email={AVERY}&count=5"),
    "GET /api/journeys": Example("/api/journeys?page=1&pageSize=2"),
    "GET /api/lists": Example(),
    "POST /api/lists": Example(body={"name": "New", "description": "A new list"}),
    "GET /api/lists/getUsers": Example(f"/api/lists/getUsers?listId={TRAIL_CLUB}"),
    "GET /api/lists/previewUsers": Example(f"/api/lists/previewUsers?listId={TRAIL_CLUB}&size=3"),
    "POST /api/lists/subscribe": Example(
        body={"listId": TRAIL_CLUB, "subscribers": [{"email": AVERY}, {"userId": "nobody"}]}
    ),
    "POST /api/lists/unsubscribe": Example(
        body={"listId": NEWSLETTER, "subscribers": [{"email": AVERY}]}
    ),
    "DELETE /api/lists/{listId}": Example(f"/api/lists/{TRAIL_CLUB}"),
    "GET /api/lists/{listId}/size": Example(f"/api/lists/{TRAIL_CLUB}/size"),
    "GET /api/messageTypes": Example(),
    "GET /api/metadata": Example(),
    "DELETE /api/metadata/{table}": Example("/api/metadata/storefront"),
    "GET /api/metadata/{table}": Example("/api/metadata/storefront"),
    "DELETE /api/metadata/{table}/{key}": Example("/api/metadata/storefront/theme"),
    "GET /api/metadata/{table}/{key}": Example("/api/metadata/storefront/theme"),
    "PUT /api/metadata/{table}/{key}": Example(
        "/api/metadata/storefront/footer", {"value": {"text": "See you"}}
    ),
    "POST /api/push/cancel": _cancel("push"),
    "POST /api/push/target": _target("push"),
    "POST /api/sms/cancel": _cancel("sms"),
    "POST /api/sms/target": _target("sms"),
    "GET /api/snippets": Example(),
    "POST /api/snippets": Example(body={"name": "closing", "content": "<p>{{firstName}}</p>"}),
    "DELETE /api/snippets/{identifier}": Example("/api/snippets/greeting"),
    "GET /api/snippets/{identifier}": Example("/api/snippets/40001"),
    "PUT /api/snippets/{identifier}": Example("/api/snippets/greeting", {"content": "<p>Hi</p>"}),
    "POST /api/subscriptions/subscribeToDoubleOptIn": Example(
        body={"email": AVERY, "messageTypeIds": [7_001]}
    ),
    "PUT /api/subscriptions/{subscriptionGroup}/{subscriptionGroupId}": Example(
        f"{_GROUP}?action=subscribe", {"users": [AVERY]}
    ),
    "DELETE /api/subscriptions/{subscriptionGroup}/{subscriptionGroupId}/byUserId/{userId}": (
        Example(f"{_GROUP}/byUserId/{AVERY_ID}")
    ),
    "PATCH /api/subscriptions/{subscriptionGroup}/{subscriptionGroupId}/byUserId/{userId}": (
        Example(f"{_GROUP}/byUserId/{AVERY_ID}")
    ),
    "DELETE /api/subscriptions/{subscriptionGroup}/{subscriptionGroupId}/user/{userEmail}": (
        Example(f"{_GROUP}/user/{AVERY}")
    ),
    "PATCH /api/subscriptions/{subscriptionGroup}/{subscriptionGroupId}/user/{userEmail}": (
        Example(f"{_GROUP}/user/{AVERY}")
    ),
    "GET /api/templates": Example("/api/templates?messageMedium=Email&page=1&pageSize=1"),
    "POST /api/templates/bulkDelete": Example(body={"ids": [SPARE, 42]}),
    **{
        f"GET /api/templates/{medium}/get": Example(
            f"/api/templates/{medium}/get?templateId={number}"
        )
        for medium, number in TEMPLATES.items()
    },
    **{
        f"POST /api/templates/{medium}/upsert": Example(
            body={"clientTemplateId": f"mine-{medium}", "name": "Mine"}
        )
        for medium in TEMPLATES
    },
    **{
        f"POST /api/templates/{medium}/update": Example(
            body={"templateId": number, "name": "Renamed"}
        )
        for medium, number in TEMPLATES.items()
    },
    **{
        f"POST /api/templates/{medium}/proof": _proof(medium)
        for medium in ("email", "push", "sms", "inapp")
    },
    **{
        f"POST /api/templates/{medium}/preview": Example(
            f"/api/templates/{medium}/preview?templateId={TEMPLATES[medium]}",
            {"dataFields": {"firstName": "Ada"}},
        )
        for medium in ("email", "inapp")
    },
    "GET /api/templates/getByClientTemplateId": Example(
        "/api/templates/getByClientTemplateId?clientTemplateId=basics-email"
    ),
    "POST /api/auth/jwts/invalidate": Example(body={"email": AVERY}),
    "POST /api/users/bulkUpdate": Example(
        body={"users": [{"email": AVERY, "dataFields": {"shoeSize": 42}}, {"email": "broken@"}]}
    ),
    "POST /api/users/bulkUpdateSubscriptions": Example(
        body={
            "updateSubscriptionsRequests": [
                {"email": AVERY, "unsubscribedChannelIds": [501]},
                {"email": "nobody@example.com"},
                {"email": "broken@"},
            ]
        }
    ),
    "GET /api/users/byUserId": Example(f"/api/users/byUserId?userId={AVERY_ID}"),
    "DELETE /api/users/byUserId/{userId}": Example(f"/api/users/byUserId/{AVERY_ID}"),
    "GET /api/users/byUserId/{userId}": Example(f"/api/users/byUserId/{AVERY_ID}"),
    "POST /api/users/disableDevice": Example(
        body={"email": AVERY, "token": "t"},
        before=(
            (
                "POST",
                "/api/users/registerDeviceToken",
                {
                    "email": AVERY,
                    "device": {"token": "t", "platform": "APNS", "applicationName": "app"},
                },
            ),
        ),
    ),
    "POST /api/users/forget": Example(body={"email": AVERY}),
    "GET /api/users/forgotten": Example(before=(("POST", "/api/users/forget", {"email": AVERY}),)),
    "GET /api/users/forgottenUserIds": Example(
        before=(("POST", "/api/users/forget", {"userId": AVERY_ID}),)
    ),
    "GET /api/users/getByEmail": Example(f"/api/users/getByEmail?email={AVERY}"),
    "GET /api/users/getFields": Example(),
    "GET /api/users/getSentMessages": Example(f"/api/users/getSentMessages?email={AVERY}"),
    "POST /api/users/merge": Example(body={"sourceEmail": AVERY, "destinationEmail": BLAKE}),
    "POST /api/users/registerBrowserToken": Example(body={"email": AVERY, "browserToken": "b"}),
    "POST /api/users/registerDeviceToken": Example(
        body={
            "email": AVERY,
            "device": {"token": "t", "platform": "GCM", "applicationName": "app"},
        }
    ),
    "POST /api/users/unforget": Example(
        body={"email": AVERY}, before=(("POST", "/api/users/forget", {"email": AVERY}),)
    ),
    "POST /api/users/update": Example(body={"email": AVERY, "dataFields": {"plan": "pro"}}),
    "POST /api/users/updateEmail": Example(
        body={"currentEmail": AVERY, "newEmail": "avery.new@example.com"}
    ),
    "POST /api/users/updateSubscriptions": Example(
        body={"email": AVERY, "emailListIds": [TRAIL_CLUB]}
    ),
    "DELETE /api/users/{email}": Example(f"/api/users/{AVERY}"),
    "GET /api/users/{email}": Example(f"/api/users/{AVERY}"),
    "POST /api/verify/sms/begin": Example(
        body={"phoneNumber": "+15035550100", "verificationProfileId": 31}
    ),
    "POST /api/verify/sms/check": Example(
        body={"phoneNumber": "+15035550100", "verificationProfileId": 31, "code": "550100"},
        before=(
            (
                "POST",
                "/api/verify/sms/begin",
                {"phoneNumber": "+15035550100", "verificationProfileId": 31},
            ),
        ),
    ),
    "GET /api/webhooks": Example(),
    "POST /api/webhooks": Example(body={"id": 1_501, "enabled": False}),
    "POST /api/webPush/cancel": _cancel("webPush"),
    "POST /api/webPush/target": _target("webPush"),
    "POST /api/whatsApp/cancel": _cancel("whatsApp"),
    "POST /api/whatsApp/target": _target("whatsApp"),
    "POST /api/workflows/triggerWorkflow": Example(body={"workflowId": 60_001, "email": AVERY}),
}
