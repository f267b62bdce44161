import { createRoute, z } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { OperationError } from "../domain/record/errors.ts";
import type { Deps } from "../ports/deps.ts";
import { problem, problems } from "./lib/problem.ts";
import { admit } from "./lib/request-limits.ts";
import { router } from "./lib/router.ts";

const MAX_BODY_BYTES = 1024 * 1024;

const forged: OperationError = {
  code: "webhook_forged",
  detail:
    "The token in the URL or the signature is not valid, or the timestamp is more than five minutes off.",
};

const replicate = createRoute({
  method: "post",
  path: "/webhooks/replicate/{project_id}/{task_id}/{attempt}",
  operationId: "replicateWebhook",
  tags: ["Webhooks"],
  summary: "Receive the end of a prediction from Replicate",
  description:
    "For Replicate only. The URL carries a token of this service, and the headers Replicate's Standard Webhooks signature of the body: both are checked. The webhook wakes up its task, which reads the result from Replicate. The same webhook again within a week does nothing.",
  request: {
    params: z.object({
      project_id: z.string(),
      task_id: z.string(),
      attempt: z.string().openapi({ description: "Number of the task's attempt." }),
    }),
    query: z.object({
      t: z.string().default("").openapi({ description: "This service's token for the attempt." }),
    }),
    headers: z
      .object({
        "webhook-id": z.string().openapi({ description: "The same for each delivery of a webhook." }),
        "webhook-timestamp": z
          .string()
          .openapi({ description: "When it was sent, in seconds since 1970 (UTC)." }),
        "webhook-signature": z
          .string()
          .openapi({ description: "Signatures, separated by spaces; one must be valid." }),
      })
      .partial(),
    body: { content: { "application/json": { schema: { type: "object" } } } },
  },
  responses: {
    202: { description: "The task will be woken up; no body." },
    ...problems("webhook_forged", "payload_too_large"),
  },
});

const Address = z.object({
  projectId: z.uuid(),
  taskId: z.uuid(),
  attempt: z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number),
});
const Prediction = z.object({ id: z.string().min(1).max(100) });

export function webhookRoutes(deps: Deps) {
  const app = router();
  app.use(
    "/webhooks/*",
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) =>
        problem(c, {
          code: "payload_too_large",
          detail: `The body may have at most ${MAX_BODY_BYTES} bytes.`,
        }),
    }),
  );

  app.openapi(replicate, async (c) => {
    const { project_id: projectId, task_id: taskId, attempt } = c.req.valid("param");
    const address = Address.safeParse({ projectId, taskId, attempt });
    const { t } = c.req.valid("query");
    const refused = async () => {
      await admit(c, deps, "address");
      return problem(c, forged);
    };
    if (!address.success || !deps.webhooks.isOurs(address.data, t)) return refused();
    const raw = new Uint8Array(await c.req.arrayBuffer());
    const webhookId = deps.webhooks.verify(raw, c.req.raw.headers);
    if (webhookId === null) return refused();

    // It only wakes the task, which reads the result from Replicate by the prediction's id. The id is passed on:
    // a webhook can arrive before the response to the request that started the prediction.
    await deps.coordinator(address.data.projectId).receive(webhookId, {
      ...address.data,
      predictionId: predictionOf(raw),
      requestId: c.get("requestId"),
    });
    return c.body(null, 202);
  });

  return app;
}

function predictionOf(raw: Uint8Array): string | undefined {
  try {
    return Prediction.parse(JSON.parse(new TextDecoder().decode(raw))).id;
  } catch {
    return undefined;
  }
}
