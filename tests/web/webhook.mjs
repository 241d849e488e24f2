// Verifies deliveries with the public library of Standard Webhooks, unmodified: one JSON object a line on standard
// input, with the secret, the headers and the body as they came.
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

let verified = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  const event = new Webhook(secret).verify(body, headers);
  if (event.id !== headers["webhook-id"]) throw new Error(`${event.id} is not ${headers["webhook-id"]}`);
  let refused = false;
  try {
    new Webhook(secret).verify(`${body} `, headers);
  } catch {
    refused = true;
  }
  if (!refused) throw new Error("a changed body was taken");
  verified += 1;
}
console.log(`verified ${verified}`);
