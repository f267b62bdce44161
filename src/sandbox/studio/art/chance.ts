/** Repeatable chance: the same seed gives the same picture on every machine. */

/** FNV-1a, finished by an avalanche so that close names give distant seeds. */
function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export interface Chance {
  /** From `low` (inclusive) to `high` (exclusive). */
  between(low: number, high: number): number;
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  /** One of a list that is not empty. */
  pick<T>(items: readonly T[]): T;
  happens(probability: number): boolean;
}

/** Mulberry32. */
export function chanceOf(seed: string): Chance {
  let state = hashOf(seed);
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const between = (low: number, high: number) => low + (high - low) * next();
  return {
    between,
    whole: (low, high) => Math.floor(between(low, high + 1)),
    pick: (items) => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
    happens: (probability) => next() < probability,
  };
}

/** A smooth line of hills: heights around 0, within about ±1, for x in frame widths. */
export function rolling(seed: string, roughness: number): (x: number) => number {
  const chance = chanceOf(seed);
  const waves = Array.from({ length: 6 }, (_, i) => ({
    size: roughness ** i,
    rate: (1.1 + i * 1.35) * chance.between(0.8, 1.25) * Math.PI * 2,
    turn: chance.between(0, Math.PI * 2),
  }));
  const most = waves.reduce((sum, w) => sum + w.size, 0);
  return (x) => waves.reduce((sum, w) => sum + w.size * Math.sin(x * w.rate + w.turn), 0) / most;
}
