import { createRoute, z } from "@hono/zod-openapi";
import type { Deps } from "../deps.ts";
import { approvalView } from "../domain/views/views.ts";
import { approve } from "../operations/approvals.ts";
import { listApprovals } from "../operations/lists.ts";
import { orRefuse, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import {
  bearerAuth,
  body,
  json,
  listRoute,
  ProjectParams,
  pageView,
  Timestamp,
  text,
  Uuid,
} from "./lib/schemas.ts";

const TAG = "Approvals";

export const Approval = z
  .object({
    id: Uuid,
    project_id: Uuid,
    scene_id: Uuid,
    image_id: Uuid.nullable(),
    clip_id: Uuid.nullable(),
    approved: z.boolean(),
    notes: z.string().nullable(),
    voided_at: Timestamp.nullable().openapi({
      description:
        "Set while it binds nothing, because its image or clip is not the one of its scene; null again once it is.",
    }),
    voided_reason: z.string().nullable(),
    created_at: Timestamp,
  })
  .openapi("Approval");

const ApprovalInput = z
  .strictObject({
    image_id: Uuid.optional(),
    clip_id: Uuid.optional(),
    approved: z.boolean().openapi({ description: "false: another take is made." }),
    notes: text(2_000).optional(),
  })
  .refine((v) => (v.image_id === undefined) !== (v.clip_id === undefined), "Name either image_id or clip_id.")
  .openapi("ApprovalInput", {
    description: "About one image or one clip: exactly one of image_id and clip_id.",
    example: { image_id: "0193a5b2-7c1e-7000-8000-3f2a9c1d5e70", approved: false, notes: "Too dark." },
  });

const put = createRoute({
  method: "put",
  path: "/api/projects/{project_id}/approvals",
  operationId: "approve",
  tags: [TAG],
  summary: "Approve or reject images and clips",
  description:
    "All or none are recorded. Each approval or rejection holds for the exact file as it is now; an earlier one about the same file stays in the list, the newest counts.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    body: body(z.strictObject({ approvals: z.array(ApprovalInput).min(1).max(200) })),
  },
  responses: {
    200: json(z.object({ items: z.array(Approval) }), "As recorded, in the order given."),
    ...problems(
      "invalid_request",
      "malformed_json",
      "unauthenticated",
      "not_found",
      "payload_too_large",
      "unsupported_media_type",
    ),
  },
});

const list = listRoute({
  name: "approvals",
  operationId: "listApprovals",
  tag: TAG,
  summary: "List the approvals",
  description: "Newest first, the whole history.",
  item: Approval,
});

export function approvalRoutes(deps: Deps) {
  const app = router();
  app.openapi(put, async (c) => {
    const approvals = c.req.valid("json").approvals.map((v) => ({
      imageId: v.image_id ?? null,
      clipId: v.clip_id ?? null,
      approved: v.approved,
      notes: v.notes ?? null,
    }));
    const projectId = c.req.valid("param").project_id;
    const recorded = orRefuse(await approve(deps, c.var.actor, { projectId, approvals }));
    return c.json({ items: recorded.map(approvalView) }, 200);
  });
  app.openapi(list, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orRefuse(await listApprovals(deps, c.var.actor, { projectId, ...c.req.valid("query") }));
    return c.json(pageView(page, approvalView), 200);
  });
  return app;
}
