import t from 'tap';
import { checkDefinition, definitionRules } from '../../../tools/package/check-definition.js';
import { viewDocument } from '../../../tools/package/document-view.js';
import { renderPackage } from '../../../tools/package/render-package.js';
import { titleCaseExceptions } from '../../../tools/package/rules/title-case-exceptions.js';

// biome-ignore lint/suspicious/noExplicitAny: a mutation may make anything of the document, wrong things above all.
type Loose = any;

const [{ text = '' } = {}] = renderPackage();
const fresh = (): Loose => JSON.parse(text);

const resolve = (d: Loose) => d.paths['/action2/incidents/{incidentId}'].put;
const getUser = (d: Loose) => d.paths['/users/{userId}'].get;
const created = (d: Loose) => d.paths['/trigger2/incidents'].get;
const incident = (d: Loose) => d.definitions.Incident.properties;
const userIdOf = (d: Loose) => getUser(d).parameters[0];
const stateOf = (d: Loose) => created(d).parameters[0];
const policyOf = (d: Loose) => d.definitions.EscalateRequest.properties.policyId;
const metadata = (d: Loose, name: string) =>
  d['x-ms-connector-metadata'].find(({ propertyName }: Loose) => propertyName === name);
const values = 'x-ms-dynamic-values';
const list = 'x-ms-dynamic-list';

/** One way to break one rule, and the place in which it is found. */
type Mutation = readonly [rule: string, where: string | readonly string[], mutate: (document: Loose) => unknown];

