import { type Logger, pino } from 'pino';

/**
 * Structured logs on standard output, one JSON object a line. Nothing that holds a secret is ever handed to it; the
 * redaction is the second lock, for the day somebody logs a request's headers or body whole.
 */
export function createLogger(level: string): Logger {
  const secrets = ['authorization', 'x-api-key', 'service_key', 'routing_key', 'integrationKey', 'key', 'from'];
  const header = (name: string) => (/^\w+$/.test(name) ? `.${name}` : `["${name}"]`);
  return pino({
    level,
    redact: {
      paths: secrets.flatMap((name) => [
        /^\w+$/.test(name) ? name : `["${name}"]`,
        `*${header(name)}`,
        `*.*${header(name)}`,
      ]),
      censor: '(redacted)',
    },
  });
}
