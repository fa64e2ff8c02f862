// One signup as everybody sees it: the operator comes in by the one-time link, somebody signs up in Acme Notes and
// arrives, the run tells all of it; the brand changes, and somebody who has to wait meets it.
"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { PASSWORD, accent, goesOn, room, signUp } = require("../people.js");

const BRAND = { name: "Bright Notes", colour: "#7c3aed", logo: path.join(__dirname, "../../../tests/fixture/logo.png") };

module.exports = async (journey) => {
  const { stage } = journey;
  const operator = await journey.person();
  await journey.step("the operator comes in by the one-time link and sets a password", async () => {
    await operator.goto(stage.console);
    await journey.look(operator, "setup");
    await operator.getByLabel("Password").fill(PASSWORD);
    await operator.getByRole("button", { name: "Set password and sign in" }).click();
    await operator.waitForURL("**/console/dev");
  });
  await journey.step("Home shows the days", async () => {
    await operator.getByRole("heading", { name: "Home", level: 1 }).waitFor();
    await journey.look(operator, "home");
  });

  const ada = await journey.person();
  await journey.step("Ada signs up in Acme Notes and arrives at its onboarding page", async () => {
    await ada.goto(stage.acme);
    await journey.look(ada, "acme");
    await signUp(ada, stage, "Ada Winterbourne", "ada@acme-rockets.example");
    await ada.waitForURL(`${stage.acme}onboarding?**`);
    await ada.getByRole("heading", { name: "Welcome, Ada Winterbourne" }).waitFor();
    await journey.look(ada, "onboarding");
  });
  await journey.step("Ada goes on to her workspace", async () => {
    await ada.getByLabel("What is your workspace called?").fill("Acme Rockets");
    await ada.getByLabel("Meeting notes").check();
    await ada.getByRole("button", { name: "Continue to my workspace" }).click();
    await ada.waitForURL(`${stage.acme}home**`);
    await ada.getByRole("heading", { name: "Acme Rockets", level: 1 }).waitFor();
    await journey.look(ada, "workspace");
  });
  await journey.step("the tour shows the calls of her sign-up, and can be closed", async () => {
    const tour = ada.getByRole("complementary", { name: "Tour of the integration" });
    const webhook = tour.locator("details", { hasText: "ThriveStack asks for a workspace" });
    await webhook.locator("summary").click();
    assert.match(await webhook.innerText(), /webhook-signature: v1,[^]*createAccountRequest[^]*200 OK/);
    const token = tour.locator("details", { hasText: "The backend gets a token" });
    await token.locator("summary").click();
    assert.match(await token.innerText(), /"private_key": "-----B\*\*\*"/);
    await journey.look(ada, "tour");
    await tour.getByRole("button", { name: "Close" }).click();
    await tour.getByRole("button", { name: /^Show \d+ steps$/ }).click();
    await tour.getByRole("button", { name: "Close" }).waitFor();
  });
  await journey.step("Ada writes a note, deletes it and brings it back", async () => {
    await ada.getByRole("link", { name: "New note" }).click();
    await ada.getByLabel("Title").fill("Engine");
    await ada.getByLabel("Text", { exact: true }).fill("It weaves algebraic patterns.");
    await ada.getByRole("button", { name: "Save" }).click();
    await ada.getByRole("status").getByText("Saved").waitFor();
    await journey.look(ada, "note");
    await ada.getByRole("button", { name: "Delete" }).click();
    await ada.getByRole("status").getByText("“Engine” was deleted").waitFor();
    await ada.getByRole("button", { name: "Bring it back" }).click();
    await ada.getByRole("link", { name: /^Engine/ }).waitFor();
    await ada.getByRole("searchbox").fill("zebra");
    await ada.getByRole("button", { name: "Search" }).click();
    await ada.getByRole("heading", { name: "No note has these words" }).waitFor();
    await journey.look(ada, "no-note");
  });

  await journey.step("the run is found among the runs", async () => {
    await room(operator, "Runs");
    await operator.getByRole("searchbox").fill("ada@acme-rockets");
    await operator.waitForURL("**/runs?q=ada**");
    await journey.look(operator, "runs");
    await operator.getByRole("link", { name: "ada@acme-rockets.example" }).click();
    await operator.getByRole("heading", { name: "ada@acme-rockets.example", level: 1 }).waitFor();
  });
  await journey.step("its journey shows the webhook, the acknowledgement, the lead and the mail", async () => {
    await operator.locator(".head .pill", { hasText: "Completed" }).waitFor();
    const done = operator.locator(".steps > li", { has: operator.locator(".knot.done") });
    for (const name of ["Triggered", "Tenant provisioned", "Acknowledgement", "Lead stored", "Welcome mail"]) {
      await done.filter({ has: operator.getByText(name, { exact: true }) }).waitFor();
    }
    const attempt = operator.locator(".tries details").first();
    assert.match(await attempt.innerText(), /\b20[0-9]\b/, "the webhook's answer");
    await attempt.locator("summary").click();
    await attempt.getByText("webhook-signature:").waitFor();
    await card(operator, "Lead").waitFor();
    const mail = card(operator, "Mail");
    await mail.getByText("Read it").click();
    assert.match(await mail.innerText(), /Welcome to Acme Notes/);
    await journey.look(operator, "run");
  });

  await journey.step("Settings take a new name and colour, and let nobody through", async () => {
    await room(operator, "Settings");
    await journey.look(operator, "settings");
    await operator.getByLabel("Product name").fill(BRAND.name);
    await operator.getByLabel("Colour").fill(BRAND.colour);
    const preview = operator.frameLocator("iframe");
    await preview.locator(".brand").getByText(BRAND.name).waitFor();
    await preview.locator(`link[href*="${BRAND.colour.slice(1)}"]`).waitFor({ state: "attached" });
    await operator.locator("#shade").getByText("#9d6bf2 for links on dark pages").waitFor();
    await operator.getByLabel("Users let through").fill("0");
    await operator.getByRole("button", { name: "Save" }).click();
    await operator.getByRole("status").getByText("Saved").waitFor();
    await journey.look(operator, "saved");
  });
  await journey.step("a logo is seen on the page before it is saved", async () => {
    await operator.getByRole("link", { name: "Choose a logo" }).click();
    await operator.getByLabel("File").setInputFiles(BRAND.logo);
    await operator.frameLocator("iframe").getByRole("img", { name: BRAND.name }).waitFor();
    await journey.look(operator, "logo");
    await operator.getByRole("button", { name: "Save" }).click();
    await operator.getByRole("status").getByText("Saved").waitFor();
    await journey.look(operator, "logo-saved");
  });
  await journey.step("so are the words of the waitlist and of the mail", async () => {
    await room(operator, "Settings");
    await operator.getByRole("link", { name: "Words of hosted pages and mails" }).click();
    const preview = operator.frameLocator("iframe");
    await operator.getByRole("group", { name: "Welcome mail" }).getByLabel("Headline").fill("Hello {{ account }}");
    await preview.getByRole("heading", { name: "Hello Acme Rockets" }).waitFor();
    await journey.look(operator, "words-mail");
    await operator.getByRole("group", { name: "Waitlist" }).getByLabel("Headline").fill("Almost there");
    await preview.getByRole("heading", { name: "Almost there" }).waitFor();
    await operator.getByRole("button", { name: "Save" }).click();
    await operator.getByRole("status").getByText("Saved").waitFor();
  });
  const grace = await journey.person();
  await grace.clock.install();
  await journey.step("Grace waits on a page in the new name, colour, logo and words", async () => {
    await signUp(grace, stage, "Grace Holloway", "grace@cobolworks.example");
    await grace.getByRole("heading", { name: "Almost there" }).waitFor();
    assert.equal(new URL(grace.url()).origin, new URL(stage.api).origin);
    assert.match(await grace.title(), new RegExp(BRAND.name));
    const logo = grace.getByRole("img", { name: BRAND.name });
    assert.ok(await logo.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), "the logo is loaded");
    assert.match(await accent(grace), new RegExp(BRAND.colour));
    await journey.look(grace, "waitlist");
  });
  await journey.step("the operator admits her, and her page goes on to Acme Notes", async () => {
    await room(operator, "Waitlist");
    await journey.look(operator, "waitlist-room");
    await operator.getByRole("button", { name: "Admit", exact: true }).click();
    await journey.look(operator, "admit");
    await operator.getByRole("button", { name: "Admit", exact: true }).click();
    await operator.getByText("1 person was admitted").waitFor();
    await goesOn(grace, `${stage.acme}onboarding?**`);
  });

  await journey.step("the operator signs out", async () => {
    await operator.goto(new URL("/console/account", stage.api).href);
    await journey.look(operator, "account");
    await operator.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click();
    await operator.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
    await journey.look(operator, "sign-in");
  });
};

function card(page, title) {
  return page.locator(".card", { has: page.getByRole("heading", { name: title, exact: true, level: 2 }) });
}
