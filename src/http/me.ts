/** The person who asks: their limits, and what they use of them. */
import { createRoute, z } from "@hono/zod-openapi";
import { OWNER_LIMITS, type OwnerLimitName } from "../domain/record/limits.ts";
import { getMe } from "../operations/me.ts";
import type { Deps } from "../ports/deps.ts";
import { orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { bearerAuth, json } from "./lib/schemas.ts";

const amount = (name: OwnerLimitName) =>
  z
    .int()
    .min(0)
    .openapi({ description: `In ${OWNER_LIMITS[name].unit}. ${OWNER_LIMITS[name].counts}` });

const amounts = {
  projects: amount("projects"),
  stored_bytes: amount("stored_bytes"),
  open_uploads: amount("open_uploads"),
  open_tasks: amount("open_tasks"),
} satisfies Record<OwnerLimitName, z.ZodType>;

const Me = z
  .object({
    id: z.string().openapi({ description: "Your id at the identity provider: the token's subject." }),
    limits: z
      .object({
        ...amounts,
        spend_usd: z.number().nullable().openapi({
          description:
            "US dollars that you may spend in all, as the operator set it; null where nothing limits it. Work that would exceed it fails with `budget_exceeded`.",
        }),
      })
      .openapi({ description: "The most that you may have at once." }),
    used: z
      .object({
        ...amounts,
        spend_usd: z
          .number()
          .openapi({ description: "US dollars spent in all, with those reserved for work under way." }),
      })
      .openapi({
        description: "What you have now. `limit_reached` is answered where more would exceed a limit.",
      }),
    today: z
      .object({
        spent_usd: z.number().openapi({ description: "US dollars spent, without what is reserved." }),
      })
      .openapi({ description: "This day in UTC." }),
  })
  .openapi("Me", { description: "Your limits, and what you use of them." });

const get = createRoute({
  method: "get",
  path: "/api/me",
  operationId: "getMe",
  tags: ["Account"],
  summary: "Read your limits and what you use",
  security: bearerAuth,
  responses: { 200: json(Me, "Your limits and what you use."), ...problems("unauthenticated") },
});

export function meRoutes(deps: Deps) {
  const app = router();
  app.openapi(get, async (c) => {
    const { spentTodayUsd, ...me } = orProblem(await getMe(deps, c.var.actor));
    return c.json({ ...me, today: { spent_usd: spentTodayUsd } }, 200);
  });
  return app;
}
