// Is this webhook ThriveStack's? (Standard Webhooks 1.0; no packages, Node 18 or later)
import { createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE_SECONDS = 300;

/**
 * Answers the delivery; throws if it is not to be believed.
 * rawBody: the bytes as they came, before any JSON parser.  secret: whsec_…
 * headers: by lower-case name, as Node gives them.
 */
export function verifyWebhook(rawBody, headers, secret) {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
  if (!id || !timestamp || !signatures) throw new Error("not a signed webhook");

  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(age <= TOLERANCE_SECONDS)) throw new Error("too old, or a clock is wrong");

  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(rawBody).digest();
  // While the secret is being rotated there are two signatures, with a space between them.
  const genuine = signatures.split(" ").some((signature) => {
    const [version, value = ""] = signature.split(",");
    const given = Buffer.from(value, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!genuine) throw new Error("no signature matches: another secret, or a changed body");
  return JSON.parse(rawBody);
}

// Express: this route takes the raw body; a JSON parser in front of it would spoil the signature.
//
//   app.post("/webhook", express.raw({ type: "application/json" }), (request, response) => {
//     let delivery;
//     try { delivery = verifyWebhook(request.body, request.headers, process.env.WEBHOOK_SECRET); }
//     catch (refused) { return response.status(401).send(refused.message); }
//     response.sendStatus(200);           // within 15 seconds; work afterwards
//     if (delivery.test) return;          // from Send test: there is no tenant to make
//     provision(delivery);                // once for each webhook-id, then acknowledge
//   });
