/** A path template of the definition as Fastify writes it: `/users/{userId}` becomes `/users/:userId`. */
export function fastifyPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}
