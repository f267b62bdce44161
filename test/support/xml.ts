/** A strict reader of XML 1.0, as far as documents without namespaces, comments and CDATA need it. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
/** What the production Char excludes. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const NAME = "[A-Za-z_][A-Za-z0-9_.-]*";

function unescaped(text: string): string {
  if (/<|&(?!(?:amp|lt|gt|quot|apos);)/u.test(text) || text.includes("]]>"))
    throw new Error(`not escaped: ${text}`);
  return text.replace(/&(\w+);/gu, (_, entity: string) => ENTITIES[entity] ?? "");
}

function attributesOf(source: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  const rest = source.replace(
    new RegExp(`\\s+(${NAME})="([^"<]*)"`, "gu"),
    (_, name: string, value: string) => {
      if (name in attributes) throw new Error(`twice: ${name}`);
      attributes[name] = unescaped(value.replace(/[\t\n\r]/gu, " "));
      return "";
    },
  );
  if (rest.trim() !== "") throw new Error(`not an attribute: ${rest}`);
  return attributes;
}

/** The document's root. Throws where it is not well formed, and on text beside the root. */
export function readXml(document: string): XmlElement {
  const found = FORBIDDEN.exec(document);
  if (found) throw new Error(`not a character of XML at ${found.index}`);
  const body = document.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<!DOCTYPE [a-z]+>\n/u, "");
  if (body === document) throw new Error("no declaration");
  const top: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [top];
  const token = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}="[^"]*")*)\\s*(/?)>|([^<]+)`, "uy");
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const [, closes, name = "", attributes = "", empty, text] = token.exec(body) ?? [];
    const current = open.at(-1);
    if (!current || token.lastIndex === 0) throw new Error(`not XML: ${body.slice(at, at + 60)}`);
    if (text !== undefined) current.text += unescaped(text);
    else if (closes) {
      if (current.name !== name) throw new Error(`${current.name} is closed as ${name}`);
      open.pop();
    } else {
      const element = { name, attributes: attributesOf(attributes), children: [], text: "" };
      current.children.push(element);
      if (!empty) open.push(element);
    }
  }
  const [root, ...others] = top.children;
  if (!root || others.length > 0 || open.length !== 1 || top.text.trim() !== "")
    throw new Error("no single root");
  return root;
}

/** The element and all below it. */
export const allOf = (element: XmlElement): XmlElement[] => [element, ...element.children.flatMap(allOf)];
