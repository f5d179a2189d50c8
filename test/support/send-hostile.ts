import { type Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { HostileRequest } from './hostile-request.js';
import type { Answer } from './running-service.js';

/** So long an answer may take, however busy the machine is. */
const maxWaitMs = 10_000;

/** Sends a request, and gives its answer; or the error's code if the connection was closed before there was one. */
export function sendHostile(
  { method, path, headers, body, pieces }: Omit<HostileRequest, 'entrance' | 'wrongs'>,
  { url, agent }: { readonly url: URL; readonly agent: Agent },
): Promise<Answer | string> {
  const length = pieces > 1 ? ['transfer-encoding', 'chunked'] : ['content-length', String(body?.length ?? 0)];
  const written = body === undefined ? headers.flat() : [...headers.flat(), ...length];
  return new Promise((resolve, reject) => {
    const settle = <T>(done: (value: T) => void) => {
      return (value: T) => {
        clearTimeout(late);
        done(value);
      };
    };
    const { hostname, port } = url;
    let isAnswered = false;
    // It throws what cannot be sent at all.
    const sent = request({ hostname, port, agent, method, path, headers: written }, (response) => {
      isAnswered = true;
      const { statusCode: status = 0, headers: got } = response;
      const answer = (read: string): Answer => ({ status, headers: got, text: read, body: parse(read) });
      text(response).then(
        settle((read: string) => resolve(answer(read))),
        settle(reject),
      );
    });
    const late = setTimeout(() => sent.destroy(new Error('no answer within 10 seconds')), maxWaitMs);
    sent.on('error', (error: Error & { readonly code?: string }) => {
      // The answer may have come although the body could not be sent to its end.
      if (!isAnswered) settle(() => (error.code === undefined ? reject(error) : resolve(error.code)))(error);
    });
    if (body === undefined || pieces === 1) sent.end(body);
    else void inPieces(body, pieces, (piece) => sent.write(piece)).then(() => sent.end());
  });
}

async function inPieces(body: Buffer, pieces: number, write: (piece: Buffer) => void): Promise<void> {
  const size = Math.max(1, Math.ceil(body.length / pieces));
  for (let start = 0; start < body.length; start += size) {
    write(body.subarray(start, start + size));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
