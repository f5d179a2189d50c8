import type { PagerDutyErrorBody } from './errors.js';
import { isObject, type JsonObject, parseJson } from './json.js';

const maxTextLength = 300;

/**
 * Reads an error body of any of the shapes PagerDuty has been seen to send: `{error:{code,message,errors[]}}`,
 * `errors` as one text, `error` as a text or a list, the Events API's `{status,message,errors[]}`, plain text, HTML,
 * or nothing. Never throws.
 * @param secret a text that must not come out of it, although PagerDuty, or a proxy, may have repeated it
 * @see https://developer.pagerduty.com/docs/errors
 */
export function readErrorBody(body: string, secret: string): PagerDutyErrorBody {
  const texts = (value: unknown) => textsOf(value, secret);
  // Not JSON is one of the shapes: there is nothing to read in it.
  const value = parseJson(body);
  if (!isObject(value)) return { errors: [] };
  const error = value.error;
  if (isObject(error)) return fromRecord(error, texts);
  if (error !== undefined) return { errors: texts(error) };
  return fromRecord(value, texts);
}

/**
 * Whether a body is an error as PagerDuty's REST API words it, with a code of its own. Whoever stands before PagerDuty
 * answers with a page, or with nothing.
 * @see https://developer.pagerduty.com/docs/errors
 */
export function isOwnError(body: string): boolean {
  const value = parseJson(body);
  const error = isObject(value) ? value.error : undefined;
  return isObject(error) && typeof error.code === 'number' && typeof error.message === 'string';
}

function fromRecord(record: JsonObject, texts: (value: unknown) => string[]): PagerDutyErrorBody {
  const code = typeof record.code === 'number' && Number.isSafeInteger(record.code) ? record.code : undefined;
  const [message] = texts(record.message);
  return {
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    errors: texts(record.errors),
  };
}

function textsOf(value: unknown, secret: string): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list
    .filter((one): one is string => typeof one === 'string' && one !== '')
    .slice(0, 10)
    .map((text) =>
      text
        .replaceAll(secret, '(redacted)')
        .replace(/\p{Cc}+/gu, ' ')
        .slice(0, maxTextLength)
        .toWellFormed(),
    );
}
