import type { OpenAPIV2 } from 'openapi-types';
import type { Operation } from '../operations/operation.js';
import type { Trigger } from '../triggers/trigger.js';
import { wireObjects } from '../wire/wire-objects.js';
import { renderOperation, renderTrigger } from './render-endpoint.js';
import { renderBodies } from './render-inputs.js';

/** The connector's definition: a Swagger 2.0 document with the extensions that flow designers know. */
export type Definition = OpenAPIV2.Document & {
  readonly 'x-ms-connector-metadata': ReadonlyArray<{
    readonly propertyName: string;
    readonly propertyValue: string;
  }>;
  readonly 'x-ms-capabilities': {
    readonly testConnection: { readonly operationId: string; readonly parameters: object };
  };
};

/** What a definition is made of. */
export interface DefinitionSource {
  readonly operations: readonly Operation[];
  readonly triggers: readonly Trigger[];
  /** Where hosts reach the service. */
  readonly publicUrl: URL;
  readonly version: string;
  /** The e-mail address of those who run the service, if it is known. */
  readonly contactEmail?: string;
}

const title = 'PagerDuty';
const description =
  'Acts on PagerDuty incidents and starts flows when something happens to them. PagerDuty tells on-call teams about problems and keeps track of who takes care of them.';

/** About the service that the connector connects to, as designers show it. */
const metadata = [
  { propertyName: 'Website', propertyValue: 'https://www.pagerduty.com' },
  { propertyName: 'Privacy policy', propertyValue: 'https://www.pagerduty.com/privacy-policy/' },
  { propertyName: 'Categories', propertyValue: 'IT Operations;Communication' },
];

/** Renders the definition from the operations and triggers alone. */
export function renderDefinition(source: DefinitionSource): Definition {
  const { operations, triggers, publicUrl, version, contactEmail } = source;
  const paths: OpenAPIV2.PathsObject = {};
  for (const operation of operations) place(paths, operation, renderOperation(operation));
  for (const trigger of triggers) place(paths, trigger, renderTrigger(trigger));
  return {
    swagger: '2.0',
    info: {
      title,
      description,
      version,
      contact: {
        name: 'PagerDuty connector service',
        url: publicUrl.href,
        ...(contactEmail === undefined ? {} : { email: contactEmail }),
      },
    },
    host: publicUrl.host,
    // A path that is more than a slash does not end in one.
    basePath: publicUrl.pathname.replace(/(.)\/$/, '$1'),
    schemes: [publicUrl.protocol.replace(':', '')],
    consumes: ['application/json'],
    produces: ['application/json'],
    paths,
    definitions: { ...wireObjects, ...renderBodies([...operations, ...triggers]) },
    securityDefinitions: {
      api_key: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'PagerDuty API Key' },
    },
    security: [{ api_key: [] }],
    'x-ms-connector-metadata': metadata,
    'x-ms-capabilities': { testConnection: { operationId: 'TestConnection', parameters: {} } },
  };
}

function place(
  paths: OpenAPIV2.PathsObject,
  { path, method }: Pick<Operation, 'path' | 'method'>,
  rendered: OpenAPIV2.OperationObject,
): void {
  const item: OpenAPIV2.PathItemObject = paths[path] ?? {};
  if (method === 'GET') item.get = rendered;
  if (method === 'POST') item.post = rendered;
  if (method === 'PUT') item.put = rendered;
  paths[path] = item;
}
