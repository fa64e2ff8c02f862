// Every page in every state that somebody will meet, from samples: nothing sticks out, nothing bars anyone, nothing
// moves while it loads, and nothing is heavy.
"use strict";

const { look } = require("./look.js");

// What a page and all that it loads may weigh on its way to the browser.
const WEIGHT_MAX = 150 * 1024;
// Cumulative layout shift: web.dev calls 0.1 good. A page that the server drew whole has none, but for the hair's breadth
// of a word whose font comes after the first picture.
const SHIFT_MAX = 0.001;

module.exports = async (journey) => {
  const { samples } = journey.stage;
  const faults = [];
  const weights = [];
  await journey.step(`${samples.length} samples`, async () => {
    for (const { name, url } of samples) {
      // A browser of its own: nothing is in its cache.
      const page = await journey.person();
      try {
        // What a page asks for later, this server does not know.
        await page.route("**/*", (route) => (["fetch", "xhr"].includes(route.request().resourceType()) ? undefined : route.continue()));
        await page.goto(url);
        await page.evaluate(() => document.fonts.ready.then(() => null));
        const { weight, shift } = await page.evaluate(measure);
        weights.push({ name, weight });
        if (weight > WEIGHT_MAX) faults.push(`${name} weighs ${kib(weight)}, more than ${kib(WEIGHT_MAX)}`);
        if (shift > SHIFT_MAX) faults.push(`${name} moves while it loads: ${shift}`);
        await look(page, null);
        journey.watch.settle();
      } catch (fault) {
        faults.push(`${name}: ${fault.message}`);
      }
      await page.context().close();
    }
  });
  weights.sort((one, other) => other.weight - one.weight);
  for (const { name, weight } of weights.slice(0, 5)) console.log(`  ${kib(weight)}  ${name}`);
  if (faults.length > 0) throw new Error(`${faults.length} faults\n${faults.join("\n")}`);
};

// Runs in the page: the bytes that came, with their headers, and how far things moved.
function measure() {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const weight = entries.reduce((sum, entry) => sum + entry.transferSize, 0);
  return new Promise((resolve) => {
    let shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    // Buffered entries come with the next task.
    setTimeout(() => resolve({ weight, shift }), 50);
  });
}

function kib(bytes) {
  return `${(bytes / 1024).toFixed(0).padStart(4)} KiB`;
}
