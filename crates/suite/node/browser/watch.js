// Everything that a browser complains about: errors and warnings of the console (a breach of the content-security policy
// is one), exceptions, requests that fail, answers that say so.
"use strict";

class Watch {
  constructor() {
    this.complaints = [];
  }

  over(context) {
    const note = (what) => this.complaints.push(what);
    context.on("console", (message) => {
      const kind = message.type();
      if ((kind !== "error" && kind !== "warning") || ABORTED.test(message.text())) return;
      note(`console ${kind} on ${place(message.page()?.url())}, about ${place(message.location().url)}: ${message.text()}`);
    });
    context.on("weberror", (error) => note(`exception on ${place(error.page()?.url())}: ${error.error()}`));
    context.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText;
      if (!leftBehind(reason)) note(`${request.method()} ${place(request.url())} failed: ${reason}`);
    });
    context.on("response", (response) => {
      const status = response.status();
      if (status >= 400) note(`${response.request().method()} ${place(response.url())} answered ${status}`);
    });
  }

  // Fails with what came since the last time.
  settle() {
    const complaints = this.complaints.splice(0);
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  }
}

// What htmx writes of a request that was left behind; one that failed is written as `htmx:sendError` as well.
const ABORTED = /^htmx:(sendAbort|afterRequest)\b/;

// Whoever goes on leaves what the page was still asking for: news, a picture, the first answer of a button pressed twice.
// The browser says so of nothing else; what a server cuts off and what a policy blocks have names of their own.
function leftBehind(reason) {
  return reason === "net::ERR_ABORTED";
}

// Links carry tokens.
function place(url) {
  return url ? url.split("?")[0] : "a page that is gone";
}

module.exports = { Watch };
