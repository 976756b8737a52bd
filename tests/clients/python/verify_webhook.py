"""Verify a delivery as a receiver does that uses the `standardwebhooks` library."""

import json
import sys
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

told = json.loads(Path(sys.argv[1]).read_text("utf-8"))
webhook = Webhook(told["secret"])
said = {"event": webhook.verify(told["body"], told["headers"])["event"]}
try:
    webhook.verify(told["body"] + " ", told["headers"])
    said["altered"] = "taken"
except WebhookVerificationError:
    said["altered"] = "refused"
print(json.dumps(said))
