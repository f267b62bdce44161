/** All tables. Column names are the contract with Postgres; the API's names are in domain/views and http. */
export { idempotencyKeys, owners, spending } from "./schema/accounts.ts";
export { finalVideos, generatedImages, userApprovals, videoClips } from "./schema/artifacts.ts";
export { projects, sweeps } from "./schema/projects.ts";
export { scenePrompts, selectedScenes } from "./schema/scenes.ts";
export { jobs, tasks } from "./schema/work.ts";
