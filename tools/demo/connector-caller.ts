import Type from 'typebox';
import { Compile } from 'typebox/compile';

const failure = Compile(Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) }));

/** What the connector answered: its status, its body, and its error's message if it was an error. */
export interface ConnectorAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly error: string | undefined;
}

/** Calls the connector's actions over HTTP, as any low-code platform would. */
export function connectorCaller(url: string, key: string) {
  return async (method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<ConnectorAnswer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'x-api-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answered: unknown = await response.json();
    const error = failure.Check(answered) ? answered.error.message : undefined;
    return { status: response.status, body: answered, error };
  };
}
