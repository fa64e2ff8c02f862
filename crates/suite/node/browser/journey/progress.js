// A backend that answers its webhook slowly: whoever signs up sees how far things are, and their page goes on by itself.
"use strict";

const { createServer } = require("node:http");
const { comeIn, room, signUp } = require("../people.js");

module.exports = async (journey) => {
  const { stage } = journey;
  const operator = await journey.step("the operator comes in", () => comeIn(journey));
  const slow = await slowly();
  try {
    await journey.step("webhooks go by somebody who keeps them for a while", async () => {
      await room(operator, "Settings");
      const field = operator.locator("#webhook").getByLabel("URL");
      slow.leadsTo = await field.inputValue();
      await field.fill(slow.url);
      await operator.getByRole("button", { name: "Save" }).click();
      await operator.getByRole("status").getByText("Saved").waitFor();
    });
    const pia = await journey.person();
    const steps = pia.getByRole("main").getByRole("listitem");
    await journey.step("Pia signs up and sees how far things are", async () => {
      await signUp(pia, stage, "Pia Patient", "pia@slow-backend.example");
      await steps.first().waitFor();
      await slow.kept;
      await journey.look(pia, "progress");
    });
    await journey.step("her page goes on as soon as her workspace is there", async () => {
      slow.goOn();
      await pia.waitForURL(`${stage.acme}onboarding?**`);
    });
  } finally {
    slow.end();
  }
};

// A server in front of another one: it keeps the first request until it may go on.
async function slowly() {
  const slow = {};
  let came;
  slow.kept = new Promise((resolve) => { came = resolve; });
  const release = new Promise((resolve) => { slow.goOn = resolve; });
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    came();
    await release;
    const { host, connection, "content-length": length, ...headers } = request.headers;
    const answer = await fetch(slow.leadsTo, { method: "POST", headers, body: Buffer.concat(parts) });
    response.writeHead(answer.status).end(await answer.text());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  slow.url = `http://127.0.0.1:${server.address().port}/webhook`;
  slow.end = () => { server.close(); server.closeAllConnections(); };
  return slow;
}
