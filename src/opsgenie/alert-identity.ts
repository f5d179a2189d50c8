import { createHash } from 'node:crypto';
import { ServiceError } from '../errors/service-error.js';
import { InvalidAlertError } from './opsgenie-error.js';

/** https://developer.pagerduty.com/docs/send-alert-event: the longest dedup key that PagerDuty takes, in characters. */
const maxDedupKeyLength = 255;
const idPrefix = 'pd_';
const sameAlertMs = 600_000;

/**
 * The dedup key of the alert with an alias: the alias itself. One that is too long for PagerDuty keeps its beginning
 * and ends in its hash, the same each time.
 */
export function dedupKeyOf(alias: string): string {
  const wellFormed = alias.toWellFormed();
  if (wellFormed.length <= maxDedupKeyLength) return wellFormed;
  const hash = createHash('sha256').update(wellFormed).digest('hex');
  return `${wellFormed.slice(0, maxDedupKeyLength - hash.length - 1).toWellFormed()}~${hash}`;
}

/** The id of the alert with a dedup key. It is the key in another form, so every process can read every id. */
export function alertIdOf(dedupKey: string): string {
  return idPrefix + Buffer.from(dedupKey).toString('base64url');
}

/**
 * The alias of an alert that came without one. The same alert of the same sender has the same alias for ten minutes of
 * the clock, in every process: a request that is repeated because its answer was lost does not become a second alert.
 */
export function aliasFor(sender: string, body: unknown, nowMs: number): string {
  const span = Math.floor(nowMs / sameAlertMs);
  return createHash('sha256')
    .update(`${sender}\n${span}\n${JSON.stringify(body)}`)
    .digest('hex')
    .slice(0, 32);
}

/**
 * The dedup key of the alert that a path and its `identifierType` name. Opsgenie takes it for an id by default.
 * @throws {InvalidAlertError} for a type that is none
 * @throws {ServiceError} `alert_not_found` for an id that is not of this service, `opsgenie_unsupported` for a tiny id
 */
export function dedupKeyIn(identifier: string, identifierType: unknown): string {
  if (identifierType === 'alias') return dedupKeyOf(identifier);
  if (identifierType === 'tiny') {
    throw new ServiceError({
      code: 'opsgenie_unsupported',
      statusCode: 403,
      message: 'Alerts have no tiny id here: expected the identifierType alias or id, got tiny. Use the alias.',
    });
  }
  if (identifierType !== undefined && identifierType !== 'id') {
    throw new InvalidAlertError({ identifierType: 'should be one of [ id, alias ]' });
  }
  const dedupKey = identifier.startsWith(idPrefix)
    ? Buffer.from(identifier.slice(idPrefix.length), 'base64url').toString()
    : '';
  if (dedupKey !== '' && alertIdOf(dedupKey) === identifier) return dedupKey;
  throw new ServiceError({
    code: 'alert_not_found',
    statusCode: 404,
    message: `Alert does not exist: expected an id that this service has given, which begins with ${idPrefix}, got another one. For an alias, add identifierType=alias.`,
  });
}
