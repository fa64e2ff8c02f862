// What journeys are made of: people with browsers of their own, steps with names, and looks at pages.
"use strict";

const { mkdirSync, rmSync } = require("node:fs");
const path = require("node:path");
const { Watch } = require("./watch.js");
const { look } = require("./look.js");

class Journey {
  constructor(browser, stage) {
    this.browser = browser;
    // Where things are: `acme`, `console` (the operator's one-time link), `api`.
    this.stage = stage;
    this.watch = new Watch();
    this.contexts = [];
    this.began = Date.now();
    this.now = "the beginning";
    this.shots = 0;
    rmSync(stage.shots, { recursive: true, force: true });
    mkdirSync(stage.shots, { recursive: true });
  }

  // A person at a screen: a browser without cookies of anybody else's. Answers their page.
  async person(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
    context.setDefaultTimeout(this.stage.patience);
    this.contexts.push(context);
    this.watch.over(context);
    return context.newPage();
  }

  // One thing that somebody does. Whatever the browser complained about meanwhile is this step's failure.
  async step(name, act) {
    this.now = name;
    const began = Date.now();
    const result = await act();
    this.watch.settle();
    console.log(`+ ${String(Date.now() - began).padStart(5)} ms  ${name}`);
    return result;
  }

  // The page in light, in dark and on a phone: nothing sticks out of it; a picture of each is kept.
  async look(page, name) {
    const file = path.join(this.stage.shots, `${String(++this.shots).padStart(2, "0")}-${name}`);
    await look(page, file);
    this.watch.settle();
  }

  async end() {
    this.watch.settle();
    console.log(`= ${String(Date.now() - this.began).padStart(5)} ms  pictures in ${this.stage.shots}`);
  }

  // A failure for people: the step, what was wrong, and what each open page showed.
  async explain(fault) {
    const lines = [`FAILED: ${this.now}`, String(fault?.stack ?? fault)];
    const others = this.watch.complaints.filter((complaint) => !lines[1].includes(complaint));
    lines.push(...others.map((complaint) => `the browser: ${complaint}`));
    const pages = this.contexts.flatMap((context) => context.pages());
    for (const [index, page] of pages.entries()) {
      const file = path.join(this.stage.shots, `failed-${index + 1}.png`);
      const seen = await page.screenshot({ path: file }).then(() => file, () => "no picture could be taken");
      lines.push(`at ${page.url()}: ${seen}`);
    }
    return lines.join("\n");
  }
}

module.exports = { Journey };
