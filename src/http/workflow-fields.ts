import type { IncomingHttpHeaders } from 'node:http';

/** What Power Automate and Logic Apps say of the run that calls, each of it optional, and its name in the log. */
const fields = [
  ['x-ms-workflow-id', 'workflowId'],
  ['x-ms-workflow-name', 'workflowName'],
  ['x-ms-workflow-run-id', 'workflowRunId'],
  ['x-ms-workflow-operation-name', 'workflowAction'],
  ['x-ms-client-request-id', 'clientRequestId'],
  ['x-ms-correlation-id', 'correlationId'],
  ['x-ms-tracking-id', 'trackingId'],
] as const;

/**
 * The workflow that a request belongs to, for the log; undefined where the request does not say. What is neither an id
 * nor a plain name is left out: a URL in these headers could hold a signature.
 */
export function workflowFields(headers: IncomingHttpHeaders): Readonly<Record<string, string>> | undefined {
  let found: Record<string, string> | undefined;
  for (const [header, field] of fields) {
    const value = headers[header];
    if (typeof value !== 'string' || !/^[\w.()-]{1,128}$/.test(value)) continue;
    found ??= {};
    found[field] = value;
  }
  return found;
}
