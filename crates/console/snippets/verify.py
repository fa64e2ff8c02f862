"""Is this webhook ThriveStack's? (Standard Webhooks 1.0; no packages, Python 3.9 or later)"""
import base64
import hashlib
import hmac
import json
import time

TOLERANCE_SECONDS = 300


def verify_webhook(raw_body: bytes, headers, secret: str) -> dict:
    """Answers the delivery; raises ValueError if it is not to be believed.

    raw_body: the bytes as they came, before any JSON parser.  secret: whsec_…
    headers: what your framework has; asked for by lower-case name.
    """
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    message_id, timestamp, signatures = (headers.get(name) for name in names)
    if not (message_id and timestamp and signatures):
        raise ValueError("not a signed webhook")

    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise ValueError("too old, or a clock is wrong")

    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + raw_body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # While the secret is being rotated there are two signatures, with a space between them.
    if not any(hmac.compare_digest(expected, one.encode()) for one in signatures.split(" ")):
        raise ValueError("no signature matches: another secret, or a changed body")
    return json.loads(raw_body)


# Flask: get_data() is the raw body. (Django: request.body; FastAPI: await request.body())
#
#   @app.post("/webhook")
#   def webhook():
#       try:
#           delivery = verify_webhook(request.get_data(), request.headers, os.environ["WEBHOOK_SECRET"])
#       except ValueError as refused:
#           return str(refused), 401
#       if not delivery.get("test"):    # a test from Send test has no tenant to make
#           queue.put(delivery)         # provision once for each webhook-id, then acknowledge
#       return "", 200                  # within 15 seconds
