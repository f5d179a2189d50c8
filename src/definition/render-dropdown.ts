import { type Lookup, lookups } from '../wire/fields.js';

/** The extensions that make a dropdown of an input: the older of the two, and the newer beside it. */
export function renderDropdown(operationId: Lookup, value: string): Record<string, unknown> {
  const columns = lookups[operationId];
  return {
    'x-ms-dynamic-values': {
      operationId,
      parameters: {},
      'value-collection': columns.collection,
      'value-path': value,
      'value-title': columns.title,
    },
    'x-ms-dynamic-list': {
      operationId,
      parameters: {},
      itemsPath: columns.collection,
      itemValuePath: value,
      itemTitlePath: columns.title,
    },
  };
}
