/**
 * What cannot be seen, or what a terminal would obey: control and format characters (among them those that turn the
 * direction of writing), blanks other than the plain one, line ends, halves of characters, fillers. What joins an emoji is
 * part of a picture and stays.
 */
const HIDDEN =
  /((?<=\p{Extended_Pictographic})(?:\uFE0E|\uFE0F)|\uFE0F(?=\u20E3)|(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\uFE0F)\u200D(?=\p{Extended_Pictographic}))|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/** Text from a file or a user as a terminal or a message may show it: `\u{202e}` in place of what cannot be seen. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character, picture) => picture ?? `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** JSON that means the same, with the escapes of JSON itself in place of what cannot be seen; its line ends stay. */
export function visibleJson(json: string): string {
  return json.replace(HIDDEN, (character: string, picture: string | undefined) => {
    if (picture !== undefined || character === "\n") return character;
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}
