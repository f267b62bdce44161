import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Deps } from "../ports/deps.ts";
import type { AppEnv } from "./lib/app-env.ts";
import { router } from "./lib/router.ts";
import { openApiDocument } from "./openapi.ts";

/** The explorer needs inline styles and calls this API; nothing is loaded from elsewhere. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>OMVEE API</title>
    <link rel="icon" href="data:,">
    <style>
      openapi-explorer {
        --font-regular: system-ui, sans-serif;
        --font-mono: ui-monospace, monospace;
      }
    </style>
    <script type="module" src="/openapi-explorer.min.js"></script>
  </head>
  <body>
    <openapi-explorer spec-url="/openapi.json" primary-color="#5b3a8e" nav-bg-color="#231636"></openapi-explorer>
  </body>
</html>
`;

/** /docs, the reference to read, and /openapi.json. `whole` returns the app whose routes they describe. */
export function docsRoutes({ config }: Deps, whole: () => OpenAPIHono<AppEnv>) {
  const app = router();
  let document: ReturnType<typeof openApiDocument> | null = null;
  app.get("/docs", (c) => c.html(PAGE, 200, { "Content-Security-Policy": CSP }));
  app.get("/openapi.json", (c) => {
    document ??= openApiDocument(whole(), config);
    return c.json(document);
  });
  return app;
}
