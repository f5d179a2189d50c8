import Type from 'typebox';
import type { Connection } from '../connection/connection.js';
import { collectPages, type Page, type PageQuery } from '../pagerduty/listing.js';
import type { Endpoint } from '../wire/endpoint.js';
import { type Lookup, lookups, queryField } from '../wire/fields.js';
import type { Serialized } from '../wire/wire-objects.js';
import { defineOperation, type Operation } from './operation.js';

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
    readonly serialize: (item: T) => Serialized;
  },
): Operation {
  const { query: queryDescription, maxItems, fetch, serialize, ...endpoint } = spec;
  const { collection } = lookups[spec.id];
  return defineOperation({
    ...endpoint,
    summary: `List ${collection.replaceAll('_', ' ')}`,
    method: 'GET',
    input: Type.Object(queryDescription === undefined ? {} : { query: queryField({ description: queryDescription }) }),
    visibility: 'internal',
    async run(input: { query?: unknown }, { connection }) {
      const query = typeof input.query === 'string' ? input.query : undefined;
      const items = await connection.listing(`${spec.id}\n${query ?? ''}`, async () => {
        const read = (offset: number, limit: number) => fetch(connection, { offset, limit, query });
        return (await collectPages({ fetch: read, maxItems })).items.map(serialize);
      });
      return { [collection]: items };
    },
  });
}
