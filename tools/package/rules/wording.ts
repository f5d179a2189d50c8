const smallWords = new Set('a an and as at but by for from in into of on or the to with'.split(' '));

/** The longest name that designers show whole. */
const maxNameLength = 80;

/** Whether a text is a name in title case: "Last Status Change By". Small words may be small inside of it. */
export function isTitleCase(text: string): boolean {
  const words = text.split(' ');
  return words.every((word, index) => {
    if (/^[A-Z0-9(]/.test(word)) return true;
    return smallWords.has(word) && index > 0 && index < words.length - 1;
  });
}

/** Whether a text is a name in sentence case: "Get user by ID". Only letters, digits and parentheses. */
export function isSentenceCase(text: string): boolean {
  if (!/^[A-Z][A-Za-z0-9() ]*[A-Za-z0-9)]$/.test(text)) return false;
  return text
    .split(' ')
    .slice(1)
    .every((word) => word === word.toLowerCase() || word === word.toUpperCase());
}

/** Whether a text is a name that designers show whole. */
export function isShownWhole(text: string): boolean {
  return text.trim() !== '' && text.length <= maxNameLength;
}

/** Whether a text is at least one whole sentence, with its full stop. */
export function isSentence(text: string): boolean {
  return /^[A-Z]\S* .*\.$/.test(text);
}

/** Whether two texts say the same, whatever their case and punctuation. */
export function saysTheSame(one: string, other: string): boolean {
  const bare = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, '');
  return bare(one) === bare(other);
}
