// People press twice, go back, and load a page again: it stays one run, one workspace, one place on the waitlist.
"use strict";

const assert = require("node:assert/strict");
const { comeIn, room, signUp } = require("../people.js");

const IVO = "ivo@twofold-studio.example";
const NELL = "nell@patient-works.example";

module.exports = async (journey) => {
  const { stage } = journey;
  const operator = await journey.step("the operator comes in", () => comeIn(journey));
  const ivo = await journey.person();
  await journey.step("Ivo presses the button twice and arrives once", async () => {
    await ivo.goto(stage.acme);
    await ivo.getByLabel("Your name").fill("Ivo Twofold");
    await ivo.getByLabel("Work e-mail").fill(IVO);
    await ivo.getByRole("button", { name: "Create my workspace" }).dblclick();
    await ivo.getByRole("heading", { name: "Welcome, Ivo Twofold" }).waitFor();
    assert.equal(await runs(operator, stage, IVO), 1);
  });
  await journey.step("his page can be loaded again, though its code is used", async () => {
    await ivo.reload();
    await ivo.getByRole("heading", { name: "Welcome, Ivo Twofold" }).waitFor();
  });
  await journey.step("he goes home, back, and answers again: the workspace is furnished once", async () => {
    for (let times = 0; times < 2; times++) {
      await ivo.getByLabel("Meeting notes").check();
      await ivo.getByRole("button", { name: "Continue to my workspace" }).click();
      await ivo.getByRole("link", { name: /^Weekly meeting/ }).waitFor();
      await ivo.getByText("2 notes, newest first").waitFor();
      if (times === 0) await ivo.goBack();
    }
    assert.equal(await runs(operator, stage, IVO), 1);
  });

  await journey.step("nobody more is let through", async () => {
    await room(operator, "Settings");
    await operator.getByLabel("Users let through").fill("0");
    await operator.getByRole("button", { name: "Save" }).click();
    await operator.getByRole("status").getByText("Saved").waitFor();
  });
  const nell = await journey.person();
  const waits = () => nell.getByRole("heading", { name: "You are on the list" }).waitFor();
  await journey.step("Nell waits, loads the page again, goes back and signs up again: one place", async () => {
    await signUp(nell, stage, "Nell Patient", NELL);
    await waits();
    await nell.reload();
    await waits();
    await nell.goBack();
    await signUp(nell, stage, "Nell Patient", NELL);
    await waits();
    assert.equal(await runs(operator, stage, NELL), 1);
  });
  await journey.step("Acme Notes tells her the same, and leads to her place", async () => {
    await nell.goto(new URL("home", stage.acme).href);
    await nell.getByRole("heading", { name: "Your workspace is on its way" }).waitFor();
    await journey.look(nell, "on-its-way");
    await nell.getByRole("button", { name: "See where it stands" }).click();
    await waits();
  });
};

// How many runs there are of somebody.
async function runs(operator, stage, email) {
  await operator.goto(new URL(`/console/dev/runs?q=${encodeURIComponent(email)}`, stage.api).href);
  const found = operator.getByRole("main").getByRole("link", { name: email });
  await found.first().waitFor();
  return found.count();
}
