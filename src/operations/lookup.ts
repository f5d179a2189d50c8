import Type from 'typebox';
import type { Connection } from '../connection/connection.js';
import { collectPages, type Page, type PageQuery } from '../pagerduty/listing.js';
import type { Endpoint } from '../wire/endpoint.js';
import { type Lookup, lookups, queryField } from '../wire/fields.js';
import { serializeDeclared, type WireObjectName } from '../wire/wire-objects.js';
import { defineOperation, type Operation } from './operation.js';

/** A list ends here, too: two thousand items are hardly ever as large as this. */
const maxBytes = 4 * 1024 * 1024;

/**
 * Makes a lookup: an operation that lists things for a dropdown, up to a bound. A longer dropdown helps nobody: what it
 * leaves out is found with `query`, or given by its id. Equal lists are read once within a few seconds.
 */
export function defineLookup<T extends { readonly id: string }>(
  spec: Pick<Endpoint, 'path' | 'description' | 'output' | 'outputDescription'> & {
    readonly id: Lookup;
    /** What its input `query` finds, as a sentence. Without it the lookup has no input. */
    readonly query?: string;
    readonly maxItems: number;
    readonly fetch: (connection: Connection, page: PageQuery) => Promise<Page<T>>;
    /** What the list has many of. */
    readonly item: WireObjectName;
    /** The item as it is serialized. Default: as PagerDuty sent it. */
    readonly prepare?: (item: T) => object;
  },
): Operation {
  const { query: queryDescription, maxItems, fetch, item, prepare, ...endpoint } = spec;
  const { collection } = lookups[spec.id];
  return defineOperation({
    ...endpoint,
    summary: `List ${collection.replaceAll('_', ' ')}`,
    method: 'GET',
    input: Type.Object(queryDescription === undefined ? {} : { query: queryField({ description: queryDescription }) }),
    visibility: 'internal',
    async run(input: { query?: unknown }, { connection }) {
      const query = typeof input.query === 'string' ? input.query : undefined;
      return connection.listing(`${spec.id}\n${query ?? ''}`, async () => {
        let bytes = 0;
        // Of what PagerDuty sends only the text of what is declared stays in memory, from page to page.
        const read = async (offset: number, limit: number) => {
          const page = await fetch(connection, { offset, limit, query });
          const items = page.items.flatMap((one) => {
            const json = JSON.stringify(serializeDeclared(item, prepare?.(one) ?? one));
            bytes += Buffer.byteLength(json);
            return bytes > maxBytes ? [] : { id: one.id, json };
          });
          return { ...page, items, more: page.more && bytes <= maxBytes };
        };
        const { items } = await collectPages({ fetch: read, maxItems });
        return Buffer.from(`{"${collection}":[${items.map(({ json }) => json).join()}]}`);
      });
    },
  });
}
