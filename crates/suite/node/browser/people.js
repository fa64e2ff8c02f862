// What people do again and again.
"use strict";

const assert = require("node:assert/strict");

const PASSWORD = "correct horse battery";

// An operator who comes in by the one-time link, sets a password and stands on Home.
async function comeIn(journey) {
  const operator = await journey.person();
  await operator.goto(journey.stage.console);
  await operator.getByLabel("Password").fill(PASSWORD);
  await operator.getByRole("button", { name: "Set password and sign in" }).click();
  await operator.waitForURL("**/console/dev");
  return operator;
}

// Somebody who signs up in Acme Notes; where that leads, nobody knows yet.
async function signUp(page, stage, name, email) {
  await page.goto(stage.acme);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Work e-mail").fill(email);
  await page.getByRole("button", { name: "Create my workspace" }).click();
}

// Goes to a room by the menu.
async function room(page, name) {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
}

// Finds something in a room's list and opens it.
async function find(page, name, words, entry) {
  await room(page, name);
  await page.getByRole("searchbox").fill(words);
  // Also where the script that searches while one types has not come yet.
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.searchParams.get("q") === words);
  await page.getByRole("main").getByRole("link", { name: entry ?? words }).first().click();
  await page.locator("h1").filter({ hasNotText: new RegExp(`^${name}$`) }).waitFor();
}

// After how long a page that waits for a person has looked again in any case (`LOOK_AGAIN.later` of the hosted pages).
const LOOK_AGAIN_MS = 20_000;

// Lets the time go by after which a waiting page asks whether something has happened, and its question be answered. The
// page's clock must have been installed before it was opened.
async function lookAgain(page) {
  const asked = page.waitForResponse((answer) => answer.request().headers()["x-partial"] === "progress");
  await page.clock.fastForward(LOOK_AGAIN_MS);
  await asked;
}

// A waiting page leads on by itself. On a slow machine it may have looked again, and gone, before the clock is turned.
async function goesOn(page, url) {
  await page.clock.fastForward(LOOK_AGAIN_MS);
  await page.waitForURL(url);
}

// The builder's colour on a hosted page.
function accent(page) {
  return page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--accent"));
}

// What a token claims that the RSA key gives whose file the page shows.
async function tokenOf(page, stage, scope) {
  const file = JSON.parse(await page.locator("#json").textContent());
  const answer = await fetch(new URL("/api/user/token", stage.api), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key_id: file.key_id, private_key: file.private_key, scopes: [scope] }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { token } = await answer.json();
  return Buffer.from(token.split(".")[1], "base64url").toString();
}

module.exports = { PASSWORD, accent, comeIn, find, goesOn, lookAgain, room, signUp, tokenOf };
