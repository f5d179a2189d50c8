import type { IncomingHttpHeaders } from 'node:http';
import { ServiceError } from '../errors/service-error.js';
import type { ServiceRegion } from '../pagerduty/service-region.js';

/**
 * The service region of the caller's PagerDuty account, from `X-PagerDuty-Region`. A blank header counts as none: a
 * gateway sends one for a connection whose region was left empty.
 * @throws {ServiceError} `unknown_region`, 400
 */
export function requestedRegion(headers: IncomingHttpHeaders): ServiceRegion | undefined {
  const header = headers['x-pagerduty-region'];
  if (header === undefined) return undefined;
  const region = typeof header === 'string' ? header.trim().toLowerCase() : 'several';
  if (region === '') return undefined;
  if (region === 'us' || region === 'eu') return region;
  throw new ServiceError({
    code: 'unknown_region',
    statusCode: 400,
    message:
      'X-PagerDuty-Region: expected us or eu, got another text. Send the region of the PagerDuty account, or no such header for the region that the service is set to.',
  });
}
