import { createLogger } from '../../src/telemetry/logger.js';
import { propertiesOf } from './running-service.js';

/** A log that a test can read. */
export function logLines(level = 'trace') {
  const lines: string[] = [];
  return {
    lines,
    logger: createLogger(level, { write: (line: string) => lines.push(line) }),
    /** The lines with this message, read. */
    entries(message: string): readonly Readonly<Record<string, unknown>>[] {
      return lines.map((line) => propertiesOf(JSON.parse(line))).filter(({ msg }) => msg === message);
    },
  };
}
