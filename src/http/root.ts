import { createRoute, z } from "@hono/zod-openapi";
import { router } from "./lib/router.ts";
import { json } from "./lib/schemas.ts";

export const API_VERSION = "1.0.0";

const root = createRoute({
  method: "get",
  path: "/",
  operationId: "getRoot",
  tags: ["Service"],
  summary: "Get the name, the version and the links",
  responses: {
    200: json(
      z
        .object({
          name: z.string().openapi({ description: "Name of the service." }),
          version: z.string().openapi({ description: "Version of the API." }),
          links: z.object({ docs: z.string(), openapi: z.string(), health: z.string() }).openapi({
            description: "Paths: the reference to read, this document as JSON, and the health check.",
          }),
        })
        .openapi("Root", { description: "Name, version and links of the service." }),
      "The service.",
    ),
  },
});

const ROOT = {
  name: "omvee",
  version: API_VERSION,
  links: { docs: "/docs", openapi: "/openapi.json", health: "/health" },
};

export function rootRoutes() {
  const app = router();
  app.openapi(root, (c) => c.json(ROOT, 200));
  return app;
}
