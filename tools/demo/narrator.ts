import { styleText } from 'node:util';

/** Who a line of the account is about. */
export type Speaker = 'PagerDuty' | 'connector' | 'flow host' | 'demo';

/** Tells the demo's story, a line at a time. */
export type Narrator = (speaker: Speaker, text: string) => void;

const colours = { PagerDuty: 'magenta', connector: 'cyan', 'flow host': 'green', demo: 'gray' } as const;
const width = Math.max(...Object.keys(colours).map((name) => name.length));

/** Writes lines with the time since the start and, on a terminal that shows colours, in colours. */
export function createNarrator(stream: NodeJS.WriteStream, nowMs: () => number): Narrator {
  const startedAtMs = nowMs();
  return (speaker, text) => {
    const seconds = ((nowMs() - startedAtMs) / 1000).toFixed(1).padStart(5);
    const label = styleText(colours[speaker], speaker.padEnd(width), { stream });
    stream.write(`${styleText('gray', `${seconds}s`, { stream })}  ${label}  ${text}\n`);
  };
}
