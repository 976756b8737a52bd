"""A large catalog that does not exist: 200 invented connectors, about 20,000 plausible actions.

Made the same way each time, so that figures can be compared.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from jackfield.search.index import Entry

CONNECTORS = 200
SEED = 20_000

_FIRST = ["amber", "birch", "cobalt", "delta", "ember", "fjord", "gable", "harbor", "indigo", "juniper", "kestrel", "lumen", "maple", "nimbus", "opal", "pine", "quartz", "rowan", "sable", "tidal", "umber", "velvet", "willow", "xenon", "yarrow"]  # fmt: skip
_SECOND = [
    "base",
    "cloud",
    "craft",
    "desk",
    "flow",
    "forge",
    "hub",
    "path",
    "point",
    "stack",
    "ware",
    "works",
]

# For each sort of product its things: what one is called, in words, and what it has.
_THINGS: dict[str, list[tuple[str, str, str]]] = {
    "hris": [
        ("employee", "a person who works here", "first_name last_name work_email hire_date"),
        ("department", "a part of the company", "name manager_id cost_center"),
        ("time_off_request", "leave that somebody asked for", "start_date end_date reason"),
        ("employment_contract", "the terms somebody is employed under", "salary currency hours"),
        ("payslip", "what was paid in a month, and deducted", "month gross net"),
        ("work_location", "an office or site", "street city country"),
        ("job_title", "what a position is called", "title level"),
        ("shift", "when somebody works", "starts_at ends_at location_id"),
        ("benefit", "a perk such as health insurance", "plan provider"),
        ("emergency_contact", "whom to call when something happens", "name phone relation"),
        ("bank_account", "where a salary goes", "iban bic holder"),
        ("performance_review", "how somebody did", "period rating reviewer_id"),
    ],
    "crm": [
        ("contact", "a person you do business with", "email phone company_id"),
        ("company", "an organization you do business with", "domain industry size"),
        ("deal", "a sale that may come", "amount stage close_date"),
        ("lead", "somebody who may become a customer", "source score"),
        ("pipeline", "the stages a sale goes through", "name stages"),
        ("activity", "a call, visit or other touch", "type due_at"),
        ("quote", "an offer with prices", "valid_until total"),
        ("product", "what you sell", "sku price"),
        ("territory", "a region somebody sells in", "name owner_id"),
        ("forecast", "what is expected to be sold", "quarter amount"),
        ("note", "a remark on a record", "text author_id"),
        ("call_recording", "a conversation on tape", "url duration"),
    ],
    "ats": [
        ("candidate", "somebody who would like a job", "name email resume"),
        ("application", "a candidate's bid for a job", "job_id stage"),
        ("job_posting", "a vacancy that is advertised", "title location"),
        ("interview", "a meeting with a candidate", "starts_at panel"),
        ("offer_letter", "the terms a candidate is offered", "salary start_date"),
        ("scorecard", "an interviewer's verdict", "rating comments"),
        ("referral", "a candidate whom an employee suggested", "employee_id"),
        ("rejection_reason", "why somebody was turned down", "text"),
        ("hiring_stage", "a step of the hiring process", "name order"),
        ("background_check", "a look into a candidate's past", "status vendor"),
        ("talent_pool", "candidates kept for later", "name"),
        ("assessment", "a test for candidates", "score link"),
    ],
    "ticketing": [
        ("ticket", "a customer's problem", "subject priority status"),
        ("ticket_comment", "something said on a ticket", "text is_public"),
        ("agent", "somebody who answers customers", "email groups"),
        ("queue", "tickets that wait for a group", "name members"),
        ("sla_policy", "how quickly to answer", "hours priority"),
        ("macro", "an answer prepared beforehand", "title text"),
        ("satisfaction_survey", "how happy a customer was", "score comment"),
        ("knowledge_article", "a page of help", "title body"),
        ("business_hours", "when somebody is there", "days timezone"),
        ("incident", "a disturbance of a service", "severity service"),
        ("change_request", "a change that needs approval", "risk window"),
        ("asset", "a device or license", "serial owner_id"),
    ],
    "documents": [
        ("file", "a document that is kept", "name size folder_id"),
        ("folder", "a place for files", "name parent_id"),
        ("file_version", "how a file was before", "number author_id"),
        ("share_link", "a URL that opens a file for others", "expires_at password"),
        ("permission", "who may see or change a file", "role user_id"),
        ("file_comment", "a remark on a file", "text page"),
        ("drive", "a place with files of a team", "name quota"),
        ("signature_request", "a document to be signed", "signers deadline"),
        ("file_template", "a form for new documents", "name fields"),
        ("retention_label", "how long a file is kept", "years"),
        ("trash_item", "a file that was thrown away", "deleted_at"),
        ("watermark", "a mark printed over pages", "text"),
    ],
    "messaging": [
        ("message", "something written in a channel", "text channel_id"),
        ("channel", "a room for a topic", "name is_private"),
        ("thread_reply", "an answer below a message", "text message_id"),
        ("reaction", "an emoji on a message", "emoji"),
        ("reminder", "a nudge at a later time", "text at"),
        ("user_group", "people who are addressed together", "handle members"),
        ("call", "a conversation by voice or video", "participants"),
        ("voicemail", "a message left by phone", "url from"),
        ("status_text", "what somebody is doing", "text emoji"),
        ("pinned_message", "a message kept on top", "message_id"),
        ("emoji", "a small picture of your own", "name image"),
        ("broadcast", "a message to many", "text audience_id"),
    ],
    "accounting": [
        ("invoice", "a bill to a customer", "number due_date total"),
        ("bill", "what a supplier wants to be paid", "supplier_id total"),
        ("payment", "money that came or went", "amount method"),
        ("ledger_account", "a row of the chart of accounts", "code name"),
        ("journal_entry", "a booking", "debit credit"),
        ("tax_rate", "a percentage the state wants", "percent region"),
        ("expense_report", "what an employee spent", "receipts total"),
        ("credit_note", "money given back on an invoice", "invoice_id amount"),
        ("supplier", "somebody you buy from", "name vat_number"),
        ("purchase_order", "what you ordered", "lines total"),
        ("bank_transaction", "a line of a bank statement", "date amount"),
        ("budget", "what may be spent", "period amount"),
    ],
    "lms": [
        ("course", "something to learn", "title duration"),
        ("lesson", "a part of a course", "title order"),
        ("enrollment", "somebody who takes a course", "user_id course_id"),
        ("quiz", "questions on a lesson", "questions pass_mark"),
        ("certificate", "proof that a course was passed", "issued_at"),
        ("learning_path", "courses in an order", "title courses"),
        ("instructor", "somebody who teaches", "name bio"),
        ("classroom_session", "a lesson with a date and place", "starts_at room"),
        ("assignment", "homework", "due_at"),
        ("grade", "how well an assignment was done", "points"),
        ("skill", "something a person can do", "name level"),
        ("discussion_post", "something written in a forum", "text"),
    ],
    "iam": [
        ("user", "somebody who signs in", "email status"),
        ("group", "users who share rights", "name members"),
        ("role", "a set of rights", "name permissions"),
        ("application_assignment", "a program somebody may open", "app_id user_id"),
        ("password_policy", "what passwords must be like", "length"),
        ("sign_in_event", "a time somebody signed in", "ip at"),
        ("mfa_factor", "a second proof of who one is", "kind"),
        ("api_token", "a key for programs", "name expires_at"),
        ("session", "a browser that is signed in", "device"),
        ("identity_provider", "who vouches for users", "issuer"),
        ("access_review", "a look at who may do what", "reviewer_id"),
        ("device", "a computer or phone that is known", "serial os"),
    ],
    "commerce": [
        ("order", "what somebody bought", "total status"),
        ("customer", "somebody who buys", "email address"),
        ("inventory_level", "how much is in stock", "sku quantity"),
        ("discount_code", "a code that makes things cheaper", "percent"),
        ("refund", "money given back on an order", "order_id amount"),
        ("shipment", "a parcel on its way", "tracking_number carrier"),
        ("product_variant", "a size or color of a product", "sku price"),
        ("gift_card", "money to shop with", "balance"),
        ("abandoned_cart", "a purchase nobody finished", "items"),
        ("review", "what a buyer thinks", "stars text"),
        ("warehouse", "where goods are kept", "address"),
        ("collection", "products shown together", "title"),
    ],
}
_VERBS = (
    ("list", "List {many}", "Returns {many} page by page; each is {what}."),
    ("get", "Get {one}", "Returns one {plain}: {what}."),
    ("create", "Create {one}", "Adds a new {plain}: {what}."),
    ("update", "Update {one}", "Changes fields of an existing {plain}."),
    ("delete", "Delete {one}", "Removes a {plain} for good."),
    ("search", "Search {many}", "Finds {many} whose fields match a filter."),
    ("bulk_create", "Create {many} in bulk", "Adds several {many} in one request."),
    ("archive", "Archive {one}", "Hides a {plain} without deleting it."),
)
_LESS = (
    ("export", "Export {many}", "Writes {many} into a file to download."),
    ("restore", "Restore {one}", "Brings back a {plain} that was removed."),
    ("assign", "Assign {one}", "Gives a {plain} to somebody else."),
)


@dataclass(frozen=True, slots=True)
class Made:
    """An action with what questions about it are made of."""

    entry: Entry
    verb: str
    thing: str


def made() -> list[Made]:
    return list(_make())


def _make() -> Iterator[Made]:
    chance = random.Random(SEED)
    names = [f"{first}{second}" for first in _FIRST for second in _SECOND]
    chance.shuffle(names)
    kinds = list(_THINGS)
    for number, key in enumerate(names[:CONNECTORS]):
        things = list(_THINGS[kinds[number % len(kinds)]])
        for other in chance.sample(kinds, 2):
            things += chance.sample(_THINGS[other], 2)
        for thing, what, fields in dict.fromkeys(things):
            for verb, label, description in (*_VERBS[:6], *chance.sample((*_VERBS[6:], *_LESS), 1)):
                plain = thing.replace("_", " ")
                words = {
                    "one": f"{'an' if plain[0] in 'aeiou' else 'a'} {plain}",
                    "many": _plural(plain),
                    "plain": plain,
                    "what": what,
                }
                many = verb in ("list", "search", "export", "bulk_create")
                name = f"{verb}_{_plural(thing) if many else thing}"
                inputs = fields.split() if verb in ("create", "update") else ["id"]
                yield Made(
                    Entry(
                        id=f"{key}_{name}",
                        connector_key=key,
                        connector_title=key.capitalize(),
                        name=name,
                        label=label.format(**words),
                        description=description.format(**words),
                        inputs=tuple(inputs),
                    ),
                    verb,
                    plain,
                )


def _plural(thing: str) -> str:
    if thing.endswith("y") and thing[-2] not in "aeiou":
        return f"{thing[:-1]}ies"
    return thing if thing.endswith("s") else f"{thing}s"
