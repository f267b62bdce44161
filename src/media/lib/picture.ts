import { imageSize } from "image-size";

const TYPES: Record<string, string> = { jpg: "image/jpeg", png: "image/png", webp: "image/webp" };

/** Size in pixels and type of a JPEG, PNG or WebP by its first bytes; null for anything else. */
export function measurePicture(
  head: Uint8Array,
): { width: number; height: number; contentType: string } | null {
  try {
    const { width, height, type } = imageSize(head);
    const contentType = TYPES[type ?? ""];
    return contentType && width > 0 && height > 0 ? { width, height, contentType } : null;
  } catch {
    return null; // image-size throws on unknown formats.
  }
}
