/** The bucket: every byte, under keys that only the server makes up (see keys.ts). */
export interface StoredObject {
  key: string;
  bytes: number;
  /** Without quotes. */
  etag: string;
  contentType: string | null;
}

export interface MultipartUpload {
  /** `number` counts from 1; every part but the last has the same size, at least 5 MiB; any order. */
  part(number: number, bytes: Uint8Array): Promise<void>;
  complete(): Promise<StoredObject>;
  abort(): Promise<void>;
}

export interface Storage {
  head(key: string): Promise<StoredObject | null>;
  /** Bytes `start` (inclusive) to `end` (exclusive); null where the object is gone or is not `etag` any more. */
  read(key: string, start: number, end: number, etag?: string): Promise<Uint8Array | null>;
  /**
   * The same range as a stream, which holds a connection until it is read or canceled: for what is
   * read through in order. Null as for `read`.
   */
  stream(key: string, start: number, end: number, etag?: string): Promise<ReadableStream<Uint8Array> | null>;
  /** The whole object as a stream; null where it does not exist. */
  open(
    key: string,
    etag?: string,
  ): Promise<{ object: StoredObject; body: ReadableStream<Uint8Array> } | null>;
  /** A stream needs its exact length; the object exists whole or not at all. */
  put(
    key: string,
    body: Uint8Array | { body: ReadableStream<Uint8Array>; bytes: number },
    contentType: string,
  ): Promise<StoredObject>;
  multipart(key: string, contentType: string): Promise<MultipartUpload>;
  delete(keys: string[]): Promise<void>;
  /** Deletes every object under a prefix, page by page, and says how many there were. */
  deletePrefix(prefix: string): Promise<number>;
  /** A URL for one PUT of exactly this type and size, once: the headers are part of the signature. */
  presignPut(input: {
    key: string;
    contentType: string;
    bytes: number;
    expiresSeconds: number;
    now: Date;
  }): Promise<{ url: string; headers: Record<string, string> }>;
  /** A URL to read the object; with `filename` browsers save it under that name. */
  presignGet(input: { key: string; expiresSeconds: number; now: Date; filename?: string }): Promise<string>;
}
