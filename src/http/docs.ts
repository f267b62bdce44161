import { createHash } from "node:crypto";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Config } from "../config.ts";
import { codeReference } from "./code-reference.ts";
import type { AppEnv } from "./lib/app-env.ts";
import { router } from "./lib/router.ts";
import { openApiDocument } from "./openapi.ts";

/**
 * Loads the explorer unless the address names a code's entry: once loaded it scrolls to itself and adds its own
 * route to the address.
 */
const SCRIPT = `
const load = () => {
  if (!/^#(problem|input|failure)(s|-\\w+)$/.test(location.hash)) import("/openapi-explorer.min.js");
};
addEventListener("hashchange", load);
load();
`;

/** The explorer needs inline styles and calls this API; nothing is loaded from elsewhere. */
const CSP = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash("sha256").update(SCRIPT).digest("base64")}'`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Without its script, the page is the reference of the codes. */
const page = () => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>OMVEE API</title>
    <link rel="icon" href="data:,">
    <style>
      :root {
        --bar: 3rem;
        scroll-padding-top: calc(var(--bar) + 1rem);
      }
      body {
        margin: 0;
        font: 1rem/1.5 system-ui, sans-serif;
        color: #222;
        background: #fff;
      }
      nav {
        position: sticky;
        top: 0;
        z-index: 1;
        display: flex;
        gap: 1rem;
        align-items: center;
        box-sizing: border-box;
        height: var(--bar);
        padding: 0 1rem;
        overflow-x: auto;
        white-space: nowrap;
        background: #231636;
      }
      nav a {
        color: #fff;
      }
      #explorer {
        height: calc(100vh - var(--bar));
      }
      #explorer:has(:not(:defined)) {
        display: none;
      }
      openapi-explorer {
        --font-regular: system-ui, sans-serif;
        --font-mono: ui-monospace, monospace;
      }
      main {
        max-width: 46rem;
        margin: 0 auto;
        padding: 1rem;
      }
      article {
        padding: 0.5rem 0.75rem;
        border-top: 1px solid #ddd;
        overflow-wrap: anywhere;
      }
      article:target {
        background: #f3effa;
        box-shadow: inset 4px 0 #5b3a8e;
      }
      main h3 {
        margin: 0;
        font-size: 1rem;
      }
      main p {
        margin: 0.25rem 0;
      }
      main a {
        color: #5b3a8e;
      }
      main code {
        font: 0.95em ui-monospace, monospace;
      }
    </style>
    <script type="module">${SCRIPT}</script>
  </head>
  <body id="api">
    <nav aria-label="The API and its codes">
      <a href="#api">API</a>
      <a href="#problems">Problems</a>
      <a href="#inputs">Inputs</a>
      <a href="#failures">Failures</a>
    </nav>
    <div id="explorer">
      <openapi-explorer spec-url="/openapi.json" primary-color="#5b3a8e" nav-bg-color="#231636"></openapi-explorer>
    </div>
    <main>
${codeReference()}
    </main>
  </body>
</html>
`;

/** /docs, the reference to read, and /openapi.json. `whole` returns the app whose routes they describe. */
export function docsRoutes(
  { config }: { config: Pick<Config, "publicUrl"> },
  whole: () => OpenAPIHono<AppEnv>,
) {
  const app = router();
  const html = page();
  let document: ReturnType<typeof openApiDocument> | null = null;
  app.get("/docs", (c) => c.html(html, 200, { "Content-Security-Policy": CSP }));
  app.get("/openapi.json", (c) => {
    document ??= openApiDocument(whole(), config);
    return c.json(document);
  });
  return app;
}
