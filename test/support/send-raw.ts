import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';

/** Sends bytes as they are, and gives all that comes back until the service ends the connection. */
export async function sendRaw({ url }: { readonly url: string }, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  return text(socket);
}
