/** The language of a track in an MP4: three letters of ISO 639-2/T, packed into 15 bits. */

/** ISO 639-1 code and ISO 639-2/T code of the most common languages of songs. */
const CODES =
  "af:afr ar:ara az:aze be:bel bg:bul bn:ben bs:bos ca:cat cs:ces cy:cym da:dan de:deu el:ell en:eng es:spa et:est " +
  "eu:eus fa:fas fi:fin fr:fra ga:gle gl:glg gu:guj he:heb hi:hin hr:hrv hu:hun hy:hye id:ind is:isl it:ita ja:jpn " +
  "ka:kat kk:kaz kn:kan ko:kor la:lat lt:lit lv:lav mi:mri mk:mkd ml:mal mr:mar ms:msa ne:nep nl:nld no:nor pa:pan " +
  "pl:pol pt:por ro:ron ru:rus sk:slk sl:slv sq:sqi sr:srp sv:swe sw:swa ta:tam te:tel th:tha tl:tgl tr:tur uk:ukr " +
  "ur:urd uz:uzb vi:vie yo:yor zh:zho zu:zul";

/**
 * The packed code of a language given as ISO 639-1 or 639-2 code, or as a tag that begins with one; else that
 * of "und".
 */
export function packedLanguage(language: string | null): number {
  const primary = (language ?? "").toLowerCase().split(/[-_]/, 1)[0] ?? "";
  const code = /^[a-z]{3}$/.test(primary)
    ? primary
    : (CODES.split(" ")
        .find((pair) => pair.startsWith(`${primary}:`))
        ?.slice(3) ?? "und");
  return Array.from(code, (c) => c.charCodeAt(0) - 0x60).reduce((packed, five) => packed * 32 + five, 0);
}