const mutations: readonly Mutation[] = [
  ['title-length', 'info.title', (d) => Object.assign(d.info, { title: 'P'.repeat(31) })],
  ['title-words', 'info.title', (d) => Object.assign(d.info, { title: 'PagerDuty API' })],
  ['title-words', 'info.title', (d) => Object.assign(d.info, { title: 'PagerDuty Connector' })],
  ['title-words', 'info.title', (d) => Object.assign(d.info, { title: 'PagerDuty for Power Automate' })],
  ['title-end', 'info.title', (d) => Object.assign(d.info, { title: 'PagerDuty!' })],
  ['description-length', 'info.description', (d) => Object.assign(d.info, { description: 'Incidents.' })],
  ['description-length', 'info.description', (d) => Object.assign(d.info, { description: 'x'.repeat(501) })],
  ['contact', 'info.contact.name', (d) => delete d.info.contact.name],
  ['contact', 'info.contact.url', (d) => Object.assign(d.info.contact, { url: 'example.com' })],
  ['contact', 'info.contact.email', (d) => delete d.info.contact.email],
  [
    'metadata-pages',
    'x-ms-connector-metadata.Website',
    (d) => Object.assign(metadata(d, 'Website'), { propertyValue: '' }),
  ],
  [
    'metadata-pages',
    'x-ms-connector-metadata.Privacy policy',
    (d) => Object.assign(metadata(d, 'Privacy policy'), { propertyName: 'Privacy Policy' }),
  ],
  [
    'metadata-categories',
    'x-ms-connector-metadata.Categories',
    (d) => Object.assign(metadata(d, 'Categories'), { propertyValue: 'Data;Security;Productivity' }),
  ],
  [
    'metadata-categories',
    'x-ms-connector-metadata.Categories',
    (d) => Object.assign(metadata(d, 'Categories'), { propertyValue: 'Incidents' }),
  ],
  ['schemes', 'schemes', (d) => Object.assign(d, { schemes: ['http', 'https'] })],
  ['host', 'host', (d) => Object.assign(d, { host: 'https://hooks.example.com' })],
  ['host', 'host', (d) => Object.assign(d, { host: 'hooks.example.com/pagerduty' })],
  ['size', 'the document', (d) => Object.assign(d, { 'x-padding': 'x'.repeat(1_000_000) })],

  ['operation-id-form', 'resolve_incident', (d) => Object.assign(resolve(d), { operationId: 'resolve_incident' })],
  ['operation-id-form', 'PUT /action2/incidents/{incidentId}', (d) => delete resolve(d).operationId],
  [
    'operation-id-unique',
    ['AcknowledgeIncident'],
    (d) => Object.assign(resolve(d), { operationId: 'AcknowledgeIncident' }),
  ],
  ['operation-summary', 'ResolveIncident', (d) => Object.assign(resolve(d), { summary: 'Resolve incident.' })],
  ['operation-summary', 'ResolveIncident', (d) => Object.assign(resolve(d), { summary: 'Resolve Incident' })],
  ['operation-summary', 'ResolveIncident', (d) => Object.assign(resolve(d), { summary: `R${'e'.repeat(80)}` })],
  ['operation-summary', 'ResolveIncident', (d) => delete resolve(d).summary],
  ['operation-description', 'ResolveIncident', (d) => Object.assign(resolve(d), { description: 'Resolves it' })],
  ['operation-texts-differ', 'ResolveIncident', (d) => Object.assign(resolve(d), { description: 'Resolve incident.' })],
  ['api-annotation', 'ResolveIncident', (d) => delete resolve(d)['x-ms-api-annotation']],
  ['api-annotation', 'ResolveIncident', (d) => Object.assign(resolve(d)['x-ms-api-annotation'], { revision: 0 })],
  ['api-annotation', 'ResolveIncident', (d) => Object.assign(resolve(d)['x-ms-api-annotation'], { status: 'New' })],
  [
    'get-body',
    'GetUser.body',
    (d) => getUser(d).parameters.push({ ...resolve(d).parameters.find(({ name }: Loose) => name === 'body') }),
  ],
  [
    'static-path',
    ['GetUser', 'OnNewIncidentCreated'],
    (d) => {
      d.paths['/users/me'] = d.paths['/trigger2/incidents'];
      delete d.paths['/trigger2/incidents'];
    },
  ],

  ['trigger-mark', 'OnNewIncidentCreated', (d) => delete created(d)['x-ms-trigger']],
  [
    'trigger-mark',
    'ResolveIncident',
    (d) => Object.assign(resolve(d), { 'x-ms-trigger-hint': 'To see it work now, resolve one.' }),
  ],
  ['trigger-kind', 'OnNewIncidentCreated', (d) => Object.assign(created(d), { 'x-ms-trigger': 'many' })],
  ['trigger-summary', 'OnNewIncidentCreated', (d) => Object.assign(created(d), { summary: 'Incident created' })],
  [
    'trigger-description',
    'OnNewIncidentCreated',
    (d) => Object.assign(created(d), { description: 'Triggers when a new incident is created.' }),
  ],
  ['trigger-hint', 'OnNewIncidentCreated', (d) => delete created(d)['x-ms-trigger-hint']],
  [
    'trigger-hint',
    'OnNewIncidentCreated',
    (d) => Object.assign(created(d), { 'x-ms-trigger-hint': 'Create an incident.' }),
  ],
  ['trigger-state', 'OnNewIncidentCreated', (d) => created(d).parameters.pop()],
  ['trigger-state', 'OnNewIncidentCreated', (d) => Object.assign(stateOf(d), { 'x-ms-visibility': 'advanced' })],
  ['trigger-state', 'OnNewIncidentCreated', (d) => Object.assign(stateOf(d), { in: 'header' })],
  [
    'split-on',
    ['OnNewIncidentCreated', 'OnIncidentAssigned', 'OnIncidentAcknowledged', 'OnIncidentResolved'],
    (d) => Object.assign(d.definitions.IncidentsResponse.properties, { user: { $ref: '#/definitions/UserResponse' } }),
  ],

  ['path-required', 'GetUser.userId', (d) => Object.assign(userIdOf(d), { required: false })],
  ['path-encoding', 'GetUser.userId', (d) => delete userIdOf(d)['x-ms-url-encoding']],
  ['path-encoding', 'GetUser.userId', (d) => Object.assign(userIdOf(d), { 'x-ms-url-encoding': 'double' })],
  [
    'encoding-place',
    'OnNewIncidentCreated.triggerState',
    (d) => Object.assign(stateOf(d), { 'x-ms-url-encoding': 'single' }),
  ],
  ['path-parameters', 'GetUser', (d) => Object.assign(userIdOf(d), { name: 'user' })],
  ['body-required', 'ResolveIncident.body', (d) => delete resolve(d).parameters[1].required],
  [
    'connection-id',
    'GetUser.connectionId',
    (d) =>
      getUser(d).parameters.push({
        name: 'connectionId',
        in: 'query',
        type: 'string',
        'x-ms-summary': 'Connection',
        description: 'The connection to use.',
      }),
  ],

  ['field-summary', 'Incident.status', (d) => delete incident(d).status['x-ms-summary']],
  ['field-summary', 'GetUser.userId', (d) => Object.assign(userIdOf(d), { 'x-ms-summary': `U${'x'.repeat(80)}` })],
  ['field-summary', 'Assignee', (d) => delete d.definitions.Assignee['x-ms-summary']],
  ['field-summary', 'ResolveIncident.body', (d) => delete resolve(d).parameters[1]['x-ms-summary']],
  [
    'field-title-case',
    'Incident.status',
    (d) => Object.assign(incident(d).status, { 'x-ms-summary': 'Current status' }),
  ],
  [
    'field-title-case',
    'SnoozeRequest.userId',
    (d) => Object.assign(d.definitions.SnoozeRequest.properties.userId, { 'x-ms-summary': 'Added by' }),
  ],
  ['field-description', 'Incident.status', (d) => Object.assign(incident(d).status, { description: 'the status' })],
  ['field-description', 'GetUser.userId', (d) => delete userIdOf(d).description],
  [
    'field-description',
    'Incident.extra.inner',
    (d) => {
      incident(d).extra = {
        type: 'object',
        'x-ms-summary': 'Extra',
        description: 'An object within an object.',
        properties: { inner: { type: 'string', 'x-ms-summary': 'Inner' } },
      };
    },
  ],
  [
    'field-texts-differ',
    'Incident.status',
    (d) => Object.assign(incident(d).status, { description: 'Current status.' }),
  ],
  [
    'internal-required',
    'Incident.status',
    (d) => {
      d.definitions.Incident.required = ['status'];
      incident(d).status['x-ms-visibility'] = 'internal';
    },
  ],
  [
    'internal-default',
    'Incident.urgency',
    (d) => Object.assign(incident(d).urgency, { 'x-ms-visibility': 'internal', default: 'high' }),
  ],
  ['date-format', 'Incident.created_at', (d) => delete incident(d).created_at.format],
  ['date-format', 'Assignment.at', (d) => Object.assign(d.definitions.Assignment.properties.at, { format: 'date' })],
  ['integer-format', 'Incident.incident_number', (d) => delete incident(d).incident_number.format],

  ['answer-schema', 'ResolveIncident', (d) => delete resolve(d).responses['200'].schema],
  [
    'answer-schema',
    'ResolveIncident',
    (d) => Object.assign(resolve(d).responses, { '201': resolve(d).responses['200'] }),
  ],
  [
    'other-response',
    'OnNewIncidentCreated 202',
    (d) => Object.assign(created(d).responses['202'], { schema: { $ref: '#/definitions/Incident' } }),
  ],
  [
    'other-response',
    'ResolveIncident 404',
    (d) => Object.assign(resolve(d).responses['404'], { schema: { $ref: '#/definitions/Incident' } }),
  ],
  ['response-description', 'ResolveIncident 200', (d) => delete resolve(d).responses['200'].description],
  [
    'default-schema',
    'ResolveIncident default',
    (d) => Object.assign(resolve(d).responses.default, { schema: { $ref: '#/definitions/Incident' } }),
  ],

  ['empty-schema', 'Team', (d) => delete d.definitions.Team.properties],
  [
    'empty-schema',
    'SendEventRequest.custom_details',
    (d) => delete d.definitions.SendEventRequest.properties.custom_details.additionalProperties,
  ],
  ['empty-schema', 'Incident.teams', (d) => delete incident(d).teams.items],
  ['empty-schema', 'Incident.urgency', (d) => delete incident(d).urgency.type],
  ['ref-siblings', 'Incident.service', (d) => Object.assign(incident(d).service, { description: 'The service.' })],
  ['ref-target', 'Incident.service', (d) => Object.assign(incident(d).service, { $ref: '#/definitions/Sevice' })],

  ['dropdown-pair', 'GetUser.userId', (d) => delete userIdOf(d)[list]],
  ['dropdown-pair', 'EscalateRequest.policyId', (d) => delete policyOf(d)[values]],
  ['dropdown-agreement', 'GetUser.userId', (d) => Object.assign(userIdOf(d)[list], { itemTitlePath: 'email' })],
  [
    'dropdown-place',
    'ResolveIncident.body',
    (d) => Object.assign(resolve(d).parameters[1], { [values]: userIdOf(d)[values], [list]: userIdOf(d)[list] }),
  ],
  [
    'dropdown-operation',
    'GetUser.userId',
    (d) => {
      userIdOf(d)[values].operationId = 'ListPeople';
      userIdOf(d)[list].operationId = 'ListPeople';
    },
  ],
  [
    'dropdown-inputs',
    'GetUser.userId',
    (d) => Object.assign(userIdOf(d)[values], { parameters: { search: { value: 'a' } } }),
  ],
  [
    'dropdown-inputs',
    'EscalateRequest.policyId',
    (d) => Object.assign(policyOf(d)[values], { parameters: { query: { parameter: 'search' } } }),
  ],
  [
    'dropdown-inputs',
    'EscalateRequest.policyId',
    (d) => Object.assign(policyOf(d)[list], { parameters: { query: { parameterReference: 'nobody/policyId' } } }),
  ],
  [
    'dropdown-inputs',
    [
      'GetUser.userId',
      'OnIncidentAssigned.userId',
      'CreateServiceIncidentRequest.userId',
      'CreateServiceIncidentRequest.assigneeId',
      ...['AddNote', 'Acknowledge', 'Resolve', 'Reassign', 'Snooze', 'Escalate'].flatMap((name) => [
        `${name}Request.userId`,
        ...(name === 'Reassign' ? ['ReassignRequest.reassignUserId'] : []),
      ]),
    ],
    (d) => Object.assign(d.paths['/users'].get.parameters[0], { required: true }),
  ],
  [
    'dropdown-slash',
    'GetUser.userId',
    (d) => {
      userIdOf(d)[values]['value-collection'] = '/users';
      userIdOf(d)[list].itemsPath = '/users';
    },
  ],
  [
    'dropdown-collection',
    'GetUser.userId',
    (d) => {
      userIdOf(d)[values]['value-collection'] = 'people';
      userIdOf(d)[list].itemsPath = 'people';
    },
  ],
  [
    'dropdown-columns',
    'EscalateRequest.policyId',
    (d) => {
      policyOf(d)[values]['value-title'] = 'name';
      policyOf(d)[list].itemTitlePath = 'name';
    },
  ],
  [
    'dropdown-columns',
    'GetUser.userId',
    (d) => {
      userIdOf(d)[values]['value-path'] = 'uid';
      userIdOf(d)[list].itemValuePath = 'uid';
    },
  ],

  ['test-connection', 'x-ms-capabilities.testConnection', (d) => delete d['x-ms-capabilities']],
  [
    'test-connection',
    'x-ms-capabilities.testConnection',
    (d) => Object.assign(d['x-ms-capabilities'].testConnection, { operationId: 'GetUser' }),
  ],
  [
    'test-connection',
    'x-ms-capabilities.testConnection',
    (d) => Object.assign(d['x-ms-capabilities'].testConnection, { operationId: 'CreateIncident' }),
  ],
  ['visibility', 'ResolveIncident', (d) => Object.assign(resolve(d), { 'x-ms-visibility': 'hidden' })],
  ['visibility', 'Incident.status', (d) => Object.assign(incident(d).status, { 'x-ms-visibility': 'high' })],
  ['known-extensions', 'ResolveIncident x-ms-color', (d) => Object.assign(resolve(d), { 'x-ms-color': 'red' })],
  [
    'known-extensions',
    'Incident.status x-ms-url-encoding',
    (d) => Object.assign(incident(d).status, { 'x-ms-url-encoding': 'single' }),
  ],
  ['known-extensions', 'the document x-ms-paths', (d) => Object.assign(d, { 'x-ms-paths': {} })],
];

