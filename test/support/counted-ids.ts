/** Commit ids that tell tests which commit they are of: m1, m2 … */
export function countedIds(): () => string {
  let made = 0;
  return () => {
    made += 1;
    return `m${made}`;
  };
}
