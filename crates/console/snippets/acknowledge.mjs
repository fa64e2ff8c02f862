// Tells ThriveStack that the tenant is there. Say it again whenever the same webhook-id comes again.
export async function acknowledge(delivery, tenantId, tenantName) {
  const asked = delivery.createAccountRequest;
  const answer = await fetch("{{url}}", {
    method: "POST",
    headers: { "Authorization": `Bearer ${process.env.TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      workflowDesignTimeId: asked.workflowDesignTimeId,
      workflowRuntimeId: asked.workflowRuntimeId,
      thrivestackTenantId: asked.thrivestackTenantId,
      userEmailId: asked.userEmailId,
      tenantId,    // yours: it becomes the account's id in telemetry
      tenantName,
    }),
  });
  if (!answer.ok) throw new Error(`not acknowledged: ${answer.status} ${await answer.text()}`);
}
