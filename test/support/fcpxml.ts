/** The part of the DTD of FCPXML 1.10 that the exporter uses: children in their order, attributes and their values. */
import { allOf, type XmlElement } from "./xml.ts";

/** `!` marks a required attribute; after `=`, the values that the DTD lists. */
interface Declared {
  /** Over the children's names, each followed by a space. */
  children: RegExp;
  attributes: string;
  text?: true;
}

const MARKERS = "((marker|chapter-marker|rating|keyword|analysis-marker) )*";
const ANCHORED = "((audio|video|clip|title|caption|mc-clip|ref-clip|sync-clip|asset-clip|audition|spine) )*";
const STORY = "(audio|video|clip|title|mc-clip|ref-clip|sync-clip|asset-clip|audition|gap|transition)";
const PLACED = "lane offset name start duration! enabled=0|1";
const NONE = /^$/u;
const model = (text: string) => new RegExp(`^${text}$`, "u");

const DTD: Record<string, Declared> = {
  fcpxml: { children: /^(import-options )?(resources )?library $/u, attributes: "version!=1.10" },
  resources: { children: /^((asset|effect|format|media|locator) )*$/u, attributes: "" },
  format: {
    children: NONE,
    attributes:
      "id! name frameDuration fieldOrder width height paspH paspV colorSpace projection stereoscopic",
  },
  asset: {
    children: /^(media-rep )+(metadata )?$/u,
    attributes:
      "id! name uid start duration hasVideo format hasAudio videoSources audioSources audioChannels audioRate",
  },
  "media-rep": {
    children: /^(bookmark )?$/u,
    attributes: "kind=original-media|proxy-media sig src! suggestedFilename",
  },
  effect: { children: NONE, attributes: "id! name uid! src" },
  library: { children: /^((event|smart-collection) )*$/u, attributes: "location colorProcessing" },
  event: { children: /^(project )*$/u, attributes: "name uid" },
  project: { children: /^sequence $/u, attributes: "name uid id modDate" },
  sequence: {
    children: /^(note )?spine (metadata )?$/u,
    attributes:
      "format! duration tcStart tcFormat=DF|NDF audioLayout=mono|stereo|surround audioRate=32k|44.1k|48k|88.2k|96k|176.4k|192k",
  },
  spine: { children: model(`(${STORY} )*`), attributes: "lane offset name format" },
  gap: {
    children: model(`(note )?${ANCHORED}${MARKERS}(metadata )?`),
    attributes: "name offset start duration! enabled=0|1",
  },
  video: {
    children: model(`(note )?(conform-rate )?(timeMap )?${ANCHORED}${MARKERS}`),
    attributes: `ref! ${PLACED} srcID role`,
  },
  title: {
    children: model(`(param )*(text )*(text-style-def )*(note )?${ANCHORED}${MARKERS}(metadata )?`),
    attributes: `ref! ${PLACED} role`,
  },
  "asset-clip": {
    children: model(`(note )?(conform-rate )?(timeMap )?${ANCHORED}${MARKERS}(metadata )?`),
    attributes: `ref! lane offset name start duration enabled=0|1 srcEnable=all|audio|video audioStart audioDuration format tcStart tcFormat=DF|NDF modDate audioRole videoRole`,
  },
  "conform-rate": {
    children: NONE,
    attributes:
      "scaleEnabled=0|1 srcFrameRate=23.98|24|25|29.97|30|60|47.95|48|50|59.94 frameSampling=floor|nearest-neighbor",
  },
  timeMap: { children: /^(timept )*$/u, attributes: "frameSampling preservesPitch=0|1" },
  timept: { children: NONE, attributes: "time! value! interp=smooth2|linear|smooth inTime outTime" },
  marker: { children: NONE, attributes: "start! duration value! completed note" },
  "chapter-marker": { children: NONE, attributes: "start! duration value! note posterOffset" },
  note: { children: NONE, attributes: "", text: true },
  text: { children: /^(text-style )*$/u, attributes: "placement=left|right|top|bottom", text: true },
  "text-style-def": { children: /^text-style $/u, attributes: "id! name" },
  "text-style": {
    children: NONE,
    attributes: "ref font fontSize fontFace fontColor alignment=left|center|right|justified",
    text: true,
  },
};

function faultsOf({ name, attributes, children, text }: XmlElement): string[] {
  const declared = DTD[name];
  if (!declared) return [`${name} is not declared`];
  const faults: string[] = [];
  const order = children.map((child) => `${child.name} `).join("");
  if (!declared.children.test(order)) faults.push(`${name} may not hold: ${order}`);
  if (!declared.text && text.trim() !== "") faults.push(`${name} may not hold text: ${text}`);
  const known = new Map(
    declared.attributes.split(" ").map((one) => {
      const [, key = "", required, values] = /^([^!=]*)(!?)(?:=(.*))?$/u.exec(one) ?? [];
      return [key, { required: required === "!", values: values?.split("|") }];
    }),
  );
  for (const [key, { required, values }] of known) {
    const value = attributes[key];
    if (value === undefined) {
      if (required) faults.push(`${name} lacks ${key}`);
    } else if (values && !values.includes(value)) faults.push(`${name} may not have ${key}="${value}"`);
  }
  for (const key of Object.keys(attributes)) if (!known.has(key)) faults.push(`${name} may not have ${key}`);
  return faults;
}

/** What the DTD forbids in this document; empty where it is valid. */
export function invalidIn(root: XmlElement): string[] {
  const elements = allOf(root);
  const kinds = new Map<string, string>();
  const faults = elements.flatMap(faultsOf);
  for (const { name, attributes } of elements) {
    if (attributes.id === undefined) continue;
    if (kinds.has(attributes.id)) faults.push(`two have the id ${attributes.id}`);
    kinds.set(attributes.id, name);
  }
  for (const { name, attributes } of elements) {
    for (const key of ["ref", "format"]) {
      const id = attributes[key];
      if (id !== undefined && !kinds.has(id)) faults.push(`${name} refers to ${id}, which is nothing`);
    }
  }
  return faults;
}
