/**
 * Whether objects and lists of a JSON text lie deeper in each other than `most`. A text that is no JSON gets an answer
 * too. What is parsed may be walked or rendered by code that calls itself, which a deep text would make end the stack.
 */
export function isTooDeep(json: string, most: number): boolean {
  // Each level takes two characters.
  if (json.length <= 2 * most) return false;
  let depth = 0;
  for (let index = 0; index < json.length; index += 1) {
    const character = json.charCodeAt(index);
    if (character === quote) index = endOfText(json, index);
    else if (character === openObject || character === openList) depth += 1;
    else if (character === closeObject || character === closeList) depth -= 1;
    if (depth > most) return true;
  }
  return false;
}

const [quote, backslash, openObject, closeObject, openList, closeList] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** Where the text that begins at a quote ends; the end of all where it does not. */
function endOfText(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && json.charCodeAt(end) !== quote) end += json.charCodeAt(end) === backslash ? 2 : 1;
  return end;
}
