import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * Structured logs on standard output, one JSON object a line. Nothing that holds a secret is ever handed to the logger;
 * the redaction is the second lock, for the day somebody logs a request's headers or body whole. Lines are gathered for
 * up to a second, or 16 KiB, and written beside the event loop: a slow reader holds up no request. They are written out
 * when the process ends, and at once if a line is fatal.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const secrets = [
    'authorization',
    '["x-api-key"]',
    '["x-routing-key"]',
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
    destination ?? pino.destination({ sync: false, minLength: 16_384, maxWrite: 65_536, periodicFlush: 1_000 }),
  );
}
