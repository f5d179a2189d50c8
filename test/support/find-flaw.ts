import { documentedBridgeStatuses, documentedErrors } from './documented-errors.js';
import type { HostileRequest } from './hostile-request.js';
import { type Answer, errorOf, propertiesOf } from './running-service.js';

const errors = documentedErrors();
const bridgeStatuses = documentedBridgeStatuses();
/** What is answered before a path is known to be the bridge's. */
const routeless = ['headers_too_large', 'invalid_url', 'url_too_long'];

/** What is wrong with an answer, whatever the request was; undefined if nothing is. */
export function findFlaw(request: HostileRequest, answer: Answer, publicUrl: URL): string | undefined {
  const { status, headers, text } = answer;
  const code = String(errorOf(answer).code ?? '');
  const isKeyWrong = request.wrongs.has('headers');
  if (status >= 500 && !(isKeyWrong && code === 'too_many_unknown_keys')) return 'a failure of the service';
  if (/\bat .+:\d+:\d+|node_modules|\.ts\b/.test(text) && status >= 400) return 'an error tells of the code';
  if (headers['x-request-id'] === undefined && !isUnreadable(answer)) return 'no x-request-id';
  if (headers['x-injected'] !== undefined) return 'a header was injected';
  if (status < 200 || status >= 400) {
    if (request.method !== 'HEAD' && !isDocumented(request, answer, code)) return 'not a documented error';
  }
  const next = headers.location;
  if (next !== undefined && request.entrance.dialect === 'connector' && !isOwn(next, publicUrl))
    return `the next poll goes to ${next.slice(0, 100)}`;
  return undefined;
}

function isDocumented({ entrance, wrongs }: HostileRequest, answer: Answer, code: string): boolean {
  const isBridge = entrance.dialect === 'opsgenie' && !routeless.includes(code) && !isUnreadable(answer);
  // A path that was changed may be anybody's.
  if (wrongs.has('path') || wrongs.has('input')) return isConnectorError(answer, code) || isBridgeError(answer);
  return isBridge ? isBridgeError(answer) : isConnectorError(answer, code);
}

function isConnectorError(answer: Answer, code: string): boolean {
  const { message } = errorOf(answer);
  return (
    isJson(answer) &&
    Object.keys(propertiesOf(answer.body)).join() === 'error' &&
    typeof message === 'string' &&
    /^\S[\s\S]+\.$/.test(message) &&
    errors.has(`${answer.status} ${code}`)
  );
}

function isBridgeError(answer: Answer): boolean {
  const { message, took, requestId } = propertiesOf(answer.body);
  return (
    isJson(answer) &&
    typeof message === 'string' &&
    typeof took === 'number' &&
    requestId === answer.headers['x-request-id'] &&
    bridgeStatuses.has(answer.status)
  );
}

/** What could not be read as a request can have no id. An answer to HEAD cannot say so. */
function isUnreadable({ status, body, text }: Answer): boolean {
  return (
    status === 431 || (status === 400 && text === '') || errorOf({ body }).message === 'The request is not valid HTTP.'
  );
}

function isJson({ headers }: Answer): boolean {
  return /^application\/json\b/.test(headers['content-type'] ?? '');
}

function isOwn(next: string, publicUrl: URL): boolean {
  if (!URL.canParse(next)) return false;
  const { origin, protocol, hostname } = new URL(next);
  return origin === publicUrl.origin || (protocol === 'https:' && /\.azure-(apim|apihub)\.net$/.test(hostname));
}
