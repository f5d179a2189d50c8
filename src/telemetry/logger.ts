import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * Structured logs on standard output, one JSON object a line. Nothing that holds a secret is ever handed to it; the
 * redaction is the second lock, for the day somebody logs a request's headers or body whole. Lines are gathered for up
 * to a second, or 16 KiB, so that writing them never holds up a request; they are written out when the process ends.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const secrets = [
    'authorization',
    '["x-api-key"]',
    '["x-routing-key"]',
    '["x-access-token"]',
    'accessTokens',
    'accessTokensOfFile',
    'service_key',
    'routing_key',
    'integrationKey',
    'key',
  ];
  const holders = ['', 'headers', 'body', 'req.headers', 'request.headers', 'credential'];
  const below = (holder: string, name: string) =>
    holder === '' || name.startsWith('[') ? `${holder}${name}` : `${holder}.${name}`;
  return pino(
    {
      level,
      redact: { paths: holders.flatMap((holder) => secrets.map((name) => below(holder, name))), censor: '(redacted)' },
    },
    destination ?? gatheredLines(),
  );
}

declare module 'sonic-boom' {
  interface SonicBoom {
    /** What it takes if its `contentMode` is `buffer`. */
    write(data: Buffer): boolean;
  }
}

/**
 * Standard output, written in pieces, and as buffers: with each text that it is given, sonic-boom measures all that it has
 * gathered so far. With texts, `npm run bench -- poll` takes a sixth more CPU time a poll.
 */
function gatheredLines() {
  const file = pino.destination({
    sync: false,
    contentMode: 'buffer',
    periodicFlush: 1_000,
    minLength: 16_384,
    maxWrite: 65_536,
  });
  return {
    write: (line: string) => file.write(Buffer.from(line)),
    // What is fatal is written out at once.
    flushSync: () => file.flushSync(),
  };
}
