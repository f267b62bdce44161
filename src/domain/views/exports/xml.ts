/** XML, written so that no value can leave its place. */
const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Characters that XML 1.0 can't hold, even escaped, are left out. */
export const xmlText = (text: string) =>
  text.replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, "").replace(/[&<>"]/gu, (c) => entities[c] ?? "");

/** Attributes that are null are left out; children are XML already. */
export function element(
  name: string,
  attributes: Record<string, string | number | null>,
  ...children: string[]
): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === null ? [] : [` ${key}="${xmlText(String(value))}"`],
  );
  const inside = children.join("");
  return `<${name}${written.join("")}${inside === "" ? "/>" : `>${inside}</${name}>`}`;
}
