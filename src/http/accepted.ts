/** The 202 of operations whose work goes on after the response. */

import { replayedHeader } from "./lib/idempotency.ts";
import { json } from "./lib/schemas.ts";
import { Project } from "./project-schema.ts";

export const accepted = {
  ...json(Project, "Accepted: the work goes on after this response. The project, as it is now."),
  headers: replayedHeader,
};
