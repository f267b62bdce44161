import { createRoute, z } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { Deps } from "../deps.ts";
import type { OperationError } from "../domain/record/errors.ts";
import { replicateWebhooks, verifyCallbackToken } from "../providers/webhook.ts";
import { problem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";

const MAX_BODY_BYTES = 1024 * 1024;

const forged: OperationError = {
  code: "webhook_forged",
  detail: "The address or the signature of this webhook is not genuine, or it is older than five minutes.",
};

const replicate = createRoute({
  method: "post",
  path: "/webhooks/replicate/{project_id}/{task_id}/{attempt}",
  operationId: "replicateWebhook",
  tags: ["Webhooks"],
  summary: "Where Replicate reports the end of a prediction",
  description:
    "Signed twice: the address carries our token, the body Replicate's Standard Webhooks signature. It only wakes the task up; the result is read from Replicate. The same webhook again, within a week, does nothing.",
  request: {
    params: z.object({ project_id: z.string(), task_id: z.string(), attempt: z.string() }),
    query: z.object({ t: z.string().default("").openapi({ description: "Our token for this attempt." }) }),
    headers: z
      .object({ "webhook-id": z.string(), "webhook-timestamp": z.string(), "webhook-signature": z.string() })
      .partial(),
    body: { content: { "application/json": { schema: { type: "object" } } } },
  },
  responses: {
    202: { description: "The task will be looked at." },
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
  const { callbackSecret, replicate: secrets } = deps.config;
  const verify = replicateWebhooks(secrets.webhookSecrets);

  app.use(
    "/webhooks/*",
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) =>
        problem(c, {
          code: "payload_too_large",
          detail: `At most ${MAX_BODY_BYTES} bytes are accepted here.`,
        }),
    }),
  );

  app.openapi(replicate, async (c) => {
    const { project_id: projectId, task_id: taskId, attempt } = c.req.valid("param");
    const address = Address.safeParse({ projectId, taskId, attempt });
    const { t } = c.req.valid("query");
    if (!address.success || !verifyCallbackToken(callbackSecret, address.data, t)) return problem(c, forged);
    const raw = new Uint8Array(await c.req.arrayBuffer());
    const webhookId = verify(raw, c.req.raw.headers);
    if (webhookId === null) return problem(c, forged);

    // Level, not edge: the result is asked for by id. The id itself may be news, where the
    // webhook is faster than the answer to the request that started the prediction.
    await deps.coordinator(address.data.projectId).receive(webhookId, {
      ...address.data,
      predictionId: predictionOf(raw),
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
