// After one signup an operator finds the person, the account and the mail, and a key gives a token.
"use strict";

const assert = require("node:assert/strict");
const { comeIn, find, room, signUp, tokenOf } = require("../people.js");

const EMAIL = "maya@riverbank-labs.example";

module.exports = async (journey) => {
  const { stage } = journey;
  const operator = await journey.step("the operator comes in", () => comeIn(journey));
  await journey.step("Maya signs up", async () => {
    const maya = await journey.person();
    await signUp(maya, stage, "Maya Quill", EMAIL);
    await maya.waitForURL(`${stage.acme}onboarding?**`);
  });

  await journey.step("the person is found, with what happened and where each trait came from", async () => {
    await find(operator, "Users", EMAIL);
    await operator.getByRole("heading", { level: 1, name: EMAIL }).or(operator.getByRole("heading", { level: 1, name: "Maya Quill" })).waitFor();
    await operator.getByText("signed_up").first().waitFor();
    await journey.look(operator, "user");
  });
  await journey.step("so is the account", async () => {
    await find(operator, "Accounts", "Riverbank", /riverbank/i);
    await operator.getByText("account_created").first().waitFor();
    await journey.look(operator, "account");
  });
  await journey.step("so is the welcome mail", async () => {
    await find(operator, "Mails", EMAIL);
    await operator.getByRole("heading", { level: 1 }).filter({ hasText: "Welcome" }).waitFor();
    await journey.look(operator, "mail");
  });

  await journey.step("so is the webhook, with what was sent and answered", async () => {
    await find(operator, "Webhooks", EMAIL);
    await operator.getByText("Delivered").first().waitFor();
    await journey.look(operator, "webhook");
  });
  await journey.step("a test webhook is sent, and its answer shown", async () => {
    await room(operator, "Webhooks");
    await operator.getByRole("button", { name: "Send test" }).click();
    await operator.waitForURL("**/webhooks/*");
    await operator.getByText(/^20\d\b/).first().waitFor();
    await journey.look(operator, "webhook-test");
  });

  await journey.step("a key that was just made gives a token", async () => {
    await room(operator, "Keys");
    await operator.getByRole("link", { name: "Create a key" }).first().click();
    await operator.getByLabel("Name").fill("journey");
    await operator.getByRole("radio", { name: /RSA/ }).check();
    await operator.getByRole("checkbox", { name: /^user_management/ }).check();
    await journey.look(operator, "key-new");
    await operator.getByRole("button", { name: "Create the key" }).click();
    await operator.getByRole("heading", { level: 1, name: "journey" }).waitFor();
    assert.match(await tokenOf(operator, stage, "user_management"), /user_management/);
  });
  await journey.step("the key was used, and is revoked by its name", async () => {
    await operator.getByRole("link", { name: "I have kept it" }).click();
    const key = operator.getByRole("row", { name: /journey/ });
    assert.doesNotMatch(await key.innerText(), /never/i);
    await journey.look(operator, "keys");
    await key.getByRole("link", { name: /Revoke/ }).click();
    await operator.getByRole("textbox").fill("journey");
    await operator.getByRole("button", { name: /Revoke/ }).click();
    await operator.getByText("1 expired or revoked key").waitFor();
  });
};
