// Going anywhere by keys: the palette, the list of keys, search, rows and environments; then somebody is made new and
// signs up again.
"use strict";

const assert = require("node:assert/strict");
const { comeIn, find, signUp } = require("../people.js");

const EMAIL = "pia@palette-press.example";

module.exports = async (journey) => {
  const { stage } = journey;
  const operator = await journey.step("the operator comes in", () => comeIn(journey));
  const keys = operator.keyboard;
  await journey.step("Pia signs up and arrives", async () => {
    const pia = await journey.person();
    await signUp(pia, stage, "Pia Palette", EMAIL);
    await pia.waitForURL(`${stage.acme}onboarding?**`);
  });

  const palette = operator.getByRole("dialog", { name: "Search" });
  const field = palette.getByRole("combobox");
  const close = async () => {
    await keys.press("Escape");
    await palette.waitFor({ state: "hidden" });
  };
  const chosen = palette.getByRole("option", { selected: true });
  await journey.step("Ctrl K opens the palette with all rooms, and Esc closes it", async () => {
    await keys.press("Control+k");
    await chosen.filter({ hasText: "Home" }).waitFor();
    assert.ok(await field.evaluate((input) => input === document.activeElement), "one can type at once");
    await journey.look(operator, "palette");
    await close();
    assert.match(operator.url(), /\/console\/dev$/, "Esc did nothing else");
  });
  await journey.step("some letters and Enter lead to a room", async () => {
    await keys.press("Control+k");
    await keys.type("mai");
    await chosen.filter({ hasText: "Mails" }).waitFor();
    await keys.press("Enter");
    await operator.getByRole("heading", { name: "Mails", level: 1 }).waitFor();
  });
  await journey.step("what nobody is called finds nothing, and the page of the search says so", async () => {
    await keys.press("Control+k");
    await keys.type("zebra@nowhere");
    await palette.getByText("Nothing here begins with “zebra@nowhere”").waitFor();
    await keys.press("Enter");
    await operator.getByRole("heading", { name: "Search", level: 1 }).waitFor();
    assert.equal(await operator.getByRole("searchbox").inputValue(), "zebra@nowhere");
    await journey.look(operator, "nothing");
  });
  await journey.step("a mail address and Enter lead to the person", async () => {
    await keys.press("Control+k");
    await keys.type(EMAIL);
    // At once: what is shown so far is of other letters.
    await keys.press("Enter");
    await operator.waitForURL("**/users/one?**");
    await operator.getByRole("heading", { level: 1, name: EMAIL }).waitFor();
  });
  await journey.step("the arrows choose among what was found", async () => {
    await keys.press("Control+k");
    await keys.type("pia@");
    await chosen.filter({ hasText: EMAIL }).waitFor();
    await keys.press("Control+a");
    await keys.type("a");
    await chosen.filter({ hasText: "Accounts" }).waitFor();
    await keys.press("ArrowUp");
    await palette.getByRole("option").last().and(chosen).waitFor();
    await keys.press("ArrowDown");
    await chosen.filter({ hasText: "Accounts" }).waitFor();
    await journey.look(operator, "found");
    await close();
  });
  await journey.step("? lists the keys, and Esc closes the list", async () => {
    await keys.press("?");
    const list = operator.getByRole("dialog", { name: "Keys" });
    await list.getByText("Go anywhere, find anyone").waitFor();
    await journey.look(operator, "keys");
    await keys.press("Escape");
    await list.waitFor({ state: "hidden" });
    assert.match(operator.url(), /\/users\/one\?/, "Esc did nothing else");
  });
  await journey.step("Esc goes up to the list, / searches, J and Enter open the row", async () => {
    await keys.press("Escape");
    await operator.getByRole("heading", { name: "Users", level: 1 }).waitFor();
    await keys.press("/");
    await keys.type("pia@");
    await operator.waitForURL("**/users?q=pia**");
    await keys.press("Escape");
    await keys.press("j");
    await keys.press("Enter");
    await operator.getByRole("heading", { level: 1, name: EMAIL }).waitFor();
  });
  await journey.step("E switches the environment, where nobody is called so", async () => {
    await keys.press("e");
    await keys.press("Enter");
    await operator.waitForURL("**/console/prod/users");
    await keys.press("Control+k");
    await keys.type(EMAIL);
    await palette.getByText("Nothing here begins with").waitFor();
    await close();
    await keys.press("e");
    await keys.press("Enter");
    await operator.waitForURL("**/console/dev/users");
  });

  await journey.step("Pia is made new, once her address is typed", async () => {
    await find(operator, "Users", EMAIL);
    await operator.getByRole("link", { name: "Reset this user" }).click();
    await journey.look(operator, "reset");
    await operator.getByRole("textbox").fill(EMAIL);
    await operator.getByRole("button", { name: "Reset this user" }).click();
    await operator.getByRole("status").getByText("They may sign up again as new").waitFor();
    await journey.look(operator, "was-reset");
  });
  await journey.step("she signs up again as if she had never come", async () => {
    const again = await journey.person();
    await signUp(again, stage, "Pia Palette", EMAIL);
    await again.waitForURL(`${stage.acme}onboarding?**`);
    await operator.reload();
    const runs = operator.locator(".links.runs li");
    await runs.nth(1).waitFor();
    assert.equal(await runs.count(), 2);
    assert.doesNotMatch(await runs.first().innerText(), /Signed in again/);
    await journey.look(operator, "came-again");
  });
  await journey.step("the guide is searched while one types, and its page comes back", async () => {
    const title = operator.getByRole("heading", { level: 1 });
    await operator.goto(new URL("/docs/trigger", operator.url()).href);
    await keys.press("/");
    await keys.type("ack_conf");
    await title.filter({ hasText: "about “ack_conf”" }).waitFor();
    await operator.getByRole("link", { name: /ACK_CONFLICT/ }).first().waitFor();
    await journey.look(operator, "guide-found");
    await keys.press("Control+a");
    await keys.press("Delete");
    await title.filter({ hasText: "Trigger" }).waitFor();
    assert.match(operator.url(), /\/docs\/trigger$/);
    await keys.type("ack_conflict");
    await keys.press("Enter");
    await operator.waitForURL("**/docs/search?q=ack_conflict");
  });
};
