/** The 202 of operations whose work goes on after the response. */

import { Project } from "../project-schema.ts";
import { replayedHeader } from "./idempotency.ts";
import { json } from "./schemas.ts";

export const accepted = {
  ...json(Project, "Accepted: the work goes on after this response. The project, as it is now."),
  headers: replayedHeader,
};
