/**
 * How many requests are taken, counted in each location of Cloudflare by itself: by owner with a valid token,
 * by address without one. `wrangler.toml` has the same numbers, since the platform does the counting; windows
 * of 10 and 60 seconds are all that it offers (Cloudflare, "Rate Limiting", page read on 2026-11-27).
 */
export const REQUEST_POLICIES = {
  owner: { requests: 200, seconds: 10 },
  address: { requests: 100, seconds: 10 },
} as const satisfies Record<string, { requests: number; seconds: 10 | 60 }>;

export type RequestPolicy = keyof typeof REQUEST_POLICIES;

/**
 * The key under which an address is counted: an IPv4 address as it is, of an IPv6 address the first 64 bits,
 * since one subscriber has all addresses that share these.
 */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = (text: string) => text.split(":").filter(Boolean);
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const all = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  const network = all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
