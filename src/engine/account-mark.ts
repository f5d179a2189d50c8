import { createHash } from 'node:crypto';

/**
 * Tells PagerDuty accounts apart, whatever key reads them: the subdomain in the addresses of its incidents, hashed.
 * Undefined if none of the records shows one.
 */
export function accountHashOf(records: readonly object[]): string | undefined {
  for (const record of records) {
    const address = 'html_url' in record ? record.html_url : undefined;
    if (typeof address !== 'string' || !URL.canParse(address)) continue;
    return createHash('sha256').update(new URL(address).host).digest('base64url').slice(0, 6);
  }
  return undefined;
}
