import { createHash } from 'node:crypto';
import type { Account } from '../account/account.js';

/** The key of `Authorization: Token token=<key>` or `Bearer <key>`. */
export function credentialOf(authorization: string | undefined): string | undefined {
  return /^(?:Token\s+token=|Bearer\s+)"?([^"\s]+)"?\s*$/i.exec(authorization ?? '')?.[1];
}

/** The key's name in the account; a key the account does not know shows as a fingerprint, never as itself. */
export function keyName(account: Account, key: string): string {
  const integration = account.directory.integrations.find((one) => one.key === key);
  if (integration !== undefined) return `${integration.serviceId} events v${integration.apiVersion}`;
  const fingerprint = createHash('sha256').update(key).digest('hex').slice(0, 8);
  return account.apiKey(key)?.name ?? `unknown:${fingerprint}`;
}
