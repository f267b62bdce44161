/** The answer to what happens by itself after it. */

import { Project } from "../project-schema.ts";
import { replayedHeader } from "./idempotency.ts";
import { json } from "./schemas.ts";

export const accepted = { ...json(Project, "Accepted: it happens by itself."), headers: replayedHeader };
