/**
 * Where objects lie in the bucket. Keys are made only here, and no part of one is text of a client: an
 * owner's id is hashed.
 */
import { inputHash } from "./hash.ts";

/** The largest song that may be uploaded: 200 MiB, which is 209,715,200 bytes. */
export const MAX_AUDIO_BYTES = 200 * 1024 * 1024;

export interface UploadType {
  /** The file name's extension, in lower case and without the dot; the key has the same. */
  extension: string;
  /** The content type that we sign and store, whichever of its names the client gave. */
  contentType: string;
}

/** What may be uploaded: extensions, and the content types that browsers give for each, ours first. */
const UPLOADS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  mp3: ["audio/mpeg", "audio/mp3"],
  wav: ["audio/wav", "audio/x-wav", "audio/wave"],
  m4a: ["audio/mp4", "audio/x-m4a", "video/mp4"],
  mp4: ["audio/mp4", "video/mp4", "audio/x-m4a"],
  aac: ["audio/aac"],
  ogg: ["audio/ogg", "application/ogg"],
  flac: ["audio/flac", "audio/x-flac"],
  webm: ["audio/webm", "video/webm"],
  aif: ["audio/aiff", "audio/x-aiff"],
  aiff: ["audio/aiff", "audio/x-aiff"],
  aifc: ["audio/aiff", "audio/x-aiff"],
};

export const UPLOAD_EXTENSIONS: readonly string[] = Object.keys(UPLOADS);
export const UPLOAD_CONTENT_TYPES: readonly string[] = [...new Set(Object.values(UPLOADS).flat())];

/**
 * The type of an upload by the client's file name and content type; null where one of them is not accepted,
 * or they contradict each other. The bytes themselves are probed later.
 */
export function uploadType(filename: string, contentType: string): UploadType | null {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(filename)?.[1]?.toLowerCase();
  if (extension === undefined || !Object.hasOwn(UPLOADS, extension)) return null;
  const names = UPLOADS[extension];
  const declared = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return names?.includes(declared) ? { extension, contentType: names[0] } : null;
}

/** The prefix of all objects of one project; it ends in a slash. An owner's id may have any characters. */
export function projectPrefix(ownerId: string, projectId: string): string {
  return `u/${inputHash(ownerId)}/${part(projectId)}/`;
}

/** `id` is a new one for each upload, so that no two uploads have the same key. */
export function audioKey(ownerId: string, projectId: string, id: string, extension: string): string {
  return `${projectPrefix(ownerId, projectId)}audio/${part(id)}.${part(extension)}`;
}

export function imageKey(ownerId: string, projectId: string, id: string, extension: string): string {
  return `${projectPrefix(ownerId, projectId)}images/${part(id)}.${part(extension)}`;
}

export function clipKey(ownerId: string, projectId: string, id: string): string {
  return `${projectPrefix(ownerId, projectId)}clips/${part(id)}.mp4`;
}

export function filmKey(ownerId: string, projectId: string, id: string): string {
  return `${projectPrefix(ownerId, projectId)}films/${part(id)}.mp4`;
}

/** A sidecar file of a film, such as `poster.jpg`. */
export function sidecarKey(
  ownerId: string,
  projectId: string,
  id: string,
  name: "poster" | "captions" | "release" | "without-edits",
  extension: string,
): string {
  return `${projectPrefix(ownerId, projectId)}films/${part(id)}/${name}.${part(extension)}`;
}

/** Whether a key that a client sends is one that `audioKey` makes for this owner and project. */
export function isAudioKey(key: string, ownerId: string, projectId: string): boolean {
  const prefix = `${projectPrefix(ownerId, projectId)}audio/`;
  if (!key.startsWith(prefix)) return false;
  const [id = "", extension = "", ...more] = key.slice(prefix.length).split(".");
  return more.length === 0 && PART.test(id) && Object.hasOwn(UPLOADS, extension);
}

/** Throws where the prefix does not end in a slash: it could match the objects of another project too. */
export function assertPrefix(prefix: string): void {
  if (!/^.+\/$/.test(prefix)) throw new TypeError(`Not a storage prefix: ${JSON.stringify(prefix)}`);
}

const PART = /^[A-Za-z0-9_-]{1,64}$/;

/** One segment of a key. Ids are our own: throws where one has another form, which is a bug. */
function part(value: string): string {
  if (!PART.test(value)) throw new TypeError(`Not a part of a storage key: ${JSON.stringify(value)}`);
  return value;
}
