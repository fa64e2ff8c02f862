// A sign-up in Acme Notes by the keyboard alone, to a first note; the focus can always be seen.
"use strict";

const assert = require("node:assert/strict");
const { focused, tabTo } = require("../keys.js");

module.exports = async (journey) => {
  const { stage } = journey;
  const kim = await journey.person();
  const keys = kim.keyboard;
  await journey.step("the first key leads past the bar to the content", async () => {
    await kim.goto(stage.acme);
    await keys.press("Tab");
    await focused(kim, kim.getByRole("link", { name: "To the content" }));
    await keys.press("Enter");
    await kim.waitForURL("**/#main");
  });
  await journey.step("the form is filled and sent", async () => {
    await tabTo(kim, kim.getByLabel("Your name"));
    await keys.type("Kim Keys");
    await tabTo(kim, kim.getByLabel("Work e-mail"));
    await keys.type("kim@keys-alone.example");
    await keys.press("Enter");
    await kim.waitForURL(`${stage.acme}onboarding?**`);
  });
  await journey.step("onboarding is answered", async () => {
    await tabTo(kim, kim.getByLabel("What is your workspace called?"));
    await keys.press("Control+a");
    await keys.type("Keys Alone");
    await keys.press("Tab");
    await keys.press("ArrowDown");
    assert.ok(await kim.getByLabel("Meeting notes").isChecked(), "the arrows choose");
    await tabTo(kim, kim.getByRole("button", { name: "Continue to my workspace" }));
    await keys.press("Enter");
    await kim.getByRole("heading", { name: "Keys Alone", level: 1 }).waitFor();
  });
  await journey.step("a note is written and found", async () => {
    await tabTo(kim, kim.getByRole("link", { name: "New note" }));
    await keys.press("Enter");
    await focused(kim, kim.getByLabel("Title"));
    await keys.type("Shortcuts");
    await keys.press("Tab");
    await keys.type("Tab, Enter and the arrows are enough.");
    await tabTo(kim, kim.getByRole("button", { name: "Save" }));
    await keys.press("Enter");
    await kim.getByRole("status").getByText("Saved").waitFor();
    await tabTo(kim, kim.getByRole("link", { name: "All notes" }));
    await keys.press("Enter");
    await tabTo(kim, kim.getByRole("searchbox"));
    await keys.type("arrows");
    await keys.press("Enter");
    await kim.getByText("1 of 3 notes").waitFor();
  });
  await journey.step("a step of the tour is opened, and the tour closed", async () => {
    const webhook = kim.locator(".tour summary", { hasText: "ThriveStack asks for a workspace" });
    await tabTo(kim, webhook);
    await keys.press("Enter");
    await kim.locator(".tour pre", { hasText: "createAccountRequest" }).waitFor();
    await tabTo(kim, kim.getByRole("button", { name: "Close" }), "Shift+Tab");
    await keys.press("Enter");
    await kim.getByRole("button", { name: /^Show \d+ steps$/ }).waitFor();
  });
  await journey.step("Kim signs out", async () => {
    await tabTo(kim, kim.getByRole("button", { name: "Sign out" }));
    await keys.press("Enter");
    await kim.getByText("You are signed out.").waitFor();
  });
};
