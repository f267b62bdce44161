/** The mark in a film's file that its pictures are AI-generated. */
import { FILM_SOURCE } from "../../domain/views/ai-sources.ts";
import { box } from "../lib/mp4-boxes.ts";
import { xmpPacket } from "./xmp.ts";

/** The extended type of a box that holds XMP, at the top level of an MP4 (XMP Specification Part 3, January 2020). */
export const XMP_UUID = [
  0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac,
];

/** The mark as a whole `uuid` box, the same for every film. */
export const filmMark: Uint8Array = box("uuid", XMP_UUID, xmpPacket(FILM_SOURCE));
