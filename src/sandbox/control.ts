/** /_sandbox: what was bought, and what shall go wrong. */
import { Hono } from "hono";
import { z } from "zod";
import { ChaosChange, calm } from "./chaos.ts";
import { emptyLedger } from "./ledger.ts";
import type { SandboxState } from "./state.ts";

export function controlRoutes(state: SandboxState, reset: () => void): Hono {
  const report = () => ({ ...state.ledger, chaos: state.chaos });
  return new Hono()
    .get("/state", (c) => c.json(report()))
    .delete("/state", (c) => {
      state.chaos = calm();
      state.ledger = emptyLedger();
      reset();
      return c.json(report());
    })
    .delete("/chaos", (c) => {
      state.chaos = calm();
      return c.json(report());
    })
    .post("/chaos", async (c) => {
      const change = ChaosChange.safeParse(await c.req.json().catch(() => null));
      if (!change.success) return c.json({ detail: z.prettifyError(change.error) }, 422);
      Object.assign(state.chaos, change.data);
      return c.json(report());
    });
}
