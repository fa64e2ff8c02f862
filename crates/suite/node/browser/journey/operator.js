// The console by the keyboard alone: in, out and in again, a limit, somebody admitted, found and followed to their run, a
// key, a colour. At each station of the Tab key the focus can be seen.
"use strict";

const assert = require("node:assert/strict");
const { PASSWORD, accent, goesOn, signUp } = require("../people.js");
const { enter, focused, go, rewrite, search, tabTo } = require("../keys.js");

const EMAIL = "tess@tab-works.example";

module.exports = async (journey) => {
  const { stage } = journey;
  const operator = await journey.person();
  const keys = operator.keyboard;
  const heading = (name) => operator.getByRole("heading", { level: 1, name });
  const status = (text) => operator.getByRole("status").getByText(text).waitFor();

  const mail = await journey.step("a password is set, and the operator leaves", async () => {
    await operator.goto(stage.console);
    await focused(operator, operator.getByLabel("Password"));
    await keys.type(PASSWORD);
    await keys.press("Enter");
    await operator.waitForURL("**/console/dev");
    const foot = operator.locator("details.foot");
    const address = await foot.locator("summary span").last().innerText();
    await go(operator, foot.locator("summary"));
    await go(operator, foot.getByRole("button", { name: "Sign out" }));
    await heading("Sign in").waitFor();
    return address;
  });
  await journey.step("the operator signs in", async () => {
    await focused(operator, operator.getByLabel("E-mail"));
    await keys.type(mail);
    await keys.press("Tab");
    await keys.type(PASSWORD);
    await keys.press("Enter");
    await heading("Home").waitFor();
  });
  await journey.step("nobody is let through any more", async () => {
    await enter(operator, "Settings");
    await rewrite(operator, "Users let through", "0");
    await keys.press("Enter");
    await status("Saved");
  });
  const tess = await journey.person();
  await tess.clock.install();
  await journey.step("Tess has to wait", async () => {
    await signUp(tess, stage, "Tess Tabula", EMAIL);
    await tess.getByRole("heading", { name: "You are on the list" }).waitFor();
  });
  await journey.step("she is ticked and admitted", async () => {
    await enter(operator, "Waitlist");
    const box = operator.getByRole("checkbox", { name: `Tick ${EMAIL}` });
    await tabTo(operator, box);
    await keys.press("Space");
    assert.ok(await box.isChecked());
    await journey.look(operator, "ticked");
    await tabTo(operator, operator.getByRole("button", { name: "Admit those ticked" }), "Shift+Tab");
    await keys.press("Enter");
    await heading(`Admit ${EMAIL}?`).waitFor();
    await focused(operator, operator.getByRole("button", { name: "Admit", exact: true }));
    await keys.press("Enter");
    await status("1 person was admitted");
    await goesOn(tess, `${stage.acme}onboarding?**`);
  });
  await journey.step("she is found, and her run is read", async () => {
    await search(operator, "Users", "tess@", EMAIL);
    await heading(EMAIL).waitFor();
    await go(operator, operator.locator(".links.runs a"));
    await operator.waitForURL("**/runs/*");
    const attempt = operator.locator(".tries summary").first();
    await go(operator, attempt);
    await operator.getByText("webhook-signature:").waitFor();
    await journey.look(operator, "run");
  });
  await journey.step("a key is made, and its secret seen", async () => {
    await enter(operator, "Keys");
    await go(operator, operator.getByRole("main").getByRole("link", { name: "Create a key" }).first());
    await heading("Create a key").waitFor();
    await tabTo(operator, operator.getByRole("radio", { name: /^Private API key/ }));
    await keys.press("ArrowDown");
    assert.ok(await operator.getByRole("radio", { name: /^RSA key/ }).isChecked(), "the arrows choose");
    await keys.press("ArrowUp");
    await tabTo(operator, operator.getByLabel("Name"));
    await keys.type("keyboard");
    await tabTo(operator, operator.getByRole("checkbox", { name: /^workflow_trigger_api/ }));
    await keys.press("Space");
    await journey.look(operator, "key-new");
    await go(operator, operator.getByRole("button", { name: "Create the key" }));
    await heading("keyboard").waitFor();
    await go(operator, operator.getByText("Show it"));
    await operator.locator("#secret").waitFor();
    await go(operator, operator.getByRole("link", { name: "I have kept it" }));
    await operator.getByRole("row", { name: /keyboard/ }).waitFor();
    await journey.look(operator, "keys");
  });
  await journey.step("the colour is changed, and whoever waits sees it", async () => {
    await enter(operator, "Settings");
    await rewrite(operator, "Colour", "#7c3aed");
    await keys.press("Enter");
    await status("Saved");
    assert.equal(await operator.getByLabel("Colour").inputValue(), "#7c3aed");
    await journey.look(operator, "saved");
    const tom = await journey.person();
    await signUp(tom, stage, "Tom Tabula", "tom@tab-works.example");
    await tom.getByRole("heading", { name: "You are on the list" }).waitFor();
    assert.match(await accent(tom), /#7c3aed/);
  });
};
