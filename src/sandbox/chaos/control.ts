/** /_sandbox: shows what was bought, sets the fault modes, and resets both. */
import { Hono } from "hono";
import { z } from "zod";
import type { SandboxState } from "../state.ts";
import { ChaosChange, noFaults } from "./chaos.ts";
import { emptyLedger } from "./ledger.ts";

export function controlRoutes(state: SandboxState, reset: () => void): Hono {
  const report = () => ({ ...state.ledger, chaos: state.chaos });
  return new Hono()
    .get("/state", (c) => c.json(report()))
    .delete("/state", (c) => {
      state.chaos = noFaults();
      state.ledger = emptyLedger();
      state.calls = [];
      reset();
      return c.json(report());
    })
    .delete("/chaos", (c) => {
      state.chaos = noFaults();
      return c.json(report());
    })
    .post("/chaos", async (c) => {
      const body: unknown = await c.req.json().catch(() => null);
      const change = ChaosChange.safeParse(body);
      if (!change.success) return c.json({ detail: z.prettifyError(change.error) }, 422);
      // Change only the modes that the body names: the parsed defaults would end all other faults.
      const named = new Set(Object.keys(Object(body)));
      Object.assign(
        state.chaos,
        Object.fromEntries(Object.entries(change.data).filter(([mode]) => named.has(mode))),
      );
      return c.json(report());
    });
}
