/**
 * Puts values into a path template, each as one encoded segment: `/users/{id}` with `a/b` becomes `/users/a%2Fb`.
 * @throws {RangeError} for a value that no encoding keeps in its segment: empty, `.` or `..`.
 */
export function encodePath(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    if (value === '' || value === '.' || value === '..') {
      throw new RangeError(`${name}: expected a value that can be a path segment, got ${JSON.stringify(value)}`);
    }
    return encodeURIComponent(value.toWellFormed());
  });
}
