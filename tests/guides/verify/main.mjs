import { readFileSync } from "node:fs";
import { WebhookVerificationError } from "standardwebhooks";
import { verify } from "./sample.mjs";

for (const folder of process.argv.slice(2)) {
  const read = (name) => readFileSync(`${folder}/${name}`, "utf8");
  const headers = Object.fromEntries(["id", "timestamp", "signature"].map((it) => [`webhook-${it}`, read(it)]));
  try {
    const event = verify(read("secret"), headers, read("body"));
    console.log(event.type === "member.created" ? "taken" : "not-the-event");
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    console.log("refused");
  }
}
