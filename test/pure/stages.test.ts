/** What every stage has to have, wherever it is declared. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { describe, expect, test } from "vitest";
import { policyOf } from "../../src/domain/controller/stages/index.ts";
import type { StagePolicies } from "../../src/domain/controller/stages/policy.ts";
import { STAGES } from "../../src/domain/record/record.ts";
import { StageName } from "../../src/http/lib/schemas.ts";
import type { StageSteps, StepsOfStages } from "../../src/pipeline/lib/step.ts";
import { collectorOf, starterOf } from "../../src/pipeline/stages/index.ts";
import { stageRows } from "../../src/sandbox/demo/stages.ts";
import { emptyView } from "../../src/sandbox/demo/view.ts";
import { World } from "../support/record.ts";

const isPredicted = (stage: (typeof STAGES)[number]) => policyOf(stage).cancelAfterSeconds !== null;

describe("every stage", () => {
  test("has a label of its own in the demo", () => {
    const labels = stageRows(emptyView(), new Date(0)).map((row) => row.label);
    expect(new Set(labels.filter((label) => label !== "")).size).toBe(STAGES.length);
  });

  test("is named, with what it does, in the description of the API's Stage, in order", () => {
    const app = new OpenAPIHono();
    app.openAPIRegistry.register("Stage", StageName);
    const document = app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "", version: "" } });
    const { description } = document.components?.schemas?.Stage ?? {};
    const named = [...String(description).matchAll(/([a-z]+_?[a-z]*) \(([^)]+)\)/g)];
    expect(named.map(([, stage]) => stage)).toEqual(STAGES);
    expect(named.map(([, , summary]) => summary)).toEqual(STAGES.map((stage) => policyOf(stage).summary));
  });

  test("orders from Replicate only if its policy limits its predictions", () => {
    const { record } = new World();
    const ordering = STAGES.filter((stage) =>
      policyOf(stage)
        .offers(record, () => undefined)
        .some(({ provider }) => provider === "replicate"),
    );
    expect(ordering.filter((stage) => !isPredicted(stage))).toEqual([]);
    expect(ordering).not.toEqual([]);
  });
});

describe("the output of a prediction", () => {
  test.each(STAGES.filter(isPredicted))("of %s is collected", (stage) => {
    expect(collectorOf(stage)).toBeTypeOf("function");
  });

  test.each(STAGES.filter((stage) => !isPredicted(stage)))("of %s is a defect that throws", (stage) => {
    expect(() => collectorOf(stage)).toThrow(`The stage ${stage} is never ordered as a prediction`);
  });
});

/** Checked by tsc: an unused `@ts-expect-error` is an error, where the line below it would compile. */
describe("it does not compile that", () => {
  test("the policy of a stage is missing", () => {
    // @ts-expect-error: assemble_video is missing.
    const incomplete = (policies: Omit<StagePolicies, "assemble_video">): StagePolicies => policies;
    expect(incomplete).toBeTypeOf("function");
  });

  test("the steps of a stage are missing", () => {
    // @ts-expect-error: assemble_video is missing.
    const incomplete = (steps: Omit<StepsOfStages, "assemble_video">): StepsOfStages => steps;
    expect(incomplete).toBeTypeOf("function");
  });

  test("a stage that is ordered as a prediction does not collect it, or another one does", () => {
    const { start, collect } = { start: starterOf("transcribe"), collect: collectorOf("transcribe") };
    const collecting: StageSteps<"generate_clips"> = { start, collect };
    // @ts-expect-error: generate_clips must have `collect`.
    const uncollected: StageSteps<"generate_clips"> = { start };
    // @ts-expect-error: generate_prompts must not have `collect`.
    const superfluous: StageSteps<"generate_prompts"> = { start, collect };
    expect([collecting, uncollected, superfluous]).toHaveLength(3);
  });
});
