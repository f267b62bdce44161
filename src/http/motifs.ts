/** Scenes over the same lyrics. */
import { createRoute, z } from "@hono/zod-openapi";
import { MOTIF_WAYS } from "../domain/record/record.ts";
import { listMotifs } from "../operations/scenes.ts";
import type { Deps } from "../ports/deps.ts";
import { orProblem, problems } from "./lib/problem.ts";
import { router } from "./lib/router.ts";
import { bearerAuth, json, ProjectParams, Uuid } from "./lib/schemas.ts";

const TAG = "Story";

const Usd = (description: string) => z.number().min(0).openapi({ description });

const motifs = createRoute({
  method: "get",
  path: "/api/projects/{project_id}/motifs",
  operationId: "listMotifs",
  tags: [TAG],
  summary: "List the motifs: scenes over the same lyrics",
  description:
    "A motif is two or more scenes over the same lyrics, such as a chorus. For each way of making its scenes, `remaining_usd` says what the prompts, images and clips that the project lacks would then cost: the differences are the savings.",
  security: bearerAuth,
  request: { params: ProjectParams },
  responses: {
    200: json(
      z
        .object({
          remaining_usd: Usd(
            "US dollars that the missing prompts, images and clips cost as chosen now, estimated.",
          ),
          motifs: z
            .array(
              z
                .object({
                  key: z
                    .string()
                    .openapi({ description: "Identifies the lyrics: the same words have the same key." }),
                  lyric: z.string().openapi({ description: "The lyrics, as in its first scene." }),
                  leader_scene_id: Uuid.openapi({
                    description: "Its first scene, whose image or clip the others may use.",
                  }),
                  scenes: z
                    .array(
                      z.object({
                        scene_id: Uuid,
                        motif: z
                          .enum(MOTIF_WAYS)
                          .openapi({ description: "How it is made now, by its own choice or the settings." }),
                      }),
                    )
                    .openapi({ description: "Its other scenes, in the order of the film." }),
                  remaining_usd: z
                    .object({
                      new: Usd("With all of them made new."),
                      vary: Usd("With all of them varied."),
                      reuse: Usd("With all of them reusing its clip."),
                    })
                    .openapi({
                      description:
                        "US dollars that the whole project would still cost, estimated, by how `scenes` are made.",
                    }),
                })
                .openapi("Motif", { description: "Scenes over the same lyrics." }),
            )
            .openapi({ description: "In the order of their first scenes." }),
        })
        .openapi("Motifs", { description: "The motifs of a project." }),
      "All motifs.",
    ),
    ...problems("unauthenticated", "not_found"),
  },
});

export function motifRoutes(deps: Deps) {
  const app = router();
  app.openapi(motifs, async (c) => {
    const projectId = c.req.valid("param").project_id;
    const found = orProblem(await listMotifs(deps, c.var.actor, { projectId }));
    return c.json(
      {
        remaining_usd: found.remainingUsd,
        motifs: found.motifs.map((motif) => ({
          key: motif.key,
          lyric: motif.lyric,
          leader_scene_id: motif.leaderId,
          scenes: Object.entries(motif.ways).map(([scene_id, way]) => ({ scene_id, motif: way })),
          remaining_usd: motif.remainingUsd,
        })),
      },
      200,
    );
  });
  return app;
}
