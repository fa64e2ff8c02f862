// Going through pages by the keyboard alone. At each station of the Tab key one can see where one is.
"use strict";

const assert = require("node:assert/strict");

// Stations of the Tab key after which something must have been found.
const TABS_MAX = 80;

// Presses Tab until this has the focus.
async function tabTo(page, wanted, key = "Tab") {
  await wanted.waitFor();
  for (let tabs = 0; tabs < TABS_MAX; tabs++) {
    await page.keyboard.press(key);
    assert.equal(await page.evaluate(unseen), null);
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${TABS_MAX} times ${key} did not lead to ${wanted}`);
}

// Presses Tab until this has the focus, then Enter.
async function go(page, wanted) {
  await tabTo(page, wanted);
  await page.keyboard.press("Enter");
}

// Goes to a room by the menu.
async function enter(page, room) {
  await go(page, page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: room }));
  await page.getByRole("heading", { level: 1, name: room }).waitFor();
}

// Writes something else into a field.
async function rewrite(page, label, text) {
  await tabTo(page, page.getByLabel(label));
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}

// Searches a room's list while typing, and opens the entry with this name.
async function search(page, room, words, entry) {
  await enter(page, room);
  await tabTo(page, page.getByRole("searchbox"));
  await page.keyboard.type(words);
  await page.waitForURL((url) => url.searchParams.get("q") === words);
  await go(page, page.getByRole("main").getByRole("link", { name: entry }).first());
}

// Has the focus, and shows it.
async function focused(page, wanted) {
  await wanted.waitFor();
  assert.ok(await wanted.evaluate((element) => element === document.activeElement), `${wanted} has no focus`);
  assert.equal(await page.evaluate(unseen), null);
}

// Runs in the page: why nobody sees where the focus is. A field may leave it to the box around it.
function unseen() {
  const element = document.activeElement;
  // Between the last station and the first, the focus is on the browser's own bar.
  if (!element || element === document.body) return null;
  // The browser draws the button that opens its calendar, and the ring around it.
  if (element.type === "date" && !element.matches(":focus")) return null;
  const named = `${element.outerHTML.slice(0, 200)} has the focus and`;
  const outlined = (one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
  };
  if (![element, element.closest("label")].some((one) => one && outlined(one))) return `${named} no outline`;
  const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
  if (width === 0 || height === 0) return `${named} no size`;
  if (bottom <= 0 || right <= 0 || top >= innerHeight || left >= innerWidth) return `${named} is out of sight`;
  return null;
}

module.exports = { enter, focused, go, rewrite, search, tabTo };
