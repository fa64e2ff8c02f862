// Looking at a page as people see it: in light, in dark, and at 390 px.
"use strict";

const SIZES = { wide: { width: 1360, height: 900 }, phone: { width: 390, height: 844 } };
const LOOKS = [
  { name: "light", colorScheme: "light", size: SIZES.wide },
  { name: "dark", colorScheme: "dark", size: SIZES.wide },
  { name: "phone", colorScheme: "light", size: SIZES.phone },
];

// Afterwards the page is as it was: wide, and in the colours that its context began with.
async function look(page, file) {
  const grounds = {};
  for (const { name, colorScheme, size } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    const { outside, ground } = await page.evaluate(measure);
    grounds[name] = ground;
    await page.screenshot({ path: `${file}-${name}.png`, fullPage: true });
    if (outside.length > 0) {
      throw new Error(`${page.url()} scrolls sideways in ${name} (${size.width} px): ${outside.join(", ")}; see ${file}-${name}.png`);
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(SIZES.wide);
  if (grounds.light === grounds.dark) throw new Error(`${page.url()} is as light in dark as in light: ${grounds.light}`);
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
