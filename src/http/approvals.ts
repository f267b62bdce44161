import { createRoute, z } from "@hono/zod-openapi";
import { approvalView } from "../domain/views/views.ts";
import { approve } from "../operations/approvals.ts";
import { listOf } from "../operations/lists.ts";
import type { Deps } from "../ports/deps.ts";
import { BODY_PROBLEMS, orProblem, problems } from "./lib/problem.ts";
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
    image_id: Uuid.nullable().openapi({ description: "The image that it is about; null for a clip." }),
    clip_id: Uuid.nullable().openapi({ description: "The clip that it is about; null for an image." }),
    approved: z.boolean().openapi({ description: "true: approved. false: rejected." }),
    notes: z.string().nullable().openapi({ description: "As the person gave them; null for none." }),
    voided_at: Timestamp.nullable().openapi({
      description:
        "When it stopped counting, because its image or clip is no longer the scene's: it was replaced, or an edit made it stale. Null while it counts, and again once that image or clip is the scene's. Always null for a rejection.",
    }),
    voided_reason: z
      .string()
      .nullable()
      .openapi({ description: "Why it stopped counting, in a sentence; null where `voided_at` is." }),
    created_at: Timestamp,
  })
  .openapi("Approval", { description: "A person's approval or rejection of one image or clip." });

const ApprovalInput = z
  .strictObject({
    image_id: Uuid.optional().openapi({ description: "A completed image of the project." }),
    clip_id: Uuid.optional().openapi({ description: "A completed clip of the project." }),
    approved: z
      .boolean()
      .openapi({ description: "true: approve. false: reject, which asks for another take." }),
    notes: text(2_000)
      .optional()
      .openapi({ description: "Free text, kept with the approval; it does not change what is made." }),
  })
  .refine((v) => (v.image_id === undefined) !== (v.clip_id === undefined), "Give either image_id or clip_id.")
  .openapi("ApprovalInput", {
    description:
      "An approval or rejection of one image or clip: give exactly one of `image_id` and `clip_id`.",
    example: { image_id: "0193a5b2-7c1e-7000-8000-3f2a9c1d5e70", approved: false, notes: "Too dark." },
  });

const put = createRoute({
  method: "put",
  path: "/api/projects/{project_id}/approvals",
  operationId: "approve",
  tags: [TAG],
  summary: "Approve or reject images and clips",
  description:
    "Records all of them or none. Each holds for the exact file as it is now. The newest one about a file counts; one that says the same as the newest is not recorded again. The newest 50 about each file stay in the list.",
  security: bearerAuth,
  request: {
    params: ProjectParams,
    body: body(
      z.strictObject({
        approvals: z
          .array(ApprovalInput)
          .min(1)
          .max(200)
          .openapi({ description: "At most one for each image or clip." }),
      }),
    ),
  },
  responses: {
    200: json(
      z.object({ items: z.array(Approval).openapi({ description: "In the order of the request." }) }),
      "What was recorded.",
    ),
    ...problems(...BODY_PROBLEMS, "unauthenticated", "not_found"),
  },
});

const list = listRoute({
  name: "approvals",
  operationId: "listApprovals",
  tag: TAG,
  summary: "List the approvals",
  description:
    "Newest first: approvals and rejections, earlier ones too, of each image and clip the newest 50.",
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
    const recorded = orProblem(await approve(deps, c.var.actor, { projectId, approvals }));
    return c.json({ items: recorded.map(approvalView) }, 200);
  });
  app.openapi(list, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const page = orProblem(
      await listOf(deps, c.var.actor, "approvals", { projectId, ...c.req.valid("query") }),
    );
    return c.json(pageView(page, approvalView), 200);
  });
  return app;
}
