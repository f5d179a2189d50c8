interface Columns {
  readonly collection: string;
  readonly title: string;
}

/** Where each lookup has its list, and which property of an item is shown. */
const lookups: ReadonlyMap<string, Columns> = new Map([
  ['ListIncidents', { collection: 'incidents', title: 'summary' }],
  ['ListUsers', { collection: 'users', title: 'name' }],
  ['ListEscalationPolicies', { collection: 'escalation_policies', title: 'summary' }],
  ['ListServices', { collection: 'services', title: 'summary' }],
  ['ListPriorities', { collection: 'priorities', title: 'summary' }],
]);

/** The extensions that make a dropdown of an input: the older of the two, and the newer beside it. */
export function renderDropdown(operationId: string, value: string): Record<string, unknown> {
  const columns = lookups.get(operationId);
  if (columns === undefined) throw new Error(`No lookup fills a dropdown as ${operationId}.`);
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
