// Who came: exchanges the one-time code of a browser (?authOTP=…), once and within a minute. For your backend.
export async function whoCame(authOTP) {
  const answer = await fetch("{{url}}?" + new URLSearchParams({ authOTP }));
  if (!answer.ok) throw new Error(`not exchanged: ${answer.status} ${await answer.text()}`);
  const { token } = await answer.json();
  // userId, emailId, tenantId, tenantName: from ThriveStack itself. Send the browser to returnUrl when you are done.
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
}
