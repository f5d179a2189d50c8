const longestSummary = 1024;

/** The beginning of a text, as long as PagerDuty takes it for a summary. */
export function summaryOf(text: string): string {
  if (text.length <= longestSummary) return text;
  // Half of a character at the end would make PagerDuty refuse the event.
  return `${text.slice(0, longestSummary - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
