// Walks one journey in a real browser and ends with a failure that says where it went wrong:
//
//   node run.js journey/NAME < the-stage-as-json
//
// A journey is a file that exports an async function of a `Journey` (see `journey.js`). The stage tells where things
// are: { browser, shots, acme, console, api } for those in `journey`, { browser, shots, samples } for `gallery`.
"use strict";

const { readFileSync } = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");
const { Journey } = require("./journey.js");

// What takes longer is broken, on a busy machine too.
const PATIENCE_MS = 20_000;

async function main(name) {
  const stage = { ...JSON.parse(readFileSync(0, "utf8")), patience: PATIENCE_MS };
  const walk = require(path.join(__dirname, `${name}.js`));
  const browser = await chromium.launch({ executablePath: stage.browser });
  const journey = new Journey(browser, stage);
  try {
    await walk(journey);
    await journey.end();
    return 0;
  } catch (fault) {
    console.error(await journey.explain(fault));
    return 1;
  } finally {
    await browser.close();
  }
}

main(process.argv[2]).then(
  (code) => { process.exitCode = code; },
  (fault) => { console.error(fault); process.exitCode = 1; },
);
