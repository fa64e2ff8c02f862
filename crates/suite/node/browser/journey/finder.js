// What a sign-up left is found by the keyboard alone: the account, the webhook, the mail. A test webhook is sent, and an RSA
// key gives a token.
"use strict";

const assert = require("node:assert/strict");
const { comeIn, signUp, tokenOf } = require("../people.js");
const { enter, go, rewrite, search, tabTo } = require("../keys.js");

const EMAIL = "fay@finder-works.example";

module.exports = async (journey) => {
  const { stage } = journey;
  const operator = await journey.step("the operator comes in", () => comeIn(journey));
  await journey.step("Fay signs up", async () => {
    const fay = await journey.person();
    await signUp(fay, stage, "Fay Finder", EMAIL);
    await fay.waitForURL(`${stage.acme}onboarding?**`);
  });
  await journey.step("her account is found", async () => {
    await search(operator, "Accounts", "finder", /finder/i);
    await operator.getByText("account_created").first().waitFor();
  });
  await journey.step("so is her mail", async () => {
    await search(operator, "Mails", "fay@", EMAIL);
    await operator.getByRole("heading", { level: 1 }).filter({ hasText: "Welcome" }).waitFor();
  });
  await journey.step("so is her webhook, with what was answered", async () => {
    await search(operator, "Webhooks", "fay@", EMAIL);
    await operator.getByText("Delivered").first().waitFor();
    await go(operator, operator.locator(".tries summary").first());
    await operator.getByText("webhook-signature:").waitFor();
  });
  await journey.step("a test webhook is sent", async () => {
    await enter(operator, "Webhooks");
    await go(operator, operator.getByRole("button", { name: "Send test" }));
    await operator.waitForURL("**/webhooks/*");
    await operator.getByText(/^20\d\b/).first().waitFor();
  });
  await journey.step("an RSA key is made, and gives a token", async () => {
    await enter(operator, "Keys");
    await go(operator, operator.getByRole("main").getByRole("link", { name: "Create a key" }).first());
    await tabTo(operator, operator.getByRole("radio", { name: /^Private API key/ }));
    await operator.keyboard.press("ArrowDown");
    assert.ok(await operator.getByRole("radio", { name: /^RSA key/ }).isChecked(), "the arrows choose");
    await rewrite(operator, "Name", "finder");
    await tabTo(operator, operator.getByRole("checkbox", { name: /^user_management/ }));
    await operator.keyboard.press("Space");
    await go(operator, operator.getByRole("button", { name: "Create the key" }));
    await operator.getByRole("heading", { level: 1, name: "finder" }).waitFor();
    assert.match(await tokenOf(operator, stage, "user_management"), /user_management/);
  });
};
