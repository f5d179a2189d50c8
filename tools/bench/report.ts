/** One measured figure, beside its baseline of the same run if it has one. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly connector: number;
  readonly baseline?: number;
  /** What it should be, in words. */
  readonly aim?: string;
}

/** What one part of the benchmarks has measured. */
export interface Report {
  readonly part: string;
  /** The conditions, and what the baseline is. */
  readonly conditions: string;
  readonly figures: readonly Figure[];
}

/** How long and how often everything is measured. */
export interface Extent {
  readonly rounds: number;
  readonly secondsEach: number;
  /** True for a run that only shows that everything runs: its figures mean nothing. */
  readonly isQuick: boolean;
}

/** A report as a table, with ratio and difference of each figure and its baseline. */
export function renderReport({ part, conditions, figures }: Report): string {
  const head = ['', 'connector', 'baseline', 'ratio', 'added', ''];
  const rows = figures.map(({ name, unit, connector, baseline, aim }) => [
    `${name}, ${unit}`,
    short(connector),
    baseline === undefined ? '' : short(baseline),
    baseline === undefined ? '' : (connector / baseline).toFixed(2),
    baseline === undefined ? '' : short(connector - baseline),
    aim === undefined ? '' : `aim: ${aim}`,
  ]);
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === 5 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${part}: ${conditions}\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

/** A report for machines: as it is, with the ratio of each figure to its baseline. */
export function reportAsJson({ figures, ...report }: Report): object {
  return {
    ...report,
    figures: figures.map((figure) =>
      figure.baseline === undefined ? figure : { ...figure, ratio: figure.connector / figure.baseline },
    ),
  };
}

function short(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
