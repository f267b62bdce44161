/** What every stage has to have, wherever it is declared. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { describe, expect, test } from "vitest";
import { policyOf } from "../../src/domain/controller/stages/index.ts";
import type { StagePolicies } from "../../src/domain/controller/stages/policy.ts";
import { STAGES } from "../../src/domain/record/record.ts";
import { StageName } from "../../src/http/lib/schemas.ts";
import type { StepsOfStages } from "../../src/pipeline/lib/step.ts";
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

/** Checked by tsc: each `@ts-expect-error` fails the build where the line below it is allowed. */
describe("it does not compile that", () => {
  const policies = {
    transcribe: policyOf("transcribe"),
    analyze_scenes: policyOf("analyze_scenes"),
    generate_prompts: policyOf("generate_prompts"),
    generate_images: policyOf("generate_images"),
    generate_clips: policyOf("generate_clips"),
  };
  const start = starterOf("transcribe");
  const collect = collectorOf("transcribe");

  test("the policy of a stage is missing", () => {
    const all: StagePolicies = { ...policies, assemble_video: policyOf("assemble_video") };
    // @ts-expect-error: assemble_video is missing.
    const incomplete: StagePolicies = policies;
    expect([all, incomplete]).toHaveLength(2);
  });

  test("the steps of a stage are missing, or its collect is, or one that is never called is there", () => {
    const predicted = { start, collect };
    const others = { generate_images: predicted, generate_clips: predicted, transcribe: predicted };
    const steps = { ...others, analyze_scenes: { start }, generate_prompts: { start } };
    const all: StepsOfStages = { ...steps, assemble_video: { start } };
    // @ts-expect-error: assemble_video is missing.
    const incomplete: StepsOfStages = steps;
    // @ts-expect-error: generate_clips must collect.
    const uncollected: StepsOfStages = { ...all, generate_clips: { start } };
    // @ts-expect-error: generate_prompts is never ordered as a prediction.
    const superfluous: StepsOfStages = { ...all, generate_prompts: predicted };
    expect([all, incomplete, uncollected, superfluous]).toHaveLength(4);
  });
});
