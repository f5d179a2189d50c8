import type { OpenAPIV2 } from 'openapi-types';
import type { Operation } from '../operations/operation.js';
import type { Trigger } from '../triggers/trigger.js';
import type { Endpoint } from '../wire/endpoint.js';
import { renderParameters } from './render-inputs.js';

/** An operation object with the extensions that flow designers know. */
type ExtendedOperation = OpenAPIV2.OperationObject<{
  'x-ms-visibility': 'important' | 'internal';
  'x-ms-api-annotation': { family: string; revision: number; status: string };
  'x-ms-trigger'?: 'batch';
  'x-ms-trigger-hint'?: string;
}>;

/** The operation object of an action or a lookup. */
export function renderOperation(operation: Operation): ExtendedOperation {
  return {
    ...common(operation),
    'x-ms-visibility': operation.visibility,
    parameters: renderParameters(operation),
    responses: { ...answer(operation), ...errors },
  };
}

/** The operation object of a polling trigger. */
export function renderTrigger(trigger: Trigger): ExtendedOperation {
  return {
    ...common(trigger),
    'x-ms-visibility': 'important',
    'x-ms-trigger': 'batch',
    'x-ms-trigger-hint': trigger.hint,
    parameters: [...renderParameters(trigger), triggerState],
    responses: {
      ...answer(trigger),
      '202': { description: 'Nothing new: poll the Location again after Retry-After seconds.' },
      ...errors,
    },
  };
}

/** A host's position. The service writes it into each Location; nobody fills it in. */
const triggerState = {
  name: 'triggerState',
  in: 'query',
  required: false,
  type: 'string',
  'x-ms-visibility': 'internal',
  'x-ms-summary': 'Trigger State',
  description: 'Where the flow stands in the list of events. The service sets it.',
};

const errors = {
  '400': { description: 'An input is missing or wrong; the message says which and what was expected.' },
  '401': { description: 'The API key is missing, or PagerDuty does not accept it.' },
  '404': { description: 'What an input names does not exist in the PagerDuty account.' },
  '429': { description: 'Too many calls: call again after Retry-After seconds.' },
  default: { description: 'The call failed; the message says why and what to do.' },
};

function common(endpoint: Endpoint) {
  return {
    operationId: endpoint.id,
    summary: endpoint.summary,
    description: endpoint.description,
    'x-ms-api-annotation': { family: endpoint.id, revision: 1, status: 'Production' },
  };
}

function answer({ output, outputDescription }: Endpoint) {
  return { '200': { description: outputDescription, schema: { $ref: `#/definitions/${output}` } } };
}
