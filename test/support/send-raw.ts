import { RawSocket } from './raw-socket.js';

/** Sends bytes as they are, and gives all that comes back until the service ends the connection. */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const socket = new RawSocket(url);
  await socket.write(bytes);
  await socket.closed;
  return socket.received;
}
