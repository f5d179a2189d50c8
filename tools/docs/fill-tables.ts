/**
 * Puts each table between its markers, `<!-- name -->` and `<!-- /name -->`, each on a line of its own. Markers of other
 * names are left alone: what stands between them is written by hand.
 */
export function fillTables(
  text: string,
  tables: Readonly<Record<string, string>>,
): { readonly text: string; readonly found: readonly string[] } {
  const found: string[] = [];
  const filled = text.replace(/^(<!-- ([\w-]+) -->\n)[\s\S]*?^(<!-- \/\2 -->)$/gm, (all, begin, name, end) => {
    const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
    if (table === undefined) return all;
    found.push(name);
    return `${begin}${table}\n${end}`;
  });
  return { text: filled, found };
}

/** A table of Markdown. A bar in a cell would begin the next one, so there must be none. */
export function renderTable(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => {
    const wrong = cells.find((cell) => /[|\n]/.test(cell));
    if (wrong !== undefined) throw new Error(`Expected a cell without a bar or a line break, got: ${wrong}`);
    return `| ${cells.join(' | ')} |`;
  });
  return lines.join('\n');
}
