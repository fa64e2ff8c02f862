// Several people wait. An open list of runs hears of them; two are let in by a tick, two by their place in the queue,
// and their pages go on.
"use strict";

const assert = require("node:assert/strict");
const { comeIn, goesOn, lookAgain, room, signUp } = require("../people.js");

const NAMES = ["Alma", "Bela", "Cleo", "Dora", "Enid"];
const address = (name) => `${name.toLowerCase()}@long-queue.example`;

module.exports = async (journey) => {
  const { stage } = journey;
  const operator = await journey.step("the operator comes in", () => comeIn(journey));
  await journey.step("one person passes, then nobody more is let through", async () => {
    const early = await journey.person();
    await signUp(early, stage, "Early Bird", "early@long-queue.example");
    await early.waitForURL(`${stage.acme}onboarding?**`);
    await room(operator, "Waitlist");
    await operator.getByRole("heading", { name: "Nobody waits" }).waitFor();
    await journey.look(operator, "nobody");
    await room(operator, "Settings");
    await operator.getByLabel("Users let through").fill("0");
    await operator.getByRole("button", { name: "Save" }).click();
    await operator.getByRole("status").getByText("Saved").waitFor();
  });

  const watcher = await operator.context().newPage();
  await watcher.goto(new URL("/console/dev/runs", stage.api).href);
  const rows = watcher.getByRole("main").locator("tbody tr");
  await rows.first().waitFor();
  const people = new Map();
  await journey.step("five people sign up and wait", async () => {
    for (const name of NAMES) {
      const page = await journey.person();
      await page.clock.install();
      await signUp(page, stage, `${name} Queue`, address(name));
      await page.getByRole("heading", { name: "You are on the list" }).waitFor();
      people.set(name, page);
    }
  });
  await journey.step("the open list of runs keeps its rows, and says how many are new", async () => {
    await watcher.getByRole("link", { name: "5 new" }).waitFor();
    assert.equal(await rows.count(), 1, "nothing moved under the pointer");
    await journey.look(watcher, "news");
    await watcher.getByRole("link", { name: "5 new" }).click();
    await rows.filter({ hasText: address("Enid") }).waitFor();
    assert.equal(await rows.count(), 6);
    await rows.filter({ hasText: "On the waitlist" }).nth(4).waitFor();
    await journey.look(watcher, "runs");
  });

  await journey.step("two are ticked and let in", async () => {
    await room(operator, "Waitlist");
    for (const name of ["Bela", "Dora"]) await operator.getByRole("checkbox", { name: `Tick ${address(name)}` }).check();
    await journey.look(operator, "ticked");
    await operator.getByRole("button", { name: "Admit those ticked" }).click();
    await operator.getByRole("heading", { name: "Admit 2 people?" }).waitFor();
    assert.deepEqual(await named(operator), ["Bela", "Dora"].map(address).sort());
    await journey.look(operator, "ask");
    await operator.getByRole("button", { name: "Admit", exact: true }).click();
    await operator.getByRole("status").getByText("2 people were admitted").waitFor();
    await journey.look(operator, "admitted");
  });
  await journey.step("their pages go on", () => arrived("Bela", "Dora"));
  await journey.step("the list of runs moves in place", async () => {
    const bela = rows.filter({ hasText: address("Bela") });
    await bela.filter({ hasNotText: "On the waitlist" }).waitFor();
    assert.equal(await rows.count(), 6);
  });
  await journey.step("the next two in the queue are let in, in their order", async () => {
    await operator.getByLabel("Admit the next").fill("2");
    await operator.getByRole("button", { name: "Admit", exact: true }).click();
    await operator.getByRole("heading", { name: "Admit 2 people?" }).waitFor();
    assert.deepEqual(await named(operator), ["Alma", "Cleo"].map(address));
    await operator.getByRole("button", { name: "Admit", exact: true }).click();
    await operator.getByRole("status").getByText("2 people were admitted").waitFor();
    await arrived("Alma", "Cleo");
  });
  await journey.step("the last one still waits, in the first place", async () => {
    await operator.getByText("1 person waits").waitFor();
    const left = operator.getByRole("main").locator("tbody tr");
    assert.equal(await left.count(), 1);
    assert.match(await left.innerText(), /enid@/);
    await lookAgain(people.get("Enid"));
    await people.get("Enid").getByRole("heading", { name: "You are on the list" }).waitFor();
  });

  // Their pages go on by themselves.
  async function arrived(...names) {
    for (const name of names) await goesOn(people.get(name), `${stage.acme}onboarding?**`);
  }
};

// Whom the page that asks names.
async function named(page) {
  return page.locator(".ask p b").allInnerTexts();
}
