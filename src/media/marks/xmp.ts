/**
 * XMP packets that state how media was made, in IPTC's property `DigitalSourceType` (XMP Specification Part
 * 1, 2012; IPTC Photo Metadata Standard 2024.1, "Digital Source Type", namespace Iptc4xmpExt).
 */

import { type AiSource, isAiSource, sourceUri } from "../../domain/views/ai-sources.ts";

const property = (source: AiSource) =>
  `<Iptc4xmpExt:DigitalSourceType>${sourceUri(source)}</Iptc4xmpExt:DigitalSourceType>`;

/** An `rdf:Description` with the property; `about` is the attribute's value with its quotes. */
const description = (source: AiSource, about: string, rdf: string) =>
  `<${rdf}:Description ${rdf}:about=${about} xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">` +
  `${property(source)}</${rdf}:Description>`;

/** A complete packet in UTF-8 with only this property. */
export function xmpPacket(source: AiSource): Uint8Array {
  return new TextEncoder().encode(
    `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>` +
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
      `${description(source, '""', "rdf")}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`,
  );
}

/** A term of the vocabulary, at most 64 letters long. */
const TERM = /digitalsourcetype\/([A-Za-z]{1,64})/gi;
const MAX_TERMS = 8;

/**
 * The terms of IPTC's vocabulary in bytes of XMP or C2PA, both of which store text uncompressed: each once,
 * at most eight, in the order of the file. Terms in a compressed manifest are not found.
 */
export function sourceTerms(bytes: Uint8Array): string[] {
  const terms = new Set<string>();
  for (const [, term = ""] of latin1(bytes).matchAll(TERM)) {
    if (terms.size >= MAX_TERMS) break;
    terms.add(term);
  }
  return [...terms];
}

export const saysAi = (bytes: Uint8Array): boolean => sourceTerms(bytes).some(isAiSource);

/** One character for each byte. */
export const latin1 = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

/**
 * The packet with the property added and everything else unchanged. The same object when the packet already
 * has the property, with whatever value; null when it is not XMP in UTF-8 with an RDF element.
 */
export function withSource(packet: Uint8Array, source: AiSource): Uint8Array | null {
  const text = utf8(packet);
  if (text === null) return null;
  if (/\bDigitalSourceType\b/.test(text)) return packet;
  const end = [...text.matchAll(/<\/([A-Za-z_][\w.-]*):RDF\s*>/g)].at(-1);
  const [, rdf = ""] = end ?? [];
  if (!end) return null;
  // All descriptions in a packet are about the same resource (XMP Specification Part 1, 7.4).
  const [, about = '""'] =
    /\s(?:[\w.-]+:)?about\s*=\s*("[^"<]*"|'[^'<]*')/.exec(firstTag(text, `<${rdf}:Description`)) ?? [];
  const added = description(source, about, rdf);
  // Writers leave white space at the end as padding: use it up first.
  const closing = text.lastIndexOf("<?xpacket end=");
  const tail = closing > end.index ? closing : text.length;
  const kept = text.slice(end.index, tail).trimEnd();
  const padding = text.slice(end.index + kept.length, tail).slice(added.length);
  return new TextEncoder().encode(text.slice(0, end.index) + added + kept + padding + text.slice(tail));
}

/**
 * The first tag that begins with a text, up to its end; empty when the tag is longer than 4,000 characters.
 */
function firstTag(text: string, beginning: string): string {
  const at = text.indexOf(beginning);
  const tag = at < 0 ? "" : text.slice(at, at + 4000);
  return tag.slice(0, tag.indexOf(">") + 1);
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
