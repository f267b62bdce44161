/**
 * The port to the bucket. Keys are made by keys.ts. Calls reject where the bucket fails or can't be reached.
 */
export interface StoredObject {
  key: string;
  bytes: number;
  /** Without quotes. */
  etag: string;
  /** Null where the object was stored without one. */
  contentType: string | null;
}

export interface MultipartUpload {
  /**
   * `number` counts from 1; parts may come in any order. All but the last have the same size, at least 5 MiB.
   */
  part(number: number, bytes: Uint8Array): Promise<void>;
  /** The object exists only once this resolves. */
  complete(): Promise<StoredObject>;
  /** Deletes the parts. */
  abort(): Promise<void>;
}

export interface Storage {
  /** Null where there is no such object. */
  head(key: string): Promise<StoredObject | null>;
  /**
   * Bytes `start` (inclusive) to `end` (exclusive), as far as the object reaches; null where it does not
   * exist, or has another etag than `etag`.
   */
  read(key: string, start: number, end: number, etag?: string): Promise<Uint8Array | null>;
  /**
   * The same range as a stream, for reading in order. It keeps a connection until it is read to its end or
   * canceled. Null as for `read`.
   */
  stream(key: string, start: number, end: number, etag?: string): Promise<ReadableStream<Uint8Array> | null>;
  /** The whole object as a stream; null as for `read`. */
  open(
    key: string,
    etag?: string,
  ): Promise<{ object: StoredObject; body: ReadableStream<Uint8Array> } | null>;
  /** Stores an object, whole or not at all. A stream must have exactly `bytes` bytes. */
  put(
    key: string,
    body: Uint8Array | { body: ReadableStream<Uint8Array>; bytes: number },
    contentType: string,
  ): Promise<StoredObject>;
  multipart(key: string, contentType: string): Promise<MultipartUpload>;
  /** Keys without an object are ignored. */
  delete(keys: string[]): Promise<void>;
  /** Deletes every object under a prefix that ends in a slash, and returns how many there were. */
  deletePrefix(prefix: string): Promise<number>;
  /**
   * A URL for one PUT of exactly this type and size. The client must send `headers` as they are: they are
   * signed. A second PUT is refused.
   */
  presignPut(input: {
    key: string;
    contentType: string;
    bytes: number;
    expiresSeconds: number;
    now: Date;
  }): Promise<{ url: string; headers: Record<string, string> }>;
  /**
   * A URL to read the object, valid for `expiresSeconds` and up to an hour longer; with `filename`, browsers
   * save the file under that name.
   */
  presignGet(input: { key: string; expiresSeconds: number; now: Date; filename?: string }): Promise<string>;
}
