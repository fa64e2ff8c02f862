// Looking at a page as people see it: in light, in dark, and at 390 px; and as those do who do not see it.
"use strict";

const { readFileSync } = require("node:fs");

// Handed to the page by the browser's own tools, so no content-security policy is loosened for it.
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const SIZES = { wide: { width: 1360, height: 900 }, phone: { width: 390, height: 844 } };
const LOOKS = [
  { name: "light", colorScheme: "light", size: SIZES.wide },
  // The same page in other colours.
  { name: "dark", colorScheme: "dark", size: SIZES.wide, rules: ["color-contrast"] },
  { name: "phone", colorScheme: "light", size: SIZES.phone },
];

// Fails with all that is wrong. With a `file`, pictures are kept. Afterwards the page is as it was: wide, and in the
// colours that its context began with.
async function look(page, file) {
  const faults = [];
  const grounds = {};
  for (const { name, colorScheme, size, rules } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    const { outside, ground } = await page.evaluate(measure);
    grounds[name] = ground;
    if (file) await page.screenshot({ path: `${file}-${name}.png`, fullPage: true });
    if (outside.length > 0) faults.push(`scrolls sideways in ${name} (${size.width} px): ${outside.join(", ")}`);
    faults.push(...(await barriers(page, rules)).map((barrier) => `in ${name}: ${barrier}`));
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(SIZES.wide);
  if (grounds.light === grounds.dark) faults.push(`is as light in dark as in light: ${grounds.light}`);
  if (faults.length > 0) throw new Error([page.url(), ...faults, ...(file ? [`see ${file}-*.png`] : [])].join("\n  "));
}

// What the accessibility engine finds by these rules, or by all (WCAG A and AA and its own good practice): which, and
// where. Frames are left out: one that is sandboxed answers nobody.
async function barriers(page, rules) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(async (rules) => {
    const found = await window.axe.run({ iframes: false, resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
    return found.violations.map(({ id, help, nodes }) => ({ id, help, places: nodes.map((node) => node.target.join(" ")) }));
  }, rules);
  return violations.map(({ id, help, places }) => `${id} (${help}): ${places.slice(0, 5).join(" | ")}${places.length > 5 ? ` and ${places.length - 5} more` : ""}`);
}

// Runs in the page: what makes it wider than the window, outermost first, and the colour that it stands on.
function measure() {
  const wider = document.documentElement.scrollWidth > window.innerWidth;
  const sticksOut = (element) => element.getBoundingClientRect().right > window.innerWidth + 1;
  const named = (element) => [element.localName, ...element.classList].join(".");
  const outside = wider ? [...document.body.querySelectorAll("*")].filter(sticksOut).slice(0, 5).map(named) : [];
  if (wider && outside.length === 0) outside.push("the page itself");
  const grounds = [document.body, document.documentElement].map((element) => getComputedStyle(element).backgroundColor);
  return { outside, ground: grounds.find((colour) => colour !== "rgba(0, 0, 0, 0)") };
}

module.exports = { look };