t.test('the package’s own definition keeps every rule', async (t) => {
  t.strictSame(checkDefinition(fresh()), []);
});

t.test(
  'a document that breaks one rule in one place is reported with that rule and that place, and no other',
  async (t) => {
    for (const [rule, where, mutate] of mutations) {
      const document = fresh();
      mutate(document);
      t.strictSame(
        checkDefinition(document)
          .map((finding) => `${finding.rule} at ${finding.where}`)
          .sort(),
        [where]
          .flat()
          .map((place) => `${rule} at ${place}`)
          .sort(),
        `${rule}: ${String(mutate)}`,
      );
    }
  },
);

t.test('a default response that is the only one is reported beside the answer that is missing', async (t) => {
  const document = fresh();
  resolve(document).responses = { default: { description: 'It failed.' } };
  t.match(checkDefinition(document), [
    { rule: 'answer-schema', where: 'ResolveIncident' },
    { rule: 'default-alone', where: 'ResolveIncident' },
  ]);
});

t.test('every rule has a document that breaks it', async (t) => {
  const broken = new Set([...mutations.map(([rule]) => rule), 'default-alone']);
  t.strictSame(
    definitionRules.map(({ name }) => name).filter((name) => !broken.has(name)),
    [],
  );
  t.equal(new Set(definitionRules.map(({ name }) => name)).size, definitionRules.length, 'no two share a name');
});

t.test('an exception from title case is used where it is listed, and nowhere needless', async (t) => {
  const { properties } = viewDocument(fresh());
  for (const [where, summary] of titleCaseExceptions) {
    t.equal(properties.find((property) => property.where === where)?.node['x-ms-summary'], summary, where);
    t.match(summary, / [a-z]+$/, `${summary} is not in title case`);
  }
});

t.test('a document that is none is reported, not thrown at', async (t) => {
  for (const document of [undefined, null, 'swagger', [], {}, { paths: { '/x': { get: null } }, definitions: 1 }]) {
    t.ok(checkDefinition(document).length > 5);
  }
});
