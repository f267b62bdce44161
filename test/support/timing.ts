import type { Timing } from "../../src/retry.ts";

/**
 * Virtual time, which passes only by `sleep` and by `pass`. `random`: the random number, always the same, or
 * its source.
 */
export function virtualTime(random: number | (() => number) = 1) {
  let at = 0;
  const alarms = new Set<{ at: number; late: () => void }>();
  const waits: number[] = [];
  const pass = (ms: number) => {
    at += ms;
    for (const alarm of [...alarms].filter((a) => a.at <= at)) {
      alarms.delete(alarm);
      alarm.late();
    }
  };
  const timing: Timing = {
    now: () => at,
    async sleep(ms) {
      waits.push(ms);
      pass(ms);
    },
    alarm(ms, late) {
      const alarm = { at: at + ms, late };
      alarms.add(alarm);
      return () => alarms.delete(alarm);
    },
    random: () => (typeof random === "number" ? random : random()),
  };
  return { timing, pass, waits, now: () => at, pending: () => alarms.size };
}
