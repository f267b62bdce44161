/**
 * Presigned S3 URLs (Signature Version 4 in the query string), by which browsers reach the bucket directly.
 */
import { AwsV4Signer } from "aws4fetch";
import { attachment } from "../domain/views/filename.ts";
import type { Storage } from "../ports/storage.ts";

export interface S3Config {
  /** Without a trailing slash; the bucket follows as the first path segment. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** A signature is valid for at most seven days (R2 and S3). */
const MAX_EXPIRY_SECONDS = 604_800;
const HOUR_SECONDS = 3600;

/**
 * The address of an object or, with an empty key, of the bucket. Throws on a key that `URL` would normalise
 * to another one.
 */
export function objectUrl(config: S3Config, key: string): URL {
  if (key !== "" && key.split("/").some((s) => s === "" || s === "." || s === "..")) {
    throw new TypeError(`Not a storage key: ${JSON.stringify(key)}`);
  }
  const path = key.split("/").map(encodeURIComponent).join("/");
  return new URL(`${config.endpoint}/${config.bucket}/${path}`.replace(/\/$/, ""));
}

export function presigner(config: S3Config): Pick<Storage, "presignPut" | "presignGet"> {
  const signingKeys = new Map<string, ArrayBuffer>();

  async function presign(
    url: URL,
    method: string,
    headers: Record<string, string>,
    at: Date,
    expires: number,
  ) {
    if (!(expires >= 1 && expires <= MAX_EXPIRY_SECONDS)) {
      throw new RangeError(`A presigned URL lasts 1 to ${MAX_EXPIRY_SECONDS} seconds, not ${expires}`);
    }
    url.searchParams.set("X-Amz-Expires", String(expires));
    const signer = new AwsV4Signer({
      ...config,
      method,
      url: url.toString(),
      headers,
      service: "s3",
      signQuery: true,
      // Otherwise aws4fetch does not sign content-type and content-length, and any body would be accepted.
      allHeaders: true,
      datetime: at.toISOString().replace(/[:-]|\.\d{3}/g, ""),
      cache: signingKeys,
    });
    // `URL` writes a space as a plus, which not every server reads as a space.
    return (await signer.sign()).url.toString().replaceAll("+", "%20");
  }

  return {
    async presignPut({ key, contentType, bytes, expiresSeconds, now }) {
      // `if-none-match: *` makes the URL good for one upload: the store refuses a second one with 412.
      const headers = {
        "content-type": contentType,
        "content-length": String(bytes),
        "if-none-match": "*",
      };
      return { url: await presign(objectUrl(config, key), "PUT", headers, now, expiresSeconds), headers };
    },

    // Signed as of the full hour, so that the URL is the same for all readers within it; it is valid an hour
    // longer.
    async presignGet({ key, expiresSeconds, now, filename }) {
      const url = objectUrl(config, key);
      if (filename !== undefined) {
        url.searchParams.set("response-content-disposition", attachment(filename));
      }
      const hour = HOUR_SECONDS * 1000;
      const at = new Date(Math.floor(now.getTime() / hour) * hour);
      return presign(url, "GET", {}, at, Math.min(expiresSeconds + HOUR_SECONDS, MAX_EXPIRY_SECONDS));
    },
  };
}
